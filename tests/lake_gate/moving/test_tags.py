"""Tags: which of them are the object's own, and which of the gate's have room."""

from __future__ import annotations

import pytest

from lake_gate.model.run import Run
from lake_gate.moving.tags import combined, gate_tags, own_tags
from tests.builders import decided

RUN = Run("synthea", "1")
GATES = {"run": "1", "decision": "promote", "reason": "clean"}


@pytest.mark.parametrize(
    ("tags", "own"),
    [
        ({}, {}),
        ({"owner": "jo"}, {"owner": "jo"}),
        (GATES, {}),
        ({**GATES, "run": "of yesterday"}, {}),
        ({"run": "1", "owner": "jo"}, {"owner": "jo"}),
        ({"reason": "not_analysed", "owner": "jo"}, {"owner": "jo"}),
        ({"run": "Boston"}, {"run": "Boston"}),
        ({"run": "Boston", "decision": "x", "reason": "y"}, {"run": "Boston", "decision": "x", "reason": "y"}),
        ({"checksum": "c"}, {"checksum": "c"}),
        ({"lake_gate_checksum": "c", "lake_gate_verdict": "reused", "a": "b"}, {"a": "b"}),
    ],
)
def test_tags_that_the_gate_has_given_are_not_the_objects_own(tags: dict[str, str], own: dict[str, str]) -> None:
    assert own_tags(tags, RUN) == own


def test_reason_comes_first_where_an_object_is_held() -> None:
    assert list(gate_tags(decided(outcome="hold"), RUN)) == ["reason", "run", "decision"]
    assert list(gate_tags(decided(outcome="promote"), RUN)) == ["run", "decision", "reason"]


@pytest.mark.parametrize(("room", "names"), [(0, "a"), (1, "a"), (2, "a run"), (4, "a run decision reason")])
def test_own_tags_are_all_kept_whatever_room_there_is(room: int, names: str) -> None:
    assert list(combined({"a": "b"}, GATES, room)) == names.split()
    assert combined({"run": "mine"}, GATES, 10) == {**GATES, "run": "mine"}
