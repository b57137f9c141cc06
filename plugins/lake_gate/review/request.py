"""Review requests about quarantined files, the answers to them, and the state that follows from both. Pure.

The documents of a request are below ``_reviews/<feed>/<id>/`` in bronze, each written once: ``request.json``, one for
each answer, ``returned.json`` when its files were given back or ``purging.json`` before they are purged, and
``outcome.json`` at its end. The state is derived from them each time, so that no flag can be wrong. Times are ISO texts
in UTC with whole seconds, which sort by time.
"""

from __future__ import annotations

import calendar
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from lake_gate.model import jsonl
from lake_gate.model.people import is_same_person
from lake_gate.model.run import REVIEWS, Run

REQUEST, ANSWERS, OUTCOME = "request.json", "answers/", "outcome.json"
RETURNED, PURGING = "returned.json", "purging.json"
APPROVE, REFUSE = "Approve", "Refuse"
OPTIONS = (APPROVE, REFUSE)
MOST_FILES = 100
"""Most files of a request: a person has to look at each."""
MOST_ANSWERS, MOST_IGNORED = 40, 20
"""Numbers of the documents of answers; one that does not count takes only the first ones, so that it never takes the
place of one that does."""
MOST_APPROVALS = 2
"""Most people who have to approve: the DAG has as many tasks that ask."""
_SCHEMA = "lake-gate/review-request/1"
_MOMENT = re.compile(
    r"([0-9]{4})-(0[1-9]|1[0-2])-([0-3][0-9])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}\+00:00",
)
_NOT_WRITTEN = frozenset({"sha256", "approvals_now", "reviewers_now"})
"""Members of a request that its document does not have."""


class Asked(StrEnum):
    """What is asked about the files."""

    RELEASE = "release"
    RELEASE_MASKED = "release_masked"
    RESCAN = "rescan"
    KEEP = "keep"
    PURGE = "purge"

    @property
    def gives_back(self) -> bool:
        """Whether the files go through the gate again."""
        return self not in {Asked.KEEP, Asked.PURGE}

    @property
    def needs_exception(self) -> bool:
        """Whether an exception is added before."""
        return self in {Asked.RELEASE, Asked.RELEASE_MASKED}


