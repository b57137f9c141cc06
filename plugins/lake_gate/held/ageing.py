"""Quarantined files and review requests that wait too long: sums for the record, and lines for the message. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lake_gate.model.words import counted

UNKNOWN = "unknown"
"""Feed of a key that no run writes; reason of a file whose tags do not say it."""


@dataclass(frozen=True, slots=True)
class QuarantinedFile:
    """Key in quarantine, with its newest version.

    :param run_folder: folder of the run that quarantined it, see :attr:`lake_gate.model.run.Run.folder`.
    :param quarantined_at: time of the copy, ISO 8601 in UTC with whole seconds, so that the texts sort by time.
    :param answer: state of the requests about this version: ``released``, ``kept``, ``purged`` or ``open``; empty
        without one.
    :param reason: of a file that waits too long, from its tags; else empty.
    """

    feed: str
    run_folder: str
    key: str
    version_id: str
    size_bytes: int
    quarantined_at: str
    answer: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """Review request without an outcome that needs a person.

    :param state: ``asked``, ``approved``, ``refused`` or ``expired``, as its documents say; or ``damaged``.
    :param since: when it came into this state; empty if that is not known.
    :param review_run_id: run of ``quarantine_review``.
    """

    feed: str
    id: str
    asked: str
    files: int
    state: str
    since: str
    deadline_at: str
    review_run_id: str


@dataclass(slots=True)
class Waiting:
    """Files of one reason that wait for an answer for too long."""

    files: int = 0
    oldest_at: str = ""


@dataclass(slots=True)
class FeedQuarantine:
    """Sums over the quarantined files of a feed.

    :param older_than_purge: files that are older than the feed's retention; people may ask to purge them.
    :param answers: number of files by the state of their requests.
    :param overdue: files without an answer that wait for too long, by reason.
    """

    feed: str
    purge_after_days: int
    files: int = 0
    size_bytes: int = 0
    older_than_purge: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    overdue: dict[str, Waiting] = field(default_factory=dict)

    def count(self, file: QuarantinedFile, purge_before: str) -> None:
        """Add a file.

        :param purge_before: time before which files are older than the retention.
        """
        self.files += 1
        self.size_bytes += file.size_bytes
        self.older_than_purge += file.quarantined_at <= purge_before
        if file.answer:
            self.answers[file.answer] = self.answers.get(file.answer, 0) + 1

    def count_overdue(self, file: QuarantinedFile) -> None:
        """Add a file that waits for too long, once its reason is known."""
        waiting = self.overdue.setdefault(file.reason, Waiting())
        waiting.files += 1
        waiting.oldest_at = min(waiting.oldest_at or file.quarantined_at, file.quarantined_at)

    @property
    def overdue_files(self) -> int:
        """Number of files that wait for too long."""
        return sum(waiting.files for waiting in self.overdue.values())

    def to_json(self) -> dict[str, Any]:
        """Return the sums as ``record.json`` has them."""
        return {**asdict(self), "overdue_files": self.overdue_files}


def sum_lines(quarantine: Mapping[str, Any] | None, older_than_days: int) -> Iterator[str]:
    """Yield the lines with the sums of a feed's quarantine.

    :param quarantine: result of :meth:`FeedQuarantine.to_json`; None without quarantined files.
    """
    if quarantine is None:
        return
    overdue, age = quarantine["overdue_files"], counted(older_than_days, "day")
    yield (
        f"Quarantined files of this feed: {quarantine['files']:,}, {overdue:,} of them without an answer for more than "
        f"{age}."
    )
    for reason, waiting in sorted(quarantine["overdue"].items(), key=lambda item: (-item[1]["files"], item[0])):
        yield f"{reason}: {counted(waiting['files'], 'file')}, the oldest since {waiting['oldest_at']}."
    if overdue:
        yield "Ask for a review on the page of each file, or start quarantine_review: release, scan again, or keep."
    if older := quarantine["older_than_purge"]:
        days = counted(quarantine["purge_after_days"], "day")
        yield f"{counted(older, 'quarantined file')} older than the retention of {days}. Nothing is deleted by itself."


def file_line(file: QuarantinedFile) -> str:
    """Return the line about a file that waits for too long."""
    request = "; a request is open" if file.answer == "open" else ""
    return f"- {file.key}: {file.reason}, quarantined since {file.quarantined_at}{request}"


_STATES = {
    "asked": "waits for answers until {deadline_at}",
    "approved": "was approved on {since} and is not carried out",
    "refused": "was refused on {since} and is not closed",
    "expired": "was not answered until {deadline_at} and is not closed",
}
_DAMAGED = "cannot be read: a document of it is damaged"


def request_lines(requests: Iterable[WaitingRequest]) -> Iterator[str]:
    """Yield a line about each request, and one what to do about those that are not carried out or closed."""
    is_stuck = False
    for request in requests:
        state = _STATES.get(request.state, _DAMAGED).format(deadline_at=request.deadline_at, since=request.since)
        about = f" ({request.asked}, {counted(request.files, 'file')})" if request.asked else ""
        run = f"; run {request.review_run_id}" if request.review_run_id else ""
        is_stuck |= request.state not in {"asked", "damaged"}
        yield f"- Review request {request.id}{about} {state}{run}"
    if is_stuck:
        yield "Clear the failed tasks of these runs of quarantine_review."
