"""What is held: the objects that lie below ``held/`` in bronze, since when, and why."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any

from lake_gate.held.backlog import UNKNOWN, HeldObject
from lake_gate.judging.decision import Reason
from lake_gate.moving.versions import tags_of
from lake_gate.run import HELD_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NEVER_HELD = {
    *(Reason.CLEAN, Reason.BELOW_THRESHOLD, Reason.COUNTS_DIFFER, Reason.SEVERITIES_DIFFER, Reason.VERDICT_REUSED),
    *(Reason.AT_OR_ABOVE_THRESHOLD, Reason.QUARANTINED_BY_RULE),
}
REASONS = [*sorted(reason.value for reason in Reason if reason not in _NEVER_HELD), UNKNOWN]
"""What objects are held for."""
_WINDOW = 1000
_THREADS = 32


def iter_held(s3: S3Client, bronze: str, feed: str | None = None) -> Iterator[HeldObject]:
    """Yield the held objects in the order of their keys, the latest version of each.

    What is hidden below a delete marker is left out: somebody removed it.

    :param feed: those of one feed; of all by default.
    """
    latest = (item for item in iter_versions(s3, bronze, feed) if item["IsLatest"])
    with ThreadPoolExecutor(_THREADS) as pool:
        for window in batched(latest, _WINDOW):
            yield from filter(None, pool.map(partial(_held, s3, bronze), window))


def iter_versions(s3: S3Client, bronze: str, feed: str | None = None) -> Iterator[Any]:
    """Yield every version of what is held, as ListObjectVersions has it; no "folders", as consoles make them."""
    prefix = f"{HELD_PREFIX}{feed}/" if feed else HELD_PREFIX
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bronze, Prefix=prefix):
        yield from (item for item in page.get("Versions", ()) if not item["Key"].endswith("/"))


def _held(s3: S3Client, bronze: str, item: Any) -> HeldObject | None:
    """Return what is known of a version; None when it is gone by now."""
    tags = tags_of(s3, bronze, item["Key"], item["VersionId"])
    if tags is None:
        return None
    *place, name = item["Key"].removeprefix(HELD_PREFIX).split("/", 2)
    feed, run_folder = place if len(place) == 2 else (UNKNOWN, UNKNOWN)
    held_at = item["LastModified"].astimezone(UTC).isoformat(timespec="seconds")
    reason = tags.get("reason", UNKNOWN)
    return HeldObject(feed, run_folder, name, item["Key"], item["VersionId"], item["Size"], held_at, reason)
