"""Objects of one run: left to it while it runs or is dry, decided about once it is over."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.lake import Lake
from tests.lake_gate.finding_events.deciding.decide import OUTCOMES, decide
from tests.lake_gate.finding_events.world import Gate, finding


def test_object_of_a_running_run_is_left_to_it_until_its_deadline(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land()
    found = finding(lake, lake.bronze, gate.key("a.csv"))
    assert [one.status for one in decide(lake, found)] == ["left_to_its_run"]
    assert [one.status for one in decide(lake, found, run_deadline=timedelta(0))] == ["move"]
    mild = finding(lake, lake.bronze, gate.key("a.csv"), "Medium")
    assert [one.status for one in decide(lake, mild, run_deadline=timedelta(0))] == ["left"]


def test_object_of_a_dry_run_is_left(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land().decide()
    gate.write("record.json", b'{"dry_run": true}')
    (action,) = decide(lake, finding(lake, lake.bronze, gate.key("a.csv")))
    assert (action.status, action.why) == ("left", "dry_run")


def test_finding_that_its_run_has_decided_with_is_known(lake: Lake, gate: Gate) -> None:
    own = finding(lake, lake.bronze, gate.key("a.csv"), "Medium")
    gate.write("findings.jsonl", b'{"id": "%s"}\n' % own["id"].encode())
    assert [action.status for action in decide(lake, own)] == ["decided_with_by_its_run"]


def test_dry_run_in_a_record_does_not_count_when_the_run_has_moved_objects(lake: Lake, gate: Gate) -> None:
    record = lake.document(gate.run.document("record.json"))
    gate.write("record.json", json.dumps({**record, "dry_run": True}).encode())
    (action,) = decide(lake, finding(lake, lake.silver, gate.key("a.csv")))
    assert (action.status, action.feed) == ("move", "synthea")


@pytest.mark.parametrize("layer", ["silver", "bronze"])
def test_copy_in_silver_of_an_object_of_a_dry_run_leaves_it(lake: Lake, layer: str) -> None:
    gate = Gate(lake, {"a.csv": "promote"}).land().decide()
    gate.write("run.json", b'{"dry_run": true}')
    gate.write("record.json", b'{"dry_run": true}')
    lake.put(lake.silver, gate.key("a.csv"), b"a.csv")
    actions = decide(lake, finding(lake, getattr(lake, layer), gate.key("a.csv"), "Medium"))
    moved = [(one.bucket, one.stricter_decision.outcome, one.feed) for one in actions if one.status == "move"]
    assert moved == [(lake.silver, "hold", "")]
