"""Chunks: byte ranges that contain every decision once."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from lake_gate.decision import plan
from lake_gate.decision.decision import Decision
from lake_gate.decision.policy import Outcome
from tests.builders import decided
from tests.json_lines import load


def test_chunks_are_byte_ranges_of_the_decisions_grouped_by_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CHUNK_OBJECTS", 2)
    outcomes = ["hold", "promote", "quarantine", "promote", "promote", "hold"]
    decisions = [decided(f"{i}é", outcome) for i, outcome in enumerate(outcomes)]
    content, chunks = plan.plan(decisions)
    assert {outcome: len(planned) for outcome, planned in chunks.items()} == {
        "promote": 2,
        "mask": 0,
        "quarantine": 1,
        "hold": 1,
    }
    for outcome, planned in chunks.items():
        read = [d for start, size in planned for d in load(Decision, content[start : start + size])]
        assert [d.outcome for d in read] == [outcome] * Counter(outcomes)[outcome]
    assert set(chunks) == {outcome.value for outcome in Outcome}


@pytest.mark.parametrize("objects", [0, 1, 99, 100, 101, 1000])
def test_chunks_grow_with_the_delivery_and_their_number_does_not(monkeypatch: pytest.MonkeyPatch, objects: int) -> None:
    monkeypatch.setattr(plan, "CHUNK_OBJECTS", 1)
    content, chunks = plan.plan(decided(f"{i}", outcome) for i in range(objects) for outcome in ("promote", "hold"))
    for outcome in ("promote", "hold"):
        assert len(chunks[outcome]) <= plan.MOST_CHUNKS
        assert sum(content[start : start + size].count(b"\n") for start, size in chunks[outcome]) == objects


def test_plan_fits_into_xcom_with_the_largest_offsets() -> None:
    chunks = dict.fromkeys(("promote", "quarantine", "hold"), [[10**10, 10**8]] * plan.MOST_CHUNKS)
    assert len(json.dumps(chunks)) < 8192
