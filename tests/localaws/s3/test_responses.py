"""S3 as safe moves of objects need it, through boto3."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.s3.models import S3Backend, s3_backends

from localaws.s3.install import install
from tests.localaws.conftest import KMS_KEY, error_of

SMALLEST_PART = 5 * 1024 * 1024
PARTS = (b"1" * SMALLEST_PART, b"the rest")
WHOLE = b"".join(PARTS)
NOBODY_WINS = ("PreconditionFailed", 412)


def _sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _composite(*parts: bytes) -> str:
    """The checksum of the parts' checksums, as S3 gives it for an object of many parts."""
    return f"{_sha256(b''.join(hashlib.sha256(part).digest() for part in parts))}-{len(parts)}"


def _head(s3: Any, key: str, **more: Any) -> dict[str, Any]:
    return s3.head_object(Bucket="bronze", Key=key, ChecksumMode="ENABLED", **more)


def _source(key: str, version_id: str | None = None) -> dict[str, str]:
    return {"Bucket": "bronze", "Key": key, **({"VersionId": version_id} if version_id else {})}


def _refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
    return error_of(call, Bucket="bronze", **parameters)[:2]


@pytest.fixture
def upload(s3: Any) -> Callable[..., dict[str, Any]]:
    """Upload both parts below a key; returns what CompleteMultipartUpload needs."""

    def make(key: str, parts: tuple[bytes, ...] = PARTS, **more: Any) -> dict[str, Any]:
        named = {"Bucket": "bronze", "Key": key}
        named["UploadId"] = s3.create_multipart_upload(**named, ChecksumAlgorithm="SHA256", **more)["UploadId"]
        uploaded = []
        for number, part in enumerate(parts, 1):
            answer = s3.upload_part(**named, PartNumber=number, Body=part, ChecksumAlgorithm="SHA256")
            uploaded.append({name: answer[name] for name in ("ETag", "ChecksumSHA256")} | {"PartNumber": number})
        return {**named, "MultipartUpload": {"Parts": uploaded}}

    return make


@pytest.fixture
def many_parts(s3: Any, upload: Callable[..., dict[str, Any]]) -> str:
    """The key of an object that was uploaded in parts."""
    s3.complete_multipart_upload(**upload("many.csv"))
    return "many.csv"


# ---- conditions


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


