"""Entries of the run record: one per landed object, joined from the documents of the run, with its amendments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from lake_gate.decision.amendments import Amendments
from lake_gate.decision.basis import read_basis
from lake_gate.decision.decision import Decision
from lake_gate.decision.earlier import iter_columns
from lake_gate.decision.overlay import read_amendments
from lake_gate.decision.plan import Chunks
from lake_gate.errors import DamagedDocumentError, NotAccountedError
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject, Moved
from lake_gate.model.run import DECISIONS, MANIFEST, MASKED, OBJECTS, RECORD, Run, ledger
from lake_gate.recording import record
from lake_gate.recording.before import RunBefore
from lake_gate.recording.record import RECORD_SHAPE, Totals, entry_of, placed_entry_of
from lake_gate.s3.documents import iter_items, iter_json_lines, need_object, write_lines

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def iter_run_entries(
    s3: S3Client, bronze: str, run: Run, basis: Mapping[str, Any], amendments: Amendments, *, dry_run: bool
) -> Iterator[dict[str, Any]]:
    """Yield one entry per landed object, see :func:`lake_gate.recording.record.iter_entries`; documents are streamed.

    The entry of an object with a masked copy has that of the copy.

    :param basis: content of ``plan.json``; empty when nothing was decided.
    """
    chunks: Chunks = basis.get("chunks", {})
    entries = record.iter_entries(
        iter_items(s3, bronze, run.document(MANIFEST), partial(jsonl.from_dict, LandedObject)),
        record.merge_by_name(_decisions(s3, bronze, run, listed, basis["decisions"]) for listed in chunks.values()),
        record.merge_by_name(_moves(s3, bronze, run, outcome, listed) for outcome, listed in chunks.items()),
        dry_run=dry_run,
    )
    amended = amendments.apply_to(entries)
    if not basis.get("has_copies"):
        return amended
    return record.with_copies(amended, _copies(s3, bronze, run.masked, dry_run=dry_run))


def _copies(s3: S3Client, bronze: str, masked: Run, *, dry_run: bool) -> dict[str, dict[str, Any]]:
    """Return the entries of the masked copies of a run, each with the report on its masking, by name."""
    amendments, basis = read_amendments(s3, bronze, masked), read_basis(s3, bronze, masked)
    reports = {line.get("name"): line.get("report") for line in iter_json_lines(s3, bronze, masked.document(MASKED))}
    entries = iter_run_entries(s3, bronze, masked, basis, amendments, dry_run=dry_run)
    return {entry["name"]: {**entry, "masking": reports.get(entry["name"])} for entry in entries}


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
    """Write ``objects.jsonl`` as a stream, so that memory does not grow with the run, and return its URI.

    To the entries are added what was found in the columns, and what became of the same table in the run before.

    :param totals: counts the entries that are written.
    """
    entries = iter_run_entries(s3, bronze, run, basis, amendments, dry_run=dry_run)
    before = RunBefore.read(s3, bronze, run)
    with_columns = before.compare(totals.counted(entries), iter_columns(s3, bronze, run))
    return write_lines(s3, bronze, run.document(OBJECTS), map(jsonl.to_line, with_columns))


def read_record(s3: S3Client, bronze: str, run: Run, *needed: str) -> dict[str, Any]:
    """Return the run's ``record.json``, with its shape checked.

    :param needed: members that the caller needs in addition to ``accounted`` and ``dry_run``.
    :raises DamagedDocumentError: when it does not exist or is not a record.
    """
    shape = {**RECORD_SHAPE, "required": [*RECORD_SHAPE["required"], *needed]}
    return need_object(s3, bronze, run.document(RECORD), shape)


def read_accounted_record(s3: S3Client, bronze: str, run: Run, *needed: str) -> dict[str, Any]:
    """Return the record of a run that accounts for all its objects, see :func:`read_record`.

    :raises NotAccountedError: when it does not: the failed task of the record was marked as a success.
    """
    record = read_record(s3, bronze, run, "totals", *needed)
    if not record["accounted"]:
        missing = record["totals"]
        uri = f"s3://{bronze}/{run.document(RECORD)}"
        raise NotAccountedError(uri, missing["not_accounted"], missing["first_not_accounted"])
    return record


def iter_entries(s3: S3Client, bronze: str, run: Run, *, placed: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the entries of the run's ``objects.jsonl``, with their shape checked.

    :param placed: whether the run accounts for all objects, so that each entry must have the object's place.
    :raises DamagedDocumentError: when a line is not an entry.
    """
    return iter_items(s3, bronze, run.document(OBJECTS), placed_entry_of if placed else entry_of)


def zip_with_entries[Entry: Mapping[str, Any]](
    manifest: Iterable[LandedObject], entries: Iterable[Entry], bronze: str, run: Run
) -> Iterator[tuple[LandedObject, Entry]]:
    """Yield each landed object with its entry; both are in the order of the manifest.

    :raises DamagedDocumentError: when the names or the lengths differ.
    """
    for number, (landed, entry) in enumerate(zip_longest(manifest, entries), start=1):
        if landed is None or entry is None or landed.name != entry["name"]:
            problem = f"line {number}: not the object in the same line of {MANIFEST}"
            raise DamagedDocumentError(f"s3://{bronze}/{run.document(OBJECTS)}", problem)
        yield landed, entry


def _decisions(s3: S3Client, bronze: str, run: Run, chunks: list[list[int]], version_id: str) -> Iterator[Decision]:
    parse: Any = Decision.from_json
    for start, size in chunks:
        yield from iter_items(s3, bronze, run.document(DECISIONS), parse, start=start, size=size, version_id=version_id)


def _moves(s3: S3Client, bronze: str, run: Run, outcome: str, chunks: list[list[int]]) -> Iterator[Moved]:
    parse = partial(jsonl.from_dict, Moved)
    for start, _ in chunks:  # an incomplete chunk has no ledger: its objects are not accounted for
        yield from iter_items(s3, bronze, run.document(ledger(outcome, start)), parse, missing_ok=True)
