"""Scans Parquet, some rows at a time: flat columns as a table, nested ones as records.

The file is copied to disk first, as it must be read from its end.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any, cast

import polars as pl

from localaws.macie2.detection.matching.columns import TableScan
from localaws.macie2.detection.matching.tables import Frame, Plan
from localaws.macie2.detection.matching.tally import Place
from localaws.macie2.detection.readers.file_scan import Scan
from localaws.macie2.detection.readers.json_paths import Path
from localaws.macie2.detection.readers.json_reader import Row
from localaws.macie2.detection.readers.records import RecordScan
from localaws.macie2.detection.readers.source import IncompleteError, UnreadableError
from localaws.macie2.detection.result import Record

_CELLS = 400_000
_NESTED = (pl.Struct, pl.List, pl.Array)
# A panic inside polars is not an Exception.
_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, UnicodeError)


def scan_parquet(scan: Scan) -> None:
    """Scan all of a file.

    :raises UnreadableError: when it is not a Parquet file.
    :raises IncompleteError: where it is broken.
    """
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        shutil.copyfileobj(cast("IO[bytes]", scan.stream), file)
        file.flush()
        try:
            rows = pl.scan_parquet(file.name)
            schema = rows.collect_schema()
        except _ERRORS:
            raise UnreadableError("UNABLE_TO_PARSE_FILE") from None
        _Parquet(scan, schema).read(rows)


class _Parquet:
    def __init__(self, scan: Scan, schema: pl.Schema) -> None:
        self._scan = scan
        self._records = RecordScan(scan)
        self._records.read_names(schema.names())
        self._flat = [name for name, kind in schema.items() if kind not in _NESTED]
        self._nested = [name for name, kind in schema.items() if kind in _NESTED]
        self._plan = Plan.by_names(scan.matcher, self._flat)
        self._height = max(1, _CELLS // max(1, len(schema)))

    def read(self, rows: pl.LazyFrame) -> None:
        first_row = 0
        while (frame := self._slice(rows, first_row)).height:
            if self._flat:
                table = _FlatTable(frame.select(self._flat), first_row, self._records)
                TableScan(self._scan.matcher, self._scan.tallies).read(table, self._plan)
                self._scan.tallies.end_batch()
            for name in self._nested:
                for index, value in enumerate(frame.get_column(name), start=first_row):
                    for row in _rows(value, (name,), index):
                        self._records.add(row)
            self._records.flush()
            first_row += frame.height

    def _slice(self, rows: pl.LazyFrame, first_row: int) -> pl.DataFrame:
        try:
            frame = rows.slice(first_row, self._height).collect()
            return frame.select(_as_text(frame.get_column(name)) for name in frame.columns)
        except _ERRORS:
            raise IncompleteError("UNABLE_TO_PARSE_FILE") from None


class _FlatTable(Frame):
    def __init__(self, frame: pl.DataFrame, first_row: int, records: RecordScan) -> None:
        super().__init__(frame)
        self._first_row = first_row
        self._records = records

    def order_of(self, row: int) -> int:
        return self._first_row + row

    def row_of(self, order: int) -> int:
        return order - self._first_row

    def occurrence(self, place: Place) -> Record:
        return self._records.record((self._frame.columns[place[1]],), place[0])


def _as_text(column: pl.Series) -> pl.Series:
    """Return the cells as strings, empty ones as null; nested columns as they are."""
    if column.dtype in _NESTED:
        return column
    if column.dtype == pl.Binary:
        column = pl.Series(column.name, [_decoded(cell) for cell in column], dtype=pl.String)
    return column.cast(pl.String, strict=False).replace("", None)


def _decoded(cell: bytes | None) -> str | None:
    try:
        return cell.decode() if cell else None
    except UnicodeDecodeError:
        return None


def _rows(value: Any, path: Path, index: int) -> Iterator[Row]:
    """Yield the rows of a nested value; its depth is limited by the file's schema."""
    if isinstance(value, pl.Series):
        value = value.to_list()
    if not isinstance(value, (dict, list)):
        return
    members: Sequence[tuple[str | int, Any]] = list(value.items() if isinstance(value, dict) else enumerate(value))
    scalars = [(key, _scalar(member)) for key, member in members if not isinstance(member, (dict, list, pl.Series))]
    if scalars:
        yield Row(path, tuple(key for key, _ in scalars), tuple(text for _, text in scalars), index)
    for key, member in members:
        yield from _rows(member, (*path, key), index)


def _scalar(value: Any) -> str | None:
    if isinstance(value, bytes):
        return _decoded(value)
    return None if value is None else str(value) or None
