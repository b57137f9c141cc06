"""What a run writes down and reads again."""

from __future__ import annotations

import gzip

import pytest

from lake_gate.documents import (
    iter_json_lines,
    read_document_or_none,
    read_object_version,
    write_document,
    write_document_once,
    write_version,
)
from tests.lake import Lake


def test_part_of_a_document_is_read_by_its_byte_range(lake: Lake) -> None:
    write_document(lake.s3, lake.bronze, "d.jsonl", b'{"a":1}\n{"a":2}\n{"a":3}\n')
    assert list(iter_json_lines(lake.s3, lake.bronze, "d.jsonl", start=8, size=8)) == [{"a": 2}]


def test_document_that_is_not_there_is_none(lake: Lake) -> None:
    assert read_document_or_none(lake.s3, lake.bronze, "nothing") is None


def test_version_is_read_as_it_was_and_none_when_it_is_gone(lake: Lake) -> None:
    first = lake.put(lake.silver, "a.csv", b"first")
    lake.put(lake.silver, "a.csv", b"second")
    assert read_object_version(lake.s3, lake.silver, "a.csv", first.version_id) == b"first"
    assert read_object_version(lake.s3, lake.silver, "a.csv") == b"second"
    assert read_object_version(lake.s3, lake.silver, "a.csv", "0" * 32) is None


def test_first_document_stands_when_it_is_written_once(lake: Lake) -> None:
    assert write_document_once(lake.s3, lake.bronze, "d", b"first") == b"first"
    assert write_document_once(lake.s3, lake.bronze, "d", b"second") == b"first"
    assert lake.read(lake.bronze, "d") == b"first"


@pytest.mark.parametrize("lines", [b"", b"\n\n", b'{"a":1}', b'{"a":1}\n\n{"a":1}\n', b'{"a":"\xe2\x80\xa8"}\n'])
def test_lines_are_read_packed_or_not(lake: Lake, lines: bytes) -> None:
    write_document(lake.s3, lake.bronze, "d.jsonl", lines)
    write_document(lake.s3, lake.bronze, "d.jsonl.gz", b"".join(map(gzip.compress, [lines[:5], lines[5:]])))
    plain, packed = (list(iter_json_lines(lake.s3, lake.bronze, key)) for key in ("d.jsonl", "d.jsonl.gz"))
    assert plain == packed
    assert len(plain) == lines.count(b"{")


def test_version_is_written_once_and_replaced_only_by_who_names_it(lake: Lake) -> None:
    first, _ = write_version(lake.s3, lake.bronze, "d", b"first")
    assert write_version(lake.s3, lake.bronze, "d", b"first") == (first, True)
    assert write_version(lake.s3, lake.bronze, "d", b"second") == (first, False)
    second, is_this = write_version(lake.s3, lake.bronze, "d", b"second", replacing=first)
    assert (second != first, is_this) == (True, True)
    assert write_version(lake.s3, lake.bronze, "d", b"third", replacing=first) == (second, False)
    assert lake.versions(lake.bronze, "d") == [second, first]
