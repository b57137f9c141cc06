"""The plan of the actions: whole runs in a chunk, few chunks, everything in it once."""

from __future__ import annotations

import json
from typing import Any

from lake_gate.finding_events.action import Action, Status
from lake_gate.finding_events.chunks import MOST_CHUNKS, Chunk, plan


def action(folder: str, name: str, status: str = Status.MOVE, **more: Any) -> Action:
    feed = "synthea" if folder else ""
    return Action("silver", f"synthea/{folder}/{name}", "v", {"f": "High"}, status, "", feed, folder, **more)


def lines_of(content: bytes, chunk: Chunk) -> list[Any]:
    return [json.loads(line) for line in content[chunk.start : chunk.start + chunk.size].splitlines()]


def test_chunk_has_one_run_and_all_of_it() -> None:
    content, chunks = plan([action("2", "a"), action("1", "b"), action("2", "c"), action("", "d")])
    assert [chunk.of for chunk in chunks] == ["around the gate", "synthea/1", "synthea/2"]
    assert [[one["key"][-1] for one in lines_of(content, chunk)] for chunk in chunks] == [["d"], ["b"], ["a", "c"]]


def test_actions_without_a_move_come_after_the_chunks() -> None:
    content, chunks = plan([action("1", "a", Status.STANDS), action("1", "b")])
    assert [json.loads(line)["key"][-1] for line in content.splitlines()] == ["b", "a"]
    assert sum(chunk.size for chunk in chunks) < len(content)


def test_runs_share_chunks_when_there_are_too_many() -> None:
    content, chunks = plan(action(f"{number:04}", "a") for number in range(3 * MOST_CHUNKS + 1))
    assert len(chunks) <= MOST_CHUNKS
    assert chunks[0].of == "synthea/0000 and 3 more"
    assert sum(len(lines_of(content, chunk)) for chunk in chunks) == 3 * MOST_CHUNKS + 1


def test_nothing_to_do_makes_no_chunk() -> None:
    assert plan([]) == (b"", [])
