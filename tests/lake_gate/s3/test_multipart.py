"""Objects in parts: whole or not at all, with the checksum that their copies have, too."""

from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lake_gate.s3 import multipart
from lake_gate.s3.answers import is_precondition_failed
from tests.lake import Lake
from tests.lake_gate.meanwhile import Meanwhile

MIB = 1024**2
CONTENT = bytes(range(256)) * 4096 * 6  # 6 MiB: a part of 5 and one of 1


def upload(lake: Lake, content: bytes = CONTENT) -> dict[str, Any]:
    return multipart.upload(lake.s3, io.BytesIO(content), 5 * MIB, Bucket=lake.bronze, Key="big")


def uploads(lake: Lake) -> list[Any]:
    return lake.s3.list_multipart_uploads(Bucket=lake.bronze).get("Uploads", [])


def test_object_has_the_checksum_that_was_computed_of_its_parts(lake: Lake) -> None:
    upload(lake)
    head = lake.s3.head_object(Bucket=lake.bronze, Key="big", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == multipart.checksum_of(io.BytesIO(CONTENT), 5 * MIB)
    assert head["ChecksumSHA256"].endswith("-2")
    assert lake.read(lake.bronze, "big") == CONTENT


@pytest.mark.parametrize("size", [5 * MIB, 5 * MIB + 1, 10 * MIB])
def test_copy_in_the_same_parts_has_the_same_checksum(lake: Lake, size: int) -> None:
    content = (CONTENT * 2)[:size]
    version = upload(lake, content)["VersionId"]
    source = {"Bucket": lake.bronze, "Key": "big", "VersionId": version}
    multipart.copy(lake.s3, source, size, 5 * MIB, {"IfNoneMatch": "*"}, Bucket=lake.silver, Key="big")
    heads = [lake.s3.head_object(Bucket=b, Key="big", ChecksumMode="ENABLED") for b in (lake.bronze, lake.silver)]
    assert heads[0]["ChecksumSHA256"] == heads[1]["ChecksumSHA256"]
    assert lake.read(lake.silver, "big") == content


def test_nothing_is_overwritten_and_nothing_left_behind_when_the_key_is_taken(lake: Lake) -> None:
    before = lake.put(lake.bronze, "big", b"of another writer")
    with pytest.raises(ClientError) as refused:
        upload(lake)
    assert is_precondition_failed(refused.value)
    assert lake.versions(lake.bronze, "big") == [before.version_id]
    assert uploads(lake) == []


def test_leftovers_of_a_key_are_aborted_and_those_of_others_are_not(lake: Lake) -> None:
    for key in ("big", "big", "other", "big.bak"):
        lake.s3.create_multipart_upload(Bucket=lake.bronze, Key=key)
    assert multipart.abort_leftovers(lake.s3, lake.bronze, "big") == 2
    assert sorted(one["Key"] for one in uploads(lake)) == ["big.bak", "other"]


@pytest.mark.parametrize(("size", "part"), [(0, 0), (5 * 1024**3, 0), (5 * 1024**3 + 1, multipart.PART_BYTES)])
def test_only_what_one_request_cannot_take_goes_in_parts(size: int, part: int) -> None:
    assert multipart.part_bytes_of(size) == part


def test_uploads_under_way_at_places_that_are_withdrawn_are_aborted_and_no_others(lake: Lake) -> None:
    for bucket, key in ((lake.bronze, "big"), (lake.silver, "big"), (lake.silver, "other")):
        lake.s3.create_multipart_upload(Bucket=bucket, Key=key)
    places = [(lake.bronze, "big"), (lake.silver, "big"), (lake.silver, "big")]
    assert multipart.abort_uploads_under_way(lake.s3, places) == 2
    left = [lake.s3.list_multipart_uploads(Bucket=b).get("Uploads", []) for b in (lake.bronze, lake.silver)]
    assert [[one["Key"] for one in uploads] for uploads in left] == [[], ["other"]]


def test_upload_that_is_over_when_it_is_to_be_aborted_is_no_error(lake: Lake) -> None:
    upload_id = lake.s3.create_multipart_upload(Bucket=lake.bronze, Key="big")["UploadId"]
    place = {"Bucket": lake.bronze, "Key": "big", "UploadId": upload_id}
    s3: Any = Meanwhile("AbortMultipartUpload", lambda: lake.s3.abort_multipart_upload(**place))
    multipart.abort_leftovers(s3, lake.bronze, "big")
    assert uploads(lake) == []
