"""Reading of discovery results, record by record; a damaged record is reported by its place only."""

from __future__ import annotations

import gzip
import json

import pytest

from macie import records
from macie.errors import DiscoveryResultUnreadableError
from macie.records import ends_with_newline, iter_records, to_line

URI = "s3://results/a.jsonl.gz"
SECRET = b"HIV positive since spring"


def test_records_are_the_objects_of_the_lines_however_they_end() -> None:
    content = gzip.compress(b'{"id": "a"}\r\n\n  \n') + gzip.compress(b'{"id": "b"}')
    assert list(iter_records(content, URI)) == [{"id": "a"}, {"id": "b"}]
    assert list(iter_records(gzip.compress(b""), URI)) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (gzip.compress(b""), True),
        (gzip.compress(b"{}\n"), True),
        (gzip.compress(b"{}") + gzip.compress(b"\n"), True),
        (gzip.compress(b"x" * 3_000_000 + b"\n"), True),
        (gzip.compress(b"{}"), False),
        (gzip.compress(b"{}\n")[:-3], False),
        (b"{}\n", False),
    ],
    ids=["empty", "a line", "two members", "several chunks", "no newline", "cut off", "not gzip"],
)
def test_only_unpacked_lines_that_end_with_a_newline_need_none_after_them(content: bytes, expected: bool) -> None:
    assert ends_with_newline(content) is expected


@pytest.mark.parametrize(
    "line",
    [
        SECRET,
        b'"' + SECRET + b'"',
        b'["' + SECRET + b'"]',
        b'{"id": "' + SECRET,
        b"1",
        b"null",
        b"[" * 100_000,
        b"\xff",
    ],
    ids=lambda line: line[:20].decode(errors="replace"),
)
def test_line_that_is_not_a_json_object_is_an_error_that_names_the_place_and_not_the_content(line: bytes) -> None:
    found = iter_records(gzip.compress(b'{"id": "a"}\n' + line + b"\n"), URI)
    assert next(found) == {"id": "a"}
    with pytest.raises(DiscoveryResultUnreadableError) as caught:
        next(found)
    assert caught.value.args == (URI, 2)


@pytest.mark.parametrize("content", [SECRET, gzip.compress(b'{"id": 1}' * 99)[:-9], gzip.compress(b"{}") + SECRET])
def test_object_that_is_not_gzip_or_is_cut_off_is_an_error(content: bytes) -> None:
    with pytest.raises(DiscoveryResultUnreadableError, match=URI) as caught:
        list(iter_records(content, URI))
    assert SECRET.decode() not in str(caught.value)


def test_line_without_an_end_is_not_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_LINE_BYTES", 1000)
    with pytest.raises(DiscoveryResultUnreadableError):
        list(iter_records(gzip.compress(b" " * 1000), URI))


def test_record_is_one_line_of_what_is_to_be_stored() -> None:
    record = {"id": "a", "text": "a\nb\u2028ü"}
    assert json.loads(to_line(record, None)) == record
    assert to_line(record, None).count(b"\n") == 1
    assert to_line(record, lambda whole: {"id": whole["id"]}) == b'{"id":"a"}\n'
