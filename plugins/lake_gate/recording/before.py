"""The feed's run before, for the entries of the record: what became of the same tables then."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from lake_gate.decision.columns import ColumnLine
from lake_gate.decision.earlier import iter_columns
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.manifest import dataset_of
from lake_gate.model.run import OBJECTS, Run
from lake_gate.recording.comparison import Columns, Table
from lake_gate.recording.record import entry_of
from lake_gate.runs_index import read_before
from lake_gate.s3.documents import iter_items

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunBefore:
    """The tables of the feed's latest run that began before, was not dry and has a record; none without such a run.

    :param tables: by dataset; a delivery may have several files of one.
    """

    run_id: str = ""
    folder: str = ""
    tables: dict[str, list[Table]] = field(default_factory=dict)

    @classmethod
    def read(cls, s3: S3Client, bronze: str, run: Run) -> RunBefore:
        """Read the run before; if its documents are damaged there is nothing to compare with."""
        if not (rows := read_before(s3, bronze, run)):
            return cls()
        before = Run.of_folder(run.feed, rows[0].folder)
        try:
            tables = {table.name: table for table in _iter_tables(s3, bronze, before)}
        except DamagedDocumentError as error:
            log.warning("The run is not compared with the run before: %s", error)
            return cls()
        for name, columns in _by_object(iter_columns(s3, bronze, before)):
            if name in tables:
                tables[name] = replace(tables[name], columns=columns)
        by_dataset: defaultdict[str, list[Table]] = defaultdict(list)
        for table in tables.values():
            by_dataset[dataset_of(table.name)].append(table)
        return cls(rows[0].run_id, rows[0].folder, by_dataset)

    def compare(self, entries: Iterable[Mapping[str, Any]], lines: Iterable[ColumnLine]) -> Iterator[dict[str, Any]]:
        """Yield the entries with the findings in their columns, and the comparison with the run before.

        :param lines: of ``columns.jsonl`` of this run; like the entries in the order of the manifest.
        """
        of_objects = _by_object(lines)
        name, columns = next(of_objects, ("", Columns()))
        for entry in entries:
            while name and name < entry["name"]:
                name, columns = next(of_objects, ("", Columns()))
            found = columns if name == entry["name"] else Columns()
            yield {**entry, **found.facts(), "before": self._before(entry, found)}

    def _before(self, entry: Mapping[str, Any], columns: Columns) -> dict[str, Any] | None:
        if (table := self._find(entry["name"])) is None:
            return None
        compared = table.compared_with(entry["detections"], columns)
        return {"run_id": self.run_id, "folder": self.folder, **compared}

    def _find(self, name: str) -> Table | None:
        """Return the table of the same name, or the only one of the same dataset."""
        tables = self.tables.get(dataset_of(name), [])
        same = next((table for table in tables if table.name == name), None)
        return same or (tables[0] if len(tables) == 1 else None)


def _iter_tables(s3: S3Client, bronze: str, run: Run) -> Iterator[Table]:
    for entry in iter_items(s3, bronze, run.document(OBJECTS), entry_of):
        yield Table(entry["name"], entry["outcome"], entry["reason"], frozenset(entry["detections"]))


def _by_object(lines: Iterable[ColumnLine]) -> Iterator[tuple[str, Columns]]:
    for name, of_object in groupby(lines, key=lambda line: line.name):
        yield name, Columns.of(of_object)
