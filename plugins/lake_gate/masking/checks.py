"""Check a masked copy against its original, without the code that has masked it.

Both are read side by side with Python's csv module. Columns that are not masked must be equal, row by row, and have no
value that is masked in the same row. A masked cell must have the form of its method, so that it is not a value of the
original, except one of that form. Two methods have further checks: tokens are compared with all values of the original
that look like tokens, dates with their own originals.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import compress
from operator import eq
from typing import BinaryIO
from unicodedata import normalize

from lake_gate.errors import MaskCheckError, UnparsableRowError
from lake_gate.masking.cache import Cache
from lake_gate.masking.dialect import Dialect
from lake_gate.masking.facts import STATES
from lake_gate.masking.plan import Plan
from lake_gate.masking.records import end_of_records
from lake_gate.masking.risk import Groups
from lake_gate.masking.spec import MaskingSpec, Method, Rule

type Cells = Sequence[str]

_BLOCK_BYTES = 256 * 1024
_MOST_REMEMBERED = 200_000
"""Most tokens and most patients that are compared across the whole file; see ``collisions`` and ``_Shifts``."""
_TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|[a-p]{32}")
_TOKEN_LENGTHS = (32, 36)
_UUID = re.compile(r"[0-9A-Za-z]{8}(?:-[0-9A-Za-z]{4}){3}-[0-9A-Za-z]{12}")
_UUID_LENGTH = 36
_DAY = 10
"""Characters of a date without its time."""
MOST_DAYS = 365
_ORDINALS_BYTES = 24 * 1024**2
_YEAR = re.compile(r"[0-9]{4}")
_ZIP3 = re.compile(r"[0-9]{3}")
_STATES = {*STATES, *STATES.values()}
_SHOWN = re.compile(r"(?=.*[0-9]).{6,}", re.DOTALL)
"""Values that are not expected to be the same in two columns by chance: ids, dates, numbers of six digits."""


class Table:
    """Table that is read row by row.

    :ivar rows: rows read so far, header included.
    :ivar size_bytes: bytes read so far.
    """

    def __init__(self, stream: BinaryIO, dialect: Dialect) -> None:
        self._stream, self._dialect = stream, dialect
        self._sha256 = hashlib.sha256()
        self._blocks = self.iter_blocks()
        self._ahead: list[Cells] = []
        self.rows = self.size_bytes = 0

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes read so far, hexadecimal."""
        return self._sha256.hexdigest()

    def iter_blocks(self) -> Iterator[list[Cells]]:
        """Yield the rows of about a block of bytes at a time."""
        for text in self._iter_texts():
            lines = io.StringIO(text, newline="\n")
            rows: list[Cells] = list(csv.reader(lines, delimiter=self._dialect.delimiter, strict=True))
            self.rows += len(rows)
            if rows:
                yield [row or [""] for row in rows] if [] in rows else rows

    def read(self, count: int) -> list[Cells]:
        """Return so many rows, or those that are left."""
        while len(self._ahead) < count and (rows := next(self._blocks, None)) is not None:
            self._ahead += rows
        rows, self._ahead = self._ahead[:count], self._ahead[count:]
        return rows

    def _iter_texts(self) -> Iterator[str]:
        """Yield the text of complete rows, a block of bytes at a time."""
        mark = self._dialect.mark + self._dialect.encode(self._dialect.preamble)
        self._stream.seek(0)
        self._take(len(mark))
        decoder = codecs.getincrementaldecoder(self._dialect.encoding)(self._dialect.errors)
        text = ""
        while content := self._take(_BLOCK_BYTES):
            text += decoder.decode(content)
            end = end_of_records(text)
            yield text[:end]
            text = text[end:]
        yield text + decoder.decode(b"", final=True)

    def _take(self, count: int) -> bytes:
        content = self._stream.read(count)
        self._sha256.update(content)
        self.size_bytes += len(content)
        return content


