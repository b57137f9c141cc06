"""Read what a feed's runs of a month have recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lake_gate.decision.basis import read_basis
from lake_gate.decision.overlay import read_amendments
from lake_gate.errors import DamagedDocumentError
from lake_gate.feed_reports.period import Period, Withdrawn
from lake_gate.feed_reports.proof import iter_promoted
from lake_gate.model.run import Run
from lake_gate.model.runs import RunRow
from lake_gate.recording.entries import read_record
from lake_gate.reports.reviews import read_reviews
from lake_gate.runs_index import read_rows
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def read_period(s3: S3Client, bronze: str, feed: str, month: str, until: str) -> Period:
    """Return the report of a month; runs whose documents are damaged are named in it.

    :param month: ``2026-11``.
    :param until: end of the period, ISO 8601, UTC.
    """
    period = Period(feed, month, until, read_rows(s3, bronze, feed))
    for review in read_reviews(s3, bronze, feed).items:
        period.add_review(review)
    for row in period.deliveries:
        if row.has_record:
            _add(s3, bronze, period, row)
    moved = [row for row in period.rows if row.has_record and not row.is_dry_run]
    read = map_threads(lambda row: _withdrawn(s3, bronze, Run.of_folder(feed, row.folder), row.run_id, month), moved)
    for withdrawn in sorted((item for _, items in read for item in items), key=lambda item: item.decided_at):
        period.withdrawn.add(withdrawn)
    return period


def _add(s3: S3Client, bronze: str, period: Period, row: RunRow) -> None:
    run = Run.of_folder(period.feed, row.folder)
    try:
        period.add_record(read_record(s3, bronze, run))
        if not row.is_dry_run:
            promoted = list(_promoted(s3, bronze, run))  # counted only if all of the run can be read
            period.coverage.add(row.run_id, promoted)
    except DamagedDocumentError:
        period.coverage.unread.add(row.run_id)


def _promoted(s3: S3Client, bronze: str, run: Run) -> Iterator[tuple[str, bool]]:
    yield from iter_promoted(s3, bronze, run)
    if read_basis(s3, bronze, run).get("has_copies"):
        for name, is_proven in iter_promoted(s3, bronze, run.masked):
            yield f"{name} (masked copy)", is_proven


def _withdrawn(s3: S3Client, bronze: str, run: Run, run_id: str, month: str) -> list[Withdrawn]:
    """Return the files of a run that were taken out of silver in the month; none if its amendments are damaged."""
    found = []
    for place in (run, run.masked):
        try:
            amendments = read_amendments(s3, bronze, place)
        except DamagedDocumentError:
            continue
        found += [
            Withdrawn(
                run_id,
                name,
                amendment.decision.outcome,
                amendment.decision.reason,
                amendment.decided_at,
                name in amendments.done,
            )
            for name, amendment in amendments.made.items()
            if amendment.silver_version_id and amendment.decided_at.startswith(month)
        ]
    return found
