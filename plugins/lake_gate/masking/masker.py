"""Write the masked copy of a table, in blocks of rows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import BinaryIO

from lake_gate.masking.cache import Cache
from lake_gate.masking.dates import Dates, days_of
from lake_gate.masking.dialect import Dialect
from lake_gate.masking.keys import Keys
from lake_gate.masking.methods import UnmaskableError, masker_of
from lake_gate.masking.plan import Column, Plan
from lake_gate.masking.records import Block, RowError, iter_blocks
from lake_gate.masking.spec import MaskingSpec, Method

type Cells = Sequence[str]

_CACHES_BYTES = 48 * 1024**2
"""Memory for the values that all columns of a table remember, together."""


def mask_stream(
    source: BinaryIO, target: BinaryIO, dialect: Dialect, plan: Plan, spec: MaskingSpec, keys: Keys
) -> None:
    """Write the masked copy of a table: what is not masked is written as it is read, byte by byte.

    :raises RowError: when a row or a cell is not valid; its row is the number in the file, from 1.
    """
    target.write(dialect.mark + dialect.encode(dialect.preamble))
    mask = _Masker(plan, spec, keys)
    done = 0
    try:
        for block in iter_blocks(source, dialect):
            rows = mask(block, is_first=not done)
            target.write(dialect.encode(block.text(rows, dialect.delimiter)))
            done += len(block.rows)
    except RowError as error:
        raise RowError(done + error.row + 1, error.problem) from None


class _Masker:
    """Masks blocks of rows, column by column."""

    def __init__(self, plan: Plan, spec: MaskingSpec, keys: Keys) -> None:
        self._plan = plan
        masked = [position for position, column in enumerate(plan.columns) if column.is_masked]
        most_bytes = _CACHES_BYTES // max(1, len(masked))
        dates = Dates(spec.oldest_year)
        self._dropped = set(plan.positions(Method.DROP))
        self._maskers: dict[int, _Cells] = {
            position: _masker(plan.columns[position], dates, spec, keys, most_bytes)
            for position in masked
            if position not in self._dropped
        }

    def __call__(self, block: Block, *, is_first: bool) -> Sequence[Cells]:
        skipped = 1 if is_first and self._plan.has_header else 0
        columns = list(zip(*block.rows, strict=True))
        masked: list[Cells] = [
            [*cells[:skipped], *self._maskers[position](cells[skipped:], columns, skipped)]
            if position in self._maskers
            else cells
            for position, cells in enumerate(columns)
            if position not in self._dropped
        ]
        return list(zip(*masked, strict=True))


def _masker(column: Column, dates: Dates, spec: MaskingSpec, keys: Keys, most_bytes: int) -> _Cells:
    match column.rule.method:
        case Method.DATE_SHIFT:
            # Days have a key of their own: the token of a patient would tell them otherwise.
            key = keys.of(f"{column.rule.namespace}/days")
            return _Dates(column, lambda patient: days_of(key, patient), dates, most_bytes)
        case Method.NULL:
            return _Nulls(column, lambda _: "", most_bytes)
        case _:
            return _Cells(column, masker_of(column.rule, keys.of, spec.oldest_year), most_bytes)


class _Cells:
    """Masks the cells of a column.

    :param mask: function of one cell.
    """

    def __init__(self, column: Column, mask: Callable[[str], str], most_bytes: int) -> None:
        self._column = column
        self._cache = Cache[str, str](partial(_masked, mask), most_bytes)

    def __call__(self, cells: Cells, columns: Sequence[Cells], first: int) -> Cells:
        """Return the masked cells.

        :param cells: as they are written.
        :param columns: cells of all columns, which have more rows before these.
        :param first: number of these rows.
        :raises RowError: when a cell cannot be masked.
        """
        try:
            return self._mask(cells, columns, first)
        except UnmaskableError:
            for row in range(len(cells)):
                try:
                    self._mask(cells[row : row + 1], [column[first + row :] for column in columns], 0)
                except UnmaskableError as problem:
                    text = f"has a cell in column {self._column.label} that {problem}"
                    raise RowError(first + row, text) from None
            raise

    def _mask(self, cells: Cells, columns: Sequence[Cells], first: int) -> Cells:  # noqa: ARG002
        return list(map(self._cache.__getitem__, cells))


class _Nulls(_Cells):
    """Empties the cells of a column; most values occur once and need not be remembered."""

    def _mask(self, cells: Cells, columns: Sequence[Cells], first: int) -> Cells:
        return super()._mask(cells, columns, first) if '"' in "".join(cells) else [""] * len(cells)


class _Dates(_Cells):
    """Shifts the dates of a column by the days of the patients in another; a date without a patient is left out."""

    def __init__(self, column: Column, days: Callable[[str], int], dates: Dates, most_bytes: int) -> None:
        self._column, self._dates = column, dates
        self._days = Cache[str, int](lambda written: days(value) if (value := unquoted(written)) else 0, most_bytes)

    def _mask(self, cells: Cells, columns: Sequence[Cells], first: int) -> Cells:
        patients = columns[self._column.by][first : first + len(cells)]
        days = list(map(self._days.__getitem__, patients))
        if '"' not in "".join(cells):
            return self._dates.shift(cells, days)
        shifted = self._dates.shift(map(unquoted, cells), days)
        return [f'"{date}"' if cell[:1] == '"' else date for cell, date in zip(cells, shifted, strict=True)]


def unquoted(written: str) -> str:
    """Return the value of a cell as it is written."""
    return written[1:-1].replace('""', '"') if written[:1] == '"' else written


def _masked(mask: Callable[[str], str], written: str) -> str:
    """Mask a cell as it is written: an empty one stays empty, a quoted one quoted."""
    if written[:1] != '"':
        return mask(written) if written else ""
    value = unquoted(written)
    return f'"{mask(value) if value else ""}"'
