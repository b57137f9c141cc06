"""Addresses whose street, place and postal code stand in several cells of a row."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from localaws.macie2.detection.matching.distinct import Column, Distinct
from localaws.macie2.detection.matching.tables import Table
from localaws.macie2.detection.matching.tally import ROW_RULE_CAP, Place, Tally
from localaws.macie2.identifiers import addresses

_WINDOW = 12
_LONGEST_REGION_BYTES = 60


class AddressRows:
    """The rows of a table; only those with signs of an address are read."""

    def __init__(self, table: Table, distinct: Distinct) -> None:
        self._table = table
        self._distinct = distinct
        self._columns = [column for columns in distinct.groups.values() for column in columns]
        self._single = {column.columns[0]: column for column in self._columns if len(column.columns) == 1}
        self._regions: dict[int, pl.Series] = {}

    def read(self, tally: Tally) -> None:
        """Add the rows in which a cell is the postal code of an address."""
        for column in self._columns:
            if self._distinct.has(column, "code"):
                self._read_codes(column, tally)

    def _read_codes(self, column: Column, tally: Tally) -> None:
        table, columns = self._table, column.columns
        rows = self._with_signs(columns[0]) if len(columns) == 1 else pl.Series([True])
        if rows is None:
            return
        codes = self._distinct.where([column], "code")
        has_code = (table.stack(columns).is_in(codes.implode()) & rows).fill_null(value=False)
        starts: list[Place] = []
        codes_at: dict[Place, int] = {}
        for at in has_code.arg_true():
            row, code_at = at % table.height, columns[at // table.height]
            start = self._start(row, code_at)
            if start is not None:
                starts.append((table.order_of(row), start))
                codes_at[starts[-1]] = code_at
                if len(starts) == ROW_RULE_CAP and len(columns) == 1:
                    break

        def texts(place: Place) -> Iterator[str]:
            first, last = sorted((place[1], codes_at[place]))
            yield ", ".join(cell for cell in table.window(table.row_of(place[0]), first, last) if cell)

        tally.add(sorted(starts), len(starts), table.occurrence, texts)

    def _start(self, row: int, code_at: int) -> int | None:
        first = max(0, code_at - _WINDOW)
        cells = self._table.window(row, first, min(code_at + 1, self._table.width - 1))
        start = addresses.start_of_address(cells, code_at - first)
        return None if start is None else first + start

    def _with_signs(self, code_at: int) -> pl.Series | None:
        """Return in which rows a region or a street stands close enough to the left; None: in none."""
        rows: pl.Series | None = None
        for at in range(max(0, code_at - addresses.STATE_AND_ZIP_DISTANCE), code_at):
            signs = self._signs(at, may_be_street=at >= code_at - 2)
            if signs is not None and not signs.is_empty():
                has_sign = self._table.stack([at]).is_in(signs.implode()).fill_null(value=False)
                rows = has_sign if rows is None else rows | has_sign
        return rows

    def _signs(self, at: int, *, may_be_street: bool) -> pl.Series | None:
        column = self._single.get(at)
        if column is None:  # part of a group that is scanned as one
            return self._table.stack([at]).drop_nulls().unique()
        if at not in self._regions:
            values = self._distinct.values_of([column])
            short = values.filter(values.str.len_bytes() <= _LONGEST_REGION_BYTES)
            found = [value for value in short.filter(~short.str.contains("[0-9]")) if addresses.is_state(value)]
            self._regions[at] = pl.Series(found, dtype=pl.String)
        if not may_be_street:
            return self._regions[at]
        spaced = self._distinct.where([column], "spaced")  # a street has a house number, and a space at it
        return pl.concat([self._regions[at], spaced.rename("").filter(spaced.str.contains("[0-9]"))])
