"""Encodings, and sizes in bytes as stored."""

from __future__ import annotations

import codecs
import gzip
import io
from functools import partial

import pytest

from localaws.macie2.detection.readers.source import Source
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


@pytest.mark.parametrize("text", ["é", "x\né", "a\n€,1\n", "𝄞\n𝄞 𝄞", "x\n𝄞é€"])
@pytest.mark.parametrize("size", range(1, 12))
def test_characters_are_whole_wherever_the_parts_end(text: str, size: int) -> None:
    source = Source(io.BytesIO(text.encode()))
    assert b"".join(iter(partial(source.read_valid, size), b"")) == text.encode()


@pytest.mark.parametrize("size", range(1, 6))
@pytest.mark.parametrize("cut", [b"\xc3", b"x\n\xe2\x82", b"\xf0\x9d\x84"])
def test_character_that_the_end_cuts_off_is_read_as_latin_1(cut: bytes, size: int) -> None:
    source = Source(io.BytesIO(cut))
    assert b"".join(iter(partial(source.read_valid, size), b"")) == cut.decode("latin-1").encode()
