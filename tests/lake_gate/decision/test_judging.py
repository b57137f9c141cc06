"""Judging alone: what it returns, and that it decides nothing for the run."""

from __future__ import annotations

from lake_gate import content
from lake_gate.decision.judging import judge
from lake_gate.decision.operators import DecideOperator
from lake_gate.s3.documents import read_document_or_none
from tests.lake import Lake
from tests.lake_gate.steps import RUN, gate, landed_with_medium


def test_judgement_is_returned_with_what_it_rests_on_and_no_decision_is_written(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    asked = {"policy": "default", "quarantine_threshold": "High", "promotion": "each by itself", "is_dry_run": False}
    judged = judge(gate(lake, DecideOperator, evidence=None, **asked), RUN, {"settled": True})
    assert [(decided.name, decided.outcome) for decided in judged.decisions] == [("a.csv", "promote")]
    assert {observation.severity for observation in judged.observations_about(landed)} == {"Medium"}
    assert {name: lake.versions(lake.bronze, RUN.document(name))[0] for name in judged.planned["evidence"]} == (
        judged.planned["evidence"]
    )
    assert read_document_or_none(lake.s3, lake.bronze, RUN.document("decisions.jsonl")) is None
    assert content.read_found(lake.s3, lake.bronze, landed.sha256)
