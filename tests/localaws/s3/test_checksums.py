"""Checksums of objects and parts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import error_of
from tests.localaws.s3.conftest import PARTS, WHOLE, composite_of, content_of, head_of, refusal_of, sha256_of, source_of


@pytest.fixture
def many_parts(s3: Any, upload: Callable[..., dict[str, Any]]) -> str:
    """The key of an object that was uploaded in parts."""
    s3.complete_multipart_upload(**upload("many.csv"))
    return "many.csv"


@pytest.mark.parametrize("algorithm", [{"ChecksumAlgorithm": "SHA256"}, {}], ids=["named", "not named"])
def test_the_checksum_that_came_with_an_object_is_returned_with_it(s3: Any, algorithm: dict[str, str]) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1", ChecksumSHA256=sha256_of(b"1"), **algorithm)
    for answer in (head_of(s3, "a.csv"), s3.get_object(Bucket="bronze", Key="a.csv", ChecksumMode="ENABLED")):
        assert (answer["ChecksumSHA256"], answer["ChecksumType"]) == (sha256_of(b"1"), "FULL_OBJECT")


def test_no_checksum_is_returned_unless_requested(s3: Any, many_parts: str) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1", ChecksumSHA256=sha256_of(b"1"))
    for key in ("a.csv", many_parts):
        assert "ChecksumSHA256" not in s3.head_object(Bucket="bronze", Key=key)


def test_content_is_refused_when_its_checksum_is_another(s3: Any, upload: Callable[..., dict[str, Any]]) -> None:
    wrong = {"Key": "a.csv", "Body": b"2", "ChecksumSHA256": sha256_of(b"1")}
    assert refusal_of(s3.put_object, **wrong) == ("BadDigest", 400)
    started = upload("a.csv", ())["UploadId"]
    assert refusal_of(s3.upload_part, UploadId=started, PartNumber=1, **wrong) == ("BadDigest", 400)
    assert refusal_of(s3.get_object, Key="a.csv") == ("NoSuchKey", 404)
    assert "Parts" not in s3.list_parts(Bucket="bronze", Key="a.csv", UploadId=started)


def test_an_object_of_many_parts_has_the_checksum_of_their_checksums(
    s3: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    completed = s3.complete_multipart_upload(**upload("many.csv"))
    expected = (composite_of(*PARTS), "COMPOSITE")
    assert (completed["ChecksumSHA256"], completed["ChecksumType"]) == expected
    head = head_of(s3, "many.csv")
    assert (head["ChecksumSHA256"], head["ChecksumType"]) == expected
    assert content_of(s3, "many.csv") == WHOLE


def test_a_copy_of_many_parts_is_one_object_with_the_checksum_of_its_content(s3: Any, many_parts: str) -> None:
    for more in ({}, {"ChecksumAlgorithm": "SHA256"}):
        copied = s3.copy_object(Bucket="bronze", Key="one.csv", CopySource=source_of(many_parts), **more)
        assert copied["CopyObjectResult"]["ChecksumSHA256"] == sha256_of(WHOLE)
        head = head_of(s3, "one.csv")
        assert (head["ChecksumSHA256"], head["ChecksumType"]) == (sha256_of(WHOLE), "FULL_OBJECT")
        assert head["ETag"] == copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(WHOLE).hexdigest()}"'
    assert head_of(s3, many_parts)["ChecksumType"] == "COMPOSITE"


def test_a_copy_has_the_checksum_that_is_asked_for_when_its_source_has_another(s3: Any) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1", ChecksumAlgorithm="CRC32")
    s3.copy_object(Bucket="bronze", Key="b.csv", CopySource=source_of("a.csv"), ChecksumAlgorithm="SHA256")
    assert head_of(s3, "b.csv")["ChecksumSHA256"] == sha256_of(b"1")


def test_an_upload_is_not_completed_when_a_part_has_another_checksum_or_none(
    s3: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    started = upload("a.csv", (b"1",))
    [part] = started["MultipartUpload"]["Parts"]
    part["ChecksumSHA256"] = sha256_of(b"2")
    assert error_of(s3.complete_multipart_upload, **started)[:2] == ("InvalidPart", 400)
    del part["ChecksumSHA256"]
    code, status, message = error_of(s3.complete_multipart_upload, **started)
    assert (code, status) == ("InvalidRequest", 400)
    assert "sha256" in message
    part["ChecksumSHA256"] = sha256_of(b"1")
    s3.complete_multipart_upload(**started)


def test_an_upload_without_a_checksum_needs_none(s3: Any) -> None:
    named = {"Bucket": "bronze", "Key": "a.csv"}
    named["UploadId"] = s3.create_multipart_upload(**named)["UploadId"]
    etag = s3.upload_part(**named, PartNumber=1, Body=b"1")["ETag"]
    completed = s3.complete_multipart_upload(**named, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert "ChecksumType" not in completed
    assert content_of(s3) == b"1"
