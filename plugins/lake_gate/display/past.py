"""What became of tables in earlier runs of their feed: names and counts, for people who decide about a file now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake_gate.display import facts
from lake_gate.display.words import DONE, OUTCOMES
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.manifest import dataset_of
from lake_gate.model.run import OBJECTS, Run
from lake_gate.model.words import counted
from lake_gate.runs_index import read_before
from lake_gate.s3.documents import iter_json_lines
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_RUNS = 10
MOST_BYTES = 16 * 1024**2
"""Larger lists of files of an earlier run are not read."""
_MOST_LINE_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Past:
    """A table in earlier runs.

    :param outcomes: day and outcome, the latest first.
    :param unread: number of earlier runs whose list of files is too large or damaged.
    """

    outcomes: tuple[tuple[str, str], ...] = ()
    unread: int = 0

    @property
    def words(self) -> str:
        """The sums in words."""
        counts = Counter(outcome for _, outcome in self.outcomes)
        known = [f"{counts[name]} {DONE[name]}" for name in OUTCOMES if counts[name]]
        unread = f"; {counted(self.unread, 'earlier run')} could not be read" if self.unread else ""
        if not known:
            return f"no earlier run of the feed with this table is known{unread}"
        day, outcome = self.outcomes[0]
        total = counted(len(self.outcomes), "earlier run")
        return f"in {total}: {', '.join(known)}; last {DONE[outcome]}, {day}{unread}"


def read_past(s3: S3Client, bronze: str, run: Run, names: Collection[str]) -> dict[str, Past]:
    """Return what became of the tables of files in the newest earlier runs, at most :data:`MOST_RUNS`, by name.

    Reads the index of runs, and one document of each of these runs. Dry runs are left out.

    :param run: the run that has landed the files.
    """
    rows = read_before(s3, bronze, run)[:MOST_RUNS]
    read = list(map_threads(lambda row: _read(s3, bronze, Run.of_folder(run.feed, row.folder), names), rows))
    unread = sum(found is None for _, found in read)
    return {
        name: Past(
            tuple(((row.started_at or "")[:10], found[name]) for row, found in read if found and name in found), unread
        )
        for name in names
    }


def _read(s3: S3Client, bronze: str, run: Run, names: Collection[str]) -> dict[str, str] | None:
    """Return the outcome of the table of each name in a run; None if it cannot be read."""
    caps = {"most_bytes": MOST_BYTES, "most_line_bytes": _MOST_LINE_BYTES}
    try:
        return outcomes_of(iter_json_lines(s3, bronze, run.document(OBJECTS), **caps), names)
    except DamagedDocumentError:
        return None


def outcomes_of(entries: Iterable[Mapping[str, Any]], names: Collection[str]) -> dict[str, str]:
    """Return the outcome of the file of the same name, else of the first file of the same table, by name."""
    by_dataset: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        by_dataset[dataset_of(name)].append(name)
    found: dict[str, str] = {}
    for entry in entries:
        own, outcome = facts.text(entry, "name"), facts.text(entry, "outcome")
        if outcome not in DONE:
            continue
        for name in by_dataset.get(dataset_of(own), ()):
            if name == own or name not in found:
                found[name] = outcome
    return found
