"""Delete the held copies of objects that a later run has re-processed and moved elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import batched
from typing import TYPE_CHECKING, Any

from lake_gate.delivery.held_source import TakenObject
from lake_gate.errors import HeldNotReleasedError
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import REPROCESSED, Run
from lake_gate.moving.transfer import Buckets, delete_versions
from lake_gate.recording.entries import zip_with_entries
from lake_gate.s3.documents import load_lines, read_document_or_none
from lake_gate.s3.threads import map_threads
from lake_gate.s3.versions import head_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_WINDOW = 1000


@dataclass(frozen=True, slots=True)
class Released:
    """A held object that was deleted: the run that has re-processed it has a copy at another place."""

    name: str
    key: str
    version_id: str
    now: dict[str, Any]


def release(
    s3: S3Client, run: Run, buckets: Buckets, manifest: Iterable[LandedObject], entries: Iterable[Mapping[str, Any]]
) -> list[Released]:
    """Delete held objects that the run has re-processed, after verifying that its own copy is where the record says.

    :param entries: lines of ``objects.jsonl``, in the order of the manifest.
    :return: the deleted objects, including those that an earlier try has deleted.
    :raises HeldNotReleasedError: when copies were not found; their held objects were kept, the others deleted.
    """
    bronze = buckets.bronze
    written = read_document_or_none(s3, bronze, run.document(REPROCESSED)) or b""
    taken = {item.name: item for item in load_lines(TakenObject, written, bronze, run.document(REPROCESSED))}
    reprocessed = (
        (taken[landed.name], landed, entry)
        for landed, entry in zip_with_entries(manifest, entries, bronze, run)
        if landed.name in taken
    )
    released: list[Released] = []
    kept: list[str] = []
    checked = map_threads(lambda held: _is_moved(s3, buckets, *held), reprocessed)
    for window in batched(checked, _WINDOW):
        safe = [held for held, is_safe in window if is_safe]
        delete_versions(
            s3, [replace(landed, bucket=bronze, key=held.key, version_id=held.version_id) for held, landed, _ in safe]
        )
        released += [Released(held.name, held.key, held.version_id, entry["now"]) for held, _, entry in safe]
        kept += [held.key for (held, _, _), is_safe in window if not is_safe]
    if kept:
        raise HeldNotReleasedError(f"s3://{bronze}/{run.documents}", kept)
    return released


def _is_moved(
    s3: S3Client, buckets: Buckets, taken: TakenObject, landed: LandedObject, entry: Mapping[str, Any]
) -> bool:
    """Whether the run's own copy is where its record says, with the bytes of the held object."""
    now = entry["now"]
    if buckets.checksum_at(s3, now["bucket"], now["key"], now["version_id"]) != landed.checksum:
        return False
    # The landed bytes were read from exactly this version. A held version of another writer without SHA-256 can only be
    # compared by size; a missing version was deleted by an earlier try.
    held = head_version(s3, buckets.bronze, taken.key, taken.version_id) or {}
    size, checksum = held.get("ContentLength", landed.size_bytes), held.get("ChecksumSHA256", landed.checksum)
    return bool((size, checksum) == (landed.size_bytes, landed.checksum))
