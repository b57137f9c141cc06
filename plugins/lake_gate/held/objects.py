"""What is held: the objects that lie below ``held/`` in bronze, since when, and why."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from functools import partial
from io import BytesIO
from itertools import batched
from typing import TYPE_CHECKING, Any

from lake_gate.delivery.source import checked
from lake_gate.delivery.source_files import SourceFile
from lake_gate.errors import SourceError
from lake_gate.held.backlog import UNKNOWN, HeldObject
from lake_gate.judging.decision import Reason
from lake_gate.moving.versions import tags_of
from lake_gate.run import HELD_PREFIX, Run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NEVER_HELD = {
    *(Reason.CLEAN, Reason.BELOW_THRESHOLD, Reason.COUNTS_DIFFER, Reason.SEVERITIES_DIFFER, Reason.VERDICT_REUSED),
    *(Reason.AT_OR_ABOVE_THRESHOLD, Reason.QUARANTINED_BY_RULE),
}
REASONS = [*sorted(reason.value for reason in Reason if reason not in _NEVER_HELD), UNKNOWN]
"""What objects are held for."""
MAX_KEY_BYTES = 1024
"""Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
_WINDOW = 1000
_THREADS = 32


def iter_held(s3: S3Client, bronze: str, feed: str | None = None) -> Iterator[HeldObject]:
    """Yield the held objects in the order of their keys, the latest version of each.

    What is hidden below a delete marker is left out: somebody removed it.

    :param feed: those of one feed, without objects below its prefix that no run of it can have held; all by default.
    """
    latest = (item for item in iter_versions(s3, bronze, feed) if item["IsLatest"])
    with ThreadPoolExecutor(_THREADS) as pool:
        for window in batched(latest, _WINDOW):
            held = filter(None, pool.map(partial(_held, s3, bronze), window))
            yield from (one for one in held if feed in {None, one.feed})


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
    feed, run_folder, name = _place(item["Key"].removeprefix(HELD_PREFIX))
    held_at = item["LastModified"].astimezone(UTC).isoformat(timespec="seconds")
    reason = tags.get("reason", UNKNOWN)
    reason = reason if reason in set(Reason) else UNKNOWN  # anyone who may tag may write anything there
    return HeldObject(feed, run_folder, name, item["Key"], item["VersionId"], item["Size"], held_at, reason)


def _place(path: str) -> tuple[str, str, str]:
    """Return feed, run folder and name of a key below ``held/``; the first two are unknown unless all three fit.

    A run's own are valid feeds, folders and names: anything else was put there by another writer. Its feed would come
    to be the subject of messages and the name of a task, and its name would be refused when the feed is re-processed.
    """
    parts = path.split("/", 2)
    if len(parts) == 3 and _may_be_of_a_run(*parts):
        feed, run_folder, name = parts
        return feed, run_folder, name
    return UNKNOWN, UNKNOWN, parts[-1]


def _may_be_of_a_run(feed: str, run_folder: str, name: str) -> bool:
    """Whether a run can have held an object of that feed, run folder and name.

    Files that no delivery lands are never held. A re-processing lands an object by its name, or by that and its folder.
    """
    names = (name, f"{run_folder}/{name}")
    try:
        run = Run.of_folder(feed, run_folder)
        landable = checked(run.prefix, [SourceFile(name, 0, BytesIO) for name in names], MAX_KEY_BYTES)
    except (ValueError, SourceError):
        return False
    return len(landable) == len(names)
