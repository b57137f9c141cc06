"""Objects of runs that are over: decided again by the policy of their run."""

from __future__ import annotations

import json

from tests.lake import Lake
from tests.lake_gate.finding_events.deciding.decide import decide
from tests.lake_gate.finding_events.world import Gate, finding


def test_decision_depends_on_the_place_of_the_object_and_the_severity(lake: Lake, gate: Gate) -> None:
    silver, bronze = lake.silver, lake.bronze
    cases = [
        (silver, gate.key("a.csv"), "High", "move", "quarantine"),
        (silver, gate.key("a.csv"), "Medium", "stands", None),
        (bronze, gate.key("b.csv"), "High", "move", "quarantine"),
        (bronze, f"held/{gate.key('c.csv')}", "High", "move", "quarantine"),
        (bronze, f"held/{gate.key('c.csv')}", "Low", "stands", None),
    ]
    for bucket, key, severity, status, outcome in cases:
        (action,) = decide(lake, finding(lake, bucket, key, severity))
        decided = action.decision["outcome"] if action.decision else None
        assert (action.status, decided) == (status, outcome), (key, severity)
        assert (action.feed, action.folder) == ("synthea", "1")


def test_all_findings_about_an_object_make_one_action_and_the_most_severe_decides(lake: Lake, gate: Gate) -> None:
    of_two = [
        finding(lake, bucket, gate.key("a.csv"), s) for bucket, s in ((lake.silver, "Low"), (lake.bronze, "High"))
    ]
    (action,) = decide(lake, *of_two)
    assert (action.status, sorted(action.findings.values())) == ("move", ["High", "Low"])


def test_quarantined_object_is_isolated_already(lake: Lake, gate: Gate) -> None:
    landed = gate.objects["d.csv"]
    (action,) = decide(lake, finding(lake, lake.bronze, landed.key, version=landed.version_id))
    assert action.status == "isolated_already"


def test_finding_that_its_run_has_and_that_its_decision_contradicts_is_acted_on(lake: Lake, gate: Gate) -> None:
    own = finding(lake, lake.bronze, gate.key("a.csv"), "High")
    gate.write("findings.jsonl", json.dumps(own).encode())
    (action,) = decide(lake, own)
    assert (action.status, action.stricter_decision.outcome) == ("move", "quarantine")


def test_copy_in_silver_of_a_quarantined_object_leaves_it(lake: Lake, gate: Gate) -> None:
    lake.put(lake.silver, gate.key("d.csv"), b"d.csv")
    (action,) = decide(lake, finding(lake, lake.silver, gate.key("d.csv"), "Low"))
    assert (action.status, action.stricter_decision.outcome) == ("move", "hold")


def test_run_whose_policy_is_gone_is_decided_about_by_the_default_one_and_its_own_threshold(lake: Lake) -> None:
    policy = {"name": "gone", "sha256": "s", "quarantine_threshold": "Medium", "promotion": "each by itself"}
    gate = Gate(lake, {"a.csv": "promote"}, policy=policy).over()
    (action,) = decide(lake, finding(lake, lake.silver, gate.key("a.csv"), "Medium"))
    assert action.stricter_decision.outcome == "quarantine"


def test_copy_in_silver_of_a_held_object_leaves_it_whichever_copy_macie_has_analyzed(lake: Lake, gate: Gate) -> None:
    lake.put(lake.silver, gate.key("c.csv"), b"c.csv")
    actions = decide(lake, finding(lake, lake.bronze, f"held/{gate.key('c.csv')}", "Low"))
    assert {(one.status, one.bucket) for one in actions} == {("stands", lake.bronze), ("move", lake.silver)}
