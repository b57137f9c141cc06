"""Overlay: read the amendments to a run, and write documents that depend on them without missing a concurrent one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from lake_gate.decision.amendments import Amendment, Amendments, Purge
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.model.run import AMENDMENTS, MOVED, PURGED, Run
from lake_gate.s3.documents import iter_items

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def read_amendments(s3: S3Client, bronze: str, run: Run) -> Amendments:
    """Return all amendments to a run; most runs have none.

    :raises DamagedDocumentError: when a line of a document is not an amendment, a place or a purge.
    """
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=run.document(AMENDMENTS))
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    amendments = Amendments()
    for key in sorted(keys):
        if key.endswith(MOVED):
            continue
        if key.endswith(PURGED):
            purges = iter_items(s3, bronze, key, partial(jsonl.from_dict, Purge))
            amendments.purges.update({purge.name: purge for purge in purges})
            continue
        moved_key = key.removesuffix(".jsonl") + MOVED
        moved = iter_items(s3, bronze, moved_key, partial(jsonl.from_dict, Moved)) if moved_key in keys else ()
        amendments.add(iter_items(s3, bronze, key, Amendment.from_json), moved)
    return amendments


def write_amended[Written](s3: S3Client, bronze: str, run: Run, write: Callable[[Amendments], Written]) -> Written:
    """Call ``write`` with the amendments until none was added meanwhile; return the result of the last call.

    ``finding_events`` writes an amendment first and then reads the documents that depend on it, so that at least one
    of the two sees the other.
    """
    amendments = read_amendments(s3, bronze, run)
    while True:
        written = write(amendments)
        before, amendments = amendments, read_amendments(s3, bronze, run)
        if amendments == before:
            return written
