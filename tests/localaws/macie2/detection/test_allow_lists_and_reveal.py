"""What does not count because it is allowed, and what is revealed."""

from __future__ import annotations

import gzip
import io
import json
import logging
from collections.abc import Sequence

import polars as pl
import pytest

from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.detection.scanner import reveal
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier
from localaws.macie2.identifiers.dialect import compile_regex
from tests.localaws.macie2.detection.helpers import PATIENT, counts, scan_text
from tests.localaws.macie2.detection.readers.test_archives import zipped

SSN = "USA_SOCIAL_SECURITY_NUMBER"
WORDS = AllowedTexts(words=frozenset({"p1234", "078-05-1120", "john smith", "12 elm st, boston, ma 02139"}))
PATTERNS = AllowedTexts(patterns=(compile_regex(r"P12\d*"), compile_regex(r"078-05-\d{4}"), compile_regex("John.*")))


@pytest.mark.parametrize("allowed", [WORDS, PATTERNS])
@pytest.mark.parametrize(
    ("extension", "text"),
    [
        ("csv", "PATIENT,SSN,who\nP1234,078-05-1120,John Smith\nP5678,219-09-9999,Mary Jones\n"),
        ("csv", "x,who\npatient P1234 and ssn: 078-05-1120,John Smith\npatient P5678 ssn 219-09-9999,Mary Jones\n"),
        ("json", '[{"PATIENT": ["P1234", "P5678"], "ssn": ["078-05-1120", "219-09-9999"], "a": "John Smith"},'
         '{"who": "Mary Jones"}]'),
        ("txt", "patient P1234 P5678, ssn 078-05-1120 or 219-09-9999\nJohn Smith\nMary Jones\n"),
    ],
)  # fmt: skip
def test_match_does_not_count_when_its_whole_text_is_allowed(extension: str, text: str, allowed: AllowedTexts) -> None:
    assert counts(scan_text(text, PATIENT, extension=extension)) == {SSN: 2, "patient": 2, "NAME": 2}
    assert counts(scan_text(text, PATIENT, extension=extension, allowed=allowed)) == {SSN: 1, "patient": 1, "NAME": 1}


def test_an_address_counts_although_it_is_allowed() -> None:
    text = 'x\n"12 Elm St, Boston, MA 02139"\n'
    assert counts(scan_text(text, allowed=WORDS)) == {"ADDRESS": 1}


@pytest.mark.parametrize("text", ["P12345", "xP1234", "P123"])
def test_part_of_a_text_is_not_allowed_by_a_word_and_case_does_not_matter(text: str) -> None:
    assert text not in WORDS
    assert "JOHN SMITH" in WORDS
    assert "xP12" not in PATTERNS


def _reveal(
    data: bytes, extension: str, custom: Sequence[CustomIdentifier] = (PATIENT,), allowed: AllowedTexts | None = None
) -> dict[str, list[str]]:
    everything = tuple(CATALOGUE.values())
    return reveal(io.BytesIO(data), extension, len(data), everything, custom, allowed, name=f"x.csv.{extension}")


def _parquet(**columns: list[str]) -> bytes:
    stream = io.BytesIO()
    pl.DataFrame(columns).write_parquet(stream)
    return stream.getvalue()


CSV = b"PATIENT,SSN,note\nP1234,078-05-1120,John Smith\nP5678,219-09-9999,\n"


@pytest.mark.parametrize(
    ("extension", "data"),
    [
        ("csv", CSV),
        ("tsv", CSV.replace(b",", b"\t")),
        ("txt", b"patient P1234 P5678 ssn 078-05-1120, 219-09-9999\nJohn Smith"),
        ("json", json.dumps({"PATIENT": ["P1234", "P5678"], "ssn": ["078-05-1120", "219-09-9999"], "n": "John Smith"})),
        ("parquet", _parquet(PATIENT=["P1234", "P5678"], ssn=["078-05-1120", "219-09-9999"], n=["John Smith", ""])),
        ("gz", gzip.compress(CSV)),
        ("zip", zipped(a__csv=CSV)),
    ],
)
def test_matched_texts_are_revealed_from_every_format(extension: str, data: bytes | str) -> None:
    texts = _reveal(data.encode() if isinstance(data, str) else data, extension)
    assert texts == {SSN: ["078-05-1120", "219-09-9999"], "patient": ["P1234", "P5678"], "NAME": ["John Smith"]}


def test_names_and_addresses_over_several_cells_are_revealed_as_a_whole() -> None:
    texts = _reveal(b"first,last,street,city,state,zip\nJohn,Smith,12 Elm St,Boston,MA,02139\n", "csv")
    assert texts == {"NAME": ["John Smith"], "ADDRESS": ["12 Elm St, Boston, MA, 02139"]}


def test_the_first_ten_are_revealed_each_cut_to_128_characters() -> None:
    long = CustomIdentifier("long", "long", "x{100,}")
    data = b"PATIENT,b\n" + b"".join(b"P%04d P%04d,%s\n" % (n, n, b"x" * 200) for n in range(50))
    texts = _reveal(data, "csv", (PATIENT, long))
    assert texts["patient"] == [f"P{number:04}" for number in range(5) for _ in range(2)]
    assert texts["long"] == ["x" * 128] * 10


def test_nothing_is_revealed_that_does_not_count() -> None:
    assert _reveal(CSV, "csv", allowed=WORDS) == {SSN: ["219-09-9999"], "patient": ["P5678"]}
    assert _reveal(b"a\n1\n", "csv") == {}


def test_no_text_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        _reveal(CSV, "csv")
        _reveal(b'{"ssn": "078-05-1120", broken', "json")
        _reveal(b"PAR1 078-05-1120", "parquet")
    assert not caplog.records
