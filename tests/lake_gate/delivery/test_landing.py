"""Landing: everything once, exactly, whatever happened before."""

from __future__ import annotations

import errno
import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from lake_gate.content import iter_landed
from lake_gate.delivery import landing
from lake_gate.delivery.disk import Disk
from lake_gate.delivery.landing import check_versioning, land
from lake_gate.delivery.source_files import SourceFile
from lake_gate.errors import (
    BucketNotVersionedError,
    DeliveryChangedError,
    DiskFullError,
    SourceChangedError,
    SourceError,
    SourceUnreachableError,
)
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, Run
from lake_gate.s3 import multipart
from tests.lake import Lake
from tests.lake_gate.meanwhile import Answering
from tests.lake_gate.steps import raiser

RUN = Run("synthea", "1")
NAMES = ["a.csv", "with space.csv", "plus+percent%.csv", "%2e%2e.csv", "ünï/cødé 日本.csv", "sub/a.csv", "empty.csv"]


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"" if name == "empty.csv" else f"Id\n{name}\n".encode())
    return tmp_path


def land_now(lake: Lake, source: Path) -> list[LandedObject]:
    return land(lake.s3, str(source), RUN, lake.bronze, local_source_root="/")


def test_every_file_is_landed_under_its_own_name_with_its_bytes(lake: Lake, delivery: Path) -> None:
    landed = {item.name: item for item in land_now(lake, delivery)}
    assert sorted(landed) == sorted(NAMES)
    for name, item in landed.items():
        content = lake.read(lake.bronze, f"synthea/1/{name}", item.version_id)
        assert content == (delivery / name).read_bytes()
        assert (item.size_bytes, item.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert item.etag == hashlib.md5(content).hexdigest()


def test_nothing_is_doubled_when_landing_is_done_again(lake: Lake, delivery: Path) -> None:
    first = land_now(lake, delivery)
    assert land_now(lake, delivery) == first
    assert all(len(lake.versions(lake.bronze, item.key)) == 1 for item in first)


def test_nothing_is_doubled_when_the_first_try_died_before_its_manifest(lake: Lake, delivery: Path) -> None:
    first = land_now(lake, delivery)
    lake.s3.delete_object(Bucket=lake.bronze, Key=RUN.document(MANIFEST))
    assert land_now(lake, delivery) == first
    assert all(len(lake.versions(lake.bronze, item.key)) == 1 for item in first)


def test_file_that_the_disk_cannot_hold_is_refused_before_anything_is_landed(
    lake: Lake, delivery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake_gate.delivery.disk.SHARE", 0)
    with pytest.raises(SourceError, match=r"has \d+ bytes, and the worker's disk has room for 0; split it"):
        land_now(lake, delivery)
    assert lake.keys(lake.bronze) == []


@pytest.mark.parametrize("change", ["other bytes", "gone"])
def test_retry_is_refused_when_the_source_changed_since_the_first_try(lake: Lake, delivery: Path, change: str) -> None:
    """What the first try landed would lie in bronze, never scanned and in no record."""
    land_now(lake, delivery)
    lake.s3.delete_object(Bucket=lake.bronze, Key=RUN.document(MANIFEST))
    if change == "gone":
        (delivery / "a.csv").unlink()
    else:
        (delivery / "a.csv").write_bytes(b"other")
    with pytest.raises(SourceChangedError, match=r"a\.csv.*Start a new run"):
        land_now(lake, delivery)
    assert lake.read(lake.bronze, "synthea/1/a.csv") == b"Id\na.csv\n"


def test_first_manifest_stands_when_two_tries_land_at_the_same_time(lake: Lake, delivery: Path) -> None:
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _: land_now(lake, delivery), range(2)))
    assert both[0] == both[1]
    assert all(len(lake.versions(lake.bronze, item.key)) == 1 for item in both[0])


def test_bucket_without_versioning_is_named_before_anything_is_landed(lake: Lake) -> None:
    lake.s3.put_bucket_versioning(Bucket=lake.silver, VersioningConfiguration={"Status": "Suspended"})
    with pytest.raises(BucketNotVersionedError, match=lake.silver):
        check_versioning(lake.s3, [lake.bronze, lake.silver])


CHANGES: dict[str, Callable[[Path], object]] = {
    "1 file(s) changed, 0 are new, 0 are missing, among them a.csv": lambda at: (at / "a.csv").write_bytes(
        b"Id\na.CSV\n"
    ),
    "0 file(s) changed, 1 are new, 0 are missing, among them new.csv": lambda at: (at / "new.csv").write_bytes(b"x"),
    "0 file(s) changed, 0 are new, 1 are missing, among them a.csv": lambda at: (at / "a.csv").unlink(),
    "no such file or folder": lambda at: at.rename(at.with_name("gone")),
}


