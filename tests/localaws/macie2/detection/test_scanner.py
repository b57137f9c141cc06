"""Scan and reveal: the entry points of the detection."""

from __future__ import annotations

import gzip
import io
import json
import logging
from collections.abc import Sequence

import polars as pl
import pytest

from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.detection.scanner import reveal, scan
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier
from tests.localaws.macie2.detection.readers.test_archives import zipped
from tests.localaws.macie2.detection.scans import PATIENT, SSN, WORDS, places, scan_text

CSV = b"PATIENT,SSN,note\nP1234,078-05-1120,John Smith\nP5678,219-09-9999,\n"

MALFORMED = "MALFORMED_FILE"


@pytest.mark.slow
def test_very_many_columns_and_very_long_lines_are_scanned() -> None:
    width = 10_000
    header = ",".join(f"c{at}" for at in range(width - 1)) + ",PATIENT\n"
    row = "," * (width - 1) + "P1234\n"
    result = scan_text(header + row, PATIENT, chunk_bytes=1 << 16)
    assert places(result) == [(2, width, "PATIENT")]
    long = scan_text("x,PATIENT\n" + "a b" * 500_000 + ",P1234\n", PATIENT, chunk_bytes=1 << 16)
    assert places(long) == [(2, 2, "PATIENT")]


def test_identifiers_that_are_not_implemented_find_nothing() -> None:
    listed = [entry for entry in CATALOGUE.values() if not entry.is_implemented]
    assert scan(io.BytesIO(b"iban\nDE89370400440532013000\n"), "csv", 28, listed, []).detections == ()


def _reveal(
    data: bytes, extension: str, custom: Sequence[CustomIdentifier] = (PATIENT,), allowed: AllowedTexts | None = None
) -> dict[str, list[str]]:
    everything = tuple(CATALOGUE.values())
    return reveal(io.BytesIO(data), extension, len(data), everything, custom, allowed, name=f"x.csv.{extension}")


def _parquet(**columns: list[str]) -> bytes:
    stream = io.BytesIO()
    pl.DataFrame(columns).write_parquet(stream)
    return stream.getvalue()


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
