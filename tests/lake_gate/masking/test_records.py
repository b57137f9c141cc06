"""Rows as they are written: what is read can be written again, byte by byte."""

from __future__ import annotations

import csv
import io
from random import Random

import pytest

from lake_gate.masking.dialect import find_dialect
from lake_gate.masking.records import Block, RowError, iter_blocks


def read(content: bytes) -> tuple[list[Block], bytes]:
    """Return the blocks of a table, and what they give when they are written again."""
    dialect = find_dialect("t.csv", content)
    assert dialect
    blocks = list(iter_blocks(io.BytesIO(content), dialect))
    texts = (block.text(block.rows, dialect.delimiter) for block in blocks)
    return blocks, dialect.mark + dialect.encode(dialect.preamble) + b"".join(map(dialect.encode, texts))


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        (b"a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
        (b"a,b\n1,2\r\n3,4", [["a", "b"], ["1", "2"], ["3", "4"]]),
        (b'a,"b"\n"1, and ""2""",\n', [["a", '"b"'], ['"1, and ""2"""', ""]]),
        (b'a,b\r\n"1\r\n2\n3",4\r\n', [["a", "b"], ['"1\r\n2\n3"', "4"]]),
        (b'"","a"\n,""', [['""', '"a"'], ["", '""']]),
        (b"a\n\n1\n", [["a"], [""], ["1"]]),
        (b"", []),
        (b"a", [["a"]]),
        ("é,\u2028\x0b\x0c\x85\n1,2\n".encode(), [["é", "\u2028\x0b\x0c\x85"], ["1", "2"]]),
        (b"Stra\xdfe,b\n\xff,2\n", [["Stra\udcdfe", "b"], ["\udcff", "2"]]),
        ("\ufeffa;é\r\n1;2\r\n".encode("utf-16-le"), [["a", "é"], ["1", "2"]]),
        (b'\xef\xbb\xbf"a",b\n', [['"a"', "b"]]),
        (b"sep=;\na;b\n", [["a", "b"]]),
    ],
)
def test_rows_are_read_as_they_are_written(content: bytes, rows: list[list[str]]) -> None:
    blocks, again = read(content)
    assert [list(row) for block in blocks for row in block.rows] == rows
    assert again == content


@pytest.mark.parametrize(
    ("content", "row", "problem"),
    [
        (b"a,b\n1,2,3\n", 1, "has 3 cells instead of 2"),
        (b"a,b\n1,2\n\n", 2, "has 1 cells instead of 2"),
        (b'a,b\n1,5" pipe\n2,6" pipe\n', 1, "has a quote or a line end at a wrong place"),
        (b'a,b\n"1"x,2\n', 1, "has a quote or a line end at a wrong place"),
        (b'a,b\n1, "2"\n', 1, "has a quote or a line end at a wrong place"),
        (b'a,b\n1,"2\n3,4\n', 0, "has a quote or a line end at a wrong place"),
        (b"a,b\r1,2\r", 0, "has a quote or a line end at a wrong place"),
        (b"a,b\n1,2\r\r\n", 1, "has a quote or a line end at a wrong place"),
        (b"," * 10_000 + b"\n", 0, "has more than 10000 cells"),
        (b"a,b\n1,\x00\n", 1, "has a NUL character"),
        ("\ufeffa,b\n".encode("utf-16-le") + b"1", 0, "is not valid text"),
    ],
)
def test_row_of_another_shape_is_an_error_with_its_number_in_the_block(content: bytes, row: int, problem: str) -> None:
    with pytest.raises(RowError) as error:
        read(content)
    assert (error.value.row, error.value.problem) == (row, problem)


@pytest.mark.parametrize("content", [b"x" * 3_000_000, b'a,"' + b"x\n" * 1_500_000, b'"' + b'""\n' * 700_000])
def test_memory_is_bounded_for_a_record_without_an_end(content: bytes) -> None:
    source = io.BytesIO(content)
    dialect = find_dialect("t.csv", content[:100])
    assert dialect
    with pytest.raises(RowError, match="is longer than"):
        list(iter_blocks(source, dialect))
    assert source.tell() < 2_000_000


def test_random_tables_are_read_as_the_csv_module_reads_them() -> None:
    rng = Random(7)
    for _ in range(60):
        rows = [
            ["".join(rng.choices('ab,"\n; é', k=rng.randrange(6))) for _ in range(3)]
            for _ in range(rng.randrange(1, 200))
        ]
        text = io.StringIO(newline="")
        end = rng.choice(["\n", "\r\n"])
        quoted, plain = (
            csv.writer(text, lineterminator=end, quoting=how) for how in (csv.QUOTE_ALL, csv.QUOTE_MINIMAL)
        )
        rng.choice([quoted, plain]).writerows([["a", "b", "c"], *rows])
        content = text.getvalue().encode()
        blocks, again = read(content)
        values = [
            [cell[1:-1].replace('""', '"') if cell[:1] == '"' else cell for cell in row]
            for block in blocks
            for row in block.rows
        ]
        assert values == list(csv.reader(io.StringIO(text.getvalue(), newline="")))
        assert again == content


def test_rows_across_blocks_are_complete() -> None:
    row = b'1,"' + b'x""\n' * 50_000 + b'",2\r\n'
    content = b"a,b,c\r\n" + row * 6
    blocks, again = read(content)
    assert len(blocks) > 2
    assert sum(len(block.rows) for block in blocks) == 7
    assert again == content
