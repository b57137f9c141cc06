"""Rows of a file, compared with Python's csv module, whatever the pieces in which the file comes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from lake_gate.delivery.rows import RowCounter


def rows(content: bytes, name: str = "a.csv", *, size: int = 7, has_header: bool = True) -> int | None:
    counter = RowCounter(name)
    for start in range(0, len(content), size):
        counter.add(content[start : start + size])
    return counter.rows(has_header=has_header)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n",
        b"a,b\n1,2\n",
        b"a,b\n1,2",
        b"a,b\r\n1,2\r\n3,4",
        b'a,b\n"1\n2",3\n"4 ""quoted""\n\n5",6\n',
        b'"a","b"\n"1","2"\n"","x"\n',
        b'a\n"""\n"""\n"1"\n',
    ],
)
def test_rows_are_those_that_a_csv_reader_finds(content: bytes, size: int) -> None:
    expected = len(list(csv.reader(io.StringIO(content.decode(), newline=""))))
    assert rows(content, size=size) == max(expected - 1, 0)
    assert rows(content, size=size, has_header=False) == expected


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.csv.gz", "a.json"])
def test_other_formats_are_not_counted(name: str) -> None:
    assert rows(b"1\n2\n", name) is None


@pytest.mark.parametrize("content", ["a,b\n1,2\n".encode("utf-16"), b'a,b\n1,6" pipe\n'])
def test_file_that_cannot_be_counted_has_no_number(content: bytes) -> None:
    assert rows(content) is None


def test_rows_of_real_files_are_those_that_a_csv_reader_finds(real_delivery: Path) -> None:
    counted = {path.name: rows(path.read_bytes(), size=65536) for path in real_delivery.glob("*.csv")}
    expected = {}
    for path in real_delivery.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            expected[path.name] = max(sum(1 for _ in csv.reader(file)) - 1, 0)
    assert counted == expected
