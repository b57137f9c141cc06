"""Uploads, copies and answers of S3."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.conftest import error_of

SMALLEST_PART = 5 * 1024 * 1024


PARTS = (b"1" * SMALLEST_PART, b"the rest")


WHOLE = b"".join(PARTS)


NOBODY_WINS = ("PreconditionFailed", 412)


def sha256_of(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def composite_of(*parts: bytes) -> str:
    """The checksum of the parts' checksums, as S3 gives it for an object of many parts."""
    return f"{sha256_of(b''.join(hashlib.sha256(part).digest() for part in parts))}-{len(parts)}"


def head_of(s3: Any, key: str, **more: Any) -> dict[str, Any]:
    return s3.head_object(Bucket="bronze", Key=key, ChecksumMode="ENABLED", **more)


def source_of(key: str, version_id: str | None = None) -> dict[str, str]:
    return {"Bucket": "bronze", "Key": key, **({"VersionId": version_id} if version_id else {})}


def refusal_of(call: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
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


@pytest.fixture(params=["put", "copy", "complete"])
def write(request: pytest.FixtureRequest, s3: Any, upload: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Each of the three ways to write ``a.csv``."""
    s3.put_object(Bucket="bronze", Key="source.csv", Body=b"new")
    ways: dict[str, Callable[..., Any]] = {
        "put": lambda **more: s3.put_object(Bucket="bronze", Key="a.csv", Body=b"new", **more),
        "copy": lambda **more: s3.copy_object(Bucket="bronze", Key="a.csv", CopySource=source_of("source.csv"), **more),
        "complete": lambda **more: s3.complete_multipart_upload(**upload("a.csv", (b"new",)), **more),
    }
    return ways[request.param]


def outcome_of(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


def content_of(s3: Any, key: str = "a.csv") -> bytes:
    return s3.get_object(Bucket="bronze", Key=key)["Body"].read()
