"""Record a run: join its documents into the record, and write its report and its row in the index of runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from lake_gate import xcom
from lake_gate.base import run_facts
from lake_gate.decision.amendments import Amendments
from lake_gate.decision.basis import iter_pinned, read_basis, read_exceptions
from lake_gate.decision.overlay import write_amended
from lake_gate.errors import DamagedDocumentError, FinalGateError, NotAccountedError, RunHasMovedError
from lake_gate.model.run import FINDINGS, PLAN, Run
from lake_gate.recording import record
from lake_gate.recording.documents import describe_run, write_recorded
from lake_gate.recording.entries import iter_entries, read_record, write_objects
from lake_gate.recording.excused import exceptions_in_record, note_uses
from lake_gate.recording.record import Totals
from lake_gate.recording.summary import summary
from lake_gate.recording.suppression import attribute, read_suppression_rules
from lake_gate.reports.writing import write_run_report
from lake_gate.runs_index import row_of_record, upsert
from lake_gate.s3.documents import GONE

if TYPE_CHECKING:
    from airflow.sdk import Context

    from lake_gate.recording.operators import RecordOperator


def record_run(operator: RecordOperator, context: Context) -> dict[str, Any]:
    """Join manifest, decisions, moves and amendments; return the record's address and its totals."""
    run, bronze = operator.run_of(context), operator.lake_settings.bronze_bucket
    dry_run = operator.is_dry(run, operator.is_dry_run)
    if dry_run and operator.begun(run):
        raise RunHasMovedError(f"s3://{bronze}/{run.documents}")
    basis = read_basis(operator.s3, bronze, run)
    if not basis and operator.begun(run):
        raise DamagedDocumentError(f"s3://{bronze}/{run.document(PLAN)}", GONE)
    if basis.get("has_copies"):
        masked = run.masked
        of_copies = read_basis(operator.s3, bronze, masked)
        write_amended(
            operator.s3, bronze, masked, partial(_write, operator, context, masked, of_copies, dry_run=dry_run)
        )
    write = partial(_write, operator, context, run, basis, dry_run=dry_run)
    uri, totals = write_amended(operator.s3, bronze, run, write)
    write_run_report(operator.s3, operator.lake_settings, run)
    operator.log.info("%s", summary(iter_entries(operator.s3, bronze, run), totals.objects, is_dry_run=dry_run))
    _add_to_index(operator, run)
    if not dry_run:
        for of_run in (run, run.masked) if basis.get("has_copies") else (run,):
            note_uses(operator.s3, bronze, of_run)
    if totals.not_accounted:
        raise NotAccountedError(uri, totals.not_accounted, totals.first_not_accounted)
    operator.log.info("Run record: %s", uri)
    return {"uri": uri, "totals": totals.to_json()}


def _add_to_index(operator: RecordOperator, run: Run) -> None:
    bronze = operator.lake_settings.bronze_bucket
    upsert(operator.s3, bronze, run, **row_of_record(read_record(operator.s3, bronze, run, "run", "totals")))


def _write(
    operator: RecordOperator,
    context: Context,
    run: Run,
    basis: Mapping[str, Any],
    amendments: Amendments,
    *,
    dry_run: bool,
) -> tuple[str, Totals]:
    settings, totals = operator.lake_settings, Totals()
    facts = {name: xcom.parse(fact) for name, fact in operator.facts.items() if name != "source"}
    objects_uri = write_objects(operator.s3, settings.bronze_bucket, run, basis, amendments, totals, dry_run=dry_run)
    written = record.build_record(
        run=run_facts(context, feed=operator.feed, folder=run.folder, source=operator.facts["source"]),
        rules={
            "policy": basis.get("policy"),
            **{name: facts[name] for name in ("identifiers", "job_spec")},
            **exceptions_in_record(
                read_exceptions(operator.s3, settings.bronze_bucket, run, basis) or (), basis, totals
            ),
            "suppression_rules": _attribution(operator, run, basis) if basis.get("job") else None,
        },
        job=basis.get("job"),
        totals=totals,
        dry_run=dry_run,
        objects_uri=objects_uri,
        marker_uri=f"s3://{settings.silver_bucket}/{run.marker}",
        delivery=facts.get("delivery"),
        cost=facts.get("cost"),
        scan_seconds=(facts.get("scan") or {}).get("seconds"),
        documents=describe_run(operator.s3, settings.bronze_bucket, run, basis),
    )
    content = json.dumps(written, indent=1, ensure_ascii=False).encode()
    return write_recorded(operator.s3, settings, run, content), totals


def _attribution(operator: RecordOperator, run: Run, basis: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many archived findings of the run each suppression rule explains, and how many none does."""
    try:
        rules = read_suppression_rules()
    except FinalGateError as error:  # an invalid rule file must not delay the delivery
        operator.log.warning(
            "Archived findings are recorded as unexplained, because a suppression rule is not valid: %s", error
        )
        rules = []
    findings = iter_pinned(operator.s3, operator.lake_settings.bronze_bucket, run, basis, FINDINGS)
    return asdict(attribute(rules, findings))
