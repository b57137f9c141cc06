"""Publish a run: write its marker into silver, and announce what was moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from lake_gate import assets
from lake_gate.decision.amendments import Amendments
from lake_gate.decision.overlay import write_amended
from lake_gate.decision.policy import Outcome
from lake_gate.errors import DamagedDocumentError, MarkerStandsError
from lake_gate.model.run import OBJECTS, RECORD, Run
from lake_gate.recording.entries import iter_entries, read_accounted_record
from lake_gate.recording.marker import Marker
from lake_gate.s3.documents import update_document

if TYPE_CHECKING:
    from airflow.sdk import Context

    from lake_gate.recording.operators import PublishOperator


def publish(operator: PublishOperator, context: Context) -> str | None:
    """Write the marker, and announce what was moved; return the marker's address, None for a dry run."""
    run, bronze = operator.run_of(context), operator.lake_settings.bronze_bucket
    written = read_accounted_record(operator.s3, bronze, run, "run", "marker_uri")
    if written["dry_run"] or operator.is_dry(run, chosen=False):
        operator.log.info("No marker is written, because a dry run promotes nothing")
        return None
    # A later finding may be about an object, or about its masked copy.
    write_amended(
        *(operator.s3, bronze, run.masked),
        lambda of_copies: write_amended(operator.s3, bronze, run, partial(_write, operator, run, written, of_copies)),
    )
    operator.log.info("Marker: %s", written["marker_uri"])
    _announce(operator, context, written, f"s3://{bronze}/{run.document(RECORD)}")
    return str(written["marker_uri"])


def _write(
    operator: PublishOperator, run: Run, written: Mapping[str, Any], of_copies: Amendments, amendments: Amendments
) -> None:
    lines = 0

    def entries() -> Iterator[dict[str, Any]]:  # not a list: a run may have 100,000 objects
        nonlocal lines
        for entry in iter_entries(operator.s3, operator.lake_settings.bronze_bucket, run, placed=True):
            lines += 1
            yield entry

    wanted = Marker.of(written["run"], entries(), {**amendments.withdrawals(), **of_copies.withdrawals()})
    if lines != written["totals"]["objects"]:
        uri = f"s3://{operator.lake_settings.bronze_bucket}/{run.document(OBJECTS)}"
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

    update_document(operator.s3, operator.lake_settings.silver_bucket, run.marker, merge)


def _announce(operator: PublishOperator, context: Context, written: Mapping[str, Any], uri: str) -> None:
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
            assets.announce(context, operator.outlets, asset(operator.feed), **extra)
