"""One entry per landed object, from all documents of a run."""

from __future__ import annotations

import json

import pytest

from lake_gate.decision.amendments import Amendment, Amendments
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.manifest import Moved
from lake_gate.model.run import Run
from lake_gate.recording.entries import iter_run_entries, write_objects, zip_with_entries
from lake_gate.recording.record import Totals
from tests.builders import decided, landed
from tests.lake import Lake
from tests.lake_gate.finding_events.world import Gate


def test_entries_follow_the_run_as_far_as_it_has_come(lake: Lake) -> None:
    gate = Gate(lake, {"a.csv": "promote", "b.csv": "hold"}).land()

    def entries() -> list[tuple[str | None, bool]]:
        found = lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix=gate.run.documents)
        has_plan = any(item["Key"].endswith("plan.json") for item in found["Contents"])
        basis = lake.document(gate.run.document("plan.json")) if has_plan else {}
        all_of = iter_run_entries(lake.s3, lake.bronze, gate.run, basis, Amendments(), dry_run=False)
        return [(entry["outcome"], entry["now"] is not None) for entry in all_of]

    assert entries() == [(None, False), (None, False)]
    gate.decide()
    assert entries() == [("promote", False), ("hold", False)]
    gate.move()
    assert entries() == [("promote", True), ("hold", True)]


def test_document_has_what_was_amended_and_is_counted(lake: Lake) -> None:
    gate = Gate(lake, {"a.csv": "promote", "b.csv": "hold"}).land().decide().move()
    amendments, totals = Amendments(), Totals()
    amendments.add([Amendment(decided("a.csv", "quarantine"), ["f"], "", "e")], [Moved("a.csv", "q", "k", "v")])
    basis = lake.document(gate.run.document("plan.json"))
    uri = write_objects(lake.s3, lake.bronze, gate.run, basis, amendments, totals, dry_run=False)
    key = uri.removeprefix(f"s3://{lake.bronze}/")
    outcomes = [json.loads(line)["outcome"] for line in lake.read(lake.bronze, key).splitlines()]
    assert outcomes == ["quarantine", "hold"]
    assert dict(totals.outcomes) == {"quarantine": 1, "hold": 1}


def test_objects_are_paired_with_their_entries() -> None:
    manifest = [landed("a.csv"), landed("b.csv")]
    entries = [{"name": "a.csv"}, {"name": "b.csv"}]
    pairs = list(zip_with_entries(manifest, entries, "bronze", Run("synthea", "1")))
    assert pairs == list(zip(manifest, entries, strict=True))


@pytest.mark.parametrize("names", ["", "a", "a b c", "b a", "a 4711"])
def test_entries_of_other_objects_than_the_manifest_has_are_damaged(names: str) -> None:
    entries = [{"name": f"{name}.csv"} for name in names.split()]
    with pytest.raises(DamagedDocumentError, match=r"_runs/synthea/1/objects\.jsonl is damaged: line \d: ") as damage:
        list(zip_with_entries([landed("a.csv"), landed("b.csv")], entries, "bronze", Run("synthea", "1")))
    assert "4711" not in str(damage.value)
