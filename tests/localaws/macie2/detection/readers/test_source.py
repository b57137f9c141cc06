"""Encodings, and sizes in bytes as stored."""

from __future__ import annotations

import codecs
import gzip

import pytest

from localaws.macie2.detection.result import Cell, LineRange, Occurrence, Record
from tests.localaws.macie2.detection.scans import found, scan_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize(
    ("extension", "text", "place"),
    [
        ("txt", "é: ssn 078-05-1120", LineRange(1, 1, 8)),
        ("json", '{"é": "ssn 078-05-1120"}', Record("$['é']", 0)),
        ("csv", "x,é\n1,ssn 078-05-1120\n", Cell(2, 2, "é")),
    ],
)
def test_every_encoding_is_read_in_every_format(extension: str, text: str, place: Occurrence, encoding: str) -> None:
    assert found(scan_text(text.encode(encoding), extension=extension)) == (place,)


def test_size_is_what_was_read_also_of_utf_16() -> None:
    data = codecs.BOM_UTF16_LE + "x\n".encode("utf-16-le")
    assert scan_text(data, extension="txt").size_classified_bytes == len(data) == 6
    assert scan_text(gzip.compress(data), extension="gz").size_classified_bytes == 6
