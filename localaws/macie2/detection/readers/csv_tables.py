"""Tables of a CSV file, with the places of their cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

import polars as pl

from localaws.macie2.detection.matching.tables import Frame, Rows
from localaws.macie2.detection.matching.tally import Place
from localaws.macie2.detection.result import Cell, LineRange


class _Cells:
    """Consecutive records, located by row and column; a column beyond the header has no name."""

    first_row: int
    header: Sequence[str]

    def order_of(self, row: int) -> int:
        return self.first_row + row

    def row_of(self, order: int) -> int:
        return order - self.first_row

    def occurrence(self, place: Place) -> Cell:
        row, column = place
        return Cell(row, column + 1, self.header[column] if column < len(self.header) else None)


class CellFrame(_Cells, Frame):
    """Records that polars read."""

    def __init__(self, frame: pl.DataFrame, header: Sequence[str], first_row: int) -> None:
        super().__init__(frame)
        self.header = header
        self.first_row = first_row


class CellRows(_Cells, Rows):
    """Records that :mod:`csv` read."""

    def __init__(self, rows: Sequence[Sequence[str]], header: Sequence[str], first_row: int) -> None:
        super().__init__(rows, len(header))
        self.header = header
        self.first_row = first_row


class LinedRows(Rows):
    """Records of a file whose header is sensitive itself: located by line and first character of the cell."""

    def __init__(self, text: str, delimiter: str, first_row: int, first_line: int) -> None:
        self._lines = list(io.StringIO(text, newline=""))
        reader = csv.reader(self._lines, delimiter=delimiter)
        rows, self._starts = [], [0]
        for row in reader:
            rows.append(row)
            self._starts.append(reader.line_num)
        super().__init__(rows)
        mark = re.escape(delimiter)
        self._cell = re.compile(rf'"((?:[^"]|"")*)"?[^{mark}\r\n]*|([^{mark}\r\n]*)')
        self._first_row = first_row
        self._first_line = first_line

    def order_of(self, row: int) -> int:
        return self._first_row + row

    def row_of(self, order: int) -> int:
        return order - self._first_row

    def occurrence(self, place: Place) -> LineRange:
        row, column = self.row_of(place[0]), place[1]
        record = "".join(self._lines[self._starts[row] : self._starts[row + 1]])
        at = 0
        for _ in range(column):
            cell = self._cell.match(record, at)
            at = (cell.end() if cell else at) + 1
        cell = self._cell.match(record, at)
        start, end = (cell.span(1 if cell[1] is not None else 2)) if cell else (at, at)
        first = self._first_line + self._starts[row]
        line_start = max(record.rfind("\n", 0, start), record.rfind("\r", 0, start)) + 1
        return LineRange(first + _line_ends(record[:start]), first + _line_ends(record[:end]), start - line_start + 1)


def _line_ends(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text))
