"""Read the review requests of all feeds: which wait too long, and what was answered about which quarantined version.

One listing of ``_reviews/`` (1,000 keys a call) tells requests without an outcome from the others. Each request costs
two to six reads; of those with an outcome at most :data:`MOST_CLOSED` are read, the newest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import nlargest
from typing import TYPE_CHECKING

from lake_gate.display.words import ANSWERS
from lake_gate.errors import DamagedDocumentError
from lake_gate.held.ageing import WaitingRequest
from lake_gate.review.documents import RequestPlace, list_requests, read_answers, read_request, read_step
from lake_gate.review.request import OUTCOME, Request, State, state_of
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_CLOSED = 10_000
"""Most requests with an outcome that are read; files of older ones count as not answered."""
SOON = timedelta(hours=24)
"""How long before its deadline a request is reported."""
STUCK_AFTER = timedelta(hours=1)
"""How long after its last answer, or its deadline, a request without an outcome is reported."""
_OPEN, _DAMAGED = "open", "damaged"


@dataclass(slots=True)
class Reviews:
    """The review requests of all feeds.

    :param answers: state of the answer about a version in quarantine, by key and version id: ``released``, ``kept``,
        ``purged`` or ``open``.
    :param waiting: requests that need a person.
    :param left_out: number of requests with an outcome that were not read.
    """

    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    waiting: list[WaitingRequest] = field(default_factory=list)
    left_out: int = 0


def read_reviews(s3: S3Client, bronze: str, now: datetime) -> Reviews:
    """Return the review requests of all feeds.

    :param now: aware, UTC.
    """
    is_open, closed = list_requests(s3, bronze)
    newest = nlargest(MOST_CLOSED, closed, key=lambda place: closed[place])
    reviews = Reviews(left_out=len(closed) - len(newest))
    # Open ones last: a file that was kept may be asked about again, and is not overdue for that.
    for _, (request, state) in map_threads(partial(_read_closed, s3, bronze), reversed(newest)):
        _note(reviews, request, state if state in ANSWERS else "")
    for place, (request, waiting) in map_threads(partial(_read_open, s3, bronze, now), sorted(is_open)):
        _note(reviews, request, _OPEN)
        reviews.waiting += [waiting] if waiting else []
        if request is None:
            reviews.waiting.append(WaitingRequest(*place, "", 0, _DAMAGED, "", "", ""))
    return reviews


def _note(reviews: Reviews, request: Request | None, state: str) -> None:
    for file in request.files if request else ():
        known = reviews.answers.get((file.key, file.version_id), "")
        if state and not (state == _OPEN and known):
            reviews.answers[file.key, file.version_id] = state


def _read_closed(s3: S3Client, bronze: str, place: RequestPlace) -> tuple[Request | None, str]:
    """Return a request and the state of its outcome; None if a document is damaged: then nothing is answered."""
    try:
        request = read_request(s3, bronze, *place)
        outcome = read_step(s3, bronze, request, OUTCOME) if request else None
    except DamagedDocumentError:
        return None, ""
    return request, str((outcome or {}).get("state", ""))


def _read_open(
    s3: S3Client, bronze: str, now: datetime, place: RequestPlace
) -> tuple[Request | None, WaitingRequest | None]:
    """Return a request without an outcome, and what it waits for; both None if a document is damaged."""
    try:
        request = read_request(s3, bronze, *place)
        if request is None:
            return None, None
        answers = read_answers(s3, bronze, request)
    except DamagedDocumentError:
        return None, None
    at = now.astimezone(UTC).isoformat(timespec="seconds")
    state = state_of(request, answers, at)
    deadline = request.deadline_at
    last = max((answer.at for answer in answers if not answer.note), default=request.asked_at)
    since = {State.ASKED: request.asked_at, State.EXPIRED: deadline}.get(state, last)
    if state is State.ASKED:
        is_waiting = deadline <= (now + SOON).isoformat(timespec="seconds")
    else:
        is_waiting = since <= (now - STUCK_AFTER).isoformat(timespec="seconds")
    if not is_waiting:
        return request, None
    files = len(request.files)
    return request, WaitingRequest(
        request.feed, request.id, request.asked, files, state, since, deadline, request.review_run_id
    )
