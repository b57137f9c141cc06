"""The report of a feed's month: sums over the runs that began in it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lake_gate.display import facts, times
from lake_gate.display.words import ANSWERS
from lake_gate.model.runs import FAILED, MOST_RUNS, RunRow
from lake_gate.reports.lists import Capped

MOST_WITHDRAWN = MOST_UNPROVEN = 200
MOST_EXCEPTIONS = MOST_REVIEWS = 500
AGES = (
    (1, "up to 1 day"),
    (7, "2 to 7 days"),
    (30, "8 to 30 days"),
    (None, "more than 30 days"),
)
"""Ages of files in quarantine: most days of each, and its words."""


@dataclass(slots=True)
class Day:
    """Sums over the runs of a day; dry runs count as runs, and in the money."""

    runs: int = 0
    failed: int = 0
    files: int = 0
    usd: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, row: RunRow) -> None:
        """Count a run."""
        self.runs += 1
        self.failed += row.state == FAILED
        self.usd += row.usd or 0.0
        if not row.is_dry_run:
            self.files += row.objects or 0
            self.outcomes.update(row.outcomes)


@dataclass(slots=True)
class Waiting:
    """Quarantined files of one age.

    :param answers: number of them by answer.
    """

    age: str
    files: int = 0
    runs: int = 0
    answers: Counter[str] = field(default_factory=Counter)

    @property
    def unanswered(self) -> int:
        """Number of files without an answer."""
        return max(0, self.files - self.answers.total())


@dataclass(slots=True)
class Coverage:
    """Promoted files, and those of them for which the evidence that a run has kept shows a complete analysis.

    :param unproven: ``run: file`` of the others.
    :param unread: runs whose documents are damaged or missing; their files are in no number.
    """

    promoted: int = 0
    proven: int = 0
    unproven: Capped[str] = field(default_factory=lambda: Capped(MOST_UNPROVEN))
    unread: Capped[str] = field(default_factory=lambda: Capped(MOST_UNPROVEN))

    def add(self, run_id: str, promoted: Iterable[tuple[str, bool]]) -> None:
        """Count the promoted files of a run: name, and whether there is evidence."""
        for name, is_proven in promoted:
            self.promoted += 1
            self.proven += is_proven
            if not is_proven:
                self.unproven.add(f"{run_id}: {name}")

    @property
    def percent(self) -> str:
        """Share of the files with evidence, rounded down; empty without files."""
        return f"{self.proven * 1000 // self.promoted / 10:g} %" if self.promoted else ""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """File that a later finding has taken out of silver in this month."""

    run_id: str
    name: str
    outcome: str
    reason: str
    decided_at: str
    is_moved: bool


@dataclass(slots=True)
class Period:
    """What the report of a month shows.

    :param month: ``2026-11``.
    :param until: end of the month, or when the report is made if that is earlier; ISO 8601, UTC.
    :param rows: all runs of the feed's index, the newest first.
    :param reviews: requests of the month, see :mod:`lake_gate.reports.reviews`.
    :param asked: number of files by the state of the requests of the month about them.
    :param answered: latest answer until the end of the month, by name of the file and folder of its run.
    """

    feed: str
    month: str
    until: str
    rows: Sequence[RunRow]
    reused: int = 0
    coverage: Coverage = field(default_factory=Coverage)
    withdrawn: Capped[Withdrawn] = field(default_factory=lambda: Capped(MOST_WITHDRAWN))
    exceptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    reviews: Capped[Mapping[str, Any]] = field(default_factory=lambda: Capped(MOST_REVIEWS))
    asked: Counter[str] = field(default_factory=Counter)
    answered: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def deliveries(self) -> list[RunRow]:
        """The runs that began in the month, the oldest first."""
        return [row for row in reversed(self.rows) if _began_at(row).startswith(self.month)]

    @property
    def is_complete(self) -> bool:
        """Whether the index has all runs of the month: it keeps the newest ones."""
        oldest = _began_at(self.rows[-1]) if self.rows else ""
        return len(self.rows) < MOST_RUNS or oldest < self.month

    @property
    def has_older_runs(self) -> bool:
        """Whether there may be runs that the index does not keep; their quarantined files are in no sum."""
        return len(self.rows) >= MOST_RUNS

    @property
    def days(self) -> dict[str, Day]:
        """Sums by day, for days with runs."""
        days: dict[str, Day] = {}
        for row in self.deliveries:
            days.setdefault(_began_at(row)[:10], Day()).add(row)
        return dict(sorted(days.items()))

    @property
    def total(self) -> Day:
        """Sums over all runs of the month."""
        total = Day()
        for row in self.deliveries:
            total.add(row)
        return total

    @property
    def waiting(self) -> list[Waiting]:
        """Files that runs until the end of the month have quarantined, by their age then."""
        waiting = [Waiting(words) for _, words in AGES]
        for row in self.rows:
            files = row.outcomes.get("quarantine", 0)
            days = _days_between(_began_at(row), self.until)
            if files and days is not None and row.has_record and not row.is_dry_run:
                number = next(number for number, (most, _) in enumerate(AGES) if most is None or days <= most)
                waiting[number].files += files
                waiting[number].runs += 1
                waiting[number].answers.update(self.answered.get(row.folder, {}).values())
        return waiting

    def add_review(self, review: Mapping[str, Any]) -> None:
        """Count a request, the oldest first: of several answers about a file the last one counts."""
        state = facts.text(review, "state")
        if facts.text(review, "asked_at").startswith(self.month):
            self.reviews.add(review)
            self.asked[state] += facts.number(review, "files") or 0
        if state in ANSWERS and facts.text(review, "closed_at") <= self.until:
            of_run = self.answered.setdefault(facts.text(review, "run_folder"), {})
            of_run.update(dict.fromkeys(facts.texts(review, "names"), state))

    def add_record(self, record: Mapping[str, Any]) -> None:
        """Count what a run has reused, and the exceptions that it has used."""
        self.reused += facts.number(record, "reused") or 0
        for used in facts.mappings(record, "rules", "exceptions"):
            if (name := facts.text(used, "id")) in self.exceptions or len(self.exceptions) < MOST_EXCEPTIONS:
                known = self.exceptions.setdefault(name, {**used, "runs": 0, "objects": 0})
                known["runs"] += 1
                known["objects"] += facts.number(used, "objects") or 0


def _began_at(row: RunRow) -> str:
    return row.started_at or row.updated_at


def _days_between(start: str, end: str) -> int | None:
    """Return the days of a period, rounded up; None if it is none."""
    first, last = times.parse(start), times.parse(end)
    if first is None or last is None or first >= last:
        return None
    return -(-int((last - first).total_seconds()) // 86400)
