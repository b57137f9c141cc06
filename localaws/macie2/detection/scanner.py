"""Reads one object's bytes and says which identifiers it holds, how often and where.

Differences from Macie, on purpose: only CSV and TSV are read, everything else is SKIPPED; NAME and ADDRESS are found
by rules instead of a language model (``identifiers/names.py``, ``identifiers/addresses.py``); an object with a quoted
cell that never ends is PARTIAL with MALFORMED_FILE, where Macie falls back to reading text; one that is no text at all
is SKIPPED with it.

How: column-wise, in chunks of bounded size. From the header follows per column which identifiers its name opens; their
patterns run over the distinct values of the column, the others only see values that hold a keyword themselves. The
header is scanned as a row like any other (a file without one has data there); when it holds sensitive data, no column
name is reported, since it would be such data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

import polars as pl

from localaws.macie2.detection.csv_reader import CHUNK_BYTES, CsvReader, MalformedError, RowsTable, Table
from localaws.macie2.detection.result import Category, Cell, Detection, ScanResult, ScanStatus, Severity
from localaws.macie2.identifiers import CustomIdentifier, ManagedIdentifier, addresses, names
from localaws.macie2.identifiers.keywords import keyword_regex
from localaws.macie2.identifiers.matching import CustomProbe, ManagedProbe, Probe, having

LOCATED_CELLS = 1000
# Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-pii.html (NAME and ADDRESS stop there)
ROW_RULE_CAP = 1000
# Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
MAXIMUM_OBJECT_BYTES = 20 * 1024**3
# From this width on, columns with the same plan are scanned as one: a column costs more than its cells.
_WIDE = 64
_ADDRESS_WINDOW = 12

_FORMATS = {"csv": ("text/csv", None), "tsv": ("text/tab-separated-values", "\t")}


def scan(
    stream: BinaryIO,
    extension: str,
    size_bytes: int,
    managed: Sequence[ManagedIdentifier],
    custom: Sequence[CustomIdentifier],
    *,
    chunk_bytes: int = CHUNK_BYTES,
    always_csv: bool = False,
) -> ScanResult:
    """Scan one object; never raises because of what is in it.

    :param stream: its bytes, read once from front to back.
    :param extension: of its key, without the dot.
    :param size_bytes: its size.
    :param managed: the selected managed identifiers; those that are not implemented find nothing.
    :param custom: the custom identifiers of the job.
    :param chunk_bytes: how much is held at a time.
    :param always_csv: read with :mod:`csv` alone (slow; the same result).
    :return: SKIPPED when the object was not analysed, PARTIAL when it was up to some point, each with a reason code.
    """
    if extension.lower() not in _FORMATS:
        return _skipped("UNSUPPORTED_FILE_TYPE_EXCEPTION")
    if size_bytes > MAXIMUM_OBJECT_BYTES:
        return _skipped("FILE_EXCEEDS_SIZE_LIMIT")
    mime_type, delimiter = _FORMATS[extension.lower()]
    reader = CsvReader(stream, delimiter, chunk_bytes, always_csv=always_csv)
    scanning = _Scanning(managed, custom)
    try:
        for first_row, table in reader.tables():
            if not scanning.has_header and reader.header:
                scanning.read_header(reader.header, reader.header_row)
            scanning.read(table, first_row)
    except MalformedError:
        if not scanning.has_header:
            return _skipped("MALFORMED_FILE")
        return ScanResult(ScanStatus.PARTIAL, "MALFORMED_FILE", mime_type, reader.bytes_read, scanning.detections())
    return ScanResult(ScanStatus.COMPLETE, None, mime_type, reader.bytes_read, scanning.detections())


def _skipped(reason: str) -> ScanResult:
    return ScanResult(ScanStatus.SKIPPED, reason, None, 0, ())


class _Rated(Protocol):
    def severity_of(self, count: int) -> Severity | None: ...


@dataclass(slots=True)
class _Tally:
    """What was found of one identifier so far; hits are added chunk by chunk, in any order within a chunk."""

    identifier: str
    category: Category | None
    rated: _Rated
    cap: int | None = None
    count: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)
    _fresh: list[tuple[int, int]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return self.cap is not None and self.count >= self.cap

    def add(self, places: Iterable[tuple[int, int]], count: int) -> None:
        """Add (row, column) places, one per occurrence and in order, and how many occurrences there are in all."""
        self.count += count
        missing = LOCATED_CELLS - len(self.places)
        self._fresh.extend(place for place, _ in zip(places, range(missing), strict=False))

    def end_chunk(self) -> None:
        if self.cap is not None:
            self.count = min(self.count, self.cap)
        if self._fresh:
            self.places += sorted(self._fresh)[: LOCATED_CELLS - len(self.places)]
            self._fresh.clear()

    def detection(self, column_names: Sequence[str] | None) -> Detection | None:
        severity = self.rated.severity_of(self.count) if self.count else None
        if severity is None:
            return None
        cells = tuple(
            Cell(row, column + 1, column_names[column] if column_names and column < len(column_names) else None)
            for row, column in self.places
        )
        return Detection(self.identifier, self.category, self.count, severity, cells)


@dataclass(frozen=True, slots=True)
class _Group:
    """Columns that are scanned alike: which probes their names open, and what the names say about names."""

    columns: tuple[int, ...]
    gated: frozenset[str]
    kind: names.ColumnKind


class _Scanning:
    """The state of one scan: the plan that follows from the header, and the tallies."""

    def __init__(self, managed: Sequence[ManagedIdentifier], custom: Sequence[CustomIdentifier]) -> None:
        self._probes: list[Probe] = [
            *(ManagedProbe(identifier) for identifier in managed if identifier.pattern or identifier.unkeyed_pattern),
            *(CustomProbe(identifier) for identifier in custom),
        ]
        self._tallies = {probe.id: _Tally(probe.id, probe.category, probe) for probe in self._probes}
        by_rule = {identifier.row_rule: identifier for identifier in managed if identifier.row_rule}
        self._name = self._row_tally(by_rule.get("NAME"))
        self._address = self._row_tally(by_rule.get("ADDRESS"))
        keywords = {word for entry in managed for word in entry.keywords} | {
            word for entry in custom for word in entry.keywords
        }
        self._any_keyword = keyword_regex(keywords)
        self._header: list[str] = []
        self._groups: list[_Group] = []
        self._pairs: list[tuple[int, int]] = []
        self._hides_names = False

    def _row_tally(self, identifier: ManagedIdentifier | None) -> _Tally | None:
        if identifier is None:
            return None
        tally = _Tally(identifier.id, identifier.category, identifier.severity, ROW_RULE_CAP)
        self._tallies[identifier.id] = tally
        return tally

    @property
    def has_header(self) -> bool:
        return bool(self._header)

    def detections(self) -> tuple[Detection, ...]:
        """Return what was found so far, in the order of the identifiers."""
        column_names = None if self._hides_names else self._header
        found = (tally.detection(column_names) for tally in self._tallies.values())
        return tuple(detection for detection in found if detection is not None)

    def read_header(self, header: list[str], row: int) -> None:
        """Scan the header itself, then plan by it."""
        self._header = header
        self._groups = [_Group(tuple(range(len(header))), frozenset(), names.ColumnKind.NEUTRAL)]
        self.read(RowsTable([header], len(header)), row)
        self._hides_names = any(tally.count for tally in self._tallies.values())
        self._groups = self._plan(header)
        self._pairs = names.split_columns(header)

    def _plan(self, header: list[str]) -> list[_Group]:
        gates: dict[int, set[str]] = defaultdict(set)
        column_names = pl.Series(header, dtype=pl.String)
        for probe in self._probes:
            if probe.keyword is not None:
                for column in column_names.str.contains(probe.keyword.rust).arg_true():
                    gates[column].add(probe.id)
        alike: dict[tuple[frozenset[str], names.ColumnKind, int], list[int]] = defaultdict(list)
        for column, name in enumerate(header):
            own = 0 if len(header) > _WIDE else column
            alike[frozenset(gates.get(column, ())), names.ColumnKind.of(name), own].append(column)
        return [_Group(tuple(columns), gated, kind) for (gated, kind, _), columns in alike.items()]

    def read(self, table: Table, first_row: int) -> None:
        """Scan some records."""
        if not table.height:
            return
        surplus = tuple(range(len(self._header), table.width))
        extra = [_Group(surplus, frozenset(), names.ColumnKind.NEUTRAL)] if surplus else []
        for group in [*self._groups, *extra]:
            self._read_group(_Column(table, group.columns, first_row), group, table)
        if self._name and not self._name.is_full:
            for given, family in self._pairs:
                self._name.add(*_read_pair(table, first_row, given, family))
        for tally in self._tallies.values():
            tally.end_chunk()

    def _read_group(self, column: _Column, group: _Group, table: Table) -> None:
        values = column.distinct
        if values.is_empty():
            return
        keyed = having(values, self._any_keyword) if self._any_keyword else values
        for probe in self._probes:
            if probe.id in group.gated:
                hits = probe.count_gated(values)
            else:
                seen = keyed if probe.needs_keyword else values
                hits = {} if seen.is_empty() else probe.count_ungated(seen)
            if hits:
                self._tallies[probe.id].add(*column.locate(hits))
        if self._name and not self._name.is_full:
            self._read_names(column, group.kind, self._name)
        if self._address and not self._address.is_full:
            self._read_addresses(column, table, self._address)

    @staticmethod
    def _read_names(column: _Column, kind: names.ColumnKind, tally: _Tally) -> None:
        spaced = column.spaced
        if spaced.is_empty():
            return
        candidates = pl.concat(having(spaced, regex) for regex in names.prefilters(kind)).unique()
        hits = {value: count for value in candidates if (count := names.count_names(value, kind))}
        if hits:
            tally.add(*column.locate(hits))

    @staticmethod
    def _read_addresses(column: _Column, table: Table, tally: _Tally) -> None:
        candidates = having(column.spaced, addresses.IN_VALUE)
        within = {value: count for value in candidates if (count := addresses.count_addresses(value))}
        if within:
            tally.add(*column.locate(within))
        codes = having(column.distinct, addresses.ZIP)
        if codes.is_empty():
            return
        starts = []
        for row, at in column.cells_with(codes, _rows_with_place_signs(table, column.columns)):
            first = max(0, at - _ADDRESS_WINDOW)
            start = addresses.start_of_address(table.window(row, first, at), at - first)
            if start is not None:
                starts.append((column.first_row + row, first + start))
                if len(starts) == ROW_RULE_CAP and len(column.columns) == 1:
                    break
        tally.add(starts, len(starts))


def _read_pair(table: Table, first_row: int, given: int, family: int) -> tuple[list[tuple[int, int]], int]:
    both = [table.stack([at]).str.contains(names.PART.rust).fill_null(value=False) for at in (given, family)]
    rows = (both[0] & both[1]).arg_true()
    return [(first_row + row, min(given, family)) for row in rows.head(LOCATED_CELLS)], len(rows)


def _rows_with_place_signs(table: Table, columns: tuple[int, ...]) -> pl.Series | None:
    """Tell in which rows a state or a street stands close enough to the left; None where that is not worth while."""
    if len(columns) != 1:
        return None
    rows = pl.repeat(value=False, n=table.height, eager=True)
    for at in range(max(0, columns[0] - addresses.STATE_AND_ZIP_DISTANCE), columns[0]):
        cells = table.stack([at])
        distinct = cells.drop_nulls().unique()
        signs = distinct.filter(pl.Series(map(addresses.is_state, distinct), dtype=pl.Boolean))
        if at == columns[0] - 2:
            signs = pl.concat([signs, having(distinct, addresses.STREET)])
        rows = rows | cells.is_in(signs.implode()).fill_null(value=False)
    return rows


class _Column:
    """The cells of a group's columns in one table."""

    def __init__(self, table: Table, columns: tuple[int, ...], first_row: int) -> None:
        self.columns = columns
        self.first_row = first_row
        self._height = table.height
        self._cells = table.stack(columns)
        self.distinct = self._cells.drop_nulls().unique()
        self.spaced = self.distinct.filter(self.distinct.str.contains(" ", literal=True))

    def _place(self, at: int) -> tuple[int, int]:
        column, row = divmod(at, self._height)
        return row, self.columns[column]

    def cells_with(self, values: pl.Series, rows: pl.Series | None = None) -> Iterator[tuple[int, int]]:
        """Yield (row of the table, column) of the cells with one of the values, column by column.

        :param rows: for a single column, which rows to look at at all.
        """
        has = self._cells.is_in(values.implode()).fill_null(value=False)
        return (self._place(at) for at in (has if rows is None else has & rows).arg_true())

    def locate(self, hits: dict[str, int]) -> tuple[list[tuple[int, int]], int]:
        """Return the first places of the values, one per occurrence and in file order, and the number of all."""
        counts = self._cells.replace_strict(list(hits), list(hits.values()), default=0, return_dtype=pl.UInt32)
        found = counts.gt(0).fill_null(value=False).arg_true()
        total = int(counts.sum())
        if len(self.columns) == 1:
            found = found.head(LOCATED_CELLS)
        cells = [(*self._place(at), occurrences) for at, occurrences in zip(found, counts.gather(found), strict=True)]
        cells.sort()
        places = ((self.first_row + row, column) for row, column, occurrences in cells for _ in range(occurrences))
        return [place for place, _ in zip(places, range(LOCATED_CELLS), strict=False)], total
