"""Where an auditor finds ledger and documents: a bucket with all versions, or a folder that is a copy of one.

Nothing here imports Airflow. All names and contents may be hostile: a folder is never left, special files are not
opened, and everything is read in parts or up to a limit.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

_PART_BYTES = 1024**2
MOST_BYTES = 64 * 1024**3
"""Most bytes of a document."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key as a store lists it.

    :param version_id: of the latest version; empty in a folder.
    :param oldest_id: of the oldest version.
    :param versions: number of versions and delete markers.
    :param is_deleted: whether the latest version is a delete marker.
    """

    key: str
    modified_at: datetime
    version_id: str = ""
    oldest_id: str = ""
    versions: int = 1
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """Content of a document.

    :param start: its first bytes, up to the wanted number.
    """

    sha256: str
    size_bytes: int
    start: bytes

    @classmethod
    def read(cls, body: IO[bytes], most_bytes: int) -> Content:
        """Read a body to its end, in parts.

        :raises ValueError: when it is too large.
        """
        digest, size, start = hashlib.sha256(), 0, b""
        while part := body.read(_PART_BYTES):
            digest.update(part)
            start += part[: max(most_bytes - size, 0)]
            size += len(part)
            if size > MOST_BYTES:
                raise ValueError(f"a document is larger than {MOST_BYTES} bytes")
        return cls(digest.hexdigest(), size, start)


@dataclass(frozen=True, slots=True)
class BucketStore:
    """A bucket, with all versions of its objects."""

    s3: S3Client
    bucket: str
    has_versions = True

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the names of the folders below a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        for page in pages:
            for found in page.get("CommonPrefixes", ()):
                yield found["Prefix"].removeprefix(prefix).rstrip("/")

    def entries(self, prefix: str) -> Iterator[Entry]:
        """Yield every key below a prefix, also deleted ones, in the order of the keys."""
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix)
        current: Entry | None = None
        for page in pages:
            found: list[Any] = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            # S3 lists the versions of a key from the latest to the oldest, markers in a list of their own.
            for item in sorted(found, key=lambda item: item["Key"]):
                if current and current.key == item["Key"]:
                    current = _joined(current, item)
                    continue
                if current:
                    yield current
                current = _entry(item)
        if current:
            yield current

    def read(self, key: str, version_id: str, most_bytes: int) -> Content | None:
        """Return hash and first bytes of a version, the latest one by default; None if it does not exist."""
        # Imported here: an auditor checks a folder without boto3.
        from botocore.exceptions import ClientError

        from lake_gate.s3.answers import is_missing

        version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=key, **version)
        except ClientError as error:
            if is_missing(error) or _names_no_version(error):
                return None
            raise
        return Content.read(answer["Body"], most_bytes)  # type: ignore[arg-type]


def _names_no_version(error: ClientError) -> bool:
    """Whether the id has another form than those of S3, or is that of a delete marker."""
    return error.response.get("Error", {}).get("Code") in {"InvalidArgument", "MethodNotAllowed", "405"}


def _entry(item: Any) -> Entry:
    is_deleted = "Size" not in item
    return Entry(item["Key"], item["LastModified"], item["VersionId"], item["VersionId"], is_deleted=is_deleted)


def _joined(entry: Entry, item: Any) -> Entry:
    """Return the entry of a key with another version, or delete marker, of it."""
    joined = replace(entry, versions=entry.versions + 1)
    if item["IsLatest"]:
        joined = replace(joined, **{name: getattr(_entry(item), name) for name in _OF_LATEST})
    return joined if "Size" not in item else replace(joined, oldest_id=item["VersionId"])


_OF_LATEST = ("modified_at", "version_id", "is_deleted")


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A folder with a copy of a bucket's latest versions, as ``aws s3 sync`` makes it."""

    root: Path
    bucket = ""
    has_versions = False

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the names of the folders below a prefix."""
        place = self.root / prefix
        if place.is_dir():
            yield from sorted(found.name for found in os.scandir(place) if found.is_dir(follow_symlinks=False))

    def entries(self, prefix: str) -> Iterator[Entry]:
        """Yield every file below a prefix; links are not followed."""
        for folder, _, names in os.walk(self.root / prefix):
            for name in names:
                path = Path(folder, name)
                modified_at = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
                yield Entry(path.relative_to(self.root).as_posix(), modified_at)

    def read(self, key: str, version_id: str, most_bytes: int) -> Content | None:  # noqa: ARG002 - of the protocol
        """Return hash and first bytes of a file; None if it does not exist, or is not a file of this folder."""
        path = self.root / key
        try:
            is_inside = path.resolve().is_relative_to(self.root.resolve()) and path.is_file()
        except (OSError, ValueError):  # a name that the system does not take
            return None
        if not is_inside:
            return None
        with path.open("rb") as body:
            return Content.read(body, most_bytes)


type Store = BucketStore | FolderStore
