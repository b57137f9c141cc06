"""Describe objects that no run of the gate has landed, so that they can be moved like landed ones."""

from __future__ import annotations

import base64
import hashlib
from contextlib import closing
from typing import IO, TYPE_CHECKING, Any

from lake_gate.model.manifest import LandedObject
from lake_gate.s3.multipart import part_bytes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

_CHUNK_BYTES = 1024**2


def describe(s3: S3Client, bucket: str, key: str, head: Mapping[str, Any]) -> LandedObject:
    """Return a version as a manifest would list it; reads its content once to hash it.

    :param head: HeadObject's response for the version.
    """
    part_bytes = part_bytes_of(head["ContentLength"])
    body: Any = s3.get_object(Bucket=bucket, Key=key, VersionId=head["VersionId"])["Body"]
    with closing(body):
        sha256, checksum = _digests(body, part_bytes)
    return LandedObject(
        name=key,
        bucket=bucket,
        key=key,
        version_id=head["VersionId"],
        etag=head["ETag"].strip('"'),
        size_bytes=head["ContentLength"],
        sha256=sha256,
        checksum=checksum,
        part_bytes=part_bytes,
    )


def undescribed(bucket: str, key: str, head: Mapping[str, Any]) -> LandedObject:
    """Return a version without hashes, from HeadObject alone: enough to decide about it, not enough to move it."""
    return LandedObject(key, bucket, key, head["VersionId"], head["ETag"].strip('"'), head["ContentLength"], "", "")


def sha256_in(head: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the whole content, in hexadecimal; empty when S3 does not show it."""
    shown = str(head.get("ChecksumSHA256", ""))
    if not shown or head.get("ChecksumType") == "COMPOSITE" or "-" in shown:
        return ""
    return base64.b64decode(shown).hex()


def _digests(body: IO[bytes], part_bytes: int) -> tuple[str, str]:
    """Return the SHA-256 of the content, and the ``ChecksumSHA256`` that S3 shows for a copy in parts of this size."""
    whole, part, parts = hashlib.sha256(), hashlib.sha256(), []
    left_bytes = part_bytes
    while chunk := body.read(min(_CHUNK_BYTES, left_bytes) if part_bytes else _CHUNK_BYTES):
        whole.update(chunk)
        if not part_bytes:
            continue
        part.update(chunk)
        left_bytes -= len(chunk)
        if not left_bytes:
            parts.append(part.digest())
            part, left_bytes = hashlib.sha256(), part_bytes
    if not part_bytes:
        return whole.hexdigest(), base64.b64encode(whole.digest()).decode()
    if left_bytes < part_bytes:
        parts.append(part.digest())
    joined = base64.b64encode(hashlib.sha256(b"".join(parts)).digest()).decode()
    return whole.hexdigest(), f"{joined}-{len(parts)}"
