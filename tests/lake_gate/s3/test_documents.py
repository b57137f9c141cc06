"""What a run writes down and reads again."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lake_gate.errors import AwsError, DamagedDocumentError, GateError, from_aws_error
from lake_gate.model.manifest import Moved
from lake_gate.s3.documents import (
    iter_json_lines,
    load_lines,
    put_version,
    read_document_or_none,
    read_object,
    read_object_version,
    update_document,
    write_document,
    write_document_once,
    write_version,
)
from tests.lake import Lake
from tests.lake_gate.meanwhile import Answering, Meanwhile


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


SHAPE = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def test_object_is_read_in_the_version_that_is_asked_for(lake: Lake) -> None:
    first = put_version(lake.s3, lake.bronze, "d.json", b'{"a": 1}')
    write_document(lake.s3, lake.bronze, "d.json", b'{"a": 2}')
    assert read_object(lake.s3, lake.bronze, "d.json", SHAPE) == {"a": 2}
    assert read_object(lake.s3, lake.bronze, "d.json", SHAPE, version_id=first) == {"a": 1}
    assert read_object(lake.s3, lake.bronze, "nothing.json", SHAPE) is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not JSON"),
        (b"[1]", "not an object"),
        (b"{}", "expected required"),
        (b'{"a": "cell 4711"}', "a: expected type 'integer'"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_object_of_another_shape_is_an_error_that_names_the_document_and_nothing_of_it(
    lake: Lake, content: bytes, problem: str
) -> None:
    write_document(lake.s3, lake.bronze, "d.json", content)
    with pytest.raises(DamagedDocumentError, match=problem) as failed:
        read_object(lake.s3, lake.bronze, "d.json", SHAPE)
    assert f"s3://{lake.bronze}/d.json" in str(failed.value)
    assert "4711" not in str(failed.value)


@pytest.mark.parametrize(
    ("key", "content", "problem"),
    [
        ("d.jsonl", b'{"a":1}\n\n[]', "line 3: not an object"),
        ("d.jsonl", b'{"a":1}\n{', "line 2: not JSON"),
        ("d.jsonl.gz", b"not packed", "cannot be decompressed"),
        ("d.jsonl.gz", gzip.compress(b'{"a":1}')[:-9], "cannot be decompressed"),
    ],
)
def test_damaged_line_is_named_by_its_number(lake: Lake, key: str, content: bytes, problem: str) -> None:
    write_document(lake.s3, lake.bronze, key, content)
    with pytest.raises(DamagedDocumentError, match=problem):
        list(iter_json_lines(lake.s3, lake.bronze, key))


def test_lines_that_were_read_are_loaded_or_named() -> None:
    assert load_lines(Moved, b"", "b", "k") == []
    with pytest.raises(DamagedDocumentError, match=r"s3://b/k .*name is missing"):
        load_lines(Moved, b"{}", "b", "k")


CONFLICTS = ["ConditionalRequestConflict", "409", "OperationAborted"]


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("code", CONFLICTS)
def test_conditional_write_is_tried_again_while_another_is_in_flight(lake: Lake, code: str) -> None:
    assert write_document_once(Answering("PutObject", code, 2), lake.bronze, "d", b"first") == b"first"  # type: ignore[arg-type]
    first = lake.versions(lake.bronze, "d")[0]
    second, is_this = write_version(Answering("PutObject", code, 2), lake.bronze, "d", b"2", replacing=first)  # type: ignore[arg-type]
    assert is_this
    assert lake.versions(lake.bronze, "d") == [second, first]
    assert lake.read(lake.bronze, "d") == b"2"


@pytest.mark.usefixtures("no_waits")
def test_conflict_that_does_not_end_is_not_taken_for_a_document_that_stands(lake: Lake) -> None:
    s3: Any = Answering("PutObject", "ConditionalRequestConflict")
    with pytest.raises(ClientError) as refused:
        write_document_once(s3, lake.bronze, "d", b"mine")
    assert isinstance(from_aws_error(refused.value), AwsError)  # a retry may solve it
    assert lake.versions(lake.bronze, "d") == []
    there = write_version(lake.s3, lake.bronze, "d", b"other")[0]
    with pytest.raises(ClientError):
        write_version(s3, lake.bronze, "d", b"mine", replacing=there)
    assert lake.versions(lake.bronze, "d") == [there]


def test_document_that_is_deleted_while_it_is_replaced_is_not_there(lake: Lake) -> None:
    there, _ = write_version(lake.s3, lake.bronze, "d", b"there")
    delete = {"Bucket": lake.bronze, "Key": "d", "VersionId": there}
    s3: Any = Meanwhile("PutObject", lambda: lake.s3.delete_object(**delete))
    assert write_version(s3, lake.bronze, "d", b"mine", replacing=there) == ("", False)
    assert write_version(lake.s3, lake.bronze, "d", b"mine", replacing=there) == ("", False)


def test_document_is_written_once_when_the_one_that_stood_is_deleted_meanwhile(lake: Lake) -> None:
    there, _ = write_version(lake.s3, lake.bronze, "d", b"there")
    delete = {"Bucket": lake.bronze, "Key": "d", "VersionId": there}
    s3: Any = Meanwhile("GetObject", lambda: lake.s3.delete_object(**delete))
    assert write_document_once(s3, lake.bronze, "d", b"mine") == b"mine"
    assert lake.read(lake.bronze, "d") == b"mine"


def added(line: bytes) -> Callable[[bytes | None], bytes]:
    return lambda there: (there or b"") + line


def test_of_two_who_change_a_document_at_once_neither_loses_the_others_change(lake: Lake) -> None:
    for first in ("", "before "):
        key = f"d{len(first)}"
        if first:
            lake.put(lake.bronze, key, first.encode())

        def other(key: str = key) -> None:
            update_document(lake.s3, lake.bronze, key, added(b"other "))

        s3: Any = Meanwhile("PutObject", other)
        update_document(s3, lake.bronze, key, added(b"mine"))
        assert lake.read(lake.bronze, key) == f"{first}other mine".encode()


def test_document_that_does_not_change_is_not_written(lake: Lake) -> None:
    lake.put(lake.bronze, "d", b"same")
    update_document(lake.s3, lake.bronze, "d", lambda there: there or b"")
    assert len(lake.versions(lake.bronze, "d")) == 1


def test_document_that_others_change_all_the_time_is_an_error(lake: Lake) -> None:
    def change(there: bytes | None) -> bytes:
        lake.put(lake.bronze, "d", (there or b"") + b"x")
        return b"mine"

    with pytest.raises(GateError, match="Another writer keeps changing"):
        update_document(lake.s3, lake.bronze, "d", change)


@pytest.mark.usefixtures("no_waits")
def test_document_is_changed_though_another_write_to_it_was_in_flight(lake: Lake) -> None:
    lake.put(lake.bronze, "d", b"before ")
    update_document(Answering("PutObject", "ConditionalRequestConflict", 2), lake.bronze, "d", added(b"mine"))  # type: ignore[arg-type]
    assert lake.read(lake.bronze, "d") == b"before mine"


def test_document_that_is_deleted_while_it_is_changed_is_made_again(lake: Lake) -> None:
    there = lake.put(lake.bronze, "d", b"before ")
    delete = {"Bucket": lake.bronze, "Key": "d", "VersionId": there.version_id}
    s3: Any = Meanwhile("PutObject", lambda: lake.s3.delete_object(**delete))
    update_document(s3, lake.bronze, "d", added(b"mine"))
    assert lake.read(lake.bronze, "d") == b"mine"
