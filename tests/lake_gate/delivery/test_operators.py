"""Landing, by its operator."""

from __future__ import annotations

from lake_gate.delivery.operators import LandOperator
from tests.lake import Lake
from tests.lake_gate.steps import CONTEXT, gate


def test_source_of_the_settings_is_landed_when_the_run_names_none(lake: Lake) -> None:
    lake.put(lake.outputs["SourceBucket"], "deliveries/a.csv", b"A\n")
    done = gate(lake, LandOperator, source="").step(CONTEXT)
    assert (done["objects"], done["prefix"]) == (1, "synthea/1/")
