"""Operators that write the run record, the marker in silver, the verdicts, and the record of account changes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from lake_gate import assets, xcom
from lake_gate.base import GateOperator, is_true, run_facts
from lake_gate.decision import verdicts
from lake_gate.decision.amendments import Amendments
from lake_gate.decision.basis import gather_pinned, iter_pinned, read_basis, read_exceptions, read_job
from lake_gate.decision.binding import bind
from lake_gate.decision.histories import read_histories
from lake_gate.decision.overlay import write_amended
from lake_gate.decision.policy import Outcome
from lake_gate.decision.reason import CLEARED, Reason
from lake_gate.decision.verdict import Rules, Verdict
from lake_gate.errors import (
    DamagedDocumentError,
    FinalGateError,
    MarkerStandsError,
    NotAccountedError,
    RunHasMovedError,
)
from lake_gate.model.evidence import Evidence
from lake_gate.model.names import loggable
from lake_gate.model.run import FINDINGS, HISTORIES, JOB, OBJECTS, PLAN, RECORD, Run
from lake_gate.model.words import counted
from lake_gate.recording import record
from lake_gate.recording.account import render_table
from lake_gate.recording.entries import (
    iter_entries,
    read_accounted_record,
    read_record,
    write_objects,
    zip_with_entries,
)
from lake_gate.recording.excused import exceptions_in_record, note_uses
from lake_gate.recording.marker import Marker
from lake_gate.recording.record import Totals
from lake_gate.recording.summary import summary
from lake_gate.recording.suppression import attribute, read_suppression_rules
from lake_gate.runs_index import row_of_record, upsert
from lake_gate.s3.documents import GONE, update_document, write_document

if TYPE_CHECKING:
    from airflow.sdk import Context


class RecordOperator(GateOperator):
    """Write the run record; fail if it does not account for every landed object.

    Pushes ``uri`` of the record and its ``totals``.

    :param facts: further facts of the record (templated): ``source``, the rules ``identifiers`` and ``job_spec`` with
        their hashes, ``delivery`` (missing tables), ``cost`` (estimate for the scan) and ``scan`` (its ``seconds``).
        All but ``source`` may be JSON.
    :param is_dry_run: whether nothing was to be moved (templated); the value that was recorded when the run began takes
        precedence. A run that has begun to move is never recorded as a dry run.
    """

    template_fields = (*GateOperator.template_fields, "facts", "is_dry_run")

    def __init__(self, *, facts: dict[str, Any], is_dry_run: str | bool, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.facts = facts
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> dict[str, Any]:
        """Join manifest, decisions, moves and amendments."""
        run, bronze = self.run_of(context), self.lake_settings.bronze_bucket
        dry_run = self.is_dry(run, self.is_dry_run)
        if dry_run and self.begun(run):
            raise RunHasMovedError(f"s3://{bronze}/{run.documents}")
        basis = read_basis(self.s3, bronze, run)
        if not basis and self.begun(run):
            raise DamagedDocumentError(f"s3://{bronze}/{run.document(PLAN)}", GONE)
        if basis.get("has_copies"):
            masked = run.masked
            of_copies = read_basis(self.s3, bronze, masked)
            write_amended(self.s3, bronze, masked, partial(self._write, context, masked, of_copies, dry_run=dry_run))
        write = partial(self._write, context, run, basis, dry_run=dry_run)
        uri, totals = write_amended(self.s3, bronze, run, write)
        self.log.info("%s", summary(iter_entries(self.s3, bronze, run), totals.objects, is_dry_run=dry_run))
        self._add_to_index(run)
        if not dry_run:
            for of_run in (run, run.masked) if basis.get("has_copies") else (run,):
                note_uses(self.s3, bronze, of_run)
        if totals.not_accounted:
            raise NotAccountedError(uri, totals.not_accounted, totals.first_not_accounted)
        self.log.info("Run record: %s", uri)
        return {"uri": uri, "totals": totals.to_json()}

    def _add_to_index(self, run: Run) -> None:
        bronze = self.lake_settings.bronze_bucket
        upsert(self.s3, bronze, run, **row_of_record(read_record(self.s3, bronze, run, "run", "totals")))

    def _write(
        self, context: Context, run: Run, basis: Mapping[str, Any], amendments: Amendments, *, dry_run: bool
    ) -> tuple[str, Totals]:
        settings, totals = self.lake_settings, Totals()
        facts = {name: xcom.parse(fact) for name, fact in self.facts.items() if name != "source"}
        objects_uri = write_objects(self.s3, settings.bronze_bucket, run, basis, amendments, totals, dry_run=dry_run)
        written = record.build_record(
            run=run_facts(context, feed=self.feed, folder=run.folder, source=self.facts["source"]),
            rules={
                "policy": basis.get("policy"),
                **{name: facts[name] for name in ("identifiers", "job_spec")},
                **exceptions_in_record(
                    read_exceptions(self.s3, settings.bronze_bucket, run, basis) or (), basis, totals
                ),
                "suppression_rules": self._attribution(run, basis) if basis.get("job") else None,
            },
            job=basis.get("job"),
            totals=totals,
            dry_run=dry_run,
            objects_uri=objects_uri,
            marker_uri=f"s3://{settings.silver_bucket}/{run.marker}",
            delivery=facts.get("delivery"),
            cost=facts.get("cost"),
            scan_seconds=(facts.get("scan") or {}).get("seconds"),
        )
        content = json.dumps(written, indent=1, ensure_ascii=False).encode()
        return write_document(self.s3, settings.bronze_bucket, run.document(RECORD), content), totals

    def _attribution(self, run: Run, basis: Mapping[str, Any]) -> dict[str, Any]:
        """Return how many archived findings of the run each suppression rule explains, and how many none does."""
        try:
            rules = read_suppression_rules()
        except FinalGateError as error:  # an invalid rule file must not delay the delivery
            self.log.warning(
                "Archived findings are recorded as unexplained, because a suppression rule is not valid: %s", error
            )
            rules = []
        findings = iter_pinned(self.s3, self.lake_settings.bronze_bucket, run, basis, FINDINGS)
        return asdict(attribute(rules, findings))


class PublishOperator(GateOperator):
    """Write the run's marker into silver as the last step: it lists the versions that readers may trust.

    A run without a marker is not finished, and its copies must not be read yet. A dry run has no marker. Objects that
    ``finding_events`` has withdrawn since the decision are not among them. With an outlet of
    :func:`lake_gate.assets.changes`, the assets of silver and quarantine get an event if the run has moved objects
    there. Returns the marker's URI, None for a dry run.
    """

    def step(self, context: Context) -> str | None:
        """Write the marker; an existing one is only changed by withdrawals."""
        run, bronze = self.run_of(context), self.lake_settings.bronze_bucket
        written = read_accounted_record(self.s3, bronze, run, "run", "marker_uri")
        if written["dry_run"] or self.is_dry(run, chosen=False):
            self.log.info("No marker is written, because a dry run promotes nothing")
            return None
        # A later finding may be about an object, or about its masked copy.
        write_amended(
            *(self.s3, bronze, run.masked),
            lambda of_copies: write_amended(self.s3, bronze, run, partial(self._write, run, written, of_copies)),
        )
        self.log.info("Marker: %s", written["marker_uri"])
        self._announce(context, written, f"s3://{bronze}/{run.document(RECORD)}")
        return str(written["marker_uri"])

    def _write(self, run: Run, written: Mapping[str, Any], of_copies: Amendments, amendments: Amendments) -> None:
        lines = 0

        def entries() -> Iterator[dict[str, Any]]:  # not a list: a run may have 100,000 objects
            nonlocal lines
            for entry in iter_entries(self.s3, self.lake_settings.bronze_bucket, run, placed=True):
                lines += 1
                yield entry

        wanted = Marker.of(written["run"], entries(), {**amendments.withdrawals(), **of_copies.withdrawals()})
        if lines != written["totals"]["objects"]:
            uri = f"s3://{self.lake_settings.bronze_bucket}/{run.document(OBJECTS)}"
            raise DamagedDocumentError(
                uri, f"it has {lines} lines, but the record counts {written['totals']['objects']} objects"
            )

        def merge(current: bytes | None) -> bytes:
            if current is None:
                return wanted.to_bytes()
            existing = Marker.parse(current)
            merged = existing and wanted.joined(existing)
            if not merged:
                raise MarkerStandsError(written["marker_uri"])
            return merged.to_bytes()

        update_document(self.s3, self.lake_settings.silver_bucket, run.marker, merge)

    def _announce(self, context: Context, written: Mapping[str, Any], uri: str) -> None:
        outcomes = Counter(written["totals"]["outcomes"])
        extra = {
            "run_id": written["run"]["run_id"],
            "outcomes": dict(outcomes),
            "severities": written["totals"]["severities"],
            "record": uri,
            "marker": written["marker_uri"],
        }
        copies = written["totals"].get("copies", {})
        to_silver = outcomes[Outcome.PROMOTE] + copies.get(Outcome.PROMOTE, 0)
        isolated = outcomes[Outcome.QUARANTINE] + outcomes[Outcome.MASK]
        for moved, asset in ((to_silver, assets.silver), (isolated, assets.quarantine)):
            if moved:
                assets.announce(context, self.outlets, asset(self.feed), **extra)


class RememberVerdictsOperator(GateOperator):
    """Keep the evidence about promoted and masked objects as verdicts, by SHA-256, for later runs.

    Only objects that the job of this run has analysed get a verdict. A reused verdict is not written again, so that it
    does not outlive its scan. Returns the number of verdicts.

    :param enabled: whether verdicts are kept at all.
    """

    def __init__(self, *, enabled: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.enabled = enabled

    def step(self, context: Context) -> int:
        """Read the record and its evidence, and write the verdicts."""
        run = self.run_of(context)
        kept = self._remember(run)
        if read_basis(self.s3, self.lake_settings.bronze_bucket, run).get("has_copies"):
            kept += self._remember(run.masked)
        self.log.info("Kept %d verdict(s)", kept)
        return kept

    def _remember(self, run: Run) -> int:
        bronze = self.lake_settings.bronze_bucket
        record = read_record(self.s3, bronze, run, "rules")
        basis = read_basis(self.s3, bronze, run)
        job = read_job(self.s3, bronze, run, basis)
        is_final = record["accounted"] and not record["dry_run"]
        if not (self.enabled and is_final and job and job.get("createdAt")):
            self.log.info("No verdicts are kept: %s", self._why_not(record))
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
        kept = verdicts.remember(self.s3, bronze, self._verdicts(run, basis, rules, facts))
        self.log.info("Kept %s", counted(kept, "verdict"))
        return kept

    def _why_not(self, record: Mapping[str, Any]) -> str:
        if not self.enabled:
            return "the feed does not reuse them"
        return "this is a dry run" if record["dry_run"] else "nothing was scanned"

    def _verdicts(self, run: Run, basis: Mapping[str, Any], rules: Rules, facts: dict[str, str]) -> Iterator[Verdict]:
        bronze = self.lake_settings.bronze_bucket
        gathered = gather_pinned(self.s3, bronze, run, basis)
        histories = read_histories(self.s3, bronze, run, basis.get("evidence", {}).get(HISTORIES, ""))
        for landed, entry in zip_with_entries(self.manifest(run), iter_entries(self.s3, bronze, run), bronze, run):
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


class RecordAccountOperator(GateOperator):
    """Log the changes in the Macie account as a table, and write the run's ``record.json``; returns its URI.

    :param changes: changes by the step that made them, None if it did not finish (templated). A change is a dict
        with ``kind``, ``name``, ``action``, ``why`` and ``id``.
    :param facts: further members of the record (templated). Values here and in ``changes`` may be JSON.
    :param is_dry_run: whether the changes are only planned (templated).
    """

    template_fields: Sequence[str] = (*GateOperator.template_fields, "changes", "facts", "is_dry_run")

    def __init__(
        self,
        *,
        changes: Mapping[str, list[dict[str, Any]] | str | None],
        facts: Mapping[str, Any],
        is_dry_run: bool | str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.changes = changes
        self.facts = facts
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> str:
        """Log the table, and write the record."""
        run = self.run_of(context)
        by_step = {name: xcom.parse(changes) for name, changes in self.changes.items()}
        changes = [change for of_step in by_step.values() for change in of_step or ()]
        record = {
            **run_facts(context),
            "dry_run": is_true(self.is_dry_run),
            **{name: xcom.parse(fact) for name, fact in self.facts.items()},
            "changes": changes,
            "actions": dict(Counter(change["action"] for change in changes)),
            "not_finished": [name for name, of_step in by_step.items() if of_step is None],
        }
        for line in render_table(record):
            self.log.info("%s", loggable(line))
        content = json.dumps(record, ensure_ascii=False, indent=2).encode()
        return write_document(self.s3, self.lake_settings.bronze_bucket, run.document(RECORD), content)
