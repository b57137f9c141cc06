"""Runs of feeds as the Gate page lists them: rows of the index, filters, sums. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lake_gate.model.run import HELD_PREFIX
from lake_gate.pages import facts
from lake_gate.pages.words import OUTCOMES

STATES = ("running", "recorded", "empty", "failed")
_HELD_SOURCE = "held://"


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in the index of runs.

    :param state: one of :data:`STATES`; ``unknown`` for any other.
    :param started_at, updated_at: ISO 8601 in UTC, so that the texts sort by time.
    :param outcomes: number of files by outcome.
    """

    feed: str
    run_id: str
    folder: str
    state: str
    started_at: str
    updated_at: str
    is_dry_run: bool
    source: str
    started_by: str
    airflow_url: str
    objects: int
    size_bytes: int
    outcomes: dict[str, int]
    severity: str
    usd: float | None
    failed_task: str
    reason: str
    messages: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, feed: str, row: Mapping[str, Any]) -> RunRow | None:
        """Return the row of an index; None without a run id."""
        if not (run_id := facts.text(row, "run_id")):
            return None
        state = facts.text(row, "state")
        return cls(
            feed=feed,
            run_id=run_id,
            folder=facts.text(row, "folder"),
            state=state if state in STATES else "unknown",
            started_at=facts.text(row, "started_at"),
            updated_at=facts.text(row, "updated_at"),
            is_dry_run=facts.member(row, "is_dry_run") is True,
            source=facts.text(row, "source"),
            started_by=facts.text(row, "started_by"),
            airflow_url=facts.text(row, "airflow_url"),
            objects=facts.number(row, "objects") or 0,
            size_bytes=facts.number(row, "size_bytes") or 0,
            outcomes={name: count for name, count in facts.counts(row, "outcomes").items() if name in OUTCOMES},
            severity=facts.text(row, "severity"),
            usd=facts.amount(row, "usd"),
            failed_task=facts.text(row, "failed_task"),
            reason=facts.text(row, "reason"),
            messages=facts.texts(row, "messages"),
        )

    @property
    def is_reprocessing(self) -> bool:
        """Whether the run takes held files through the gate again."""
        return self.source.startswith(_HELD_SOURCE)

    @property
    def has_moved(self) -> bool:
        """Whether the run has moved files: recorded, and not a dry run."""
        return self.state == "recorded" and not self.is_dry_run


@dataclass(frozen=True, slots=True)
class Filters:
    """What the Gate page shows.

    :param feed: of one feed only; empty: of all.
    :param state: one of :data:`STATES`, or ``waiting`` for runs with quarantined or held files; empty: all.
    :param since, until: first and last day (``2026-11-29``); empty: no limit.
    :param dry_runs: ``hide``, ``only``, or empty to show them among the others.
    """

    feed: str = ""
    state: str = ""
    since: str = ""
    until: str = ""
    dry_runs: str = ""

    def apply(self, rows: Iterable[RunRow]) -> list[RunRow]:
        """Return the rows that pass, in their order."""
        return [row for row in rows if self._passes(row)]

    def _passes(self, row: RunRow) -> bool:
        day = row.started_at[:10]
        return (
            (not self.feed or row.feed == self.feed)
            and (not self.state or self._is_in_state(row))
            and (not self.since or day >= self.since)
            and (not self.until or day <= self.until)
            and (not self.dry_runs or row.is_dry_run == (self.dry_runs == "only"))
        )

    def _is_in_state(self, row: RunRow) -> bool:
        if self.state == "waiting":
            return row.has_moved and bool(row.outcomes.get("quarantine") or row.outcomes.get("hold"))
        return row.state == self.state


@dataclass(slots=True)
class Waiting:
    """Files of one outcome that a person has to look at.

    :param oldest_at: when the oldest run with such a file started; empty without files.
    """

    files: int = 0
    runs: int = 0
    oldest_at: str = ""

    def add(self, files: int, started_at: str) -> None:
        """Add the files of a run."""
        if files > 0:
            self.files += files
            self.runs += 1
            self.oldest_at = min(self.oldest_at or started_at, started_at)


@dataclass(frozen=True, slots=True)
class Summary:
    """Sums over the runs of the page.

    :param usd: estimated cost of the scans of this month.
    """

    quarantined: Waiting
    held: Waiting
    failed: int
    usd: float


def summarize(rows: Iterable[RunRow], month: str, released_keys: Iterable[str] = ()) -> Summary:
    """Return the sums.

    :param month: ``2026-11``.
    :param released_keys: keys of held copies that re-processing runs have deleted.
    """
    released = Counter(tuple(key.removeprefix(HELD_PREFIX).split("/", 2)[:2]) for key in released_keys)
    quarantined, held, failed, spent = Waiting(), Waiting(), 0, 0.0
    for row in rows:
        failed += row.state == "failed"
        spent += (row.usd or 0.0) if row.started_at[:7] == month else 0.0
        if row.has_moved:
            quarantined.add(row.outcomes.get("quarantine", 0), row.started_at)
            held.add(row.outcomes.get("hold", 0) - released[row.feed, row.folder], row.started_at)
    return Summary(quarantined, held, failed, spent)


def latest_first(rows: Iterable[RunRow]) -> list[RunRow]:
    """Return the rows, the latest run first."""
    return sorted(rows, key=lambda row: (row.started_at or row.updated_at, row.run_id), reverse=True)


def before(rows: Sequence[RunRow], run_id: str) -> list[RunRow]:
    """Return the recorded runs of a feed that started before a run, the latest first; dry runs are left out.

    :param rows: the latest first; if the run is not among them, all rows count as earlier ones.
    """
    number = next((number for number, row in enumerate(rows) if row.run_id == run_id), -1)
    return [row for row in rows[number + 1 :] if row.has_moved]
