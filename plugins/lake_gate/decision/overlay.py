"""Reads the amendments to a run, and writes what depends on them, or on others, so that nothing is missed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from lake_gate.decision.amendments import Amendment, Amendments
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.model.run import AMENDMENTS, MOVED, Run
from lake_gate.s3.documents import iter_items

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


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
