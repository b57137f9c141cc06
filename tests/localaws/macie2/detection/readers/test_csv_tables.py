"""Tables of a CSV file: places by cell and by line."""

from __future__ import annotations

from localaws.macie2.detection.readers.csv_tables import CellRows, LinedRows
from localaws.macie2.detection.result import Cell, LineRange


def test_a_cell_has_row_column_and_name_and_none_beyond_the_header() -> None:
    table = CellRows([["a", "b", "c"]], ["x", "y"], 5)
    assert table.order_of(0) == 5
    assert [table.occurrence((5, column)) for column in (0, 2)] == [Cell(5, 1, "x"), Cell(5, 3, None)]


def test_a_lined_cell_has_its_lines_and_the_character_where_it_begins() -> None:
    table = LinedRows('a,"b\nc",d\ne,f,g\n', ",", first_row=1, first_line=7)
    assert table.occurrence((1, 1)) == LineRange(7, 8, 4)
    assert table.occurrence((1, 2)) == LineRange(8, 8, 4)
    assert table.occurrence((2, 1)) == LineRange(9, 9, 3)
