"""Evidence about promoted files, read again from what a run has kept: nothing that a decision claims counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lake_gate.decision.basis import gather_pinned, read_basis, read_job
from lake_gate.decision.binding import bind
from lake_gate.decision.histories import read_histories
from lake_gate.decision.policy import Outcome
from lake_gate.decision.verdicts import iter_reused
from lake_gate.model import jsonl
from lake_gate.model.evidence import Evidence, Job
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import HISTORIES, MANIFEST, REUSED, Run
from lake_gate.recording.entries import iter_entries, zip_with_entries
from lake_gate.s3.documents import iter_items

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def iter_promoted(s3: S3Client, bronze: str, run: Run) -> Iterator[tuple[str, bool]]:
    """Yield the name of each promoted file of a run, and whether evidence shows that it was analysed completely.

    Evidence is a discovery result about the landed version from a job that completed without errors and without
    sampling, or a verdict that an earlier run has kept of such a result.

    :raises DamagedDocumentError: when a document of the run is damaged.
    """
    basis = read_basis(s3, bronze, run)
    described = read_job(s3, bronze, run, basis)
    is_read = described is not None and _is_complete(Job.from_api(described, settled=True))
    gathered = gather_pinned(s3, bronze, run, basis) if is_read else {}
    pins = basis.get("evidence", {})
    histories = read_histories(s3, bronze, run, pins[HISTORIES]) if HISTORIES in pins else {}
    reused = dict(iter_reused(s3, bronze, run, version_id=pins[REUSED])) if REUSED in pins else {}
    manifest = iter_items(s3, bronze, run.document(MANIFEST), lambda line: jsonl.from_dict(LandedObject, line))
    for landed, entry in zip_with_entries(manifest, iter_entries(s3, bronze, run), bronze, run):
        if entry["outcome"] == Outcome.PROMOTE:
            evidence = gathered.get((landed.bucket, landed.key), Evidence())
            own = bind(landed, evidence, histories.get(landed.key)).own
            verdict = reused.get(landed.name)
            yield landed.name, _is_analysed(own) or bool(verdict and _is_analysed(verdict.evidence_about(landed)))


def _is_complete(job: Job) -> bool:
    return (job.status, job.last_run_error, job.sampling_percentage) == ("COMPLETE", "NONE", 100)


def _is_analysed(evidence: Evidence) -> bool:
    return bool(evidence.results) and all(result.status == "COMPLETE" for result in evidence.results)
