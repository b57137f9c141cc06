"""Recording a run: the documents that are written with the record."""

from __future__ import annotations

from lake_gate.model.run import MANIFEST, RUN_REPORT
from lake_gate.recording.operators import RecordOperator
from lake_gate.recording.run_record import record_run
from tests.lake import Lake
from tests.lake_gate.recording.test_operators import CONTEXT, FACTS
from tests.lake_gate.steps import RUN, gate, read_runs, write


def test_record_of_an_empty_delivery_has_its_report_and_its_row_in_the_index(lake: Lake) -> None:
    write(lake, MANIFEST, b"")
    recorded = record_run(gate(lake, RecordOperator, facts=FACTS, is_dry_run="False"), CONTEXT)
    assert (recorded["uri"], recorded["totals"]["objects"]) == (f"s3://{lake.bronze}/{RUN.document('record.json')}", 0)
    assert lake.versions(lake.bronze, RUN.document(RUN_REPORT))
    assert [row["run_id"] for row in read_runs(lake.s3, lake.bronze, "synthea")] == ["1"]
