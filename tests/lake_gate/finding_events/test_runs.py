"""What is read of a run of the gate: what was asked for, however far the run has come."""

from __future__ import annotations

from lake_gate.finding_events.runs import read_decided, read_landing
from lake_gate.run import Run
from tests.lake import Lake
from tests.lake_gate.finding_events.world import POLICY, Gate

OUTCOMES = {"a.csv": "promote", "b.csv": "hold"}


def test_run_that_has_landed_nothing_is_none(lake: Lake) -> None:
    assert read_landing(lake.s3, lake.bronze, Run("synthea", "2"), {"synthea/2/a.csv"}, ()) is None


def test_landing_has_the_objects_and_findings_that_were_asked_for(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land()
    asked = {gate.key("a.csv"), gate.key("never landed.csv")}
    landing = read_landing(lake.s3, lake.bronze, gate.run, asked, {"f", "g"})
    assert landing is not None
    assert (set(landing.landed), landing.known, landing.record) == ({gate.key("a.csv")}, frozenset(), None)
    gate.decide().move().record()
    gate.write("findings.jsonl", b'{"id": "g"}\n{"id": "other"}\n')
    landing = read_landing(lake.s3, lake.bronze, gate.run, asked, {"f", "g"})
    assert landing is not None
    assert (landing.known, landing.is_dry) == ({"g"}, False)
    assert landing.record is not None


def test_only_what_was_asked_for_is_read_unless_one_object_holds_the_others(lake: Lake) -> None:
    for promotion, names in (("each by itself", ["a.csv"]), ("all or nothing", ["a.csv", "b.csv"])):
        policy = {**POLICY, "promotion": promotion}
        gate = Gate(lake, OUTCOMES, run=Run("synthea", promotion[:3]), policy=policy).over()
        landing = read_landing(lake.s3, lake.bronze, gate.run, {gate.key("a.csv")}, ())
        assert landing is not None
        decided, places = read_decided(lake.s3, lake.bronze, lake.silver, landing)
        assert ([one.name for one in decided.manifest], sorted(decided.entries)) == (names, names)
        assert {bucket for bucket, _, _ in places["a.csv"]} == {lake.bronze, lake.silver}
        assert (lake.bronze, gate.key("a.csv")) in decided.evidence


def test_run_that_has_decided_nothing_has_no_plan_and_no_proof(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land()
    landing = read_landing(lake.s3, lake.bronze, gate.run, {gate.key("a.csv")}, ())
    assert landing is not None
    decided, _ = read_decided(lake.s3, lake.bronze, lake.silver, landing)
    assert (decided.has_plan, decided.outcome("a.csv"), decided.evidence) == (False, None, {})
