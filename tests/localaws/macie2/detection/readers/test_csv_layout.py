"""The header and the delimiter of a CSV file with other lines above its table."""

from __future__ import annotations

import pytest

from bench.plain import PlainScanner
from localaws.macie2.detection.readers.csv_layout import Layout, layouts_of
from localaws.macie2.detection.result import Cell
from localaws.macie2.identifiers import CATALOGUE
from tests.localaws.macie2.detection.scans import PATIENT, SSN, counts, found, scan_text

ROWS = [("Marlowe", "536-22-8726", "1944-09-11"), ("Quill", "219-09-9999", "1942-02-16"), ("Rossi", "346-21-7955", "")]
DELIMITERS = [",", ";", "\t", "|"]


def table(delimiter: str, header: tuple[str, ...] = ("surname", "ssn", "dob"), end: str = "\n") -> str:
    return "".join(delimiter.join(row) + end for row in (header, *ROWS))


ABOVE = {
    "title": "Patient extract\n",
    "title with a comma": "Patient extract, 2026-11-01\n",
    "title as wide as the table": "Extract, of all, patients 2026\n",
    "title of words as wide as the table": "Extract,confidential,draft\n",
    "title padded by the spreadsheet": "Patient extract,,\n,,\n",
    "titles": "Clinic North\nPatient extract\nCreated: 2026-11-01 10:00\nUser: x\n",
    "title of several lines": '"Patient extract\nof all clinics, 2026"\n',
    "quoted title": '"Patient extract, 2026"\n',
    "title with semicolons": "Extract; of; all; patients\n",
    "comments": "# exported by a tool, v1.2\n# columns: 3\n#\n",
    "many comments": "# remark\n" * 80,
    "blank lines": "\n\n\r\n  \n",
    "blank cells": ",,\n,,\n",
    "title and blank line": "Patient extract\n\n",
    "byte order mark and title": "\ufeffPatient extract\n",
    "titles with commas": "Clinic, North\nPatient, extract\nCreated, today\nUser, x\nNote, y\n",
    "sentence with known words": "Contact, phone, fax, mobile\n",
    "two rows of headers": "Person,Number,Date\n",
}


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("name", ABOVE)
def test_table_is_found_below_other_lines(name: str, delimiter: str) -> None:
    result = scan_text(ABOVE[name] + table(delimiter))
    assert counts(result)[SSN] == 3
    assert counts(result)["DATE_OF_BIRTH"] == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("chunk_bytes", [1, 20, 1 << 20])
def test_places_are_rows_of_the_file_with_names_of_the_header(end: str, chunk_bytes: int) -> None:
    text = f"Patient extract, 2026{end}{end}" + table(",", end=end)
    places = (Cell(4, 2, "ssn"), Cell(5, 2, "ssn"), Cell(6, 2, "ssn"))
    assert found(scan_text(text, managed=SSN, chunk_bytes=chunk_bytes)) == places


@pytest.mark.parametrize("delimiter", [*DELIMITERS, "^", "~", ":", "#"])
@pytest.mark.parametrize("line", ["sep={}\n", '"sep={}"\r\n', "SEP={}\n", "\ufeffsep={}\n", "sep = {}\nTitle of it\n"])
@pytest.mark.parametrize("header", [("surname", "ssn", "dob"), ("a", "ssn", "dob")])
def test_line_of_the_separator_decides(line: str, delimiter: str, header: tuple[str, ...]) -> None:
    assert counts(scan_text(line.format(delimiter) + table(delimiter, header), managed=SSN)) == {SSN: 3}


@pytest.mark.parametrize("header", [("Surname, title", "ssn", "dob"), ('"Surname, title"', "ssn", "dob, as text")])
@pytest.mark.parametrize("delimiter", DELIMITERS[1:])
def test_comma_in_the_first_line_does_not_make_it_the_delimiter(header: tuple[str, ...], delimiter: str) -> None:
    text = table(delimiter, header)
    assert layouts_of(text.encode(), None, lambda name: name == "ssn").tables[0].delimiter == delimiter
    assert counts(scan_text(text))[SSN] == 3


def test_decimal_commas_do_not_hide_the_semicolon() -> None:
    text = "ssn;height;weight\n536-22-8726;1,7;70,5\n219-09-9999;1,8;80,5\n"
    assert layouts_of(text.encode(), None, bool).tables[0] == Layout(";")
    assert counts(scan_text(text, managed=SSN)) == {SSN: 2}


def test_single_column_below_a_title_is_found() -> None:
    assert counts(scan_text("List of numbers\nssn\n536-22-8726\n219-09-9999\n", managed=SSN)) == {SSN: 2}


@pytest.mark.parametrize(
    "text",
    [
        "ssn\nx,536-22-8726,y\n",
        "ssn 219-09-9999 and more\nname,ssn\nA,536-22-8726\n",
        "a,ssn,phone\n1,536-22-8726\n1,219-09-9999,617-773-6868,4\nphone,fax,mobile\n1,2,617-773-6868\n",
        "title\nid;note\n1;his ssn is 536-22-8726\n",
        'ssn,x\n"536-22-8726,"\n"1""\n',
        "Contact: phone\n+1 617-773-6868\nname;ssn\n",
    ],
)
def test_nothing_that_a_plain_look_finds_is_lost(text: str) -> None:
    everything = tuple(CATALOGUE.values())
    plain = PlainScanner(everything, ()).count(text.splitlines(keepends=True))
    as_text = counts(scan_text(text, extension="txt"))
    result = counts(scan_text(text))
    assert all(result.get(name, 0) >= count for name, count in [*plain.items(), *as_text.items()])


@pytest.mark.parametrize(
    "text", ["PATIENT,x\nP1234,\n", "\nPATIENT;x\nP1234;y\n", "PATIENT\nP1234\n", "a b c\nd\n", ""]
)
def test_ordinary_file_is_scanned_once(text: str) -> None:
    assert layouts_of(text.encode(), None, lambda name: name == "PATIENT").is_certain


def test_data_in_the_lines_above_keeps_the_names_of_columns_out_of_the_result() -> None:
    result = scan_text("Extract for John Smith\nJohn Smith,PATIENT\nx,P1234\n", PATIENT, managed="NAME")
    assert not [place for hit in result.detections for place in hit.occurrences if isinstance(place, Cell)]
