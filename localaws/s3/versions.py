"""Listings of versions. moto 5.2.5 copies every object of the bucket, content included, for each page; it leaves out
the first key after a ``KeyMarker`` that comes alone; and versions of one millisecond come in any order.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey

type Version = FakeKey | FakeDeleteMarker


def page_of_versions(
    bucket: FakeBucket, prefix: str, key_marker: str | None, version_id_marker: str | None, max_keys: int
) -> tuple[list[FakeKey], list[str], list[FakeDeleteMarker], str | None, str | None]:
    """Return versions, no common prefixes, delete markers, and the markers of the next page (None: there is none).

    Keys are in their order, the versions of each from the latest on.
    """
    listed = list(islice(_iter_versions(bucket, prefix, key_marker or "", version_id_marker or ""), max_keys + 1))
    page = listed[:max_keys]
    versions = [version for version in page if isinstance(version, FakeKey)]
    markers = [version for version in page if isinstance(version, FakeDeleteMarker)]
    is_truncated = bool(page) and len(listed) > len(page)
    return versions, [], markers, page[-1].name if is_truncated else None, page[-1].version_id if is_truncated else None


def _iter_versions(bucket: FakeBucket, prefix: str, key_marker: str, version_id_marker: str) -> Iterator[Version]:
    first_key = key_marker if version_id_marker else f"{key_marker}\0" if key_marker else ""
    for name in sorted(name for name in list(bucket.keys) if name.startswith(prefix) and name >= first_key):
        history: list[Version] = list(reversed(bucket.keys.getlist(name, [])))
        is_marked = name == key_marker and version_id_marker in {version.version_id for version in history}
        for index, version in enumerate(history):
            setattr(version, "is_latest", index == 0)  # noqa: B010 - moto's answer looks for it
            if not is_marked:
                yield version
            elif version.version_id == version_id_marker:
                is_marked = False
