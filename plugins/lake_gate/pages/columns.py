"""Columns of a file: the strip, the detections in each column, and their history over runs. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lake_gate.display import facts
from lake_gate.display.columns import Detection
from lake_gate.model.exception import MOST_OCCURRENCES
from lake_gate.model.manifest import dataset_of

MOST_IN_STRIP = 240


@dataclass(frozen=True, slots=True)
class Cell:
    """One column in the strip."""

    index: int
    title: str
    has_detections: bool
    decided: bool


def strip(detections: Sequence[Detection], columns: int | None) -> list[Cell]:
    """Return a cell per column, at most :data:`MOST_IN_STRIP`.

    :param columns: number of columns of the file; None: those up to the last one with a detection.
    """
    by_index: defaultdict[int, list[Detection]] = defaultdict(list)
    for detection in detections:
        if detection.index is not None and detection.index >= 1:
            by_index[detection.index].append(detection)
    last = columns if columns is not None and columns >= 0 else max(by_index, default=0)
    return [_cell(index, by_index.get(index, [])) for index in range(1, min(last, MOST_IN_STRIP) + 1)]


def _cell(index: int, found: list[Detection]) -> Cell:
    names = ", ".join(item.identifier for item in found)
    title = f"{index} {found[0].column}: {names}" if found else f"Column {index}: nothing found"
    return Cell(index, title, bool(found), any(item.decided for item in found))


def of_file(lines: Iterable[Mapping[str, Any]], name: str) -> list[Detection]:
    """Return the detections of a file, by column.

    :param lines: of ``columns.jsonl``.
    """
    found = [Detection.of(line) for line in lines if facts.text(line, "name") == name]
    return sorted(found, key=lambda item: (item.index is None, item.index or 0, item.identifier))


@dataclass(frozen=True, slots=True)
class Proposal:
    """Exception for a table that may be asked for: params of ``quarantine_review``, which checks them.

    :param column: None: all columns of the table.
    :param most: occurrences in this file.
    """

    identifier: str
    column: str | None
    most: int


def proposals(detections: Iterable[Detection], identifiers: Collection[str]) -> list[Proposal]:
    """Return an exception for each identifier and column of a file.

    :param identifiers: those that the run's record has about the file: no others can be asked for.
    """
    most: dict[tuple[str, str | None], int] = {}
    for item in detections:
        scope = item.identifier, item.column or None
        if item.identifier in identifiers:
            found = item.count if item.is_capped else item.cells
            most[scope] = most.get(scope, 0) + max(found or item.count or 1, 1)
    return [Proposal(*scope, min(count, MOST_OCCURRENCES)) for scope, count in most.items()]


@dataclass(frozen=True, slots=True)
class PastRun:
    """The same table in an earlier run."""

    run_id: str
    started_at: str
    file: str
    outcome: str
    found: dict[tuple[str, str], int | None]


@dataclass(frozen=True, slots=True)
class Seen:
    """When an identifier was found in a column of the table, over the runs that were read."""

    column: str
    identifier: str
    first: PastRun
    last: PastRun
    runs: int


def seen(runs: Sequence[PastRun]) -> list[Seen]:
    """Return the first and the last run of each column and identifier.

    :param runs: the latest first.
    """
    by_key: defaultdict[tuple[str, str], list[PastRun]] = defaultdict(list)
    for run in runs:
        for key in run.found:
            by_key[key].append(run)
    return [Seen(*key, first=found[-1], last=found[0], runs=len(found)) for key, found in sorted(by_key.items())]


def is_same_table(name: str, other: str) -> bool:
    """Whether two files of different runs are the same table."""
    return dataset_of(name) == dataset_of(other)
