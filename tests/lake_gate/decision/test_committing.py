"""Committing decisions that are stricter than the judgement, as those about masked copies are."""

from __future__ import annotations

from dataclasses import replace

from lake_gate.decision.committing import commit
from lake_gate.decision.judging import judge
from lake_gate.decision.operators import DecideOperator
from lake_gate.decision.policy import Outcome
from lake_gate.decision.reason import Reason
from tests.lake import Lake
from tests.lake_gate.steps import RUN, gate, landed_with_medium


def test_committed_decisions_are_those_passed_and_the_plan_has_the_facts_of_the_caller(lake: Lake) -> None:
    landed_with_medium(lake)
    asked = {"policy": "default", "quarantine_threshold": "High", "promotion": "each by itself", "is_dry_run": False}
    operator = gate(lake, DecideOperator, evidence=None, **asked)
    judged = judge(operator, RUN, {"settled": True})
    stricter = [replace(item, outcome=Outcome.HOLD, reason=Reason.NO_MASKING_RULE) for item in judged.decisions]
    chunks = commit(operator, RUN, judged, stricter, has_copies=True)
    assert {outcome for outcome, of_outcome in chunks.items() if of_outcome} == {"hold"}
    (line,) = lake.lines(RUN.document("decisions.jsonl"))
    assert (line["outcome"], line["reason"]) == ("hold", "no_masking_rule")
    plan = lake.document(RUN.document("plan.json"))
    assert (plan["has_copies"], plan["chunks"]) == (True, chunks)
