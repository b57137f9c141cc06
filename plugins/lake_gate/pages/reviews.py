"""Review requests about a file, from their documents: what was asked, who asked, and what became of it. Read-only.

Documents that are damaged are counted, and stop nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from lake_gate.display import facts
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.exception import KIND_WORDS
from lake_gate.model.run import REVIEW_ID, REVIEWS
from lake_gate.review.checking import DAYS_BY_DEFAULT, MOST_DAYS
from lake_gate.review.documents import MOST_BYTES, read_answers, read_request, read_step
from lake_gate.review.request import (
    APPROVE,
    OUTCOME,
    PURGING,
    REQUEST,
    RETURNED,
    Answer,
    Asked,
    Request,
    State,
    counted,
    state_of,
)
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_LISTED = 10_000
"""Most documents of requests of a feed that are listed for a page; a request has about five."""
MOST_READ, MOST_READ_BYTES = 200, 16 * 1024**2
"""Most requests of a feed that are read for a page, the latest: their number, and their bytes."""
MOST_SHOWN = 20
_THREADS = 8
DAMAGED = "damaged"
ASKED_WORDS = {
    Asked.KEEP: "keep in quarantine",
    Asked.RESCAN: "scan again",
    Asked.RELEASE_MASKED: "release a masked copy",
    Asked.RELEASE: "release as it is",
    Asked.PURGE: "purge permanently",
}
_STATE_WORDS = {
    State.ASKED: "waits for answers",
    State.APPROVED: "approved, being carried out",
    DAMAGED: "not known: a document of it is damaged",
}


@dataclass(frozen=True, slots=True)
class Form:
    """Choices of the form that asks for a review, as the params of ``quarantine_review`` have them.

    :param asked: in words, by value; so is ``kinds``.
    :param first_day, last_day: between which an exception may end (UTC).
    :param days: after which it ends by default.
    """

    first_day: str
    last_day: str
    asked: Mapping[Asked, str] = field(default_factory=lambda: ASKED_WORDS)
    kinds: Mapping[str, str] = field(default_factory=lambda: KIND_WORDS)
    days: int = DAYS_BY_DEFAULT

    @classmethod
    def at(cls, now: datetime) -> Form:
        """Return the form of a day (UTC)."""
        return cls(f"{now:%Y-%m-%d}", f"{now + timedelta(days=MOST_DAYS):%Y-%m-%d}")


@dataclass(frozen=True, slots=True)
class Review:
    """A request about a file.

    :param state: one of :class:`lake_gate.review.request.State`, or ``damaged``.
    :param answers: that count: the name of each user, and whether it was an approval.
    :param closed_at: time of the outcome; empty without one.
    :param reprocess_run_id: run of the feed that has re-processed the files; empty without one.
    """

    request: Request
    state: str
    answers: Sequence[tuple[str, bool]] = ()
    closed_at: str = ""
    reprocess_run_id: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it may still be answered or carried out."""
        return self.state in {State.ASKED, State.APPROVED}

    @property
    def asked_words(self) -> str:
        """What was asked, in words."""
        return ASKED_WORDS[self.request.kind]

    @property
    def state_words(self) -> str:
        """The state in words."""
        return _STATE_WORDS.get(self.state, self.state)


@dataclass(slots=True)
class Reviews:
    """The requests about a file, the latest first.

    :param damaged: number of requests of the feed that cannot be read; some may be about the file.
    :param is_complete: whether all requests of the feed were looked at.
    """

    items: list[Review] = field(default_factory=list)
    damaged: int = 0
    is_complete: bool = True

    @property
    def open(self) -> list[Review]:
        """Those that may still be answered or carried out."""
        return [review for review in self.items if review.is_open]


@dataclass(slots=True)
class _Listed:
    """Documents of a request: the names that are there, and when and how large ``request.json`` was written."""

    names: set[str] = field(default_factory=set)
    asked_at: datetime | None = None
    size_bytes: int = 0


def read_reviews(s3: S3Client, bronze: str, feed: str, run_folder: str, name: str, now: str) -> Reviews:
    """Return the requests about a file of a run.

    :param run_folder: of the run that quarantined it.
    :param now: the time now, as in the documents.
    """
    listed, is_complete = _list(s3, bronze, feed)
    latest = _latest(listed)
    found = Reviews(is_complete=is_complete and len(latest) == len(listed))
    for review_id, request in map_threads(lambda each: _request(s3, bronze, feed, each), latest, _THREADS):
        if request is None:
            found.damaged += 1
        elif _is_about(request, run_folder, name):
            if len(found.items) == MOST_SHOWN:
                found.is_complete = False
                break
            found.items.append(_review(s3, bronze, request, listed[review_id].names, now))
    found.items.sort(key=lambda review: review.request.asked_at, reverse=True)
    return found


def _list(s3: S3Client, bronze: str, feed: str) -> tuple[dict[str, _Listed], bool]:
    """Return the requests of a feed by id, and whether they are all."""
    prefix, requests = f"{REVIEWS}{feed}/", defaultdict[str, _Listed](_Listed)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=prefix)
    items = (item for page in pages for item in page.get("Contents", ()))
    for item in islice(items, MOST_LISTED):
        review_id, _, name = item["Key"].removeprefix(prefix).partition("/")
        if REVIEW_ID.fullmatch(review_id):
            listed = requests[review_id]
            listed.names.add(name)
            if name == REQUEST:
                listed.asked_at, listed.size_bytes = item["LastModified"], item["Size"]
    return {each: listed for each, listed in requests.items() if listed.asked_at}, next(items, None) is None


def _latest(listed: dict[str, _Listed]) -> list[str]:
    """Return the ids of the latest requests, as many as are read for a page."""
    latest: list[str] = []
    size_bytes = 0
    for review_id in sorted(listed, key=lambda each: str(listed[each].asked_at), reverse=True)[:MOST_READ]:
        size_bytes += min(listed[review_id].size_bytes, MOST_BYTES)  # of larger ones nothing is read
        if size_bytes > MOST_READ_BYTES:
            break
        latest.append(review_id)
    return latest


def _request(s3: S3Client, bronze: str, feed: str, review_id: str) -> Request | None:
    try:
        return read_request(s3, bronze, feed, review_id)
    except DamagedDocumentError:
        return None


def _is_about(request: Request, run_folder: str, name: str) -> bool:
    return request.run_folder == run_folder and any(file.name == name for file in request.files)


def _review(s3: S3Client, bronze: str, request: Request, names: set[str], now: str) -> Review:
    try:
        answers = read_answers(s3, bronze, request)
        outcome = read_step(s3, bronze, request, OUTCOME) if OUTCOME in names else None
    except DamagedDocumentError:
        return Review(request, DAMAGED)
    given = [(answer.by, answer.option == APPROVE) for answer in counted(request, answers)]
    if outcome is None:
        return Review(request, _state(request, answers, names, now), given)
    run_id = facts.text(outcome, "reprocess", "run_id")
    state = facts.text(outcome, "state")
    is_known = state in set(State)
    return Review(request, state if is_known else DAMAGED, given, facts.text(outcome, "at"), run_id)


def _state(request: Request, answers: Sequence[Answer], names: set[str], now: str) -> State:
    """Return the state of a request without an outcome; what has begun to be carried out goes on."""
    has_begun = not names.isdisjoint({RETURNED, PURGING})
    return State.APPROVED if has_begun else state_of(request, answers, now)
