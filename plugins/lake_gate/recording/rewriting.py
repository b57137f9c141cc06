"""Write the record of a run again, after its entries have changed: by a later finding, or by a purge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lake_gate.decision.amendments import Amendments
from lake_gate.decision.basis import read_basis
from lake_gate.decision.overlay import write_amended
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.run import MOVES, RECORD, RUN, Run
from lake_gate.recording.documents import describe_run, write_recorded
from lake_gate.recording.entries import write_objects
from lake_gate.recording.record import Totals
from lake_gate.reports.writing import write_run_report
from lake_gate.runs_index import update_outcomes
from lake_gate.s3.documents import read_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.settings import Settings

_PIN_SHAPE = {"type": "object", "properties": {"dry_run": {"type": "boolean"}}}


def rewrite_record(s3: S3Client, settings: Settings, run: Run) -> None:
    """Rewrite the run's record and report with the places of its objects; without a record there is nothing to do."""
    bronze = settings.bronze_bucket
    if (before := read_object(s3, bronze, run.document(RECORD), {})) is None:
        return
    basis = read_basis(s3, bronze, run)
    dry_run = is_dry(s3, bronze, run, before)

    def write(amendments: Amendments) -> None:
        totals = Totals()
        uri = write_objects(s3, bronze, run, basis, amendments, totals, dry_run=dry_run)
        changes = {**sums(totals, dry_run=dry_run), "objects_uri": uri}
        changes["documents"] = describe_run(s3, bronze, run, basis)
        record = json.dumps({**before, **changes}, indent=1, ensure_ascii=False).encode()
        write_recorded(s3, settings, run, record)
        update_outcomes(s3, bronze, run, changes["totals"])

    write_amended(s3, bronze, run, write)
    if run.is_masked:  # the entries of the originals have those of the copies
        rewrite_record(s3, settings, run.original)
    else:
        write_run_report(s3, settings, run)


def sums(totals: Totals, *, dry_run: bool) -> dict[str, Any]:
    """Return the members of the record that follow from its entries."""
    return {"dry_run": dry_run, "totals": totals.to_json(), "accounted": totals.not_accounted == 0}


def is_dry(s3: S3Client, bronze: str, run: Run, record: dict[str, Any] | None) -> bool:
    """Whether a run is a dry run: by ``run.json`` or its record, and only if its ledgers show no move.

    Another run of the same id may rewrite the record. A run whose ``run.json`` cannot be read is not dry.
    """
    try:
        begun = read_object(s3, bronze, run.document(RUN), _PIN_SHAPE)
    except DamagedDocumentError:
        return False
    facts = begun if begun is not None else record or {}
    if facts.get("dry_run") is not True:
        return False
    moves = s3.list_objects_v2(Bucket=bronze, Prefix=run.document(MOVES), MaxKeys=1)
    return not moves.get("Contents")
