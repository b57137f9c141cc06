"""Landing: everything once, exactly, whatever happened before."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lake_gate.delivery.landing import MANIFEST, check_versioning, land
from lake_gate.delivery.manifest import LandedObject
from lake_gate.errors import BucketNotVersionedError, SourceChangedError, SourceError
from lake_gate.moving import multipart
from lake_gate.run import Run
from tests.lake import Lake
from tests.lake_gate.meanwhile import Answering

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
    """What the first try landed would lie in bronze, scanned by nobody and in no record."""
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


def test_source_is_not_looked_at_again_when_the_run_has_landed(lake: Lake, delivery: Path) -> None:
    first = land_now(lake, delivery)
    assert land_now(lake, delivery / "gone") == first


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
