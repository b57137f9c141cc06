"""Concurrent writes, copies and deletions."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from moto.s3.models import S3Backend

from tests.localaws.conftest import error_of
from tests.localaws.s3.conftest import NOBODY_WINS, outcome_of, refusal_of, source_of


@pytest.fixture
def racers(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many race. The server pauses before and after each write, so that all overtake who are not locked out."""
    write_at_once = S3Backend.put_object

    def pause() -> None:
        for _ in range(1000):
            os.sched_yield()

    def write_slowly(*args: Any, **more: Any) -> Any:
        pause()
        written = write_at_once(*args, **more)
        pause()
        return written

    monkeypatch.setattr(S3Backend, "put_object", write_slowly)
    return 8


def test_one_of_many_wins_when_all_write_at_once_and_there_must_be_none(
    s3: Any, write: Callable[..., Any], racers: int
) -> None:
    start = Barrier(racers)

    def race(_: int) -> Any:
        start.wait()
        return outcome_of(lambda: write(IfNoneMatch="*"))

    with ThreadPoolExecutor(racers) as pool:
        outcomes = list(pool.map(race, range(racers)))
    assert outcomes.count(NOBODY_WINS) == racers - 1
    [winner] = [outcome for outcome in outcomes if outcome != NOBODY_WINS]
    [version] = s3.list_object_versions(Bucket="bronze", Prefix="a.csv")["Versions"]
    assert version["VersionId"] == winner["VersionId"]


def test_every_write_is_answered_with_its_own_version_when_all_come_at_once(
    s3: Any, write: Callable[..., Any], racers: int
) -> None:
    with ThreadPoolExecutor(racers) as pool:
        answered = list(pool.map(lambda _: write()["VersionId"], range(3 * racers)))
    stored = [version["VersionId"] for version in s3.list_object_versions(Bucket="bronze", Prefix="a.csv")["Versions"]]
    assert sorted(answered) == sorted(stored)
    assert len(set(answered)) == 3 * racers


def test_no_version_is_lost_when_others_are_deleted_at_the_same_time(s3: Any, racers: int) -> None:
    def come_and_go(number: int) -> str:
        version = s3.put_object(Bucket="bronze", Key="a.csv", Body=b"%d" % number)["VersionId"]
        if number % 2:
            s3.delete_object(Bucket="bronze", Key="a.csv", VersionId=version)
        return version

    with ThreadPoolExecutor(racers) as pool:
        versions = list(pool.map(come_and_go, range(32)))
    stored = {item["VersionId"] for item in s3.list_object_versions(Bucket="bronze")["Versions"]}
    assert stored == set(versions[::2])


def test_copies_to_and_fro_do_not_wait_for_each_other_for_ever(s3: Any) -> None:
    for key in ("a.csv", "b.csv"):
        s3.put_object(Bucket="bronze", Key=key, Body=b"1")

    def copy(names: tuple[str, str]) -> int:
        answer = s3.copy_object(Bucket="bronze", Key=names[0], CopySource=source_of(names[1]))
        return answer["ResponseMetadata"]["HTTPStatusCode"]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(copy, [("a.csv", "b.csv"), ("b.csv", "a.csv")] * 16)) == {200}


def test_an_upload_is_unknown_when_it_was_aborted(s3: Any, upload: Callable[..., dict[str, Any]]) -> None:
    started = upload("a.csv", (b"1",))
    named = {name: started[name] for name in ("Key", "UploadId")}
    s3.abort_multipart_upload(Bucket="bronze", **named)
    assert refusal_of(s3.upload_part, **named, PartNumber=1, Body=b"1") == ("NoSuchUpload", 404)
    assert error_of(s3.complete_multipart_upload, **started)[:2] == ("NoSuchUpload", 404)
