"""CSV and TSV: places by cell, or by line when the header is sensitive."""

from __future__ import annotations

import pytest

from localaws.macie2.detection.result import Cell, LineRange, Occurrence, ScanStatus
from tests.localaws.macie2.detection.scans import PATIENT, SSN, counts, found, places, scan_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssn 078-05-1120,x\nssn 219-09-9999,y\n", (LineRange(1, 1, 1), LineRange(2, 2, 1))),
        ('x,ssn 078-05-1120\n\n"a\nb","ssn 219-09-9999"\n', (LineRange(1, 1, 3), LineRange(4, 4, 5))),
        ('x,ssn 078-05-1120\nb,"a\nssn 219-09-9999"\n', (LineRange(1, 1, 3), LineRange(2, 3, 4))),
    ],
)
def test_csv_with_a_sensitive_header_is_located_by_line(text: str, expected: tuple[Occurrence, ...]) -> None:
    for chunk_bytes in (1, 1 << 20):
        assert found(scan_text(text, managed=SSN, chunk_bytes=chunk_bytes)) == expected


@pytest.mark.parametrize("always_csv", [False, True])
@pytest.mark.parametrize("chunk_bytes", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PATIENT,x\nP1234,\nno,\nP5678,", [(2, 1), (4, 1)]),
        ("PATIENT,x\r\nP1234,\r\nP5678,\r\n", [(2, 1), (3, 1)]),
        ("PATIENT,x\rP1234,\rP5678,\r", [(2, 1), (3, 1)]),
        ("\ufeffPATIENT,x\nP1234,\n", [(2, 1)]),
        ('x,PATIENT\n"a\nb\r\nc",P1234\n"","P5678"\n', [(2, 2), (3, 2)]),
        ('x,PATIENT\n"say ""hi"",\n",P1234\n', [(2, 2)]),
        ('x,PATIENT\n5" pipe,P1234\n6" pipe,P5678\n', [(2, 2), (3, 2)]),
        ('x,PATIENT\n"a"b,P1234\n', [(2, 2)]),
        ("PATIENT,PATIENT\nP1234,P5678\n", [(2, 1), (2, 2)]),
        ("x,PATIENT\na\n\nb,P1234,more\n", [(4, 2)]),
        ("\n\nPATIENT\nP1234\n", [(4, 1)]),
        ("PATIENT\nP1234 P5678\nP9999", [(2, 1), (2, 1), (3, 1)]),
        ("PATIENT;x\nP1234;1\n", [(2, 1)]),
        ("PATIENT\tx\nP1234\t1\n", [(2, 1)]),
        ("PATIENT\nP1234\x00\n\x00P5678\n" + "text\n" * 50, [(2, 1), (3, 1)]),
        ("x,PATIENT\n", []),
        ("PATIENT\n", []),
    ],
)
def test_places_are_file_rows_and_columns(
    text: str, expected: list[tuple[int, int]], chunk_bytes: int, always_csv: bool
) -> None:
    result = scan_text(text, PATIENT, managed="", chunk_bytes=chunk_bytes, always_csv=always_csv)
    assert result.status is ScanStatus.COMPLETE
    assert result.size_classified_bytes == len(text.encode())
    found = places(result)
    assert [(row, column) for row, column, _ in found] == expected
    assert all(name == "PATIENT" for _, _, name in found)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig", "utf-16"])
def test_accented_name_is_found_in_every_encoding(encoding: str) -> None:
    data = "NAME,x\nok,é\nJosé181 Gómez206,é\n".encode(encoding)
    assert places(scan_text(data, managed="NAME")) == [(3, 1, "NAME")]


def test_column_beyond_the_header_has_no_name_and_is_scanned() -> None:
    result = scan_text("a,b\n1,2,+1 617-773-6868\n", managed="PHONE_NUMBER")
    assert places(result) == [(2, 3, None)]


def test_first_row_of_a_file_without_header_is_scanned_and_never_reported_as_column_name() -> None:
    result = scan_text("John Smith,+1 617-773-6868\nMary Jones,+1 617-773-6869\n", PATIENT)
    assert counts(result) == {"NAME": 2, "PHONE_NUMBER": 2}
    assert result.detections[0].occurrences == (LineRange(1, 1, 12), LineRange(2, 2, 12))


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "a,b,c\n"])
def test_file_without_data_is_complete_and_clean(text: str) -> None:
    result = scan_text(text, PATIENT)
    assert (result.status, result.detections, result.mime_type) == (ScanStatus.COMPLETE, (), "text/csv")


def test_tsv_is_split_at_tabs_only() -> None:
    result = scan_text("a,b\tPATIENT\nx\tP1234\n", PATIENT, managed="", extension="TSV")
    assert (places(result), result.mime_type) == ([(2, 2, "PATIENT")], "text/tab-separated-values")


def test_rest_of_a_file_is_read_as_text_when_a_quoted_cell_never_ends() -> None:
    text = "x,PATIENT\n1,P1234\n" + "1,\n" * 60 + '"open,P5678\npatient P9999\n'
    result = scan_text(text, PATIENT, managed="", chunk_bytes=16)
    assert (result.status, counts(result)) == (ScanStatus.COMPLETE, {"patient": 2})
    assert result.detections[0].occurrences == (Cell(2, 2, "PATIENT"), LineRange(64, 64, 9))
