"""What an auditor sees in a bucket, and in a folder."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from lake_gate.ledger import stores
from lake_gate.ledger.stores import BucketStore, Content, FolderStore
from tests.lake import Lake


@pytest.fixture
def store(lake: Lake) -> BucketStore:
    return BucketStore(lake.s3, lake.bronze)


def test_latest_and_oldest_version_of_each_key_are_listed(lake: Lake, store: BucketStore) -> None:
    first, last = (lake.put(lake.bronze, "d/a", content).version_id for content in (b"1", b"2"))
    only = lake.put(lake.bronze, "d/b", b"").version_id
    lake.put(lake.bronze, "e", b"")
    a, b = store.entries("d/")
    assert (a.key, a.version_id, a.oldest_id, a.versions, a.is_deleted) == ("d/a", last, first, 2, False)
    assert (b.key, b.version_id, b.oldest_id, b.versions, b.is_deleted) == ("d/b", only, only, 1, False)


def test_deleted_key_is_listed_with_its_oldest_version(lake: Lake, store: BucketStore) -> None:
    first = lake.put(lake.bronze, "d/a", b"1").version_id
    lake.s3.delete_object(Bucket=lake.bronze, Key="d/a")
    (entry,) = store.entries("d/")
    assert (entry.oldest_id, entry.versions, entry.is_deleted) == (first, 2, True)


def test_version_is_hashed_and_its_beginning_kept(lake: Lake, store: BucketStore) -> None:
    first = lake.put(lake.bronze, "a", b"first").version_id
    lake.put(lake.bronze, "a", b"second")
    assert store.read("a", first, 3) == Content(hashlib.sha256(b"first").hexdigest(), 5, b"fir")
    latest = store.read("a", "", 100)
    assert latest
    assert latest.start == b"second"


@pytest.mark.parametrize(("key", "version_id"), [("none", ""), ("a", "0" * 32), ("none", "0" * 32)])
def test_version_that_does_not_exist_is_none(lake: Lake, store: BucketStore, key: str, version_id: str) -> None:
    lake.put(lake.bronze, "a", b"first")
    assert store.read(key, version_id, 3) is None


def test_folders_are_those_of_a_prefix(lake: Lake, store: BucketStore, tmp_path: Path) -> None:
    for key in ("_ledger/a/1", "_ledger/b/1", "_ledger/c", "d/1"):
        lake.put(lake.bronze, key, b"")
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert list(store.folders("_ledger/")) == list(FolderStore(tmp_path).folders("_ledger/")) == ["a", "b"]


def test_files_of_a_folder_are_listed_as_keys(tmp_path: Path) -> None:
    for key in ("d/a/1", "d/b", "e"):
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert {entry.key for entry in FolderStore(tmp_path).entries("d/")} == {"d/a/1", "d/b"}


@pytest.mark.parametrize("key", ["none", "d", "../outside", "d/../../outside", "a\0b", "a" * 5000])
def test_names_that_are_not_files_of_the_folder_are_none(tmp_path: Path, key: str) -> None:
    (tmp_path / "outside").write_bytes(b"secret")
    (tmp_path / "in/d").mkdir(parents=True)
    assert FolderStore(tmp_path / "in").read(key, "", 9) is None


def test_large_content_is_hashed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_PART_BYTES", 3)
    content = Content.read(io.BytesIO(b"0123456789"), 4)
    assert content == Content(hashlib.sha256(b"0123456789").hexdigest(), 10, b"0123")
    monkeypatch.setattr(stores, "MOST_BYTES", 9)
    with pytest.raises(ValueError, match="larger than 9 bytes"):
        Content.read(io.BytesIO(b"0123456789"), 4)
