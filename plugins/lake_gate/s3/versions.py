"""Versions of objects: of a set of keys in few listings, and of a single key."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.s3.answers import is_missing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_READ_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """Versions of a key, the latest first.

    :param versions: ids of versions with content.
    :param markers: ids of delete markers.
    """

    versions: list[str] = field(default_factory=list)
    markers: list[str] = field(default_factory=list)


def list_histories(s3: S3Client, bucket: str, keys: Iterable[str]) -> dict[str, KeyHistory]:
    """Return the history of each key that has versions, skipping other keys between them."""
    wanted = set(keys)
    found: dict[str, KeyHistory] = defaultdict(KeyHistory)
    if not wanted:
        return found
    first, last = min(wanted), max(wanted)
    # S3 lists the keys after the marker in the order of UTF-8, which is the order of Python's strings. Every key sorts
    # after its own prefixes.
    listing: dict[str, Any] = {"Bucket": bucket, "Prefix": _common_prefix(first, last), "KeyMarker": first[:-1]}
    pages = s3.get_paginator("list_object_versions").paginate(**listing)
    for page in pages:
        listed: Iterable[tuple[Any, str]] = chain(
            ((item, "versions") for item in page.get("Versions", ())),
            ((item, "markers") for item in page.get("DeleteMarkers", ())),
        )
        for item, kind in listed:
            if item["Key"] in wanted:
                getattr(found[item["Key"]], kind).append(item["VersionId"])
        if page.get("NextKeyMarker", "") > last:
            break
    return found


def head_version(s3: S3Client, bucket: str, key: str, version_id: str = "") -> dict[str, Any] | None:
    """Return HeadObject of a version, the latest by default, with its checksum; None if it does not exist."""
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        return dict(s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED", **version))
    except ClientError as error:
        if is_missing(error):
            return None
        raise


@dataclass(frozen=True, slots=True)
class HashedVersion:
    """Version of an object, with the SHA-256 of its content, hexadecimal."""

    version_id: str
    sha256: str
    size_bytes: int


def hash_version(s3: S3Client, bucket: str, key: str, version_id: str = "") -> HashedVersion | None:
    """Return a version with its SHA-256, the latest by default; None if it does not exist.

    The SHA-256 is the one that S3 keeps; an object without it, or in parts, is read.
    """
    if (head := head_version(s3, bucket, key, version_id)) is None:
        return None
    return HashedVersion(head["VersionId"], _sha256_of(s3, bucket, key, head), head["ContentLength"])


def _sha256_of(s3: S3Client, bucket: str, key: str, head: Mapping[str, Any]) -> str:
    kept = head.get("ChecksumSHA256", "-")
    if "-" not in kept:
        return base64.b64decode(kept).hex()
    digest = hashlib.sha256()
    body = s3.get_object(Bucket=bucket, Key=key, VersionId=head["VersionId"])["Body"]
    for part in body.iter_chunks(_READ_BYTES):
        digest.update(part)
    return digest.hexdigest()


def tags_of(s3: S3Client, bucket: str, key: str, version_id: str) -> dict[str, str] | None:
    """Return the tags of a version; None if it does not exist."""
    try:
        response = s3.get_object_tagging(Bucket=bucket, Key=key, VersionId=version_id)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return {tag["Key"]: tag["Value"] for tag in response["TagSet"]}


def _common_prefix(first: str, last: str) -> str:
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:length]
