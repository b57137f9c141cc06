from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from lake_gate.display.files import FileRow
from lake_gate.pages.files import CSV_COLUMNS, PAGE_FILES, Search, csv_lines, names_with_column, page_of
from tests.lake_gate.pages.conftest import entry

ENTRIES = [
    entry("a.csv", "promote"),
    entry("b/patients.csv", "quarantine"),
    entry("c.csv", "hold", size_bytes=5, severity="Low"),
    entry("d.csv", "hold", size_bytes=5, severity="Medium"),
]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(), ["b/patients.csv", "d.csv", "c.csv", "a.csv"]),
        (Search(order="name"), ["a.csv", "b/patients.csv", "c.csv", "d.csv"]),
        (Search(order="size"), ["a.csv", "b/patients.csv", "c.csv", "d.csv"]),
        (Search(order="severity"), ["b/patients.csv", "d.csv", "c.csv", "a.csv"]),
        (Search("PATIENTS"), ["b/patients.csv"]),
        (Search("social_security"), ["b/patients.csv"]),
        (Search("ssn"), ["c.csv"]),
        (Search(outcome="hold"), ["d.csv", "c.csv"]),
        (Search("nowhere"), []),
    ],
)
def test_files_are_searched_and_ordered(search: Search, expected: list[str]) -> None:
    page = page_of(ENTRIES, search, {"c.csv"} if search.text == "ssn" else ())
    assert [file.name for file in page.files] == expected
    assert (page.found, page.objects) == (len(expected), 4)


def test_pages_have_all_files_once() -> None:
    entries = [entry(f"{number:04}.csv", "promote") for number in range(2 * PAGE_FILES + 1)]
    pages = [page_of(entries, Search(page=number)) for number in (1, 2, 3, 4)]
    assert [len(page.files) for page in pages] == [PAGE_FILES, PAGE_FILES, 1, 0]
    assert len({file.name for page in pages for file in page.files}) == len(entries)
    assert pages[0].last == 3


def test_files_are_found_by_their_columns() -> None:
    lines: list[dict[str, Any]] = [{"name": "a", "column": "Ssn_No"}, {"name": "b", "column": None}, {"name": 3}]
    assert names_with_column(lines, "SSN") == {"a"}


HOSTILE = ["=cmd()", "+1", "-1", "@x", "\tx", "\rx", "\n=x", 'quoted",=cmd', "a\r\n=b"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_cell_of_the_csv_is_a_formula(name: str) -> None:
    text = "".join(csv_lines([FileRow.of(entry(name, detections={name: 1}))]))
    header, line = csv.reader(io.StringIO(text, newline=""))
    assert tuple(header) == CSV_COLUMNS
    assert not [cell for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert line[0].removeprefix("'") == name


def test_no_cell_of_the_csv_is_a_formula_where_semicolons_separate() -> None:
    (line,) = list(csv_lines([FileRow.of(entry("a;=1+1.csv"))]))[1:]
    assert next(csv.reader(io.StringIO(line), delimiter=";"))[0].startswith("a;=1+1.csv")