@pytest.mark.parametrize("problem", CHANGES)
def test_cleared_run_is_refused_when_its_source_is_not_what_it_has_landed(
    lake: Lake, delivery: Path, problem: str
) -> None:
    """It would be green, and have taken nothing of what is there now."""
    first = land_now(lake, delivery)
    CHANGES[problem](delivery)
    with pytest.raises(DeliveryChangedError, match=r"Start a new run") as error:
        land_now(lake, delivery)
    assert problem in str(error.value)
    assert "nothing was landed" not in str(error.value)
    assert all(lake.versions(lake.bronze, item.key) == [item.version_id] for item in first)
    assert sorted(lake.keys(lake.bronze)) == sorted(item.key for item in first)


def test_manifest_stands_when_the_source_was_touched_and_holds_the_same(lake: Lake, delivery: Path) -> None:
    first = land_now(lake, delivery)
    for name in NAMES:
        content = (delivery / name).read_bytes()
        (delivery / name).unlink()
        (delivery / name).write_bytes(content)
    assert land_now(lake, delivery) == first


def test_object_of_s3_is_read_again_only_when_it_was_written_again(lake: Lake) -> None:
    """A retry costs one listing, and ends as the first try when the bytes are the same after all."""
    source = lake.outputs["SourceBucket"]
    lake.put(source, "in/a.csv", b"1")
    lake.put(source, "in/b.csv", b"2", Metadata={"a": "b"})
    read: list[str] = []
    s3 = boto3.client("s3")
    s3.meta.events.register("before-call.s3.GetObject", lambda params, **_: read.append(params["url_path"]))
    first = land_all(s3, f"s3://{source}/in/", lake)
    del read[:]
    assert land_all(s3, f"s3://{source}/in/", lake) == first
    assert not [path for path in read if "in/" in path]
    s3 = altered_etag("in/a.csv")  # as KMS makes another one for the same bytes
    assert land_all(s3, f"s3://{source}/in/", lake) == first
    lake.put(source, "in/a.csv", b"9")
    with pytest.raises(DeliveryChangedError, match=r"1 file\(s\) changed"):
        land_all(lake.s3, f"s3://{source}/in/", lake)


def land_all(s3: Any, source: str, lake: Lake) -> list[LandedObject]:
    return land(s3, source, RUN, lake.bronze, local_source_root="")


def altered_etag(key: str) -> Any:
    s3 = boto3.client("s3")

    def alter(parsed: Any, **_: Any) -> None:
        for item in parsed.get("Contents", ()):
            item["ETag"] = '"another"' if item["Key"] == key else item["ETag"]

    def ask_for_the_real_one(params: Any, **_: Any) -> None:
        params["headers"].pop("If-Match", None)

    s3.meta.events.register("after-call.s3.ListObjectsV2", alter)
    s3.meta.events.register("before-call.s3.GetObject", ask_for_the_real_one)
    return s3


def test_empty_delivery_does_not_stand_once_it_has_come(lake: Lake, tmp_path: Path) -> None:
    assert land_now(lake, tmp_path) == []
    assert land_now(lake, tmp_path) == []
    (tmp_path / "late.csv").write_bytes(b"A\n1\n")
    (landed,) = land_now(lake, tmp_path)
    assert landed.name == "late.csv"
    assert lake.lines(RUN.document(MANIFEST))[0]["name"] == "late.csv"
    assert land_now(lake, tmp_path) == [landed]


def test_bytes_of_every_landed_object_are_known_by_their_content_before_the_manifest(
    lake: Lake, delivery: Path
) -> None:
    landed = land_now(lake, delivery)
    for item in landed:
        assert item.name in {at.name for at in iter_landed(lake.s3, lake.bronze, item.sha256)}
    lake.s3.delete_object(Bucket=lake.bronze, Key=RUN.document(MANIFEST))
    for item in lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix="_content/")["Contents"]:
        lake.s3.delete_object(Bucket=lake.bronze, Key=item["Key"])
    land_now(lake, delivery)  # finds the objects there
    for item in landed:
        assert [at.run.folder for at in iter_landed(lake.s3, lake.bronze, item.sha256) if at.name == item.name] == ["1"]