class Check:
    """Comparison of a masked copy with its original.

    :ivar collisions: values that have the same token as another value: within a block of rows, and across blocks for
        the first 200,000 tokens of a file. For 119 random bits or more even one means a defect.
    """

    def __init__(self, name: str, dialect: Dialect, plan: Plan, spec: MaskingSpec, groups: Groups) -> None:
        self._name, self._dialect, self._plan, self._groups = name, dialect, plan, groups
        dropped = set(plan.positions(Method.DROP))
        kept = [position for position in range(len(plan.columns)) if position not in dropped]
        self._target_of = {position: target for target, position in enumerate(kept)}
        self._copied = plan.positions(Method.KEEP)
        # Amounts are left out: a price and the sum that is rounded are often the same.
        self._hidden = plan.positions(*(method for method in Method if method not in {Method.KEEP, Method.ROUND}))
        self._shifts = _Shifts(spec.oldest_year)
        self._tests = {position: _form_of(plan.columns[position].rule, spec.oldest_year) for position in kept}
        self._values: dict[str, int] = {}
        self._looking_like_tokens: set[str] = set()
        self.collisions = 0

    def compare(self, source: BinaryIO, target: BinaryIO) -> tuple[Table, Table]:
        """Read both files to their end, and return them.

        :raises MaskCheckError: when the copy is not what it must be.
        :raises UnparsableRowError: when the csv module cannot read the original.
        """
        original, copy = Table(source, self._dialect), Table(target, self._dialect)
        try:
            for rows in original.iter_blocks():
                self._compare_rows(rows, copy.read(len(rows)), is_first=original.rows == len(rows))
            if copy.read(1):
                raise self._error("it has more rows than the original")
        except (csv.Error, UnicodeDecodeError):
            raise UnparsableRowError(self._name, original.rows + 1, "or one soon after it is not valid CSV") from None
        if self._looking_like_tokens:
            self._search_tokens(Table(target, self._dialect))
        if self.collisions:
            raise self._error(f"{self.collisions} value(s) have the token of another value")
        return original, copy

    def _compare_rows(self, rows: list[Cells], copied: list[Cells], *, is_first: bool) -> None:
        if len(rows) != len(copied):
            raise self._error("it has fewer rows than the original")
        if set(map(len, copied)) != {len(self._target_of)}:
            raise self._error("a row of it has a wrong number of cells")
        if is_first and self._plan.has_header:
            if [rows[0][position] for position in self._target_of] != list(copied[0]):
                raise self._error("its header differs from the original's")
            rows, copied = rows[1:], copied[1:]
        if rows:
            self._compare_columns(list(zip(*rows, strict=True)), list(zip(*copied, strict=True)))

    def _compare_columns(self, columns: list[Cells], copied: list[Cells]) -> None:
        values = [set(cells) for cells in columns]
        for position, column in enumerate(self._plan.columns):
            method = column.rule.method
            if method is Method.KEEP:
                if columns[position] != copied[self._target_of[position]]:
                    raise self._error(f"column {column.label} differs from the original's, and it is not masked")
                self._search_uuids(column.label, values[position])
                continue
            self._collect_looking_like_tokens(values[position])
            if method is not Method.DROP:
                self._compare_masked(position, columns, copied[self._target_of[position]])
        self._search_masked(columns, values)
        if self._plan.quasi_identifiers:
            self._groups.add([copied[self._target_of[position]] for position in self._plan.quasi_identifiers])

    def _search_uuids(self, label: str, values: set[str]) -> None:
        """Refuse ids in a column that is not masked: the second scan takes them for tokens."""
        if any(_UUID.search(value) for value in values if len(value) >= _UUID_LENGTH):
            raise self._error(f"column {label} is not masked and has UUIDs, which a scan cannot tell from tokens")

    def _search_masked(self, columns: list[Cells], values: list[set[str]]) -> None:
        """Refuse a row that has a masked value, in any spelling, in a copied column: it tells whose token it is.

        :param values: of each column, in any order.
        """
        spelled = {position: set(map(_folded, values[position])) for position in (*self._hidden, *self._copied)}
        for hidden in self._hidden:
            for copied in self._copied:
                if spelled[hidden].isdisjoint(spelled[copied]):
                    continue
                if _are_same_in_a_row(columns[hidden], columns[copied], spelled[hidden] & spelled[copied]):
                    labels = self._plan.columns[hidden].label, self._plan.columns[copied].label
                    raise self._error("a value of column {} is also in column {}, which is not masked".format(*labels))

    def _compare_masked(self, position: int, columns: list[Cells], masked: Cells) -> None:
        column, cells, has_form = self._plan.columns[position], columns[position], self._tests[position]
        if not all(map(has_form, set(masked) - {""})):
            raise self._error(f"a cell of column {column.label} does not have the form of its method")
        if column.rule.method is Method.TOKEN:
            self._compare_tokens(column.label, cells, masked)
        if column.rule.method is Method.DATE_SHIFT and not self._shifts.are_right(cells, masked, columns[column.by]):
            raise self._error(f"dates of column {column.label} are not shifted by the same days for each patient")

    def _compare_tokens(self, label: str, cells: Cells, tokens: Cells) -> None:
        pairs = set(zip(cells, tokens, strict=True))
        if len(pairs) != len(set(cells)) or cells.count("") != tokens.count(""):
            raise self._error(f"a value of column {label} has two tokens, or an empty cell has one")
        if len(self._values) >= _MOST_REMEMBERED:
            self.collisions += len(pairs) - len(set(tokens))
            return
        for value, token in pairs:
            self.collisions += self._values.setdefault(token, hash(value)) != hash(value)

    def _collect_looking_like_tokens(self, values: set[str]) -> None:
        """Remember values of the original that a token could be; a delivery that was not masked before has none."""
        self._looking_like_tokens.update(
            value
            for value in values
            if len(value) in _TOKEN_LENGTHS and (len(value) == 32 or value[14] == "8") and _TOKEN.fullmatch(value)
        )
        if len(self._looking_like_tokens) > _MOST_REMEMBERED:
            raise self._error("the original has too many values that look like tokens")

    def _search_tokens(self, copy: Table) -> None:
        masked = [self._target_of[position] for position in self._plan.positions(Method.TOKEN)]
        for rows in copy.iter_blocks():
            columns = list(zip(*rows, strict=True))
            if any(not self._looking_like_tokens.isdisjoint(columns[target]) for target in masked):
                raise self._error("a value of the original is in it, although its column is masked")

    def _error(self, problem: str) -> MaskCheckError:
        return MaskCheckError(self._name, problem)


