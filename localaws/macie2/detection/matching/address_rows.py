"""Addresses whose street, place and postal code stand in several cells of a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from localaws.macie2.detection.matching.distinct import Column, Distinct
from localaws.macie2.detection.matching.tables import Table
from localaws.macie2.detection.matching.tally import ROW_RULE_CAP, Place, Tally
from localaws.macie2.identifiers import address_cells, postal

_WINDOW = 12
_FEW_CODES = 32
"""Rows with codes that are read without a look for signs in the columns first."""
_LONGEST_REGION_BYTES = 60
_LONGEST_STREET_BYTES = 120


class AddressRows:
    """The rows of a table; only those with signs of an address are read."""

    def __init__(self, table: Table, distinct: Distinct) -> None:
        self._table = table
        self._distinct = distinct
        self._columns = [column for columns in distinct.groups.values() for column in columns]
        self._single = {column.columns[0]: column for column in self._columns if len(column.columns) == 1}
        self._regions: dict[int, pl.Series] = {}
        self._streets: dict[int, pl.Series] = {}
        self._counted: set[Place] = set()

    def read(self, tally: Tally) -> None:
        """Add the rows in which a cell is the postal code of an address."""
        for column in self._columns:
            if self._distinct.has(column, "code"):
                self._read_codes(column, tally)

    def _read_codes(self, column: Column, tally: Tally) -> None:
        table, columns = self._table, column.columns
        codes = self._distinct.where([column], "code")
        has_code = table.stack(columns).is_in(codes.implode()).fill_null(value=False)
        if len(columns) == 1 and has_code.sum() > _FEW_CODES:
            rows = self._with_signs(columns[0])
            if rows is None:
                return
            has_code &= rows
        found = _Found()
        for at in has_code.arg_true():
            row, code_at = at % table.height, columns[at // table.height]
            self._look(row, code_at, found)
            if len(found.codes_at) == ROW_RULE_CAP and len(columns) == 1:
                break
        codes_at = {place: at for place, at in found.counted().items() if place not in self._counted}
        self._counted.update(codes_at)

        def texts(place: Place) -> Iterator[str]:
            first, last = sorted((place[1], codes_at[place]))
            yield ", ".join(cell for cell in table.window(table.row_of(place[0]), first, last) if cell)

        tally.add(sorted(codes_at), len(codes_at), table.occurrence, texts)

    def _look(self, row: int, code_at: int, found: _Found) -> None:
        first = max(0, code_at - _WINDOW)
        cells = self._table.window(row, first, min(code_at + address_cells.PLACE_DISTANCE, self._table.width - 1))
        start = address_cells.start_of_address(cells, code_at - first)
        if start is None:
            found.beside_region += address_cells.is_beside_region(cells, code_at - first)
            return
        place = self._table.order_of(row), first + start
        found.codes_at.setdefault(place, code_at)
        if not address_cells.is_street(cells[start] or ""):
            found.without_street.add(place)

    def _with_signs(self, code_at: int) -> pl.Series | None:
        """Return in which rows a region or a street stands close enough to the left; None: in none."""
        rows: pl.Series | None = None
        for at in range(max(0, code_at - address_cells.STREET_AND_ZIP_DISTANCE), code_at):
            signs = self._signs(at, may_be_region=at >= code_at - address_cells.STATE_AND_ZIP_DISTANCE)
            if signs is not None and not signs.is_empty():
                has_sign = self._table.stack([at]).is_in(signs.implode()).fill_null(value=False)
                rows = has_sign if rows is None else rows | has_sign
        return rows

    def _signs(self, at: int, *, may_be_region: bool) -> pl.Series | None:
        column = self._single.get(at)
        if column is None:  # part of a group that is scanned as one
            return self._table.stack([at]).drop_nulls().unique()
        if at not in self._streets:
            values = self._distinct.values_of([column])
            self._regions[at] = _regions_in(values)
            self._streets[at] = _streets_in(values)
        return pl.concat([self._regions[at], self._streets[at]]) if may_be_region else self._streets[at]


def _regions_in(values: pl.Series) -> pl.Series:
    short = values.filter(values.str.len_bytes() <= _LONGEST_REGION_BYTES)
    found = [value for value in short.filter(~short.str.contains("[0-9]")) if postal.is_region(value)]
    return pl.Series(found, dtype=pl.String)


def _streets_in(values: pl.Series) -> pl.Series:
    short = values.filter(values.str.len_bytes() <= _LONGEST_STREET_BYTES)
    has_number = short.str.contains("[0-9]")
    numbered, named = short.filter(has_number), short.filter(~has_number)
    return pl.concat(
        [
            numbered.filter(numbered.str.contains(address_cells.NUMBERED_STREET.rust)).rename(""),
            named.filter(named.str.contains(address_cells.NAMED_STREET.rust)).rename(""),
        ]
    )


@dataclass(slots=True)
class _Found:
    """The addresses of the codes of a column.

    :ivar codes_at: where each begins, with the column of its code.
    :ivar beside_region: how many codes stand beside a state or province that they do not fit.
    """

    codes_at: dict[Place, int] = field(default_factory=dict)
    without_street: set[Place] = field(default_factory=set)
    beside_region: int = 0

    def counted(self) -> dict[Place, int]:
        """Return ``codes_at``, without those that have no street when most codes do not fit their regions."""
        if len(self.codes_at) >= self.beside_region:
            return self.codes_at
        return {place: at for place, at in self.codes_at.items() if place not in self.without_street}
