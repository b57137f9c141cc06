"""Runs whose documents are damaged."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.model.run import Run
from tests.lake import Lake
from tests.lake_gate.finding_events.deciding.decide import decide
from tests.lake_gate.finding_events.world import Gate, finding

DAMAGE: dict[str, Any] = {
    "plan.json": b'{"decisions": "x", "po',
    "manifest.jsonl": b'{"name": "a.csv", "of": "other code"}\n',
    "record.json": b"[]",
    "results.jsonl.gz": b"\x1f\x8b\x08damaged",
    "reused.jsonl": b"{}\n",
    "amendments/e.jsonl": b"{}\n",
}


@pytest.mark.parametrize("document", [*DAMAGE, "decisions.jsonl"])
def test_damaged_run_affects_no_other_run_and_its_severe_objects_are_withdrawn(
    lake: Lake, gate: Gate, document: str
) -> None:
    damaged = Gate(lake, {"x.csv": "promote", "y.csv": "promote"}, run=Run("synthea", "damaged")).over()
    if document in DAMAGE:
        damaged.write(document, DAMAGE[document])
    else:
        (version,) = lake.versions(lake.bronze, damaged.run.document(document))
        lake.s3.delete_object(Bucket=lake.bronze, Key=damaged.run.document(document), VersionId=version)
    severities = {damaged.key("x.csv"): "High", damaged.key("y.csv"): "Low", gate.key("a.csv"): "High"}
    actions = {one.key: one for one in decide(lake, *(finding(lake, lake.silver, *one) for one in severities.items()))}
    assert actions[gate.key("a.csv")].status == "move"
    severe, mild = actions[damaged.key("x.csv")], actions[damaged.key("y.csv")]
    assert (severe.status, severe.stricter_decision.outcome, mild.status) == ("move", "quarantine", "failed")
    assert document.partition(".")[0].partition("/")[0] in severe.damaged
    assert mild.why.startswith("damaged_")