def test_no_manifest_is_written_when_the_content_could_not_be_noted(
    lake: Lake, delivery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake_gate.delivery.landing.add_landed", raiser(ConnectionError))
    with pytest.raises(ConnectionError):
        land_now(lake, delivery)
    assert lake.versions(lake.bronze, RUN.document(MANIFEST)) == []


def test_manifest_has_the_names_of_columns_and_no_first_row(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"PATIENT,DATE\n76982e06-f8b8-4509-9ca3-65a99c8650fe,2020-01-01\n")
    (tmp_path / "b.csv").write_bytes(b"1,HIV positive since spring\n2,SSN 219-09-9999\n")
    with_header, without = land_now(lake, tmp_path)
    assert (with_header.header, without.header) == (("PATIENT", "DATE"), ())
    assert [(item.rows, item.columns) for item in (with_header, without)] == [(1, 2), (2, 2)]
    assert b"HIV" not in lake.read(lake.bronze, RUN.document(MANIFEST))


def test_file_that_grows_while_it_is_read_is_not_landed(lake: Lake, tmp_path: Path) -> None:
    """A part of it would stand at its key, and no later try could land the whole."""
    (tmp_path / "a.csv").write_bytes(b"1")
    file = SourceFile("a.csv", 2, lambda: io.BytesIO(b"1"))
    with pytest.raises(SourceUnreachableError, match="had 2 bytes and has 1"):
        landing._land_one(lake.s3, file, RUN, lake.bronze, Disk(10))
    assert lake.keys(lake.bronze) == []


def test_full_disk_is_a_state_that_passes(lake: Lake, delivery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(landing, "_copy_hashed", full)
        with pytest.raises(DiskFullError, match="The task's retries try again"):
            land_now(lake, delivery)
        patch.setattr(Disk, "of_this_worker", lambda: Disk(1, 10**9))
        with pytest.raises(DiskFullError, match="there is room for 1"):
            land_now(lake, delivery)
    assert len(land_now(lake, delivery)) == len(NAMES)


def test_nothing_is_landed_when_the_source_is_refused(lake: Lake, delivery: Path) -> None:
    (delivery / "bad\nname.csv").write_bytes(b"x")
    with pytest.raises(SourceError):
        land_now(lake, delivery)
    assert lake.keys(lake.bronze) == []


def test_empty_delivery_lands_nothing_and_has_a_manifest(lake: Lake, tmp_path: Path) -> None:
    assert land_now(lake, tmp_path) == []
    assert lake.read(lake.bronze, RUN.document(MANIFEST)) == b""


def test_two_runs_at_once_over_one_source_land_two_whole_copies(lake: Lake, delivery: Path) -> None:
    runs = [Run("synthea", "1"), Run("synthea", "2")]
    with ThreadPoolExecutor() as pool:
        land_run = partial(land, lake.s3, str(delivery), bronze=lake.bronze, local_source_root="/")
        landed = list(pool.map(lambda run: land_run(run=run), runs))
    for run, objects in zip(runs, landed, strict=True):
        assert sorted(item.key for item in objects) == sorted(run.prefix + name for name in NAMES)
        assert sorted(lake.keys(lake.bronze, run.prefix)) == sorted(item.key for item in objects)
        assert all(len(lake.versions(lake.bronze, item.key)) == 1 for item in objects)


def test_file_above_the_limit_of_one_request_is_landed_in_parts_once(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multipart, "SINGLE_BYTES", 6 * 1024**2)
    monkeypatch.setattr(multipart, "PART_BYTES", 5 * 1024**2)
    content = bytes(range(256)) * 4096 * 11
    (tmp_path / "big.csv").write_bytes(content)
    (item,) = land_now(lake, tmp_path)
    assert (item.size_bytes, item.part_bytes) == (len(content), 5 * 1024**2)
    assert item.sha256 == hashlib.sha256(content).hexdigest()
    head = lake.s3.head_object(Bucket=lake.bronze, Key=item.key, VersionId=item.version_id, ChecksumMode="ENABLED")
    assert (head["ChecksumSHA256"], head["ETag"].strip('"')) == (item.checksum, item.etag)
    lake.s3.delete_object(Bucket=lake.bronze, Key=RUN.document(MANIFEST))
    lake.s3.create_multipart_upload(Bucket=lake.bronze, Key=item.key)  # what a killed try leaves
    assert land_now(lake, tmp_path) == [item]
    assert lake.versions(lake.bronze, item.key) == [item.version_id]
    assert "Uploads" not in lake.s3.list_multipart_uploads(Bucket=lake.bronze)


@pytest.mark.usefixtures("no_waits")
def test_file_is_landed_though_another_write_to_its_key_was_in_flight(lake: Lake, delivery: Path) -> None:
    s3: Any = Answering("PutObject", "ConditionalRequestConflict", 2)
    landed = land(s3, str(delivery), RUN, lake.bronze, local_source_root="/")
    assert sorted(item.name for item in landed) == sorted(NAMES)
    assert all(lake.versions(lake.bronze, item.key) == [item.version_id] for item in landed)
