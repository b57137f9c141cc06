"""Write the report of a run beside its record.

A report is made from the documents of the run that are in bronze at that time. One that cannot be written is logged and
never fails a task: the files have moved, and the record accounts for them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lake_gate.decision.basis import read_basis, read_job
from lake_gate.display import facts
from lake_gate.errors import DamagedDocumentError, class_of
from lake_gate.ledger.book import read_head
from lake_gate.model.run import COLUMNS, DECISIONS, MANIFEST, OBJECTS, PLAN, RECORD, RUN_REPORT, Run
from lake_gate.reports.rendering import render
from lake_gate.reports.reviews import read_reviews
from lake_gate.reports.run_report import Document, RunReport
from lake_gate.s3.documents import iter_json_lines, need_object, write_document
from lake_gate.s3.versions import hash_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.ledger.chain import Head
    from lake_gate.settings import Settings

log = logging.getLogger(__name__)

MOST_REVIEWS = 1000
"""Most requests of the feed that are read for the report of a run, the newest: it is written with each record."""


def write_run_report(s3: S3Client, settings: Settings, run: Run) -> str | None:
    """Write the report of a run and return its address; None if it cannot be written.

    :param run: not a masked run: its copies are in the report of their originals.
    """
    try:
        return write_document(s3, settings.bronze_bucket, run.document(RUN_REPORT), _render(s3, settings, run))
    except Exception as error:
        log.warning(
            "The report of the run was not written (%s). Record and files are complete without it; clear record to "
            "write it again.",
            class_of(error),
        )
        return None


def _render(s3: S3Client, settings: Settings, run: Run) -> bytes:
    bronze = settings.bronze_bucket
    record = need_object(s3, bronze, run.document(RECORD), {})
    basis = read_basis(s3, bronze, run)
    reviews = read_reviews(s3, bronze, run.feed, MOST_REVIEWS)
    report = RunReport.collect(
        record,
        iter_json_lines(s3, bronze, run.document(OBJECTS)),
        iter_json_lines(s3, bronze, run.document(COLUMNS), missing_ok=True),
        documents=list(_documents(s3, bronze, run, basis)),
        job_times=_job_times(s3, bronze, run, basis),
        reviews=[item for item in reviews.items if item["run_folder"] == run.folder],
        reviews_left_out=reviews.left_out,
        ledger_head=_head(s3, settings, run),
    )
    return render("run_report.html", report=report, record=record, bronze=bronze, ledger=settings.ledger)


def _head(s3: S3Client, settings: Settings, run: Run) -> Head | None:
    try:
        line = read_head(s3, settings.ledger, run.feed)
    except DamagedDocumentError:  # python -m lake_gate.verify reports it
        return None
    return line.head if line else None


def _job_times(s3: S3Client, bronze: str, run: Run, basis: Mapping[str, Any]) -> tuple[str, str]:
    job = read_job(s3, bronze, run, basis) if basis.get("job") else None
    return facts.text(job, "createdAt"), facts.text(job, "lastRunTime")


def _documents(s3: S3Client, bronze: str, run: Run, basis: Mapping[str, Any]) -> Iterator[Document]:
    """Yield the documents that prove the run, in the order in which they were written."""
    for name in (MANIFEST, DECISIONS, PLAN, OBJECTS, RECORD):
        version_id = facts.text(basis, "decisions") if name == DECISIONS else ""
        if hashed := hash_version(s3, bronze, run.document(name), version_id):
            yield Document(f"s3://{bronze}/{run.document(name)}", hashed.version_id, hashed.sha256, hashed.size_bytes)
