"""Reads the amendments to a run, and writes what depends on them, or on others, so that nothing is missed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from lake_gate import jsonl
from lake_gate.documents import iter_items, read_version, write_version
from lake_gate.errors import GateError
from lake_gate.recording.amendments import AMENDMENTS, MOVED, Amendment, Amendments
from lake_gate.recording.record import Moved
from lake_gate.run import Run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TRIES = 10
"""How often a document is changed while others change it."""


def read_amendments(s3: S3Client, bronze: str, run: Run) -> Amendments:
    """Return all amendments to a run; most runs have none."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=run.document(AMENDMENTS))
    keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
    found = Amendments()
    for key in sorted(keys):
        if key.endswith(MOVED):
            continue
        moved_key = key.removesuffix(".jsonl") + MOVED
        moved = iter_items(s3, bronze, moved_key, partial(jsonl.from_dict, Moved)) if moved_key in keys else ()
        found.add(iter_items(s3, bronze, key, Amendment.from_json), moved)
    return found


def write_amended[Written](s3: S3Client, bronze: str, run: Run, write: Callable[[Amendments], Written]) -> Written:
    """Write what depends on the amendments, and again when one came meanwhile; return what the last writing returned.

    Who amends writes the amendment first and then looks at what is written: one of the two sees the other.
    """
    amendments = read_amendments(s3, bronze, run)
    while True:
        written = write(amendments)
        before, amendments = amendments, read_amendments(s3, bronze, run)
        if amendments == before:
            return written


def update_document(s3: S3Client, bucket: str, key: str, change: Callable[[bytes | None], bytes]) -> bytes:
    """Make something else of a document, and return it; of two who do so at once neither loses the other's change.

    :param change: is given the content, None when there is no such document, and returns what it is to be.
    :raises GateError: when others change it all the time.
    """
    for _ in range(_TRIES):
        there, version_id = read_version(s3, bucket, key)
        wanted = change(there)
        if wanted == there or write_version(s3, bucket, key, wanted, replacing=version_id)[1]:
            return wanted
    raise GateError(f"s3://{bucket}/{key} was changed by others {_TRIES} times meanwhile. The task's retries go on.")
