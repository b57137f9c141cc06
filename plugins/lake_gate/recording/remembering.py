"""Remember verdicts: keep the evidence about promoted and masked objects for later runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lake_gate.decision import verdicts
from lake_gate.decision.basis import gather_pinned, read_basis, read_job
from lake_gate.decision.binding import bind
from lake_gate.decision.histories import read_histories
from lake_gate.decision.policy import Outcome
from lake_gate.decision.reason import CLEARED, Reason
from lake_gate.decision.verdict import Rules, Verdict
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.evidence import Evidence
from lake_gate.model.run import HISTORIES, JOB, RECORD, Run
from lake_gate.model.words import counted
from lake_gate.recording.entries import iter_entries, read_record, zip_with_entries

if TYPE_CHECKING:
    from lake_gate.recording.operators import RememberVerdictsOperator


def remember(operator: RememberVerdictsOperator, run: Run) -> int:
    """Write the verdicts of a run and of its masked copies; return their number."""
    kept = _remember(operator, run)
    if read_basis(operator.s3, operator.lake_settings.bronze_bucket, run).get("has_copies"):
        kept += _remember(operator, run.masked)
    operator.log.info("Kept %d verdict(s)", kept)
    return kept


def _remember(operator: RememberVerdictsOperator, run: Run) -> int:
    bronze = operator.lake_settings.bronze_bucket
    record = read_record(operator.s3, bronze, run, "rules")
    basis = read_basis(operator.s3, bronze, run)
    job = read_job(operator.s3, bronze, run, basis)
    is_final = record["accounted"] and not record["dry_run"]
    if not (operator.enabled and is_final and job and job.get("createdAt")):
        operator.log.info("No verdicts are kept: %s", _why_not(operator, record))
        return 0
    facts = {
        "run_id": run.run_id,
        "record_uri": f"s3://{bronze}/{run.document(RECORD)}",
        "job_id": job["jobId"],
        "cleared_at": _in_utc(job["createdAt"], f"s3://{bronze}/{run.document(JOB)}"),
    }
    try:
        rules = Rules.from_record(record["rules"])
    except ValueError as problem:
        raise DamagedDocumentError(facts["record_uri"], str(problem)) from None
    kept = verdicts.remember(operator.s3, bronze, _verdicts(operator, run, basis, rules, facts))
    operator.log.info("Kept %s", counted(kept, "verdict"))
    return kept


def _why_not(operator: RememberVerdictsOperator, record: Mapping[str, Any]) -> str:
    if not operator.enabled:
        return "the feed does not reuse them"
    return "this is a dry run" if record["dry_run"] else "nothing was scanned"


def _verdicts(
    operator: RememberVerdictsOperator, run: Run, basis: Mapping[str, Any], rules: Rules, facts: dict[str, str]
) -> Iterator[Verdict]:
    bronze = operator.lake_settings.bronze_bucket
    gathered = gather_pinned(operator.s3, bronze, run, basis)
    histories = read_histories(operator.s3, bronze, run, basis.get("evidence", {}).get(HISTORIES, ""))
    for landed, entry in zip_with_entries(operator.manifest(run), iter_entries(operator.s3, bronze, run), bronze, run):
        if _is_cleared(entry):
            evidence = gathered.get((landed.bucket, landed.key), Evidence())
            yield Verdict.on(landed, bind(landed, evidence, histories.get(landed.key)).own, rules, facts)


def _is_cleared(entry: Mapping[str, Any]) -> bool:
    """Whether the job of the run has read the object whole, and it or its masked copy could be promoted."""
    if entry["verdict"] is not None:
        return False
    if entry["outcome"] == Outcome.MASK:
        return entry["reason"] in {Reason.MASKED_BY_RULE, Reason.MASKED_BY_SPEC, Reason.MASKED_BY_EXCEPTION}
    return entry["reason"] in CLEARED


def _in_utc(time: str, uri: str) -> str:
    """Return a timestamp of a document in UTC.

    :param uri: of the document.
    :raises DamagedDocumentError: when it is not a time.
    """
    try:
        return datetime.fromisoformat(time).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise DamagedDocumentError(uri, "createdAt is not a time") from None