class State(StrEnum):
    """State of a request."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    KEPT = "kept"
    RELEASED = "released"
    PURGED = "purged"
    FAILED = "failed"


ENDS = frozenset(State) - {State.ASKED, State.APPROVED}
"""States in which an outcome leaves a request."""


@dataclass(frozen=True, slots=True)
class ReviewedFile:
    """Quarantined version that a request is about, as the record of its run has it.

    :param name: path in the delivery of that run.
    :param key: key in the quarantine bucket.
    :param sha256: SHA-256 of the content, hexadecimal.
    :param checksum: see :class:`lake_gate.model.manifest.LandedObject`, also for ``part_bytes``.
    :param detections: occurrences by identifier.
    """

    name: str
    key: str
    version_id: str
    size_bytes: int
    sha256: str
    checksum: str
    part_bytes: int
    reason: str
    severity: str | None
    detections: dict[str, int]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Exception that a release needs.

    :param kind: ``false_positive`` or ``accepted``.
    :param scope: ``files``: these bytes only; ``table``: the table of the file in later deliveries, too.
    :param identifier: with the scope ``table``; None with ``files``.
    :param column: narrows the scope ``table``; None: all columns.
    :param most: most occurrences in a file, with the scope ``table``.
    :param until: last day on which it applies (UTC).
    """

    kind: str
    scope: str
    until: str
    identifier: str | None = None
    column: str | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, about which versions, who asks, and until when it may be answered.

    :param run_folder: folder of the run that quarantined the files.
    :param review_run_id: run of ``quarantine_review``.
    :param ends_at: until when it may be carried out, if it was approved.
    :param approvals: number of people who have to approve.
    :param reviewers: names of the users who may answer; empty: every user but the asker.
    :param sha256: of the content of ``request.json``, hexadecimal; empty before it is written. Not part of it.
    :param approvals_now, reviewers_now: those of the feed's file since, see :func:`with_rules`. Not part of it.
    """

    id: str
    feed: str
    run_folder: str
    review_run_id: str
    asked: str
    reason: str
    asked_by: str
    asked_at: str
    deadline_at: str
    ends_at: str
    approvals: int
    files: tuple[ReviewedFile, ...]
    reviewers: tuple[str, ...] = ()
    exception: Proposal | None = None
    sha256: str = ""
    approvals_now: int = 0
    reviewers_now: tuple[str, ...] = ()

    @property
    def needed(self) -> int:
        """Number of people who have to approve: of that in the document and that of today the higher one."""
        return max(self.approvals, self.approvals_now)

    @property
    def kind(self) -> Asked:
        """What is asked, as a member of the enum."""
        return Asked(self.asked)

    @property
    def documents(self) -> str:
        """Key prefix of the documents."""
        return documents_of(self.feed, self.id)

    @property
    def reprocess_run_id(self) -> str:
        """Id of the run of the feed that takes the files through the gate again; the same at every try."""
        return f"reprocess-{self.id}"

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``request.json``."""
        return {"schema": _SCHEMA, **{name: value for name, value in asdict(self).items() if name not in _NOT_WRITTEN}}

    @classmethod
    def from_json(cls, content: Any) -> Request:
        """Build a request from its document.

        :raises ValueError: when it is not one; the message has nothing of the content.
        """
        if not isinstance(content, Mapping) or content.get("schema") != _SCHEMA:
            raise ValueError("not a review request")
        files, exception = content.get("files"), content.get("exception")
        if not isinstance(files, list) or not _NOT_WRITTEN.isdisjoint(content):
            raise ValueError("not a review request: files has the wrong type")
        members = {name: value for name, value in content.items() if name != "schema"}
        members["files"] = tuple(jsonl.from_dict(ReviewedFile, file) for file in files)
        members["exception"] = None if exception is None else jsonl.from_dict(Proposal, exception)
        request = jsonl.from_dict(cls, members)
        if request.asked not in set(Asked):
            raise ValueError("not a review request: asked has an unknown value")
        if not 1 <= request.approvals <= MOST_APPROVALS:
            raise ValueError("not a review request: approvals has a wrong value")
        if not all(map(_is_moment, (request.asked_at, request.deadline_at, request.ends_at))):
            raise ValueError("not a review request: a time has a wrong value")
        Run.of_folder(request.feed, request.run_folder)
        return request


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer as Airflow reported it; only :func:`counted` says whether it counts.

    :param option: the chosen option; empty if there was not exactly one.
    :param by: name of the user; empty if Airflow did not name one.
    :param by_id: id of the user in Airflow.
    :param at: time of the answer; empty if Airflow named none.
    :param request_sha256: SHA-256 of the content of ``request.json`` when the answer was given.
    :param note: why it did not count when it was given; then it never counts.
    """

    option: str
    by: str
    by_id: str
    at: str
    request_sha256: str = ""
    note: str = ""

    @classmethod
    def from_json(cls, content: Any) -> Answer:
        """Build an answer from its document.

        :raises ValueError: when it is not one; the message has nothing of the content.
        """
        answer = jsonl.from_dict(cls, content)
        if answer.at and not _is_moment(answer.at):
            raise ValueError("not an answer: at has a wrong value")
        return answer


def _is_moment(text: str) -> bool:
    """Whether a text is a time as the documents have it, see above."""
    if not (parts := _MOMENT.fullmatch(text)):
        return False
    year, month, day = map(int, parts.groups())
    return year > 0 and day <= calendar.monthrange(year, month)[1]


def request_id_of(review_run_id: str) -> str:
    """Return the id of the request of a run of ``quarantine_review``; the same at every try of its tasks."""
    return f"review-{hashlib.sha256(review_run_id.encode(errors='surrogatepass')).hexdigest()[:16]}"


def documents_of(feed: str, request_id: str) -> str:
    """Return the key prefix of the documents of a request."""
    return f"{REVIEWS}{feed}/{request_id}/"


def with_rules(request: Request, approvals: int, reviewers: Iterable[str]) -> Request:
    """Return a request to which also other rules than those in its document apply: the stricter ones count.

    :param approvals: number of people who have to approve.
    :param reviewers: names of the users who may approve; empty: all that the document allows.
    """
    return replace(request, approvals_now=approvals, reviewers_now=tuple(reviewers))


def problem_of(request: Request, approvals: Sequence[Answer], answer: Answer, *, is_new: bool = False) -> str:
    """Return why an answer does not count, as a sentence; empty if it does.

    A refusal that counted when it was given stays one, even if its user is not a reviewer any more.

    :param approvals: the earlier answers that count.
    :param is_new: whether it is given now.
    """
    if answer.note:
        return answer.note
    if answer.option not in OPTIONS:
        return "it is not one of the options"
    if answer.request_sha256 != request.sha256:
        return "it was given to a request with other content"
    if not answer.by:
        return "Airflow does not say who gave it"
    if not answer.at or answer.at > request.deadline_at:
        return "it came after the deadline"
    if is_same_person(request.asked_by, answer.by) or is_same_person(request.asked_by, answer.by_id):
        return "the asker does not answer"
    if request.reviewers and answer.by not in request.reviewers:
        return "this user is not a reviewer of the feed"
    if (is_new or answer.option == APPROVE) and request.reviewers_now and answer.by not in request.reviewers_now:
        return "this user is not a reviewer of the feed any more"
    if any(_is_by_same(earlier, answer) for earlier in approvals):
        return "this user has answered already"
    return "the request was decided already" if _is_decided(request, approvals) else ""


def _is_decided(request: Request, valid: Sequence[Answer]) -> bool:
    """Whether no further answer counts: what was decided may have been carried out since."""
    return len(valid) >= request.needed or any(answer.option == REFUSE for answer in valid)


def counted(request: Request, answers: Iterable[Answer]) -> list[Answer]:
    """Return the answers that count, in their order."""
    return [answer for answer, problem in _judged(request, answers) if not problem]


def ignored(request: Request, answers: Iterable[Answer]) -> list[tuple[Answer, str]]:
    """Return the answers that do not count, in their order, each with why."""
    return [(answer, problem) for answer, problem in _judged(request, answers) if problem]


def _judged(request: Request, answers: Iterable[Answer]) -> Iterator[tuple[Answer, str]]:
    found: list[Answer] = []
    for answer in answers:
        problem = problem_of(request, found, answer)
        if not problem:
            found.append(answer)
        yield answer, problem


def state_of(request: Request, answers: Iterable[Answer], now: str) -> State:
    """Return the state before anything was carried out: asked, approved, refused or expired.

    :param now: the time now.
    """
    valid = counted(request, answers)
    if any(answer.option == REFUSE for answer in valid):
        return State.REFUSED
    if len(valid) >= request.needed:
        return State.APPROVED if now <= request.ends_at else State.EXPIRED
    return State.EXPIRED if now > request.deadline_at else State.ASKED


def approvers(request: Request, answers: Sequence[Answer]) -> list[str]:
    """Return the names of the users whose approvals count."""
    return [answer.by for answer in counted(request, answers) if answer.option == APPROVE]


def _is_by_same(answer: Answer, other: Answer) -> bool:
    return is_same_person(answer.by, other.by) or is_same_person(answer.by_id, other.by_id)
