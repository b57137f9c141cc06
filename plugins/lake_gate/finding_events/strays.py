"""Describes objects that no run of the gate has landed, so that they can be moved like the others."""

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
    """Return what a manifest would say of a version; its content is read once, for nobody has hashed it.

    :param head: what S3 tells of the version.
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
    """Return what is known of a version without reading it: enough to decide about it, too little to move it."""
    return LandedObject(key, bucket, key, head["VersionId"], head["ETag"].strip('"'), head["ContentLength"], "", "")


def sha256_in(head: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the whole content, in hexadecimal, where S3 shows it; empty where it does not."""
    shown = str(head.get("ChecksumSHA256", ""))
    if not shown or head.get("ChecksumType") == "COMPOSITE" or "-" in shown:
        return ""
    return base64.b64decode(shown).hex()


def _digests(body: IO[bytes], part_bytes: int) -> tuple[str, str]:
    """Return the SHA-256 of the content, and what S3 shows as ``ChecksumSHA256`` of a copy in such parts."""
    whole, part, parts = hashlib.sha256(), hashlib.sha256(), []
    room = part_bytes
    while chunk := body.read(min(_CHUNK_BYTES, room) if part_bytes else _CHUNK_BYTES):
        whole.update(chunk)
        if not part_bytes:
            continue
        part.update(chunk)
        room -= len(chunk)
        if not room:
            parts.append(part.digest())
            part, room = hashlib.sha256(), part_bytes
    if not part_bytes:
        return whole.hexdigest(), base64.b64encode(whole.digest()).decode()
    if room < part_bytes:
        parts.append(part.digest())
    joined = base64.b64encode(hashlib.sha256(b"".join(parts)).digest()).decode()
    return whole.hexdigest(), f"{joined}-{len(parts)}"
