"""List and read a delivery in S3; objects that cannot be read are refused before anything is landed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.delivery.source_files import SourceFile, copy_bounded
from lake_gate.errors import SourceError, SourceUnreachableError
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ARCHIVED = {"GLACIER", "DEEP_ARCHIVE"}
"""Storage classes whose objects have to be restored before they can be read. (GLACIER_IR needs no restoring.)

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html
"""
_MAY_BE_ARCHIVED = "INTELLIGENT_TIERING"
"""Whether such an object is in an archive tier is not in the listing, but in HeadObject (``ArchiveStatus``)."""
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]+")
_THREADS = 8


def s3_files(source: str, address: str, s3: S3Client, *, must_exist: bool) -> list[SourceFile]:
    """Return the objects below a prefix, or the object with this key.

    :param source: name of the source in errors.
    :param must_exist: refuse a prefix without any object; S3 has no empty folders.
    :raises SourceError: when the bucket does not exist, access is denied, or an object cannot be landed.
    :raises SourceUnreachableError: when S3 did not answer.
    """
    bucket, prefix = _place(source, address)
    try:
        if prefix and not prefix.endswith("/"):
            listed = _list(s3, bucket, prefix)
            single = list(itertools.takewhile(lambda item: item["Key"] == prefix, listed))
            if single and _has_any(s3, bucket, f"{prefix}/"):
                raise SourceError(
                    source, "it is an object and a prefix of other objects: end it with '/' to land those"
                )
            if single:
                return _checked(source, s3, bucket, prefix, single)
            prefix += "/"  # so that the prefix 2026-01 does not also take 2026-010
        found = list(_list(s3, bucket, prefix))
        if not found and must_exist:
            raise SourceError(source, "it does not exist: no object there has a key that begins with this prefix")
        return _checked(source, s3, bucket, prefix, found)
    except ClientError as error:
        raise _error(source, error) from None


def download_s3(source: str, address: str, s3: S3Client, into: IO[bytes]) -> None:
    """Download a zip.

    :raises SourceError: when it does not exist, access is denied, or it is archived or too large.
    :raises SourceUnreachableError: when S3 did not answer.
    """
    bucket, key = _place(source, address)
    try:
        copy_bounded(source, s3.get_object(Bucket=bucket, Key=key)["Body"], into)  # type: ignore[arg-type]
    except ClientError as error:
        raise _error(source, error) from None


def _list(s3: S3Client, bucket: str, prefix: str) -> Iterable[Any]:
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, OptionalObjectAttributes=["RestoreStatus"]
    )
    return (item for page in pages for item in page.get("Contents", ()))


def _has_any(s3: S3Client, bucket: str, prefix: str) -> bool:
    """Return whether there is an object below a prefix, except for the empty object of a console's folder."""
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=2).get("Contents", ())
    return any(item["Key"] != prefix or item["Size"] for item in listed)


def _checked(source: str, s3: S3Client, bucket: str, prefix: str, found: Iterable[Any]) -> list[SourceFile]:
    strip = len(prefix.rpartition("/")[0]) + 1 if "/" in prefix else 0
    objects = []
    for item in found:
        key = item["Key"]
        if not key.endswith("/"):
            objects.append(item)
        elif item["Size"]:  # empty objects are "folders" of consoles
            raise SourceError(
                source, f"the object {key!r} has content, but its key ends in '/', which no file name may"
            )
    _check_readable(source, s3, bucket, objects)
    return [
        SourceFile(
            item["Key"][strip:],
            item["Size"],
            _opener(source, s3, bucket, item["Key"], item["ETag"]),
            item["ETag"].strip('"'),
        )
        for item in objects
    ]


def _check_readable(source: str, s3: S3Client, bucket: str, objects: list[Any]) -> None:
    archived = [item["Key"] for item in objects if item.get("StorageClass") in _ARCHIVED and not _is_restored(item)]
    unclear = [item["Key"] for item in objects if item.get("StorageClass") == _MAY_BE_ARCHIVED]
    checked = map_threads(lambda key: _is_in_archive_tier(s3, bucket, key), unclear, _THREADS)
    archived += [key for key, is_archived in checked if is_archived]
    if archived:
        names = ", ".join(map(repr, archived[:5]))
        raise SourceError(source, f"{len(archived)} object(s) are archived, among them {names}; restore them first")


def _is_restored(item: Any) -> bool:
    status = item.get("RestoreStatus", {})
    return "RestoreExpiryDate" in status and not status.get("IsRestoreInProgress")


def _is_in_archive_tier(s3: S3Client, bucket: str, key: str) -> bool:
    """Return whether the object is in an archive tier of INTELLIGENT_TIERING; it leaves it when it is restored."""
    return "ArchiveStatus" in s3.head_object(Bucket=bucket, Key=key)


def _opener(source: str, s3: S3Client, bucket: str, key: str, etag: str) -> Callable[[], IO[bytes]]:
    def open_object() -> IO[bytes]:
        try:
            return s3.get_object(Bucket=bucket, Key=key, IfMatch=etag)["Body"]  # type: ignore[return-value]
        except ClientError as error:  # not a SourceError, which says that nothing was landed
            raise SourceUnreachableError(source, f"S3 answered {error.response['Error']['Code']} to {key}") from None

    return open_object


def _place(source: str, address: str) -> tuple[str, str]:
    bucket, _, key = address[len("s3://") :].partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise SourceError(source, "it names no valid bucket")
    return bucket, key


def _error(source: str, error: ClientError) -> SourceError | SourceUnreachableError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in {"NoSuchBucket", "NoSuchKey", "404"}:
        return SourceError(source, f"it does not exist ({code})")
    if code in {"AccessDenied", "403"}:
        return SourceError(source, f"access is denied ({code}); allow this role s3:GetObject and s3:ListBucket there")
    if code == "InvalidObjectState":
        return SourceError(source, "it is archived; restore it first")
    return SourceUnreachableError(source, f"S3 answered {code}")
