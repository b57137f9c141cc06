"""Sources in S3: everything below the prefix, or a word about what cannot be landed."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from lake_gate.delivery.s3_source import s3_files
from lake_gate.errors import SourceError
from tests.lake import Lake


def names(lake: Lake, place: str = "in/", *, must_exist: bool = False, s3: Any = None) -> list[str]:
    address = f"s3://{lake.outputs['SourceBucket']}/{place}"
    return [file.name for file in s3_files("the source", address, s3 or lake.s3, must_exist=must_exist)]


def deliver(lake: Lake, key: str, content: bytes = b"A\n1\n", **more: Any) -> None:
    lake.put(lake.outputs["SourceBucket"], key, content, **more)


def test_object_with_content_whose_key_ends_like_a_folder_is_refused_by_name(lake: Lake) -> None:
    deliver(lake, "in/a.csv")
    deliver(lake, "in/patients/", b"SSN\n219-09-9999\n")
    with pytest.raises(SourceError, match="the object 'in/patients/' has content"):
        names(lake)


def test_empty_objects_that_stand_for_folders_are_no_files(lake: Lake) -> None:
    for key in ("in/", "in/sub/"):
        deliver(lake, key, b"")
    deliver(lake, "in/sub/a.csv")
    assert names(lake) == names(lake, must_exist=True) == ["sub/a.csv"]


@pytest.mark.parametrize("content", [b"", b"A\n1\n"])
def test_object_that_is_also_a_prefix_of_others_is_refused(lake: Lake, content: bytes) -> None:
    deliver(lake, "in/2026-01-01", content)
    deliver(lake, "in/2026-01-01/a.csv")
    with pytest.raises(SourceError, match="end it with '/'"):
        names(lake, "in/2026-01-01")
    assert names(lake, "in/2026-01-01/") == ["a.csv"]


def test_object_beside_an_empty_folder_of_its_name_is_a_delivery(lake: Lake) -> None:
    for key in ("in/a.csv/", "in/a.csv-old/b.csv"):
        deliver(lake, key, b"")
    deliver(lake, "in/a.csv")
    assert names(lake, "in/a.csv") == ["a.csv"]


@pytest.mark.parametrize("place", ["nothing/", "nothing", "in/a", "in/a.csv/"])
def test_prefix_without_any_object_does_not_exist_for_who_has_chosen_it(lake: Lake, place: str) -> None:
    deliver(lake, "in/a.csv")
    with pytest.raises(SourceError, match="it does not exist"):
        names(lake, place, must_exist=True)
    assert names(lake, place) == []


def test_prefix_that_holds_an_empty_folder_exists(lake: Lake) -> None:
    deliver(lake, "in/", b"")
    assert names(lake, must_exist=True) == []


@pytest.mark.parametrize("storage", ["GLACIER", "DEEP_ARCHIVE"])
@pytest.mark.parametrize("place", ["in/", "in/old.csv"])
def test_archived_objects_are_refused_by_name_before_anything_is_landed(lake: Lake, storage: str, place: str) -> None:
    deliver(lake, "in/a.csv")
    deliver(lake, "in/old.csv", StorageClass=storage)
    with pytest.raises(SourceError, match=r"1 object\(s\) are archived, among them 'in/old.csv'; restore them first"):
        names(lake, place)


@pytest.mark.parametrize("storage", ["STANDARD_IA", "GLACIER_IR", "INTELLIGENT_TIERING", "ONEZONE_IA"])
def test_objects_of_classes_that_can_be_read_are_taken(lake: Lake, storage: str) -> None:
    deliver(lake, "in/a.csv", StorageClass=storage)
    assert names(lake) == ["a.csv"]


def altered(lake: Lake, operation: str, alter: Any) -> Any:
    """A client whose answers are altered: what the local AWS does not know of."""
    s3 = boto3.client("s3")
    s3.meta.events.register(f"after-call.s3.{operation}", lambda parsed, **_: alter(parsed))
    return s3


def test_object_that_was_restored_is_taken_and_one_that_is_being_restored_is_not(lake: Lake) -> None:
    deliver(lake, "in/old.csv", StorageClass="GLACIER")

    def is_restored(*, now: bool) -> Any:
        status = {"IsRestoreInProgress": True} if now else {"IsRestoreInProgress": False, "RestoreExpiryDate": "2027"}
        return lambda parsed: [item.update(RestoreStatus=status) for item in parsed["Contents"]]

    assert names(lake, s3=altered(lake, "ListObjectsV2", is_restored(now=False))) == ["old.csv"]
    with pytest.raises(SourceError, match="archived"):
        names(lake, s3=altered(lake, "ListObjectsV2", is_restored(now=True)))


def test_object_in_an_archive_tier_is_found_though_no_listing_says_so(lake: Lake) -> None:
    deliver(lake, "in/a.csv", StorageClass="INTELLIGENT_TIERING")
    asleep = altered(lake, "HeadObject", lambda parsed: parsed.update(ArchiveStatus="DEEP_ARCHIVE_ACCESS"))
    with pytest.raises(SourceError, match=r"'in/a\.csv'; restore"):
        names(lake, s3=asleep)


@pytest.mark.parametrize("address", ["s3://", "s3:///x", "s3://key:secret@bucket/x", "s3://two words/x"])
def test_what_names_no_bucket_is_refused_and_not_repeated(lake: Lake, address: str) -> None:
    with pytest.raises(SourceError, match="names no valid bucket") as error:
        s3_files("the source", address, lake.s3, must_exist=False)
    assert "secret" not in str(error.value)


def test_objects_are_known_by_their_etags(lake: Lake) -> None:
    bucket = lake.outputs["SourceBucket"]
    etag = lake.put(bucket, "in/a.csv", b"1").etag
    (file,) = s3_files("x", f"s3://{bucket}/in/", lake.s3, must_exist=True)
    assert file.etag == etag
