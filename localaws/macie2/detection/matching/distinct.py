"""The distinct values of a table, with masks that polars computes for all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from localaws.macie2.detection.matching.matcher import VALUE
from localaws.macie2.detection.matching.tables import WIDE, Group, Plan, Table
from localaws.macie2.identifiers import addresses, names

_LONGEST_CODE_BYTES = 24

_SIZE = pl.col(VALUE).str.len_bytes()
_MASKS = (
    names.has_parts(pl.col(VALUE)).alias("parted"),
    ((_SIZE <= _LONGEST_CODE_BYTES) & pl.col(VALUE).str.contains(addresses.ZIP.rust)).alias("code"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One or more columns that are scanned as one, and their range of the distinct values."""

    columns: tuple[int, ...]
    start: int
    count: int


class Distinct:
    """The distinct values of all columns, those of a group side by side.

    :param masks: further expressions over a value.
    :ivar groups: the columns of each group of the plan.
    """

    def __init__(self, table: Table, plan: Plan, masks: Sequence[pl.Expr]) -> None:
        self.table = table
        self.groups: dict[Group, list[Column]] = {}
        # Of all groups at once: polars spreads the columns over its threads, and each call costs.
        apart = [column for group in plan.groups if len(group.columns) <= WIDE for column in group.columns]
        distinct = dict(zip(apart, table.distinct(apart) if apart else (), strict=True))
        parts: list[pl.Series] = []
        start = 0
        for group in plan.groups:
            self.groups[group] = []
            for columns in [(column,) for column in group.columns] if group.columns[0] in distinct else [group.columns]:
                part = distinct[columns[0]] if columns[0] in distinct else _stacked(table, group)
                self.groups[group].append(Column(columns, start, len(part)))
                parts.append(part.rename(VALUE))
                start += len(part)
        self._values = pl.concat(parts, rechunk=True)
        self._masks = self._values.to_frame().select(*masks, *_MASKS)

    def values_of(self, columns: Sequence[Column]) -> pl.Series:
        """Return the values of columns that are side by side."""
        return self._values.slice(*_range(columns))

    def where(self, columns: Sequence[Column], mask: str) -> pl.Series:
        """Return the values of columns that are side by side for which a mask holds."""
        holds = self._masks.get_column(mask).slice(*_range(columns))
        return self.values_of(columns).filter(holds) if holds.any() else self._values.clear()

    def has(self, column: Column, mask: str) -> bool:
        """Return whether a mask holds for any value of a column."""
        return self._masks.get_column(mask).slice(column.start, column.count).any()

    def having_any(self, columns: Sequence[Column], values: Iterable[str]) -> Sequence[Column]:
        """Return the columns that have any of the values."""
        if len(columns) == 1:
            return columns
        wanted = pl.Series(list(values), dtype=pl.String).implode()
        return [column for column in columns if self.values_of([column]).is_in(wanted).any()]


def _range(columns: Sequence[Column]) -> tuple[int, int]:
    start = columns[0].start
    return start, columns[-1].start + columns[-1].count - start


def _stacked(table: Table, group: Group) -> pl.Series:
    return table.stack(group.columns).drop_nulls().unique()
