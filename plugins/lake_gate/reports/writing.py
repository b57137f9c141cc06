"""Write the report of a run beside its record.

A report is made from the documents of the run that are in bronze at that time. One that cannot be written is logged and
never fails a task: the files have moved, and the record accounts for them.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.decision.basis import read_basis, read_job
from lake_gate.display import facts
from lake_gate.errors import DamagedDocumentError, class_of
from lake_gate.ledger.book import read_head
from lake_gate.model.run import COLUMNS, DECISIONS, MANIFEST, OBJECTS, PLAN, RECORD, RUN_REPORT, Run
from lake_gate.reports.rendering import render
from lake_gate.reports.reviews import read_reviews
from lake_gate.reports.run_report import Document, RunReport
from lake_gate.s3.answers import is_missing
from lake_gate.s3.documents import iter_json_lines, need_object, write_document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.ledger.chain import Head
    from lake_gate.settings import Settings

log = logging.getLogger(__name__)

_PART_BYTES = 1024**2


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
    report = RunReport.collect(
        record,
        iter_json_lines(s3, bronze, run.document(OBJECTS)),
        iter_json_lines(s3, bronze, run.document(COLUMNS), missing_ok=True),
        documents=list(_documents(s3, bronze, run, basis)),
        job_times=_job_times(s3, bronze, run, basis),
        reviews=[item for item in read_reviews(s3, bronze, run.feed) if item["run_folder"] == run.folder],
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
        if (document := hash_document(s3, bronze, run.document(name), version_id)) is not None:
            yield document


def hash_document(s3: S3Client, bucket: str, key: str, version_id: str = "") -> Document | None:
    """Return a version of a document with the SHA-256 of its content, read in parts; None if it does not exist.

    :param version_id: the latest by default.
    """
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        answer = s3.get_object(Bucket=bucket, Key=key, **version)
    except ClientError as error:
        if not is_missing(error):
            raise
        return None
    digest = hashlib.sha256()
    for part in answer["Body"].iter_chunks(_PART_BYTES):
        digest.update(part)
    return Document(f"s3://{bucket}/{key}", answer["VersionId"], digest.hexdigest(), answer["ContentLength"])
