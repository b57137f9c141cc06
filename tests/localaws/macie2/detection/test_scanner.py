"""The scan of one object: places, odd files, custom identifiers, and that both ways of reading agree."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localaws.macie2.detection.result import Cell, LineRange, ScanStatus
from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier, SeverityLevel, count_matches
from localaws.macie2.identifiers.model import Severity
from tests.localaws.macie2.detection.helpers import PATIENT, counts, places, scan_text

MALFORMED = "MALFORMED_FILE"


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
        ("PATIENT\nP1234\x00\n\x00P5678\n", [(2, 1), (3, 1)]),
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


@pytest.mark.parametrize("extension", ["avro", "pdf", "XLSX", "docx", "eml", "exe", "png"])
def test_other_formats_are_skipped_with_a_reason(extension: str) -> None:
    result = scan_text("PATIENT\nP1234\n", PATIENT, extension=extension)
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, "UNSUPPORTED_FILE_TYPE_EXCEPTION")
    assert (result.mime_type, result.size_classified_bytes, result.detections) == (None, 0, ())


def test_tsv_is_split_at_tabs_only() -> None:
    result = scan_text("a,b\tPATIENT\nx\tP1234\n", PATIENT, managed="", extension="TSV")
    assert (places(result), result.mime_type) == ([(2, 2, "PATIENT")], "text/tab-separated-values")


def test_object_over_the_documented_size_is_skipped_unread() -> None:
    result = scan(io.BytesIO(b""), "csv", 20 * 1024**3 + 1, [], [PATIENT])
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, "FILE_EXCEEDS_SIZE_LIMIT")


def test_rest_of_a_file_is_read_as_text_when_a_quoted_cell_never_ends() -> None:
    text = 'x,PATIENT\n1,P1234\n"open,P5678\npatient P9999\n'
    result = scan_text(text, PATIENT, managed="", chunk_bytes=16)
    assert (result.status, counts(result)) == (ScanStatus.COMPLETE, {"patient": 2})
    assert result.detections[0].occurrences == (Cell(2, 2, "PATIENT"), LineRange(4, 4, 9))


def test_binary_content_is_skipped_as_malformed() -> None:
    result = scan_text(bytes(range(256)) * 64, PATIENT)
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, MALFORMED)


def test_very_many_columns_and_very_long_lines_are_scanned() -> None:
    width = 10_000
    header = ",".join(f"c{at}" for at in range(width - 1)) + ",PATIENT\n"
    row = "," * (width - 1) + "P1234\n"
    result = scan_text(header + row, PATIENT, chunk_bytes=1 << 16)
    assert places(result) == [(2, width, "PATIENT")]
    long = scan_text("x,PATIENT\n" + "a b" * 500_000 + ",P1234\n", PATIENT, chunk_bytes=1 << 16)
    assert places(long) == [(2, 2, "PATIENT")]


def test_at_most_a_thousand_first_places_are_kept_in_file_order() -> None:
    result = scan_text("PATIENT,PATIENT\n" + "P1234,P5678\n" * 900, PATIENT, managed="", chunk_bytes=512)
    assert counts(result) == {"patient": 1800}
    assert [place[:2] for place in places(result)] == [(row, column) for row in range(2, 502) for column in (1, 2)]


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("PATIENT", "P1234", 1),
        ("patient", "P1234", 1),
        ("the patient", "P1234", 1),
        ("PATIENT_ID", "P1234", 0),
        ("INPATIENT", "P1234", 0),
        ("x", "P1234", 0),
        ("x", "patient P1234", 1),
        ("x", "P1234 patient", 0),
        ("x", "patients P1234", 0),
        ("x", "patient" + " " * 45 + "P1234", 1),
        ("x", "patient" + " " * 46 + "P1234", 0),
        ("x", "patient" + "é" * 44 + " P1234", 1),
        ("PATIENT", "xP1234 P5678", 2),
    ],
)
def test_keyword_must_be_in_the_column_name_or_before_the_match(column: str, cell: str, expected: int) -> None:
    assert counts(scan_text(f"y,{column}\n1,{cell}\n", PATIENT, managed="")).get("patient", 0) == expected


@pytest.mark.parametrize(("word", "expected"), [("9999", 1), ("P12", 1), ("p12", 2)])
def test_match_that_contains_an_ignore_word_does_not_count(word: str, expected: int) -> None:
    identifier = CustomIdentifier("i", "i", r"P\d{4}", ignore_words=(word,))
    assert counts(scan_text("x\nP1234\nP9999\n", identifier, managed="")) == {"i": expected}


@pytest.mark.parametrize(("count", "severity"), [(1, None), (2, Severity.LOW), (4, Severity.LOW), (5, Severity.HIGH)])
def test_severity_levels_hold_and_nothing_is_detected_below_the_lowest(count: int, severity: Severity | None) -> None:
    levels = (SeverityLevel(2, Severity.LOW), SeverityLevel(5, Severity.HIGH))
    identifier = CustomIdentifier("i", "i", "P", severity_levels=levels)
    result = scan_text("x\n" + "P\n" * count, identifier, managed="")
    assert [item.severity for item in result.detections] == ([severity] if severity else [])


def test_custom_identifier_is_applied_to_cells_and_never_across_them() -> None:
    assert counts(scan_text("a,b\n12,34\n", CustomIdentifier("i", "i", r"12,34"), managed="")) == {}


def test_empty_matches_do_not_count() -> None:
    assert counts(scan_text("a\nxx\nbab\n", CustomIdentifier("i", "i", "b*"), managed="")) == {"i": 2}


@pytest.mark.parametrize(("text", "expected"), [("patient P1234 and P5678", 2), ("P1234", 0), ("", 0)])
def test_matches_in_a_sample_text_are_counted_with_keywords_before_them(text: str, expected: int) -> None:
    assert count_matches(PATIENT, text) == expected


CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "P1234",
            "patient P1234",
            "078-05-1120",
            "ssn 078-05-1120",
            "John Smith",
            "Tomas436 Sauer652",
            "Boston",
            "MA",
            "02139",
            "12 Elm St",
            "1989-05-25",
            "visa 4539578763621486",
            "4539578763621486",
            "+1 617-773-6868",
            'a"b',
            "é",
        ]
    ),
    st.text(alphabet='ab1é"\n\r,; \x00', max_size=6),
)
HEADERS = st.sampled_from(["PATIENT", "SSN", "dob", "x", "FIRST", "LAST", "CITY", "", "card"])


@settings(max_examples=120, deadline=None)
@given(
    st.lists(HEADERS, min_size=1, max_size=5),
    st.lists(st.lists(CELLS, min_size=0, max_size=6), max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 200),
)
def test_both_ways_of_reading_agree_whatever_the_chunks(
    header: list[str], rows: list[list[str]], line_end: str, chunk_bytes: int
) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=line_end).writerows([header, *rows])
    text = stream.getvalue()
    fast = scan_text(text, PATIENT)
    assert fast == scan_text(text, PATIENT, always_csv=True)
    assert fast == scan_text(text, PATIENT, chunk_bytes=chunk_bytes)
    assert fast == scan_text(text, PATIENT, chunk_bytes=chunk_bytes, always_csv=True)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text('P1234,"\r\n;\t patientSSN-078051é', max_size=120).map(str.encode)))
def test_no_content_raises_and_both_ways_of_reading_agree_on_it(data: bytes) -> None:
    fast = scan_text(data, PATIENT)
    assert fast == scan_text(data, PATIENT, always_csv=True)
    assert fast == scan_text(data, PATIENT, chunk_bytes=5)
    assert fast.status is ScanStatus.COMPLETE or fast.reason == MALFORMED


def test_identifiers_that_are_not_implemented_find_nothing() -> None:
    listed = [entry for entry in CATALOGUE.values() if not entry.is_implemented]
    assert scan(io.BytesIO(b"iban\nDE89370400440532013000\n"), "csv", 28, listed, []).detections == ()
