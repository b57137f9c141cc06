"""What S3 shows of versions: those of a set of keys, in as few listings as they take, and of a single one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.s3.answers import is_missing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """The versions of one key, the latest first.

    :param versions: ids of versions that hold content.
    :param markers: ids of delete markers.
    """

    versions: list[str] = field(default_factory=list)
    markers: list[str] = field(default_factory=list)


def list_histories(s3: S3Client, bucket: str, keys: Iterable[str]) -> dict[str, KeyHistory]:
    """Return the history of each key that has one; other keys that lie between them are passed over."""
    wanted = set(keys)
    found: dict[str, KeyHistory] = defaultdict(KeyHistory)
    if not wanted:
        return found
    first, last = min(wanted), max(wanted)
    # What S3 lists begins after the marker, in the order of UTF-8, which is that of Python's strings; every key stands
    # after all that it begins with.
    place: dict[str, Any] = {"Bucket": bucket, "Prefix": _common_start(first, last), "KeyMarker": first[:-1]}
    pages = s3.get_paginator("list_object_versions").paginate(**place)
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
    """Return what S3 tells of a version, the latest by default, with its checksum; None when it is not there."""
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        return dict(s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED", **version))
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def tags_of(s3: S3Client, bucket: str, key: str, version_id: str) -> dict[str, str] | None:
    """Return the tags of a version; None when it is not there."""
    try:
        answer = s3.get_object_tagging(Bucket=bucket, Key=key, VersionId=version_id)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def _common_start(first: str, last: str) -> str:
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:length]
