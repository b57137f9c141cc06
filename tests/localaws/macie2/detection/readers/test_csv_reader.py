"""Both ways of reading CSV agree."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localaws.macie2.detection.readers import csv_reader
from localaws.macie2.detection.result import ScanStatus
from tests.examples import examples
from tests.localaws.macie2.detection.scans import PATIENT, scan_text
from tests.localaws.macie2.detection.test_scanner import MALFORMED


def test_csv_of_too_many_columns_is_skipped_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "MAXIMUM_COLUMNS", 3)
    assert scan_text("a,b,PATIENT\n1,2,P1234\n", PATIENT, managed="").status is ScanStatus.COMPLETE
    result = scan_text("a,b,c,PATIENT\n1,2,3,P1234\n", PATIENT, managed="")
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, "UNABLE_TO_PARSE_FILE")


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
            # Of addresses without a street, whose codes are judged by the part that is read, there is none here.
            "12 Elm St, Boston, MA 02139",
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


@settings(max_examples=examples(120), deadline=None)
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


@settings(max_examples=examples(200), deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text('P1234,"\r\n;\t patientSSN-078051é', max_size=120).map(str.encode)))
def test_no_content_raises_and_both_ways_of_reading_agree_on_it(data: bytes) -> None:
    fast = scan_text(data, PATIENT)
    assert fast == scan_text(data, PATIENT, always_csv=True)
    assert fast == scan_text(data, PATIENT, chunk_bytes=5)
    assert fast.status is ScanStatus.COMPLETE or fast.reason == MALFORMED
