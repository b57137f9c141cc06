"""Landing a run's delivery: what is pinned before anything is landed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from lake_gate.delivery.operators import LandOperator
from lake_gate.delivery.run_delivery import land_delivery
from tests.lake import Lake
from tests.lake_gate.steps import RUN, gate, read_runs


def test_run_is_pinned_to_its_source_and_is_in_the_index(lake: Lake) -> None:
    source = f"s3://{lake.outputs['SourceBucket']}/deliveries/"
    lake.put(lake.outputs["SourceBucket"], "deliveries/a.csv", b"A\n1\n")
    context: Any = {"run_id": "1", "params": {"source": source}, "dag_run": SimpleNamespace(dag_id="d", run_id="1")}
    operator = gate(lake, LandOperator, source="elsewhere", is_dry_run="True")
    assert land_delivery(operator, context)["source"] == source
    assert lake.document(RUN.document("run.json"))["dry_run"] is True
    (row,) = read_runs(lake.s3, lake.bronze, "synthea")
    assert (row["run_id"], row["source"], row["is_dry_run"]) == ("1", source, True)
