"""Chunks: byte ranges that hold every decision once."""

from __future__ import annotations

from collections import Counter

import pytest

from lake_gate import jsonl, plan
from lake_gate.decision import Decision
from lake_gate.policy import Outcome
from tests.builders import decided


def test_chunks_are_byte_ranges_of_the_decisions_grouped_by_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CHUNK_OBJECTS", 2)
    outcomes = ["hold", "promote", "quarantine", "promote", "promote", "hold"]
    decisions = [decided(f"{i}é", outcome) for i, outcome in enumerate(outcomes)]
    content, chunks = plan.plan(decisions)
    assert {outcome: len(planned) for outcome, planned in chunks.items()} == {"promote": 2, "quarantine": 1, "hold": 1}
    for outcome, planned in chunks.items():
        read = [d for start, size in planned for d in jsonl.load(Decision, content[start : start + size])]
        assert [d.outcome for d in read] == [outcome] * Counter(outcomes)[outcome]
    assert set(chunks) == {outcome.value for outcome in Outcome}