def _form_of(rule: Rule, oldest_year: int) -> Callable[[str], object]:
    """Return the test of a cell that is not empty: whether a method can have written it."""
    match rule.method:
        case Method.TOKEN:
            return _TOKEN.fullmatch
        case Method.YEAR:
            return lambda cell: _YEAR.fullmatch(cell) and int(cell) >= oldest_year
        case Method.ZIP3:
            return _ZIP3.fullmatch
        case Method.STATE:
            return _STATES.__contains__
        case Method.CONSTANT:
            return lambda cell: cell == rule.value
        case Method.ROUND:
            return lambda cell: _is_multiple(cell, Decimal(str(rule.step)))
        case Method.NULL:
            return lambda _: False
        case _:
            return lambda _: True  # dates are compared with their originals


def _folded(value: str) -> str:
    """Return a value as all its spellings are: without case, outer spaces, and compatibility forms."""
    return (value if value.isascii() else normalize("NFKC", value)).strip().casefold()


def _are_same_in_a_row(cells: Cells, others: Cells, shared: set[str]) -> bool:
    """Return whether two columns have a value in the same row that is not expected to be the same by chance.

    :param shared: values that both have somewhere, folded.
    """
    if any(map(_SHOWN.fullmatch, set(compress(cells, map(eq, cells, others))))):
        return True
    if not (asked := set(filter(_SHOWN.fullmatch, shared))):
        return False
    pairs = zip(map(_folded, cells), map(_folded, others), strict=True)
    return any(value == other and value in asked for value, other in pairs)


def _is_multiple(cell: str, step: Decimal) -> bool:
    try:
        return len(cell) < 64 and Decimal(cell) % step == 0
    except InvalidOperation:
        return False


class _Shifts:
    """Days by which the dates of each patient are shifted.

    They are compared within a block of rows, and across blocks for the first 200,000 patients of a file.
    """

    def __init__(self, oldest_year: int) -> None:
        self._oldest = date(oldest_year, 1, 1).toordinal()
        self._ordinals = Cache[str, int](lambda text: date.fromisoformat(text).toordinal(), _ORDINALS_BYTES)
        self._days: dict[str, int] = {}

    def are_right(self, cells: Cells, masked: Cells, patients: Cells) -> bool:
        """Whether all dates of a patient are shifted by the same number of days, not 0, and keep their time.

        A date is left out where there is none, or no patient.
        """
        rows = list(zip(patients, cells, masked, strict=True))
        if "" in cells or "" in patients:
            if any(shifted for patient, cell, shifted in rows if not (patient and cell)):
                return False
            rows = [row for row in rows if row[0] and row[1]]
        if any(cell[_DAY:] != shifted[_DAY:] for _, cell, shifted in rows):
            return False
        ordinals, oldest = self._ordinals, self._oldest
        try:
            moves = {(patient, ordinals[cell[:_DAY]], ordinals[shifted[:_DAY]]) for patient, cell, shifted in rows}
        except ValueError:
            return False
        if any(after < oldest for _, _, after in moves):
            return False
        # Of a date that has become the oldest one, the days are not known.
        return self._are_same(
            {(patient, after - before) for patient, before, after in moves if max(after, before - MOST_DAYS) > oldest}
        )

    def _are_same(self, shifts: set[tuple[str, int]]) -> bool:
        """Whether the days are allowed, and for each patient the same."""
        of_block: dict[str, int] = {}
        for patient, days in shifts:
            remembered = self._days if patient in self._days or len(self._days) < _MOST_REMEMBERED else of_block
            if not 0 < abs(days) <= MOST_DAYS or remembered.setdefault(patient, days) != days:
                return False
        return True
