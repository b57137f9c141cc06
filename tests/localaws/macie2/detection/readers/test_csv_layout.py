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


def no_pair(_name: str, _value: str) -> bool:
    return False


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
    assert layouts_of(text.encode(), None, lambda name: name == "ssn", no_pair).tables[0].delimiter == delimiter
    assert counts(scan_text(text))[SSN] == 3


def test_decimal_commas_do_not_hide_the_semicolon() -> None:
    text = "ssn;height;weight\n536-22-8726;1,7;70,5\n219-09-9999;1,8;80,5\n"
    assert layouts_of(text.encode(), None, bool, no_pair).tables[0] == Layout(";")
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


NUMBERS = [f"219-09-9{number:03}" for number in range(5)]


def rows(form: str) -> str:
    return "".join(form.format(at, number) for at, number in enumerate(NUMBERS))


SECOND_LOOK = {
    "comma in a quoted name, decimal commas": '"id";"weight";"ssn (a, b)"\n' + rows('"{0}";"61,2";"{1}"\n'),
    "comma in every quoted name": '"id, nr";"ssn, text"\n' + rows('"{0}";"{1}"\n'),
    "as many commas as semicolons": "weight, kg;ssn\n" + rows("70,{0};{1}\n"),
    "a column of the other delimiter": "a|b,c|d,ssn|e\n" + rows("a|b,c|d,{1}|e\n"),
    "second table below a blank line": "id,city\n1,Boston\n\nid,ssn\n" + rows("{0},{1}\n"),
    "second table below blank cells": "id,city\n1,Boston\n,\nid,ssn\n" + rows("{0},{1}\n"),
    "second table of other width": "id,city,x\n1,Boston,1\n\nid,ssn\n" + rows("{0},{1}\n"),
    "third table": "id,dob\n1,x\n\nid,phone\n1,x\n\nid,ssn\n" + rows("{0},{1}\n"),
    "second table far below": "id,city\n" + "1,Boston\n" * 400 + "id,ssn\n" + rows("{0},{1}\n"),
    "known names above the header": "Name,City\nid,ssn\n" + rows("{0},{1}\n"),
    "more known names above the header": "Person,Person\nid,ssn\n" + rows("{0},{1}\n"),
    "many rows above the header": "Key0,Value\n" * 55 + "name,ssn\n" + rows("x,{1}\n"),
    "very many rows above the header": "Key0,Value\n" * 300 + "name,ssn\n" + rows("x,{1}\n"),
    "keys and values": "field,value\nname,x\n" + rows("ssn,{1}\n"),
    "keys and values without header": rows("ssn,{1}\n"),
    "keys and values in wide rows": rows("{0},x,patient ssn,{1},y\n"),
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", SECOND_LOOK)
def test_all_numbers_are_found_where_a_plain_table_would_lose_them(name: str, end: str) -> None:
    assert counts(scan_text(SECOND_LOOK[name].replace("\n", end), managed=SSN)) == {SSN: len(NUMBERS)}


@pytest.mark.parametrize(
    "text", ["PATIENT,x\nP1234,\n\n\n", "PATIENT,x,y\nP1,a;b,\nP2,c|d,\n", "id,x\nPATIENT 12345,1\n"]
)
def test_ordinary_table_has_no_doubt(text: str) -> None:
    assert layouts_of(text.encode(), None, lambda name: name == "PATIENT", no_pair).is_certain


@pytest.mark.parametrize(
    "text", ["PATIENT,x\nP1234,\n", "\nPATIENT;x\nP1234;y\n", "PATIENT\nP1234\n", "a b c\nd\n", ""]
)
def test_ordinary_file_is_scanned_once(text: str) -> None:
    assert layouts_of(text.encode(), None, lambda name: name == "PATIENT", no_pair).is_certain


def test_data_in_the_lines_above_keeps_the_names_of_columns_out_of_the_result() -> None:
    result = scan_text("Extract for John Smith\nJohn Smith,PATIENT\nx,P1234\n", PATIENT, managed="NAME")
    assert not [place for hit in result.detections for place in hit.occurrences if isinstance(place, Cell)]
