"""Brings together what a run has written down: one entry per landed object, amended where it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lake_gate import jsonl
from lake_gate.base import DECISIONS, OBJECTS
from lake_gate.delivery.landing import MANIFEST
from lake_gate.delivery.manifest import LandedObject
from lake_gate.documents import iter_json_lines, write_lines
from lake_gate.judging.decision import Decision
from lake_gate.judging.plan import Chunks
from lake_gate.moving.operators import ledger
from lake_gate.recording import record
from lake_gate.recording.amendments import Amendments
from lake_gate.recording.record import Moved, Totals
from lake_gate.run import Run
from lake_gate.s3_answers import is_missing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def iter_run_entries(
    s3: S3Client, bronze: str, run: Run, basis: Mapping[str, Any], amendments: Amendments, *, dry_run: bool
) -> Iterator[dict[str, Any]]:
    """Yield one entry per landed object, see :func:`lake_gate.recording.record.iter_entries`; read as it goes.

    :param basis: content of ``plan.json``; empty when nothing was decided.
    """
    chunks: Chunks = basis.get("chunks", {})
    entries = record.iter_entries(
        (LandedObject(**line) for line in iter_json_lines(s3, bronze, run.document(MANIFEST))),
        record.in_order(_decisions(s3, bronze, run, of, basis["decisions"]) for of in chunks.values()),
        record.in_order(_moves(s3, bronze, run, outcome, of) for outcome, of in chunks.items()),
        dry_run=dry_run,
    )
    return amendments.laid_over(entries)


def write_objects(
    s3: S3Client,
    bronze: str,
    run: Run,
    basis: Mapping[str, Any],
    amendments: Amendments,
    totals: Totals,
    *,
    dry_run: bool,
) -> str:
    """Write ``objects.jsonl`` as its parts are read: a run of any size goes through little memory. Return its address.

    :param totals: counts what is written.
    """
    entries = iter_run_entries(s3, bronze, run, basis, amendments, dry_run=dry_run)
    return write_lines(s3, bronze, run.document(OBJECTS), map(jsonl.to_line, totals.counted(entries)))


def _decisions(s3: S3Client, bronze: str, run: Run, chunks: list[list[int]], version_id: str) -> Iterator[Decision]:
    for start, size in chunks:
        lines = iter_json_lines(s3, bronze, run.document(DECISIONS), start=start, size=size, version_id=version_id)
        yield from (Decision(**line) for line in lines)


def _moves(s3: S3Client, bronze: str, run: Run, outcome: str, chunks: list[list[int]]) -> Iterator[Moved]:
    for start, _ in chunks:
        try:
            yield from (Moved(**line) for line in iter_json_lines(s3, bronze, run.document(ledger(outcome, start))))
        except s3.exceptions.ClientError as error:
            if not is_missing(error):  # a chunk that is not done: its objects are not accounted for
                raise
