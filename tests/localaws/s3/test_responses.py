"""S3 as safe moves of objects need it, through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.conftest import KMS_KEY
from tests.localaws.s3.conftest import (
    NOBODY_WINS,
    PARTS,
    SMALLEST_PART,
    WHOLE,
    composite_of,
    content_of,
    head_of,
    outcome_of,
    refusal_of,
    sha256_of,
    source_of,
)


def test_an_object_is_written_when_there_must_be_none_and_there_is_none(s3: Any, write: Callable[..., Any]) -> None:
    write(IfNoneMatch="*")
    assert content_of(s3) == b"new"


def test_an_object_is_written_when_there_must_be_none_and_it_was_deleted(s3: Any, write: Callable[..., Any]) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"old")
    s3.delete_object(Bucket="bronze", Key="a.csv")
    write(IfNoneMatch="*")
    assert content_of(s3) == b"new"


def test_nothing_is_written_when_there_must_be_none_and_there_is_one(s3: Any, write: Callable[..., Any]) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"old")
    assert outcome_of(lambda: write(IfNoneMatch="*")) == NOBODY_WINS
    assert [version["Key"] for version in s3.list_object_versions(Bucket="bronze", Prefix="a")["Versions"]] == ["a.csv"]
    assert content_of(s3) == b"old"


def test_an_object_is_replaced_when_it_is_the_one_that_is_meant(s3: Any, write: Callable[..., Any]) -> None:
    write(IfMatch=s3.put_object(Bucket="bronze", Key="a.csv", Body=b"old")["ETag"])
    assert content_of(s3) == b"new"


def test_nothing_is_replaced_when_it_is_not_the_one_that_is_meant(s3: Any, write: Callable[..., Any]) -> None:
    meant = s3.put_object(Bucket="bronze", Key="a.csv", Body=b"old")["ETag"]
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"newer")
    assert outcome_of(lambda: write(IfMatch=meant)) == NOBODY_WINS
    assert content_of(s3) == b"newer"


def test_nothing_is_replaced_when_there_is_none(s3: Any, write: Callable[..., Any]) -> None:
    assert outcome_of(lambda: write(IfMatch='"0123456789abcdef"')) == ("NoSuchKey", 404)


def test_a_source_is_copied_when_it_is_the_one_that_is_meant(s3: Any) -> None:
    etag = s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1")["ETag"]
    s3.copy_object(Bucket="bronze", Key="b.csv", CopySource=source_of("a.csv"), CopySourceIfMatch=etag)
    assert content_of(s3, "b.csv") == b"1"


def test_a_source_is_not_copied_when_it_is_another_than_the_one_that_is_meant(
    s3: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    etag = s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1")["ETag"]
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"2")
    wanted = {"CopySource": source_of("a.csv"), "CopySourceIfMatch": etag}
    assert refusal_of(s3.copy_object, Key="b.csv", **wanted) == NOBODY_WINS
    started = upload("b.csv", ())["UploadId"]
    assert refusal_of(s3.upload_part_copy, Key="b.csv", UploadId=started, PartNumber=1, **wanted) == NOBODY_WINS
    assert refusal_of(s3.get_object, Key="b.csv") == ("NoSuchKey", 404)


def test_an_upload_stays_and_can_be_aborted_when_its_object_must_not_be_there(
    s3: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"old")
    started = upload("a.csv")
    with pytest.raises(ClientError):
        s3.complete_multipart_upload(**started, IfNoneMatch="*")
    assert len(s3.list_parts(Bucket="bronze", Key="a.csv", UploadId=started["UploadId"])["Parts"]) == len(PARTS)
    s3.abort_multipart_upload(Bucket="bronze", Key="a.csv", UploadId=started["UploadId"])
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="bronze")


def test_a_part_is_copied_from_the_version_and_the_range_that_are_named(
    s3: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    version = s3.put_object(Bucket="bronze", Key="source.csv", Body=WHOLE)["VersionId"]
    s3.put_object(Bucket="bronze", Key="source.csv", Body=b"newer")
    started = upload("a.csv", ())
    for number, (first, size) in enumerate([(0, SMALLEST_PART), (SMALLEST_PART, len(PARTS[1]))], 1):
        answer = s3.upload_part_copy(
            **{name: started[name] for name in ("Bucket", "Key", "UploadId")},
            PartNumber=number,
            CopySource=source_of("source.csv", version),
            CopySourceRange=f"bytes={first}-{first + size - 1}",
        )
        assert answer["CopySourceVersionId"] == version
        assert answer["CopyPartResult"]["ChecksumSHA256"] == sha256_of(PARTS[number - 1])
        part = {name: answer["CopyPartResult"][name] for name in ("ETag", "ChecksumSHA256")}
        started["MultipartUpload"]["Parts"].append({**part, "PartNumber": number})
    assert s3.complete_multipart_upload(**started)["ChecksumSHA256"] == composite_of(*PARTS)
    assert content_of(s3) == WHOLE


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"CopySource": source_of("missing.csv")}, ("NoSuchKey", 404)),
        ({"CopySource": source_of("source.csv", "missing")}, ("NoSuchVersion", 404)),
        ({"CopySourceRange": "bytes=0-3"}, ("InvalidArgument", 400)),
        ({"CopySourceRange": "bytes=2-1"}, ("InvalidArgument", 400)),
        ({"CopySourceRange": "0-1"}, ("InvalidArgument", 400)),
        ({"PartNumber": 10_001}, ("InvalidArgument", 400)),
        ({"UploadId": "missing"}, ("NoSuchUpload", 404)),
        ({"Key": "b.csv"}, ("NoSuchUpload", 404)),
    ],
    ids=str,
)
def test_a_part_is_not_copied_when_what_is_named_does_not_exist(
    s3: Any, upload: Callable[..., dict[str, Any]], wrong: dict[str, Any], expected: tuple[str, int]
) -> None:
    s3.put_object(Bucket="bronze", Key="source.csv", Body=b"123")
    right = {"Key": "a.csv", "UploadId": upload("a.csv", ())["UploadId"], "PartNumber": 1}
    assert refusal_of(s3.upload_part_copy, **{**right, "CopySource": source_of("source.csv"), **wrong}) == expected


def test_the_answer_is_the_same_when_an_upload_is_completed_again(
    s3: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    started = upload("a.csv")
    first, again = (s3.complete_multipart_upload(**started, IfNoneMatch="*") for _ in range(2))
    assert (first["VersionId"], first["ETag"]) == (again["VersionId"], again["ETag"])


ABOUT = {
    "Metadata": {"run": "1"},
    "ContentType": "text/csv",
    "CacheControl": "no-store",
    "ContentEncoding": "gzip",
    "ContentDisposition": "attachment",
}


def _about(head: dict[str, Any]) -> dict[str, Any]:
    return {name: head.get(name) for name in ABOUT}


def test_an_object_of_many_parts_is_as_its_upload_was_created(s3: Any, upload: Callable[..., dict[str, Any]]) -> None:
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KMS_KEY}
    more = {**ABOUT, **encryption, "StorageClass": "STANDARD_IA", "Tagging": "run=1&reason=clean"}
    completed = s3.complete_multipart_upload(**upload("a.csv", **more))
    head = head_of(s3, "a.csv")
    assert _about(head) == ABOUT
    assert head["StorageClass"] == "STANDARD_IA"
    assert {name: head[name] for name in encryption} == encryption
    assert {name: completed[name] for name in encryption} == encryption
    tags = s3.get_object_tagging(Bucket="bronze", Key="a.csv")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"run": "1", "reason": "clean"}


def test_every_write_is_encrypted_as_the_bucket_says(s3: Any, write: Callable[..., Any]) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KMS_KEY}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket="bronze", ServerSideEncryptionConfiguration=rules)
    for answer in (write(), head_of(s3, "a.csv")):
        assert (answer["ServerSideEncryption"], answer["SSEKMSKeyId"]) == ("aws:kms", KMS_KEY)


def test_an_object_that_is_copied_onto_itself_stays_encrypted_as_the_bucket_says(s3: Any) -> None:
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KMS_KEY}}]}
    s3.put_bucket_encryption(Bucket="bronze", ServerSideEncryptionConfiguration=rules)
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1")
    s3.copy_object(Bucket="bronze", Key="a.csv", CopySource=source_of("a.csv"), MetadataDirective="REPLACE")
    assert head_of(s3, "a.csv")["ServerSideEncryption"] == "aws:kms"


@pytest.mark.parametrize("directive", [{}, {"MetadataDirective": "COPY"}], ids=["default", "COPY"])
def test_a_copy_keeps_what_is_known_about_its_source_but_the_storage_class(s3: Any, directive: dict[str, str]) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1", StorageClass="STANDARD_IA", **ABOUT)
    s3.copy_object(Bucket="bronze", Key="b.csv", CopySource=source_of("a.csv"), **directive)
    copied = head_of(s3, "b.csv")
    assert _about(copied) == _about(head_of(s3, "a.csv")) == ABOUT
    assert "StorageClass" not in copied, "S3 does not say STANDARD"


def test_a_copy_is_as_the_request_says_when_it_replaces(s3: Any) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1", **ABOUT)
    other = {"Metadata": {"run": "2"}, "ContentType": "text/plain", "StorageClass": "STANDARD_IA"}
    s3.copy_object(Bucket="bronze", Key="b.csv", CopySource=source_of("a.csv"), MetadataDirective="REPLACE", **other)
    head = head_of(s3, "b.csv")
    assert {name: head[name] for name in other} == other
    assert "CacheControl" not in head
