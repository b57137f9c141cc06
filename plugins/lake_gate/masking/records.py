"""Read a table in blocks of rows whose cells are as they are written, quotes included. Pure.

Python's csv module cannot say which cells were quoted. Here what is not masked is written as it was read, byte by byte.
Only RFC 4180 is understood: a cell is quoted as a whole or not at all, quotes in it are doubled. Anything else is an
error. The checks read both files with the csv module.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from lake_gate.masking.dialect import Dialect

_BLOCK_BYTES = 256 * 1024
_MOST_CHARACTERS = 1024**2
"""Longest record."""
_MOST_CELLS = 10_000
"""Most columns of a table."""
_QUOTE = '"'


class RowError(ValueError):
    """A row is not valid; the text has nothing of its cells.

    :param row: number of the row in its block, from 0.
    """

    def __init__(self, row: int, problem: str) -> None:
        super().__init__(row, problem)
        self.row = row
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of a table.

    :param rows: cells as they are written; all rows have the same number.
    :param ends: line end of each row, or the only one of all; the last row of a file may have none.
    """

    rows: Sequence[Sequence[str]]
    ends: Sequence[str] | str

    def text(self, rows: Sequence[Sequence[str]], delimiter: str) -> str:
        """Return other rows, written with the line ends of these."""
        if isinstance(self.ends, str):
            return self.ends.join(map(delimiter.join, rows)) + self.ends
        return "".join([delimiter.join(row) + end for row, end in zip(rows, self.ends, strict=True)])


def iter_blocks(source: BinaryIO, dialect: Dialect) -> Iterator[Block]:
    """Yield all rows from the start of a file, after mark and preamble.

    :raises RowError: when a row is not valid.
    """
    source.seek(len(dialect.mark) + len(dialect.encode(dialect.preamble)))
    decoder = codecs.getincrementaldecoder(dialect.encoding)(dialect.errors)
    parse, text, is_last = _Parser(dialect.delimiter), "", False
    while not is_last:
        content = source.read(_BLOCK_BYTES)
        is_last = not content
        try:
            text += decoder.decode(content, final=is_last)
        except UnicodeDecodeError:
            raise RowError(0, "is not valid text") from None
        end = len(text) if is_last else end_of_records(text)
        if not end and len(text) > _MOST_CHARACTERS:
            raise RowError(0, f"is longer than {_MOST_CHARACTERS} characters, or a quote is not closed")
        if end:
            yield parse(text[:end])
            text = text[end:]


def end_of_records(text: str) -> int:
    """Return the position after the last complete record: after a line end with an even number of quotes before."""
    end = text.rfind("\n") + 1
    quotes = text.count(_QUOTE, 0, end)
    while end and quotes % 2:
        before = text.rfind("\n", 0, end - 1) + 1
        quotes -= text.count(_QUOTE, before, end)
        end = before
    return end


class _Parser:
    """Splits the text of complete records.

    :ivar width: number of cells of the first row.
    """

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        escaped = re.escape(delimiter)
        self._cells = re.compile(rf'{escaped}("[^"]*+(?:""[^"]*+)*+"|[^"\r\n{escaped}]*+)')
        self.width = 0

    def __call__(self, text: str) -> Block:
        if "\0" in text:
            raise RowError(text[: text.index("\0")].count("\n"), "has a NUL character")
        ends = "\r\n" if "\r" in text else "\n"
        is_plain = text.endswith(ends) and (ends == "\n" or text.count("\r") == text.count(ends) == text.count("\n"))
        if _QUOTE in text or not is_plain:
            return self._parse_each(text)
        rows = [line.split(self._delimiter) for line in text.split(ends)]
        rows.pop()
        return Block(self._checked(rows), ends)

    def _parse_each(self, text: str) -> Block:
        """Parse records with quotes, or with various line ends."""
        rows: list[list[str]] = []
        ends: list[str] = []
        for record in _iter_records(text):
            end = next((end for end in ("\r\n", "\n") if record.endswith(end)), "")
            rows.append(self._split(record.removesuffix(end), len(rows)))
            ends.append(end)
        return Block(self._checked(rows), ends)

    def _split(self, record: str, row: int) -> list[str]:
        if _QUOTE not in record and "\r" not in record:
            return record.split(self._delimiter)
        cells = self._cells.findall(self._delimiter + record)
        if self._delimiter.join(cells) != record:
            raise RowError(row, "has a quote or a line end at a wrong place")
        return cells

    def _checked(self, rows: list[list[str]]) -> list[list[str]]:
        self.width = self.width or len(rows[0])
        if self.width > _MOST_CELLS:
            raise RowError(0, f"has more than {_MOST_CELLS} cells")
        if set(map(len, rows)) == {self.width}:
            return rows
        row = next(row for row, cells in enumerate(rows) if len(cells) != self.width)
        raise RowError(row, f"has {len(rows[row])} cells instead of {self.width}")


def _iter_records(text: str) -> Iterator[str]:
    """Yield the records with their line ends: lines that are joined while a quote is open."""
    lines: list[str] = []
    is_open = False
    *complete, last = text.split("\n")
    for line in complete:
        lines.append(line)
        is_open ^= line.count(_QUOTE) % 2 == 1
        if not is_open:
            yield "\n".join([*lines, ""])
            lines = []
    if lines or last:
        yield "\n".join([*lines, last])
