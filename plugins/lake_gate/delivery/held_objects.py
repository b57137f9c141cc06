"""Held objects: the objects below ``held/`` in bronze, with the time and reason of the hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from lake_gate.decision.reason import Reason
from lake_gate.delivery.source import select_files
from lake_gate.delivery.source_files import SourceFile
from lake_gate.errors import SourceError
from lake_gate.model.names import UNKNOWN
from lake_gate.model.run import HELD_PREFIX, MASKED_PREFIX, Run
from lake_gate.s3.threads import map_threads
from lake_gate.s3.versions import tags_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_KEY_BYTES = 1024
"""Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""


def iter_held(s3: S3Client, bronze: str, feed: str | None = None) -> Iterator[HeldObject]:
    """Yield the held objects in the order of their keys, the latest version of each.

    Objects below a delete marker are left out, because they were removed.

    :param feed: only objects of this feed, without those below its prefix that no run can have held, and without masked
        copies, which are not re-processed; all by default.
    """
    latest = (item for item in iter_versions(s3, bronze, feed) if item["IsLatest"])
    for _, held in map_threads(partial(_held, s3, bronze), latest):
        if held and feed in {None, held.feed}:
            yield held


def iter_versions(s3: S3Client, bronze: str, feed: str | None = None) -> Iterator[Any]:
    """Yield all versions of held objects as ListObjectVersions returns them, without the "folders" of consoles."""
    prefix = f"{HELD_PREFIX}{feed}/" if feed else HELD_PREFIX
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bronze, Prefix=prefix):
        yield from (item for item in page.get("Versions", ()) if not item["Key"].endswith("/"))


def _held(s3: S3Client, bronze: str, item: Any) -> HeldObject | None:
    """Return the held object of a version; None if the version does not exist any more."""
    tags = tags_of(s3, bronze, item["Key"], item["VersionId"])
    if tags is None:
        return None
    feed, run_folder, name = _place(item["Key"].removeprefix(HELD_PREFIX))
    held_at = item["LastModified"].astimezone(UTC).isoformat(timespec="seconds")
    reason = tags.get("reason", UNKNOWN)
    reason = reason if reason in set(Reason) else UNKNOWN  # other writers may have changed the tag
    return HeldObject(feed, run_folder, name, item["Key"], item["VersionId"], item["Size"], held_at, reason)


def _place(path: str) -> tuple[str, str, str]:
    """Return feed, run folder and name of a key below ``held/``; the first two are unknown unless all three are valid.

    Runs hold only valid feeds, folders and names; other keys come from another writer. Their feed would become the
    subject of messages and the name of a task, and their name would be refused when the feed is re-processed.
    """
    parts = path.removeprefix(MASKED_PREFIX).split("/", 2)
    if len(parts) == 3 and _may_be_of_a_run(*parts):
        feed, run_folder, name = parts
        run = Run.of_folder(feed, run_folder)
        return feed, (run.masked if path.startswith(MASKED_PREFIX) else run).folder, name
    return UNKNOWN, UNKNOWN, parts[-1]


def _may_be_of_a_run(feed: str, run_folder: str, name: str) -> bool:
    """Return whether a run can have held an object of that feed, run folder and name.

    Files that no delivery lands are never held. Re-processing lands an object under its name, with or without its
    folder.
    """
    names = (name, f"{run_folder}/{name}")
    try:
        run = Run.of_folder(feed, run_folder)
        landable = select_files(run.prefix, [SourceFile(name, 0, BytesIO) for name in names], MAX_KEY_BYTES)
    except (ValueError, SourceError):
        return False
    return len(landable) == len(names)


@dataclass(frozen=True, slots=True)
class HeldObject:
    """Object below ``held/``.

    :param run_folder: folder of the run that holds it, see :attr:`lake_gate.model.run.Run.folder`.
    :param name: path in the delivery of that run.
    :param key: key in bronze, with ``held/``; masked copies are below ``held/masked/``.
    :param held_at: time of the hold, ISO 8601 in UTC with whole seconds, so that the texts sort by time.
    :param reason: see :class:`lake_gate.decision.decision.Reason`.
    """

    feed: str
    run_folder: str
    name: str
    key: str
    version_id: str
    size_bytes: int
    held_at: str
    reason: str