@pytest.fixture(params=["put", "copy", "complete"])
def write(request: pytest.FixtureRequest, s3: Any, upload: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Each of the three ways to write ``a.csv``."""
    s3.put_object(Bucket="bronze", Key="source.csv", Body=b"new")
    ways: dict[str, Callable[..., Any]] = {
        "put": lambda **more: s3.put_object(Bucket="bronze", Key="a.csv", Body=b"new", **more),
        "copy": lambda **more: s3.copy_object(Bucket="bronze", Key="a.csv", CopySource=_source("source.csv"), **more),
        "complete": lambda **more: s3.complete_multipart_upload(**upload("a.csv", (b"new",)), **more),
    }
    return ways[request.param]


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


def _content(s3: Any, key: str = "a.csv") -> bytes:
    return s3.get_object(Bucket="bronze", Key=key)["Body"].read()


def test_an_object_is_written_when_there_must_be_none_and_there_is_none(s3: Any, write: Callable[..., Any]) -> None:
    write(IfNoneMatch="*")
    assert _content(s3) == b"new"


def test_an_object_is_written_when_there_must_be_none_and_it_was_deleted(s3: Any, write: Callable[..., Any]) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"old")
    s3.delete_object(Bucket="bronze", Key="a.csv")
    write(IfNoneMatch="*")
    assert _content(s3) == b"new"


def test_nothing_is_written_when_there_must_be_none_and_there_is_one(s3: Any, write: Callable[..., Any]) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"old")
    assert _outcome(lambda: write(IfNoneMatch="*")) == NOBODY_WINS
    assert [one["Key"] for one in s3.list_object_versions(Bucket="bronze", Prefix="a")["Versions"]] == ["a.csv"]
    assert _content(s3) == b"old"


def test_an_object_is_replaced_when_it_is_the_one_that_is_meant(s3: Any, write: Callable[..., Any]) -> None:
    write(IfMatch=s3.put_object(Bucket="bronze", Key="a.csv", Body=b"old")["ETag"])
    assert _content(s3) == b"new"


def test_nothing_is_replaced_when_it_is_not_the_one_that_is_meant(s3: Any, write: Callable[..., Any]) -> None:
    meant = s3.put_object(Bucket="bronze", Key="a.csv", Body=b"old")["ETag"]
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"newer")
    assert _outcome(lambda: write(IfMatch=meant)) == NOBODY_WINS
    assert _content(s3) == b"newer"


def test_nothing_is_replaced_when_there_is_none(s3: Any, write: Callable[..., Any]) -> None:
    assert _outcome(lambda: write(IfMatch='"0123456789abcdef"')) == ("NoSuchKey", 404)


def test_one_of_many_wins_when_all_write_at_once_and_there_must_be_none(
    s3: Any, write: Callable[..., Any], racers: int
) -> None:
    start = Barrier(racers)

    def race(_: int) -> Any:
        start.wait()
        return _outcome(lambda: write(IfNoneMatch="*"))

    with ThreadPoolExecutor(racers) as pool:
        outcomes = list(pool.map(race, range(racers)))
    assert outcomes.count(NOBODY_WINS) == racers - 1
    [winner] = [one for one in outcomes if one != NOBODY_WINS]
    [version] = s3.list_object_versions(Bucket="bronze", Prefix="a.csv")["Versions"]
    assert version["VersionId"] == winner["VersionId"]


def test_every_write_is_answered_with_its_own_version_when_all_come_at_once(
    s3: Any, write: Callable[..., Any], racers: int
) -> None:
    with ThreadPoolExecutor(racers) as pool:
        answered = list(pool.map(lambda _: write()["VersionId"], range(3 * racers)))
    stored = [one["VersionId"] for one in s3.list_object_versions(Bucket="bronze", Prefix="a.csv")["Versions"]]
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
    stored = {one["VersionId"] for one in s3.list_object_versions(Bucket="bronze")["Versions"]}
    assert stored == set(versions[::2])


def test_copies_to_and_fro_do_not_wait_for_each_other_for_ever(s3: Any) -> None:
    for key in ("a.csv", "b.csv"):
        s3.put_object(Bucket="bronze", Key=key, Body=b"1")

    def copy(names: tuple[str, str]) -> int:
        answer = s3.copy_object(Bucket="bronze", Key=names[0], CopySource=_source(names[1]))
        return answer["ResponseMetadata"]["HTTPStatusCode"]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(copy, [("a.csv", "b.csv"), ("b.csv", "a.csv")] * 16)) == {200}


def test_a_source_is_copied_when_it_is_the_one_that_is_meant(s3: Any) -> None:
    etag = s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1")["ETag"]
    s3.copy_object(Bucket="bronze", Key="b.csv", CopySource=_source("a.csv"), CopySourceIfMatch=etag)
    assert _content(s3, "b.csv") == b"1"


def test_a_source_is_not_copied_when_it_is_another_than_the_one_that_is_meant(
    s3: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    etag = s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1")["ETag"]
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"2")
    wanted = {"CopySource": _source("a.csv"), "CopySourceIfMatch": etag}
    assert _refusal(s3.copy_object, Key="b.csv", **wanted) == NOBODY_WINS
    started = upload("b.csv", ())["UploadId"]
    assert _refusal(s3.upload_part_copy, Key="b.csv", UploadId=started, PartNumber=1, **wanted) == NOBODY_WINS
    assert _refusal(s3.get_object, Key="b.csv") == ("NoSuchKey", 404)


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


# ---- checksums


@pytest.mark.parametrize("algorithm", [{"ChecksumAlgorithm": "SHA256"}, {}], ids=["named", "not named"])
def test_the_checksum_that_came_with_an_object_is_told_with_it(s3: Any, algorithm: dict[str, str]) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1", ChecksumSHA256=_sha256(b"1"), **algorithm)
    for told in (_head(s3, "a.csv"), s3.get_object(Bucket="bronze", Key="a.csv", ChecksumMode="ENABLED")):
        assert (told["ChecksumSHA256"], told["ChecksumType"]) == (_sha256(b"1"), "FULL_OBJECT")


def test_no_checksum_is_told_when_nobody_asks(s3: Any, many_parts: str) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1", ChecksumSHA256=_sha256(b"1"))
    for key in ("a.csv", many_parts):
        assert "ChecksumSHA256" not in s3.head_object(Bucket="bronze", Key=key)


def test_content_is_refused_when_its_checksum_is_another(s3: Any, upload: Callable[..., dict[str, Any]]) -> None:
    wrong = {"Key": "a.csv", "Body": b"2", "ChecksumSHA256": _sha256(b"1")}
    assert _refusal(s3.put_object, **wrong) == ("BadDigest", 400)
    started = upload("a.csv", ())["UploadId"]
    assert _refusal(s3.upload_part, UploadId=started, PartNumber=1, **wrong) == ("BadDigest", 400)
    assert _refusal(s3.get_object, Key="a.csv") == ("NoSuchKey", 404)
    assert "Parts" not in s3.list_parts(Bucket="bronze", Key="a.csv", UploadId=started)


def test_an_object_of_many_parts_has_the_checksum_of_their_checksums(
    s3: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    completed = s3.complete_multipart_upload(**upload("many.csv"))
    expected = (_composite(*PARTS), "COMPOSITE")
    assert (completed["ChecksumSHA256"], completed["ChecksumType"]) == expected
    head = _head(s3, "many.csv")
    assert (head["ChecksumSHA256"], head["ChecksumType"]) == expected
    assert _content(s3, "many.csv") == WHOLE


def test_a_copy_of_many_parts_is_one_object_with_the_checksum_of_its_content(s3: Any, many_parts: str) -> None:
    for more in ({}, {"ChecksumAlgorithm": "SHA256"}):
        copied = s3.copy_object(Bucket="bronze", Key="one.csv", CopySource=_source(many_parts), **more)
        assert copied["CopyObjectResult"]["ChecksumSHA256"] == _sha256(WHOLE)
        head = _head(s3, "one.csv")
        assert (head["ChecksumSHA256"], head["ChecksumType"]) == (_sha256(WHOLE), "FULL_OBJECT")
        assert head["ETag"] == copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(WHOLE).hexdigest()}"'
    assert _head(s3, many_parts)["ChecksumType"] == "COMPOSITE"


def test_a_copy_has_the_checksum_that_is_asked_for_when_its_source_has_another(s3: Any) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1", ChecksumAlgorithm="CRC32")
    s3.copy_object(Bucket="bronze", Key="b.csv", CopySource=_source("a.csv"), ChecksumAlgorithm="SHA256")
    assert _head(s3, "b.csv")["ChecksumSHA256"] == _sha256(b"1")


def test_an_upload_is_not_completed_when_a_part_has_another_checksum_or_none(
    s3: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    started = upload("a.csv", (b"1",))
    [part] = started["MultipartUpload"]["Parts"]
    part["ChecksumSHA256"] = _sha256(b"2")
    assert error_of(s3.complete_multipart_upload, **started)[:2] == ("InvalidPart", 400)
    del part["ChecksumSHA256"]
    code, status, message = error_of(s3.complete_multipart_upload, **started)
    assert (code, status) == ("InvalidRequest", 400)
    assert "sha256" in message
    part["ChecksumSHA256"] = _sha256(b"1")
    s3.complete_multipart_upload(**started)


def test_an_upload_without_a_checksum_needs_none(s3: Any) -> None:
    named = {"Bucket": "bronze", "Key": "a.csv"}
    named["UploadId"] = s3.create_multipart_upload(**named)["UploadId"]
    etag = s3.upload_part(**named, PartNumber=1, Body=b"1")["ETag"]
    completed = s3.complete_multipart_upload(**named, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert "ChecksumType" not in completed
    assert _content(s3) == b"1"


# ---- parts


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
            CopySource=_source("source.csv", version),
            CopySourceRange=f"bytes={first}-{first + size - 1}",
        )
        assert answer["CopySourceVersionId"] == version
        assert answer["CopyPartResult"]["ChecksumSHA256"] == _sha256(PARTS[number - 1])
        part = {name: answer["CopyPartResult"][name] for name in ("ETag", "ChecksumSHA256")}
        started["MultipartUpload"]["Parts"].append({**part, "PartNumber": number})
    assert s3.complete_multipart_upload(**started)["ChecksumSHA256"] == _composite(*PARTS)
    assert _content(s3) == WHOLE


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"CopySource": _source("missing.csv")}, ("NoSuchKey", 404)),
        ({"CopySource": _source("source.csv", "missing")}, ("NoSuchVersion", 404)),
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
    assert _refusal(s3.upload_part_copy, **{**right, "CopySource": _source("source.csv"), **wrong}) == expected


def test_an_upload_is_unknown_when_it_was_aborted(s3: Any, upload: Callable[..., dict[str, Any]]) -> None:
    started = upload("a.csv", (b"1",))
    named = {name: started[name] for name in ("Key", "UploadId")}
    s3.abort_multipart_upload(Bucket="bronze", **named)
    assert _refusal(s3.upload_part, **named, PartNumber=1, Body=b"1") == ("NoSuchUpload", 404)
    assert error_of(s3.complete_multipart_upload, **started)[:2] == ("NoSuchUpload", 404)


def test_the_answer_is_the_same_when_an_upload_is_completed_again(
    s3: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    started = upload("a.csv")
    first, again = (s3.complete_multipart_upload(**started, IfNoneMatch="*") for _ in range(2))
    assert (first["VersionId"], first["ETag"]) == (again["VersionId"], again["ETag"])


# ---- what is kept about an object

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
    head = _head(s3, "a.csv")
    assert _about(head) == ABOUT
    assert head["StorageClass"] == "STANDARD_IA"
    assert {name: head[name] for name in encryption} == encryption
    assert {name: completed[name] for name in encryption} == encryption
    tags = s3.get_object_tagging(Bucket="bronze", Key="a.csv")["TagSet"]
    assert {one["Key"]: one["Value"] for one in tags} == {"run": "1", "reason": "clean"}


def test_every_write_is_encrypted_as_the_bucket_says(s3: Any, write: Callable[..., Any]) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KMS_KEY}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket="bronze", ServerSideEncryptionConfiguration=rules)
    for told in (write(), _head(s3, "a.csv")):
        assert (told["ServerSideEncryption"], told["SSEKMSKeyId"]) == ("aws:kms", KMS_KEY)


def test_an_object_that_is_copied_onto_itself_stays_encrypted_as_the_bucket_says(s3: Any) -> None:
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KMS_KEY}}]}
    s3.put_bucket_encryption(Bucket="bronze", ServerSideEncryptionConfiguration=rules)
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1")
    s3.copy_object(Bucket="bronze", Key="a.csv", CopySource=_source("a.csv"), MetadataDirective="REPLACE")
    assert _head(s3, "a.csv")["ServerSideEncryption"] == "aws:kms"


@pytest.mark.parametrize("directive", [{}, {"MetadataDirective": "COPY"}], ids=["default", "COPY"])
def test_a_copy_keeps_what_is_known_about_its_source_but_the_storage_class(s3: Any, directive: dict[str, str]) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1", StorageClass="STANDARD_IA", **ABOUT)
    s3.copy_object(Bucket="bronze", Key="b.csv", CopySource=_source("a.csv"), **directive)
    copied = _head(s3, "b.csv")
    assert _about(copied) == _about(_head(s3, "a.csv")) == ABOUT
    assert "StorageClass" not in copied, "S3 does not say STANDARD"


def test_a_copy_is_as_the_request_says_when_it_replaces(s3: Any) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1", **ABOUT)
    other = {"Metadata": {"run": "2"}, "ContentType": "text/plain", "StorageClass": "STANDARD_IA"}
    s3.copy_object(Bucket="bronze", Key="b.csv", CopySource=_source("a.csv"), MetadataDirective="REPLACE", **other)
    head = _head(s3, "b.csv")
    assert {name: head[name] for name in other} == other
    assert "CacheControl" not in head


# ---- in process


@pytest.fixture
def in_process() -> Iterator[Any]:
    install()
    install()
    with mock_aws():
        s3 = boto3.client("s3", "us-east-1")
        s3.create_bucket(Bucket="bronze")
        yield s3


def test_conditions_and_checksums_hold_in_process_too(in_process: Any) -> None:
    in_process.put_object(Bucket="bronze", Key="a.csv", Body=b"1", ChecksumAlgorithm="SHA256")
    assert _head(in_process, "a.csv")["ChecksumType"] == "FULL_OBJECT"
    wanted = {"Key": "a.csv", "CopySource": _source("a.csv"), "IfNoneMatch": "*", "MetadataDirective": "REPLACE"}
    assert _refusal(in_process.copy_object, **wanted) == NOBODY_WINS


def test_buckets_stay_and_are_written_safely_when_they_were_made_before(in_process: Any) -> None:
    account = s3_backends["123456789012"]
    account.backend = account["aws"].__class__ = S3Backend  # as if moto had been used already
    install()
    in_process.put_object(Bucket="bronze", Key="a.csv", Body=b"1", ChecksumSHA256=_sha256(b"1"))
    assert _head(in_process, "a.csv")["ChecksumType"] == "FULL_OBJECT"
