"""Moving a chunk: what it returns, and that its documents are those of the run it belongs to."""

from __future__ import annotations

from lake_gate.moving.chunks import move_chunk
from lake_gate.moving.operators import MoveOperator
from tests.lake import Lake
from tests.lake_gate.steps import RUN, decide, gate, landed_with_medium


def test_moved_objects_are_the_lines_of_the_ledger(lake: Lake) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake, "Medium")["quarantine"]
    (moved,) = move_chunk(gate(lake, MoveOperator, outcome="quarantine", chunk=chunk), RUN)
    (line,) = lake.lines(RUN.document("moves/quarantine-0.jsonl"))
    assert (line["name"], line["version_id"]) == (moved.name, moved.version_id)
    assert lake.versions(lake.quarantine, "synthea/1/a.csv") == [moved.version_id]
