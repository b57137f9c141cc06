"""Reads and writes what a run writes down: small objects below its prefix in bronze."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def write_document(s3: S3Client, bucket: str, key: str, content: bytes) -> str:
    """Write the object and return its ``s3://`` address; a retry writes the same again."""
    content_type = "application/json" if key.endswith(".json") else "application/x-ndjson"
    s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)
    return f"s3://{bucket}/{key}"


def write_document_once(s3: S3Client, bucket: str, key: str, content: bytes) -> bytes:
    """Write the object unless it is there, and return what is there then."""
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/x-ndjson", IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        return read_document(s3, bucket, key)
    return content


def iter_json_lines(s3: S3Client, bucket: str, key: str) -> Iterator[dict[str, Any]]:
    """Yield the object of every line that is not empty, reading as it goes; ``.gz`` is unpacked."""
    body: Any = s3.get_object(Bucket=bucket, Key=key)["Body"]
    with closing(body), gzip.open(body) if key.endswith(".gz") else io.BufferedReader(body) as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def read_document(s3: S3Client, bucket: str, key: str, *, start: int = 0, size: int | None = None) -> bytes:
    """Return the object's content, or ``size`` bytes of it from ``start``."""
    if size is not None:
        return s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{start + size - 1}")["Body"].read()
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def read_document_or_none(s3: S3Client, bucket: str, key: str) -> bytes | None:
    """Return the object's content, or None when there is no such object."""
    try:
        return read_document(s3, bucket, key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
            raise
        return None
