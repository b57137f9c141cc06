"""Tables: records that are alike, column by column, and the plan by which their columns are scanned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.matching.tally import Place
from localaws.macie2.detection.result import Occurrence
from localaws.macie2.identifiers import names
from localaws.macie2.identifiers.names import ColumnKind

# From this width on, columns with the same plan are scanned as one: a column costs more than its cells.
WIDE = 64


class Table(Protocol):
    """Some records; all cells are strings, missing and empty ones None."""

    height: int
    width: int

    def stack(self, columns: Sequence[int]) -> pl.Series:
        """Return the cells of some columns, one column after the other."""

    def distinct(self, columns: Sequence[int]) -> list[pl.Series]:
        """Return the distinct cells of each of some columns, without None, in any order."""

    def window(self, row: int, first: int, last: int) -> list[str | None]:
        """Return the cells of one record from column ``first`` to ``last`` (inclusive)."""

    def order_of(self, row: int) -> int:
        """Return the number of the record among all of the file."""

    def row_of(self, order: int) -> int:
        """Return the record of this table that has the number."""

    def occurrence(self, place: Place) -> Occurrence:
        """Tell where a cell is, by the number of its record and its column."""


class Frame:
    """Cells that polars holds; its subclasses locate them."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self.height = frame.height
        self.width = frame.width

    def stack(self, columns: Sequence[int]) -> pl.Series:
        """Return the cells of some columns, one column after the other."""
        parts = [self._frame.to_series(column) for column in columns]
        return parts[0] if len(parts) == 1 else pl.concat(part.rename("") for part in parts)

    def distinct(self, columns: Sequence[int]) -> list[pl.Series]:
        """Return the distinct cells of each of some columns, without None, in any order."""
        chosen = self._frame.select(pl.nth(*columns).drop_nulls().unique().implode())
        return [column.item() for column in chosen]

    def window(self, row: int, first: int, last: int) -> list[str | None]:
        """Return the cells of one record from column ``first`` to ``last`` (inclusive)."""
        if self.width <= WIDE:
            return list(self._frame.row(row)[first : last + 1])  # ten times as quick as cell by cell
        return [self._frame.item(row, column) for column in range(first, last + 1)]


class Rows:
    """Cells in lists, which may be shorter than the table is wide."""

    def __init__(self, rows: Sequence[Sequence[str | None]], width: int = 0) -> None:
        self._rows = rows
        self.height = len(rows)
        self.width = max(width, max(map(len, rows), default=0))

    def stack(self, columns: Sequence[int]) -> pl.Series:
        """Return the cells of some columns, one column after the other."""
        cells = [(row[column] or None) if column < len(row) else None for column in columns for row in self._rows]
        return pl.Series(cells, dtype=pl.String)

    def distinct(self, columns: Sequence[int]) -> list[pl.Series]:
        """Return the distinct cells of each of some columns, without None, in any order."""
        cells = ({row[column] for row in self._rows if column < len(row) and row[column]} for column in columns)
        return [pl.Series(list(column), dtype=pl.String) for column in cells]

    def window(self, row: int, first: int, last: int) -> list[str | None]:
        """Return the cells of one record from column ``first`` to ``last`` (inclusive)."""
        cells = self._rows[row]
        return [(cells[column] or None) if column < len(cells) else None for column in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that are scanned alike: which probes their names open, and the chance of names of persons in them."""

    columns: tuple[int, ...]
    is_open: frozenset[str]
    kind: ColumnKind


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a table: its columns in groups that are scanned alike.

    :param pairs: columns of given names, with those of the family names.
    """

    groups: tuple[Group, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def by_names(cls, matcher: Matcher, column_names: Sequence[str]) -> Plan:
        """Plan by the names of the columns."""
        opened = [matcher.opened_by(name) for name in column_names]
        kinds = [ColumnKind.of(name) for name in column_names]
        return cls.by_columns(opened, kinds, names.split_columns(list(column_names)))

    @classmethod
    def by_columns(
        cls, opened: Sequence[frozenset[str]], kinds: Sequence[ColumnKind], pairs: Sequence[tuple[int, int]] = ()
    ) -> Plan:
        """Plan by the opened probes and the kinds of the columns."""
        alike: dict[tuple[frozenset[str], ColumnKind], list[int]] = defaultdict(list)
        for column, plan in enumerate(zip(opened, kinds, strict=True)):
            alike[plan].append(column)
        groups = [Group(tuple(columns), is_open, kind) for (is_open, kind), columns in alike.items()]
        return cls(tuple(groups), tuple(pairs))

    @classmethod
    def without_names(cls, first: int, width: int) -> Plan:
        """Plan for columns that have no names, from the first one on."""
        columns = tuple(range(first, width))
        return cls((Group(columns, frozenset(), ColumnKind.NEUTRAL),) if columns else ())

    def over(self, width: int) -> Plan:
        """Return the plan for a table that may have more columns than there are names."""
        known = sum(len(group.columns) for group in self.groups)
        return Plan((*self.groups, *Plan.without_names(known, width).groups), self.pairs) if width > known else self
