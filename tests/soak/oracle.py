"""What may be in silver, by a model of its own: what Macie has reported, who has approved what, and until when.

It knows neither policies nor decisions nor documents of the gate, only what docs/decisions.md and docs/review.md
promise about the byte sequences and schedules of the soak. Where the order of two things is open, it allows both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

NAME, PASSPORT, KEY = "NAME", "USA_PASSPORT_NUMBER", "AWS_CREDENTIALS"
CATEGORIES = {NAME: "PERSONAL_INFORMATION", PASSPORT: "PERSONAL_INFORMATION", KEY: "CREDENTIALS"}
_RANKS = {"": 0, "Low": 1, "Medium": 2, "High": 3}


@dataclass(frozen=True)
class Found:
    """What Macie says about bytes: severity of all, and occurrences by identifier."""

    severity: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


FOUND = {
    "": Found(),
    "Low": Found("Low", {NAME: 1}),
    "Medium": Found("Medium", {NAME: 1}),
    "High": Found("High", {NAME: 1}),
    "High, often": Found("High", {NAME: 5}),
    "Low, a passport": Found("Low", {PASSPORT: 1}),
    "High, a passport, too": Found("High", {NAME: 1, PASSPORT: 1}),
    "High, a key": Found("High", {KEY: 1}),
}
"""By the name that schedules have for it."""


@dataclass(frozen=True)
class Report:
    """Something that Macie has reported in bytes.

    :param column: position of the only column in which all of it is.
    :param number: number of moments before it.
    :param scan: number of the scan of a run; 0: another job has reported it.
    """

    found: Found
    column: int
    number: int
    scan: int = 0


@dataclass(frozen=True)
class Allowed:
    """What an approved request allows.

    :param contents: scope: these bytes, with the occurrences that were known of each; None: a table.
    :param column: name of the only column of the table.
    :param is_masked: for masked copies only.
    """

    id: str
    feed: str
    until: date
    is_masked: bool
    contents: Mapping[bytes, Mapping[str, int]] | None = None
    dataset: str = ""
    identifier: str = ""
    most: int = 0
    column: str = ""

    def excuses(self, identifier: str, feed: str, dataset: str, content: bytes, reports: Sequence[Report]) -> bool:
        """Whether it excuses an identifier in a file, of which all this is known."""
        if feed != self.feed:
            return False
        counts = count(reports)
        if self.contents is not None:
            reviewed = self.contents.get(content, {})
            return content in self.contents and all(number <= reviewed.get(name, 0) for name, number in counts.items())
        if (dataset, identifier) != (self.dataset, self.identifier) or counts[identifier] > self.most:
            return False
        if not self.column:
            return True
        header = content.split(b"\n")[0].decode().split(",")
        columns = {header[report.column - 1] for report in reports if identifier in report.found.counts}
        return columns == {self.column}


def count(reports: Iterable[Report]) -> dict[str, int]:
    """Return the largest number of occurrences that was reported, by identifier."""
    counts: dict[str, int] = {}
    for report in reports:
        for identifier, number in report.found.counts.items():
            counts[identifier] = max(number, counts.get(identifier, 0))
    return counts


@dataclass(frozen=True)
class Moment:
    """A try to decide: of a run, or of ``finding_events`` (no folder) about the objects of all runs.

    :param scan: number of the run's latest scan.
    :param allowed: what is approved, has not ended and is not revoked on that day.
    """

    folder: str
    scan: int
    allowed: Sequence[Allowed]


@dataclass(frozen=True)
class Person:
    """An answer to a request.

    :param is_late: after the deadline.
    :param may_be_lost: the task was killed while it wrote it down.
    """

    by: str
    approves: bool
    is_late: bool = False
    may_be_lost: bool = False


def approved_by(asker: str, needed: int, answers: Iterable[Person]) -> list[str]:
    """Return who has approved: empty if they are not enough, or one who counts has refused."""
    approved: list[str] = []
    for answer in answers:
        if answer.is_late or answer.by == asker or answer.by in approved:
            continue
        if not answer.approves and not answer.may_be_lost and len(approved) < needed:
            return []
        if answer.approves:
            approved.append(answer.by)
    return approved if len(approved) >= needed else []


def remaining(
    reports: Sequence[Report], allowed: Collection[Allowed], feed: str, dataset: str, content: bytes, *, is_copy: bool
) -> list[Report]:
    """Return what nothing excuses.

    :param is_copy: a masked copy, for which what is allowed for masked copies counts as well.
    """
    usable = [each for each in allowed if is_copy or not each.is_masked]
    excused = {
        identifier
        for identifier in count(reports)
        if any(each.excuses(identifier, feed, dataset, content, reports) for each in usable)
    }
    return [report for report in reports if not report.found.counts.keys() <= excused]


def is_forbidden(left: Iterable[Report], threshold: str, *, is_strict: bool) -> bool:
    """Whether what nothing excuses keeps an object out of silver.

    :param is_strict: of a feed in which an object itself is promoted only if nothing was found.
    """
    return any(
        is_strict or PASSPORT in report.found.counts or _RANKS[report.found.severity] >= _RANKS[threshold]
        for report in left
        if report.found.counts
    )
