"""The ledger of a feed in S3: one object a line, whoever writes."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lake_gate.errors import DamagedDocumentError, GateError
from lake_gate.ledger import book
from lake_gate.ledger.book import append, append_document, read_head
from lake_gate.ledger.chain import FIRST, Kind, Line, check, name_of, prefix_of, sequence_of
from tests.lake import Lake
from tests.lake_gate.meanwhile import Answering, Dying, Meanwhile

AT = "2026-01-02T03:04:05+00:00"
PREFIX = prefix_of("synthea")


def write(lake: Lake, number: int, s3: Any = None, feed: str = "synthea") -> Line:
    sha256 = hashlib.sha256(str(number).encode()).hexdigest()
    return append(s3 or lake.s3, lake.bronze, feed, "record", f"s3://bronze/_runs/{number}", f"v{number}", sha256, AT)


def stored(lake: Lake, feed: str = "synthea") -> list[tuple[int, bytes]]:
    """Numbers and contents of all lines, by plain boto3."""
    prefix = prefix_of(feed)
    pages = lake.s3.get_paginator("list_objects_v2").paginate(Bucket=lake.bronze, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    found = [(sequence_of(key.removeprefix(prefix)) or 0, lake.read(lake.bronze, key)) for key in keys]
    assert found == sorted(found, reverse=True)
    return sorted(found)


def assert_whole(lake: Lake, count: int) -> list[Line]:
    checked = list(check(stored(lake)))
    assert [problem for line in checked for problem in line.problems] == []
    lines = [line.line for line in checked if line.line]
    assert len(lines) == count
    return lines


def test_feed_without_lines_has_no_head(lake: Lake) -> None:
    assert read_head(lake.s3, lake.bronze, "synthea") is None


def test_lines_are_chained_and_the_last_one_is_the_head(lake: Lake) -> None:
    written = [write(lake, number) for number in range(1, 13)]
    assert assert_whole(lake, 12) == written
    assert written[0].previous == FIRST
    assert read_head(lake.s3, lake.bronze, "synthea") == written[-1]
    assert lake.s3.head_object(Bucket=lake.bronze, Key=PREFIX + name_of(12))["ContentType"] == "application/json"


def test_each_feed_has_its_own_chain(lake: Lake) -> None:
    write(lake, 1)
    assert write(lake, 2, feed="clinic").sequence == 1
    assert read_head(lake.s3, lake.bronze, "synthe") is None


def test_latest_document_gets_one_line(lake: Lake) -> None:
    first = write(lake, 1)
    assert write(lake, 1) == first
    write(lake, 2)
    assert write(lake, 1).sequence == 3
    assert_whole(lake, 3)


def test_line_whose_answer_was_lost_is_found_by_the_retry(lake: Lake) -> None:
    with pytest.raises(ConnectionError):
        write(lake, 1, Dying("PutObject"))
    assert write(lake, 1).sequence == 1
    assert_whole(lake, 1)


def test_the_writer_that_comes_second_takes_the_next_number(lake: Lake) -> None:
    write(lake, 1)
    other = Meanwhile("PutObject", lambda: write(lake, 2))
    assert write(lake, 3, other).sequence == 3
    assert [line.version_id for line in assert_whole(lake, 3)] == ["v1", "v2", "v3"]


def test_the_same_line_by_two_writers_is_written_once(lake: Lake) -> None:
    assert write(lake, 1, Meanwhile("PutObject", lambda: write(lake, 1))).sequence == 1
    assert_whole(lake, 1)


def test_many_writers_make_one_chain(lake: Lake) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda number: write(lake, number, boto3.client("s3")).sequence, range(24)))
    assert sorted(numbers) == list(range(1, 25))
    assert {line.version_id for line in assert_whole(lake, 24)} == {f"v{number}" for number in range(24)}


def test_conflicts_of_writes_in_flight_are_tried_again(lake: Lake, no_waits: None) -> None:
    assert write(lake, 1, Answering("PutObject", "ConditionalRequestConflict", 2)).sequence == 1
    with pytest.raises(ClientError):
        write(lake, 2, Answering("PutObject", "ConditionalRequestConflict"))
    assert_whole(lake, 1)


def test_writers_that_always_come_first_do_not_keep_the_task_for_ever(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "_TRIES", 1)
    with pytest.raises(GateError, match=r"Other writers came first at 1 lines of s3://.*/_ledger/synthea/"):
        write(lake, 1, Meanwhile("PutObject", lambda: write(lake, 2)))


def test_damaged_line_does_not_stop_the_gate_and_stays_visible(lake: Lake) -> None:
    write(lake, 1)
    lake.s3.put_object(Bucket=lake.bronze, Key=PREFIX + name_of(2), Body=b"forged 900-12-3456")
    assert write(lake, 3).sequence == 3
    assert [line.problems for line in check(stored(lake))] == [(), ("line 2 is damaged: not JSON",), ()]


def test_damaged_head_is_named_without_its_content(lake: Lake) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=PREFIX + name_of(1), Body=b"forged 900-12-3456")
    with pytest.raises(DamagedDocumentError, match="it is not a line of a ledger") as caught:
        read_head(lake.s3, lake.bronze, "synthea")
    assert "forged" not in str(caught.value)


def test_large_object_in_place_of_a_line_is_not_read(lake: Lake) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=PREFIX + name_of(1), Body=b" " * 100_000)
    with pytest.raises(DamagedDocumentError, match="larger than 16384 bytes"):
        write(lake, 1)


@pytest.mark.parametrize(("count", "is_found"), [(9, True), (10, False)])
def test_objects_that_are_not_lines_are_skipped_while_they_are_few(lake: Lake, count: int, is_found: bool) -> None:
    first = write(lake, 1)
    for number in range(count):
        lake.s3.put_object(Bucket=lake.bronze, Key=f"{PREFIX}!{number}", Body=b"")
    if is_found:
        assert read_head(lake.s3, lake.bronze, "synthea") == first
    else:
        with pytest.raises(DamagedDocumentError, match="its first objects are not lines"):
            write(lake, 2)


def test_no_line_follows_the_last_possible_number(lake: Lake) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=PREFIX + name_of(10**10 - 1), Body=b"forged")
    with pytest.raises(DamagedDocumentError, match="the last possible number"):
        write(lake, 1)


def test_other_kinds_are_refused(lake: Lake) -> None:
    with pytest.raises(ValueError, match="else"):
        append(lake.s3, lake.bronze, "synthea", "else", "s3://b/k", "v", "0" * 64, AT)


def test_document_in_bronze_gets_a_line_in_the_bucket_of_the_ledger(lake: Lake) -> None:
    line = append_document(lake.s3, lake.settings, "synthea", Kind.RECORD, "_runs/synthea/1/record.json", "v", b"{}")
    assert (line.uri, line.version_id) == (f"s3://{lake.bronze}/_runs/synthea/1/record.json", "v")
    assert line.sha256 == hashlib.sha256(b"{}").hexdigest()
    assert read_head(lake.s3, lake.bronze, "synthea") == line


def test_heads_are_lines_of_a_message(lake: Lake) -> None:
    head = write(lake, 1).head
    write(lake, 1, feed="clinic")
    clinic, synthea = book.heads(lake.s3, lake.bronze, ["synthea", "clinic", "other", "synthea"])
    assert synthea == f"Head of the ledger of synthea: {head}"
    assert clinic.startswith("Head of the ledger of clinic: 1:")


@pytest.mark.parametrize("code", ["AccessDenied", "SlowDown", "NoSuchBucket"])
def test_head_that_cannot_be_read_stops_no_message(lake: Lake, code: str) -> None:
    write(lake, 1)
    assert book.heads(Answering("ListObjectsV2", code), lake.bronze, ["synthea"]) == []  # type: ignore[arg-type]
    lake.s3.put_object(Bucket=lake.bronze, Key=PREFIX + name_of(2), Body=b"forged")
    assert book.heads(lake.s3, lake.bronze, ["synthea"]) == []
