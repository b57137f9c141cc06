"""Write the masked copy of a table, in blocks of rows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        # Days have a key of their own: the token of a patient would tell them otherwise.
        masked = [position for position, column in enumerate(plan.columns) if column.is_masked]
        most_bytes = _CACHES_BYTES // max(1, len(masked))
        dates = Dates(spec.oldest_year)
        self._dropped = set(plan.positions(Method.DROP))
        self._maskers: dict[int, _Cells | _Dates] = {
            position: (
                _Dates(column, dates, keys.of(f"{column.rule.namespace}/days"), most_bytes)
                if column.rule.method is Method.DATE_SHIFT
                else _Cells(column, masker_of(column.rule, keys.of, spec.oldest_year), most_bytes)
            )
            for position in masked
            if position not in self._dropped
            for column in [plan.columns[position]]
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


class _Cells:
    """Masks the cells of a column one by one."""

    def __init__(self, column: Column, mask: Callable[[str], str], most_bytes: int) -> None:
        self._label = column.label
        self._cache = Cache(_of_written(mask), most_bytes)

    def __call__(self, cells: Cells, _columns: Sequence[Cells], skipped: int) -> list[str]:
        try:
            return list(map(self._cache.__getitem__, cells))
        except UnmaskableError:
            row, problem = _first_problem(self._cache.__getitem__, cells)
            raise RowError(skipped + row, f"has a cell in column {self._label} that {problem}") from None


class _Dates:
    """Shifts the dates of a column by the days of the patients in another; a date without a patient is left out."""

    def __init__(self, column: Column, dates: Dates, key: bytes, most_bytes: int) -> None:
        self._label, self._by = column.label, column.by
        self._days = Cache(lambda written: days_of(key, unquoted(written)), most_bytes)
        self._shift = dates.shift

    def __call__(self, cells: Cells, columns: Sequence[Cells], skipped: int) -> list[str]:
        pairs = list(zip(cells, columns[self._by][skipped:], strict=True))
        try:
            return [self._masked(*pair) if pair[0] else "" for pair in pairs]
        except UnmaskableError:
            row, problem = _first_problem(lambda pair: self._masked(*pair), pairs)
            raise RowError(skipped + row, f"has a cell in column {self._label} that {problem}") from None

    def _masked(self, written: str, patient: str) -> str:
        if not written:
            return ""
        if written[0] == '"':
            return f'"{self._masked(unquoted(written), patient)}"'
        return self._shift(written, self._days[patient]) if unquoted(patient) else ""


def unquoted(written: str) -> str:
    """Return the value of a cell as it is written."""
    return written[1:-1].replace('""', '"') if written[:1] == '"' else written


def _of_written(mask: Callable[[str], str]) -> Callable[[str], str]:
    """Return the function on cells as they are written: empty cells stay empty, quoted ones quoted."""

    def masked(written: str) -> str:
        value = unquoted(written)
        result = mask(value) if value else ""
        return f'"{result}"' if written[:1] == '"' else result

    return masked


def _first_problem[Item](mask: Callable[[Item], str], items: Sequence[Item]) -> tuple[int, str]:
    """Return the position of the first item that cannot be masked, from 0, and why."""
    for position, item in enumerate(items):
        try:
            mask(item)
        except UnmaskableError as problem:
            return position, str(problem)
    raise AssertionError("all items can be masked")
