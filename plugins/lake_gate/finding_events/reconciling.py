"""Reconcile a run's marker in silver and its record in bronze with its amendments.

A withdrawal is several writes, and a worker may die between any two. The documents themselves show which writes are
missing: the next decision about the run finds and makes them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from lake_gate.decision.amendments import Amendment, Amendments, Withdrawal
from lake_gate.decision.basis import read_basis
from lake_gate.decision.overlay import read_amendments
from lake_gate.decision.reason import Reason
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.run import OBJECTS, Run
from lake_gate.recording.entries import iter_run_entries, read_record
from lake_gate.recording.marker import Marker
from lake_gate.recording.record import Totals
from lake_gate.recording.rewriting import sums
from lake_gate.s3.documents import (
    iter_json_lines,
    read_document_or_none,
    update_document,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


log = logging.getLogger(__name__)


def is_marker_of(s3: S3Client, bronze: str, run: Run, content: bytes) -> bool:
    """Whether this is a marker of the run that lists nothing but what the run's documents say it has promoted.

    Any text can have the shape of a marker. Every listed version is therefore compared with the run's documents, and
    every withdrawn one with these and the amendments.

    :raises DamagedDocumentError: when the run has no record, or documents are damaged.
    """
    marker = Marker.parse(content)
    if marker is None or marker.to_bytes() != content:
        return False
    record, basis = read_record(s3, bronze, run, "run"), read_basis(s3, bronze, run)
    entries = iter_run_entries(s3, bronze, run, basis, Amendments(), dry_run=False)
    expected = Marker.of(record["run"], entries, {})
    promoted = {item["key"]: item for item in expected.objects}
    if marker.head != expected.head or any(promoted.get(item["key"]) != item for item in marker.objects):
        return False
    amended = (read_amendments(s3, bronze, of_run).withdrawals().values() for of_run in (run, run.masked))
    versions = {(item.key, item.version_id) for withdrawals in amended for item in withdrawals}
    versions |= {(item["key"], item["version_id"]) for item in expected.objects}
    return marker.withdrawn.keys() <= versions and set(marker.withdrawn.values()) <= set(Reason)


def rewrite_marker(s3: S3Client, bronze: str, silver: str, run: Run, now_made: Iterable[Amendment]) -> None:
    """Remove withdrawn objects from the run's marker; a run that is not published has no marker.

    :param now_made: amendments that count even if the other amendments of the run are damaged.
    """
    if read_document_or_none(s3, silver, run.marker) is None:
        return  # the task that publishes the marker reads the amendments afterwards
    made = Amendments()
    made.add(now_made, ())
    withdrawals = made.withdrawals()
    try:
        withdrawals = {**withdrawals, **read_amendments(s3, bronze, run).withdrawals()}
    except DamagedDocumentError as error:
        log.warning("Amendments to s3://%s/%s are damaged (%s)", bronze, run.documents, type(error).__name__)

    def without(current: bytes | None) -> bytes:
        return _without(current or b"", withdrawals, f"s3://{silver}/{run.marker}")

    update_document(s3, silver, run.marker, without)


def _without(content: bytes, withdrawals: Mapping[str, Withdrawal], uri: str) -> bytes:
    if (marker := Marker.parse(content)) is None:  # readers do not trust it, and the object is moved
        log.warning("%s is not a marker: another writer has replaced it", uri)
        return content
    return marker.without(withdrawals).to_bytes()


def is_settled(
    s3: S3Client,
    bronze: str,
    silver: str,
    run: Run,
    basis: Mapping[str, Any],
    record: Mapping[str, Any] | None,
    amendments: Amendments,
    *,
    dry_run: bool,
) -> bool:
    """Whether marker and record of an amended run match its amendments."""
    return _is_marked(s3, silver, run, amendments) and (
        record is None or _is_recorded(s3, bronze, run, basis, record, amendments, dry_run=dry_run)
    )


def _is_marked(s3: S3Client, silver: str, run: Run, amendments: Amendments) -> bool:
    current = read_document_or_none(s3, silver, run.marker)
    return current is None or _without(current, amendments.withdrawals(), f"s3://{silver}/{run.marker}") == current


def _is_recorded(
    s3: S3Client,
    bronze: str,
    run: Run,
    basis: Mapping[str, Any],
    record: Mapping[str, Any],
    amendments: Amendments,
    *,
    dry_run: bool,
) -> bool:
    totals = Totals()
    wanted = totals.counted(iter_run_entries(s3, bronze, run, basis, amendments, dry_run=dry_run))
    current = _objects(s3, bronze, run)
    if not all(_is_same(entry, line) for entry, line in zip_longest(wanted, current)):
        return False
    return bool(_as_json(sums(totals, dry_run=dry_run)) == {name: record.get(name) for name in _NAMES})


def _is_same(entry: Mapping[str, Any] | None, line: Mapping[str, Any] | None) -> bool:
    """Whether a line has the entry's members; it also has what was found in the columns, and in the run before."""
    return bool(entry and line and _as_json(entry) == {name: line.get(name) for name in entry})


def _objects(s3: S3Client, bronze: str, run: Run) -> Iterator[dict[str, Any] | None]:
    """Yield the lines of ``objects.jsonl``; None when it is missing or damaged, so that it is written again."""
    try:
        yield from iter_json_lines(s3, bronze, run.document(OBJECTS))
    except DamagedDocumentError:
        yield None


_NAMES = ("dry_run", "totals", "accounted")


def _as_json(content: Any) -> Any:
    return json.loads(json.dumps(content))


def iter_unfinished(amendments: Amendments, behind: Iterable[str], *, settled: bool) -> Iterator[str]:
    """Yield the names of amended objects whose withdrawal is not complete.

    :param behind: names of the objects that still have a copy at a place from which they are to be moved.
    :param settled: see :func:`is_settled`.
    """
    names = {*(amendments.made.keys() - amendments.done.keys()), *behind}
    yield from sorted(names if settled or names else amendments.made)
