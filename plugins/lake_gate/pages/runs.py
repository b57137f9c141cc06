"""Runs of feeds as the Gate page lists them: rows of the index, filters, sums. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from lake_gate.model.run import HELD_PREFIX
from lake_gate.model.runs import FAILED, RunRow

_HELD_SOURCE = "held://"


@dataclass(frozen=True, slots=True)
class FeedRow(RunRow):
    """Row of the index of a feed's runs, with the feed."""

    feed: str = ""

    @classmethod
    def of(cls, feed: str, row: RunRow) -> FeedRow:
        """Return the row with its feed."""
        return cls(**{member.name: getattr(row, member.name) for member in fields(row)}, feed=feed)

    @property
    def is_reprocessing(self) -> bool:
        """Whether the run takes held files through the gate again."""
        return self.source.startswith(_HELD_SOURCE)

    @property
    def has_moved(self) -> bool:
        """Whether the run has moved files: it has a record, and is not a dry run."""
        return self.has_record and not self.is_dry_run

    @property
    def day(self) -> str:
        """Day on which the run began, in UTC; empty if that is not known."""
        return (self.started_at or "")[:10]


@dataclass(frozen=True, slots=True)
class Filters:
    """What the Gate page shows.

    :param feed: of one feed only; empty: of all.
    :param state: one of :data:`lake_gate.model.runs.STATES`, or ``waiting`` for runs with quarantined or held files;
        empty: all.
    :param since, until: first and last day (``2026-11-29``); empty: no limit.
    :param dry_runs: ``hide``, ``only``, or empty to show them among the others.
    """

    feed: str = ""
    state: str = ""
    since: str = ""
    until: str = ""
    dry_runs: str = ""

    def apply(self, rows: Iterable[FeedRow]) -> list[FeedRow]:
        """Return the rows that pass, in their order."""
        return [row for row in rows if self._passes(row)]

    def _passes(self, row: FeedRow) -> bool:
        day = row.day
        return (
            (not self.feed or row.feed == self.feed)
            and (not self.state or self._is_in_state(row))
            and (not self.since or day >= self.since)
            and (not self.until or day <= self.until)
            and (not self.dry_runs or row.is_dry_run == (self.dry_runs == "only"))
        )

    def _is_in_state(self, row: FeedRow) -> bool:
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


def summarize(rows: Iterable[FeedRow], month: str, released_keys: Iterable[str] = ()) -> Summary:
    """Return the sums.

    :param month: ``2026-11``.
    :param released_keys: keys of held copies that re-processing runs have deleted.
    """
    released = Counter(tuple(key.removeprefix(HELD_PREFIX).split("/", 2)[:2]) for key in released_keys)
    quarantined, held, failed, spent = Waiting(), Waiting(), 0, 0.0
    for row in rows:
        failed += row.state == FAILED
        spent += (row.usd or 0.0) if row.day[:7] == month else 0.0
        if row.has_moved:
            quarantined.add(row.outcomes.get("quarantine", 0), row.started_at or "")
            held.add(row.outcomes.get("hold", 0) - released[row.feed, row.folder], row.started_at or "")
    return Summary(quarantined, held, failed, spent)


def latest_first(rows: Iterable[FeedRow]) -> list[FeedRow]:
    """Return the rows of several feeds, the latest run first."""
    return sorted(rows, key=lambda row: (row.started_at or row.updated_at, row.run_id), reverse=True)


def before(rows: Sequence[FeedRow], run_id: str) -> list[FeedRow]:
    """Return the runs of a feed with a record that began before a run, the latest first; dry runs are left out.

    :param rows: the latest first; if the run is not among them, all rows count as earlier ones.
    """
    number = next((number for number, row in enumerate(rows) if row.run_id == run_id), -1)
    return [row for row in rows[number + 1 :] if row.has_moved]
