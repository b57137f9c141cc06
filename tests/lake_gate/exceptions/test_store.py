"""Exceptions as documents in bronze and as files: created once, revoked by the file, damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from lake_gate.errors import ExceptionFileError, ExceptionStandsError
from lake_gate.exceptions import store
from lake_gate.exceptions.store import (
    Read,
    add_exception,
    check_addable,
    note_use,
    parse_file,
    read_all,
    read_exceptions,
    record_revocations,
)
from lake_gate.ledger.audit import Audit
from lake_gate.ledger.book import append_document
from lake_gate.ledger.chain import Kind, Line
from lake_gate.ledger.stores import BucketStore
from lake_gate.model.exception import PolicyException
from tests.lake import Lake
from tests.lake_gate.exceptions.samples import OF_OBJECT, OF_TABLE


@pytest.fixture
def write_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    (tmp_path / "exceptions").mkdir()

    def write(content: Any) -> None:
        (tmp_path / "exceptions/synthea.json").write_text(json.dumps(content))

    return write


def test_exceptions_are_read_as_they_were_added(lake: Lake) -> None:
    stored = [add_exception(lake.s3, lake.bronze, exception) for exception in (OF_TABLE, OF_OBJECT)]
    assert read_exceptions(lake.s3, lake.bronze, "synthea") == [OF_TABLE, OF_OBJECT]
    assert read_exceptions(lake.s3, lake.bronze, "other") == []
    assert stored[0].uri == f"s3://{lake.bronze}/_exceptions/synthea/public-addresses.json"
    written = lake.s3.get_object(Bucket=lake.bronze, Key=OF_TABLE.key, VersionId=stored[0].version_id)
    assert written["Body"].read() == stored[0].content


def test_exception_is_never_changed(lake: Lake) -> None:
    first = add_exception(lake.s3, lake.bronze, OF_TABLE)
    assert add_exception(lake.s3, lake.bronze, OF_TABLE) == first
    with pytest.raises(ExceptionStandsError):
        add_exception(lake.s3, lake.bronze, replace(OF_TABLE, most=1_000_000))
    assert read_exceptions(lake.s3, lake.bronze, "synthea") == [OF_TABLE]


def test_exception_that_another_writer_adds_at_the_same_moment_stands(lake: Lake) -> None:
    other, s3 = replace(OF_TABLE, most=7), boto3.client("s3")

    def write_other(**_: object) -> None:
        lake.s3.put_object(Bucket=lake.bronze, Key=other.key, Body=json.dumps(other.to_json()).encode())

    s3.meta.events.register("before-call.s3.PutObject", write_other)
    with pytest.raises(ExceptionStandsError, match="another one has its id"):
        add_exception(s3, lake.bronze, OF_TABLE)
    assert read_exceptions(lake.s3, lake.bronze, "synthea") == [other]


def test_exception_that_is_not_valid_is_not_written(lake: Lake) -> None:
    with pytest.raises(ValueError, match="approved_by"):
        add_exception(lake.s3, lake.bronze, replace(OF_TABLE, approved_by=("ann",)))
    assert lake.keys(lake.bronze, "_exceptions/") == []


def test_exception_that_the_file_revokes_is_not_added(lake: Lake, write_file: Callable[[Any], None]) -> None:
    add_exception(lake.s3, lake.bronze, OF_TABLE)
    write_file({"exceptions": [], "revoked": [OF_TABLE.id, OF_OBJECT.id]})
    assert read_exceptions(lake.s3, lake.bronze, "synthea") == []
    for exception in (OF_TABLE, OF_OBJECT):
        with pytest.raises(ExceptionStandsError, match="revokes its id"):
            add_exception(lake.s3, lake.bronze, exception)
    assert lake.keys(lake.bronze, "_exceptions/") == [OF_TABLE.key]


def test_damaged_file_may_revoke_what_is_added(lake: Lake, write_file: Callable[[Any], None]) -> None:
    write_file({"exceptions": [], "revoked": "all"})
    with pytest.raises(ExceptionFileError):
        add_exception(lake.s3, lake.bronze, OF_TABLE)
    assert lake.keys(lake.bronze, "_exceptions/") == []


def test_exception_with_the_id_of_another_one_in_the_file_is_not_added(
    lake: Lake, write_file: Callable[[Any], None]
) -> None:
    write_file({"exceptions": [{**OF_TABLE.to_json(), "most": 5}]})
    with pytest.raises(ExceptionStandsError, match="another one has its id"):
        add_exception(lake.s3, lake.bronze, OF_TABLE)
    write_file({"exceptions": [OF_TABLE.to_json()]})
    assert add_exception(lake.s3, lake.bronze, OF_TABLE)


def test_several_are_added_together_or_not_at_all(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [OF_TABLE, OF_OBJECT]
    check_addable(lake.s3, lake.bronze, "synthea", both)
    add_exception(lake.s3, lake.bronze, OF_TABLE)
    check_addable(lake.s3, lake.bronze, "synthea", both)
    with pytest.raises(ExceptionStandsError, match="another one has its id"):
        check_addable(lake.s3, lake.bronze, "synthea", [replace(OF_TABLE, most=5), OF_OBJECT])
    monkeypatch.setattr(store, "MOST_DOCUMENTS", 1)
    check_addable(lake.s3, lake.bronze, "synthea", [OF_TABLE])
    with pytest.raises(ExceptionStandsError, match="may have 1 documents"):
        check_addable(lake.s3, lake.bronze, "synthea", both)


def of(exception: PolicyException, **changes: Any) -> bytes:
    return json.dumps({**exception.to_json(), **changes}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        of(OF_TABLE)[:-2],
        of(OF_TABLE, most="SECRET"),
        of(OF_TABLE, feed="other"),
        of(OF_TABLE, id="another-id"),
        of(OF_TABLE) + b" " * store.MOST_BYTES,
    ],
)
def test_damaged_document_excuses_nothing_and_is_named(lake: Lake, content: bytes) -> None:
    lake.put(lake.bronze, OF_TABLE.key, content)
    add_exception(lake.s3, lake.bronze, OF_OBJECT)
    read = read_all(lake.s3, lake.bronze, "synthea")
    assert read.exceptions == [OF_OBJECT]
    (problem,) = read.problems
    assert f"s3://{lake.bronze}/{OF_TABLE.key} is damaged" in problem
    assert "SECRET" not in problem


def test_document_in_a_folder_or_with_another_ending_is_not_an_exception(lake: Lake) -> None:
    lake.put(lake.bronze, "_exceptions/synthea/folder/public-addresses.json", of(OF_TABLE))
    lake.put(lake.bronze, "_exceptions/synthea/public-addresses.txt", of(OF_TABLE))
    read = read_all(lake.s3, lake.bronze, "synthea")
    assert (read.exceptions, len(read.problems)) == ([], 2)


def test_nothing_is_excused_if_there_are_more_documents_than_are_read(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, write_file: Callable[[Any], None]
) -> None:
    write_file({"exceptions": [OF_OBJECT.to_json()]})
    add_exception(lake.s3, lake.bronze, OF_TABLE)
    monkeypatch.setattr(store, "MOST_DOCUMENTS", 0)
    read = read_all(lake.s3, lake.bronze, "synthea")
    assert read.exceptions == []
    (problem,) = read.problems
    assert "no exception is used: as the deployer, delete" in problem


def test_warning_comes_before_there_are_too_many(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        add_exception(lake.s3, lake.bronze, replace(OF_TABLE, id=f"x-{number}"))
    monkeypatch.setattr(store, "MOST_DOCUMENTS", 6)
    assert read_all(lake.s3, lake.bronze, "synthea").problems == []
    monkeypatch.setattr(store, "MOST_DOCUMENTS", 5)
    read = read_all(lake.s3, lake.bronze, "synthea")
    (problem,) = read.problems
    assert len(read.exceptions) == 4
    assert "has 4 of at most 5 documents" in problem


def test_notes_of_uses_take_no_room(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    add_exception(lake.s3, lake.bronze, OF_TABLE)
    assert read_all(lake.s3, lake.bronze, "synthea").never_used == [OF_TABLE.id]
    monkeypatch.setattr(store, "MOST_DOCUMENTS", 2)
    for exception_id in (OF_TABLE.id, "ended"):
        note_use(lake.s3, lake.bronze, "synthea", exception_id, "s3://record")
    read = read_all(lake.s3, lake.bronze, "synthea")
    assert (read.exceptions, read.never_used, read.problems) == ([OF_TABLE], [], [])


def test_file_and_documents_are_read_together(lake: Lake, write_file: Callable[[Any], None]) -> None:
    write_file({"exceptions": [OF_OBJECT.to_json()]})
    add_exception(lake.s3, lake.bronze, OF_TABLE)
    assert read_exceptions(lake.s3, lake.bronze, "synthea") == [OF_TABLE, OF_OBJECT]


def test_exception_that_was_exported_to_the_file_is_the_same(lake: Lake, write_file: Callable[[Any], None]) -> None:
    stored = add_exception(lake.s3, lake.bronze, OF_TABLE)
    write_file({"exceptions": [json.loads(stored.content)]})
    assert read_exceptions(lake.s3, lake.bronze, "synthea") == [OF_TABLE]


def test_file_revokes_an_exception_of_a_document(lake: Lake, write_file: Callable[[Any], None]) -> None:
    add_exception(lake.s3, lake.bronze, OF_TABLE)
    write_file({"exceptions": [OF_OBJECT.to_json()], "revoked": [OF_TABLE.id]})
    assert read_exceptions(lake.s3, lake.bronze, "synthea") == [OF_OBJECT]


RECORDED = f"_exceptions/synthea/revoked/{OF_TABLE.id}.json"


def lines_of(lake: Lake) -> list[tuple[str, str]]:
    listed = lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix="_ledger/synthea/").get("Contents", [])
    lines = [Line.parse(lake.read(lake.bronze, item["Key"])) for item in reversed(listed)]
    return [(line.kind, line.uri.removeprefix(f"s3://{lake.bronze}/")) for line in lines]


def test_exception_stays_revoked_after_the_file_is_gone(
    lake: Lake, write_file: Callable[[Any], None], tmp_path: Path
) -> None:
    stored = add_exception(lake.s3, lake.bronze, OF_TABLE)
    append_document(lake.s3, lake.settings, "synthea", Kind.EXCEPTION, OF_TABLE.key, stored.version_id, stored.content)
    write_file({"exceptions": [], "revoked": [OF_TABLE.id]})
    record_revocations(lake.s3, lake.settings, "synthea")
    (tmp_path / "exceptions/synthea.json").unlink()
    assert read_all(lake.s3, lake.bronze, "synthea") == Read()
    with pytest.raises(ExceptionStandsError, match="it was revoked"):
        check_addable(lake.s3, lake.bronze, "synthea", [OF_TABLE])
    assert lines_of(lake) == [("exception", OF_TABLE.key), ("revocation", RECORDED)]
    documents = BucketStore(lake.s3, lake.bronze)
    assert Audit(documents, documents, "synthea").run().problems == []


def test_line_of_a_revocation_whose_try_died_is_appended_by_the_next(
    lake: Lake, write_file: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError

    add_exception(lake.s3, lake.bronze, OF_TABLE)
    write_file({"exceptions": [], "revoked": [OF_TABLE.id]})
    with monkeypatch.context() as broken:
        broken.setattr(store, "append_document", fail)
        with pytest.raises(OSError):  # noqa: PT011 - what a try dies of
            record_revocations(lake.s3, lake.settings, "synthea")
    for _ in range(2):
        record_revocations(lake.s3, lake.settings, "synthea")
    assert lines_of(lake) == [("revocation", RECORDED)]
    assert len(lake.versions(lake.bronze, RECORDED)) == 1


def test_line_of_a_revocation_is_not_appended_each_night(lake: Lake, write_file: Callable[[Any], None]) -> None:
    for exception in (OF_TABLE, OF_OBJECT):
        add_exception(lake.s3, lake.bronze, exception)
    write_file({"exceptions": [], "revoked": [OF_TABLE.id, OF_OBJECT.id]})
    record_revocations(lake.s3, lake.settings, "synthea")
    lake.make_older(lake.bronze, timedelta(days=1))
    record_revocations(lake.s3, lake.settings, "synthea")
    assert [kind for kind, _ in lines_of(lake)] == ["revocation"] * 2


def test_only_exceptions_of_bronze_are_revoked_permanently(lake: Lake, write_file: Callable[[Any], None]) -> None:
    """A mistyped id, or that of an exception in the file, can be corrected there."""
    write_file({"exceptions": [OF_TABLE.to_json()], "revoked": [OF_TABLE.id, "mistyped"]})
    record_revocations(lake.s3, lake.settings, "synthea")
    write_file({"exceptions": [OF_TABLE.to_json()]})
    assert read_exceptions(lake.s3, lake.bronze, "synthea") == [OF_TABLE]
    assert lake.keys(lake.bronze, "_exceptions/") == []


def test_revoked_id_that_no_exception_has_is_named_and_all_others_are_used(
    lake: Lake, write_file: Callable[[Any], None]
) -> None:
    add_exception(lake.s3, lake.bronze, OF_TABLE)
    write_file({"exceptions": [OF_OBJECT.to_json()], "revoked": ["public-adresses", OF_OBJECT.id]})
    read = read_all(lake.s3, lake.bronze, "synthea")
    assert read.exceptions == [OF_TABLE]
    (problem,) = read.problems
    assert "revokes public-adresses, but no exception of the feed has this id" in problem


def test_exception_of_the_file_with_the_id_of_a_revoked_one_is_named_and_not_used(
    lake: Lake, write_file: Callable[[Any], None]
) -> None:
    lake.put(lake.bronze, RECORDED, b"")
    write_file({"exceptions": [OF_TABLE.to_json()], "revoked": []})
    read = read_all(lake.s3, lake.bronze, "synthea")
    assert (read.exceptions, len(read.problems)) == ([], 1)
    write_file({"exceptions": [], "revoked": [OF_TABLE.id]})
    assert read_all(lake.s3, lake.bronze, "synthea").problems == []


def test_documents_of_a_feed_are_listed_once_for_all_exceptions_that_are_added(lake: Lake) -> None:
    listed: list[object] = []
    s3 = boto3.client("s3")
    s3.meta.events.register("before-call.s3.ListObjectsV2", lambda **_: listed.append(1))
    check_addable(s3, lake.bronze, "synthea", [OF_TABLE, OF_OBJECT])
    for exception in (OF_TABLE, OF_OBJECT):
        add_exception(s3, lake.bronze, exception)
    assert len(listed) == 1


def test_damaged_file_revokes_all_exceptions(lake: Lake, write_file: Callable[[Any], None]) -> None:
    add_exception(lake.s3, lake.bronze, OF_TABLE)
    write_file({"exceptions": [], "revoked": ["Not An Id"]})
    read = read_all(lake.s3, lake.bronze, "synthea")
    assert (read.exceptions, len(read.problems)) == ([], 1)


def test_two_exceptions_with_one_id_excuse_nothing(lake: Lake, write_file: Callable[[Any], None]) -> None:
    add_exception(lake.s3, lake.bronze, OF_TABLE)
    write_file({"exceptions": [{**OF_TABLE.to_json(), "most": 5}]})
    read = read_all(lake.s3, lake.bronze, "synthea")
    assert (read.exceptions, len(read.problems)) == ([], 1)


def test_damaged_file_excuses_nothing_and_is_named(lake: Lake, write_file: Callable[[Any], None]) -> None:
    write_file({"exceptions": [OF_TABLE.to_json(), {**OF_OBJECT.to_json(), "kind": "wish"}]})
    (problem,) = read_all(lake.s3, lake.bronze, "synthea").problems
    assert "exceptions[1]: kind: 'wish' is not one of" in problem
    assert read_exceptions(lake.s3, lake.bronze, "synthea") == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([], "not of type 'object'"),
        ({}, "'exceptions' is a required property"),
        ({"exceptions": {}}, "exceptions: {} is not of type 'array'"),
        ({"exceptions": [], "more": 1}, "'more' was unexpected"),
        ({"exceptions": [], "revoked": ["A"]}, r"revoked\[0\]: 'A' does not match"),
        ({"exceptions": [{**OF_TABLE.to_json(), "until": "soon"}]}, r"exceptions\[0\]: until"),
        ({"exceptions": [{**OF_TABLE.to_json(), "feed": "other"}]}, "feed: expected synthea"),
        ({"exceptions": [OF_TABLE.to_json(), OF_TABLE.to_json()]}, "two have the same id"),
    ],
)
def test_wrong_key_of_a_file_is_named(content: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_file("synthea", content)
