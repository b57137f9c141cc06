"""The operators that say what has happened: the run record, and the marker in silver."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from lake_gate import assets
from lake_gate.base import FINDINGS, RECORD, GateOperator
from lake_gate.documents import write_document
from lake_gate.errors import FinalGateError, MarkerStandsError, NotAccountedError, RunHasMovedError
from lake_gate.include import read_suppression_rules
from lake_gate.judging.basis import iter_pinned, read_basis
from lake_gate.judging.policy import Outcome
from lake_gate.recording import record
from lake_gate.recording.amendments import Amendments
from lake_gate.recording.entries import iter_entries, read_record, write_objects
from lake_gate.recording.marker import Marker
from lake_gate.recording.overlay import update_document, write_amended
from lake_gate.recording.record import Totals
from lake_gate.run import Run
from lake_gate.scan.suppression import attribute

if TYPE_CHECKING:
    from airflow.sdk import Context


class RecordOperator(GateOperator):
    """Write the run record, which accounts for every landed object, and fail when it does not.

    Pushes ``uri`` of the record and its ``totals``.

    :param facts: what else the record says of the run (templated): ``source``, of the rules ``identifiers`` and
        ``job_spec``, with their hashes, ``delivery`` (which tables were missing) and ``cost`` (what the scan was
        estimated to cost).
    :param is_dry_run: nothing was to be moved (templated); what was written down when the run began goes before it. A
        run that has begun to move is never recorded as a dry run.
    """

    template_fields = (*GateOperator.template_fields, "facts", "is_dry_run")

    def __init__(self, *, facts: dict[str, Any], is_dry_run: str | bool, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.facts = facts
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> dict[str, Any]:
        """Bring manifest, decisions, moves and amendments together."""
        run, bronze = self.run_of(context), self.the_settings.bronze_bucket
        dry_run = self.is_dry(run, self.is_dry_run)
        if dry_run and self.begun(run):
            raise RunHasMovedError(f"s3://{bronze}/{run.documents}")
        basis = read_basis(self.s3, bronze, run)
        write = partial(self._write, context, run, basis, dry_run=dry_run)
        uri, totals = write_amended(self.s3, bronze, run, write)
        if totals.not_accounted:
            raise NotAccountedError(uri, totals.not_accounted, totals.first_not_accounted)
        self.log.info("Run record: %s", uri)
        return {"uri": uri, "totals": totals.to_json()}

    def _write(
        self, context: Context, run: Run, basis: Mapping[str, Any], amendments: Amendments, *, dry_run: bool
    ) -> tuple[str, Totals]:
        settings, totals = self.the_settings, Totals()
        objects_uri = write_objects(self.s3, settings.bronze_bucket, run, basis, amendments, totals, dry_run=dry_run)
        written = record.build_record(
            run=run_facts(context, self.feed, self.facts["source"]),
            rules={
                "policy": basis.get("policy"),
                **{name: self.facts[name] for name in ("identifiers", "job_spec")},
                "suppression_rules": self._suppressed(run, basis) if basis.get("job") else None,
            },
            job=basis.get("job"),
            totals=totals,
            dry_run=dry_run,
            objects_uri=objects_uri,
            marker_uri=f"s3://{settings.silver_bucket}/{run.marker}",
            delivery=self.facts.get("delivery"),
            cost=self.facts.get("cost"),
        )
        content = json.dumps(written, indent=1, ensure_ascii=False).encode()
        return write_document(self.s3, settings.bronze_bucket, run.document(RECORD), content), totals

    def _suppressed(self, run: Run, basis: Mapping[str, Any]) -> dict[str, Any]:
        """Say which suppression rules have archived findings of the run, and how many none of them explains."""
        try:
            rules = read_suppression_rules()
        except FinalGateError as error:  # a wrong file is no reason to keep a delivery from its readers
            self.log.warning("No suppression rule explains anything: %s", error)
            rules = []
        findings = iter_pinned(self.s3, self.the_settings.bronze_bucket, run, basis, FINDINGS)
        return asdict(attribute(rules, findings))


class PublishOperator(GateOperator):
    """Write the run's marker into silver, last: it lists the versions that readers may trust.

    A run without a marker is not finished, and what it has copied so far is not to be read. A dry run has none. What
    ``finding_events`` has withdrawn since the run decided is not listed, or no longer. With an outlet of
    :func:`lake_gate.assets.changes` the assets of silver and quarantine have an event each, where the run has put
    something. Returns the marker's address, None for a dry run.
    """

    def step(self, context: Context) -> str | None:
        """Write it; afterwards it changes by withdrawals alone."""
        run, bronze = self.run_of(context), self.the_settings.bronze_bucket
        written = read_record(self.s3, bronze, run, "run", "totals", "marker_uri")
        uri = f"s3://{bronze}/{run.document(RECORD)}"
        if not written["accounted"]:  # somebody went on although the record had failed
            missing = written["totals"]
            raise NotAccountedError(uri, missing["not_accounted"], missing["first_not_accounted"])
        if written["dry_run"] or self.is_dry(run, chosen=False):
            self.log.info("A dry run promotes nothing: no marker")
            return None
        write_amended(self.s3, bronze, run, partial(self._write, run, written))
        self.log.info("Marker: %s", written["marker_uri"])
        self._announce(context, written, uri)
        return str(written["marker_uri"])

    def _write(self, run: Run, written: Mapping[str, Any], amendments: Amendments) -> None:
        entries = iter_entries(self.s3, self.the_settings.bronze_bucket, run)
        wanted = Marker.of(written["run"], entries, amendments.withdrawals())

        def joined(there: bytes | None) -> bytes:
            if there is None:
                return wanted.to_bytes()
            found = Marker.parse(there)
            both = found and wanted.joined(found)
            if not both:
                raise MarkerStandsError(written["marker_uri"])
            return both.to_bytes()

        update_document(self.s3, self.the_settings.silver_bucket, run.marker, joined)

    def _announce(self, context: Context, written: Mapping[str, Any], uri: str) -> None:
        outcomes = written["totals"]["outcomes"]
        said = {
            "run_id": written["run"]["run_id"],
            "outcomes": outcomes,
            "severities": written["totals"]["severities"],
            "record": uri,
            "marker": written["marker_uri"],
        }
        for outcome, asset in ((Outcome.PROMOTE, assets.silver), (Outcome.QUARANTINE, assets.quarantine)):
            if outcomes.get(outcome):
                assets.announce(context, self.outlets, asset(self.feed), **said)


def run_facts(context: Context, feed: str, source: str) -> dict[str, Any]:
    """Return what the run record says of the run itself; times in UTC."""
    dag_run = context["dag_run"]
    return {
        "feed": feed,
        "dag_id": dag_run.dag_id,
        "run_id": dag_run.run_id,
        "source": source,
        "started_at": dag_run.start_date.isoformat() if dag_run.start_date else None,
        "recorded_at": datetime.now(UTC).isoformat(),
    }
