from __future__ import annotations

from typing import Any

import pytest

from lake_gate.display import facts


@pytest.mark.parametrize(
    "content", [None, 3, "text", [], {}, {"a": None}, {"a": [1]}, {"a": {"b": {}}}, {"a": {"b": True}}]
)
def test_members_of_a_wrong_type_count_as_missing(content: Any) -> None:
    assert facts.text(content, "a", "b") == ""
    assert facts.number(content, "a", "b") is None
    assert facts.amount(content, "a", "b") is None
    assert facts.counts(content, "a", "b") == {}
    assert facts.texts(content, "a", "b") == []
    assert facts.mappings(content, "a", "b") == []


def test_members_of_the_right_type_are_returned() -> None:
    content = {
        "a": {"text": "t", "number": 3, "counts": {"x": 1, "y": "2"}, "texts": ["t", 3], "objects": [{"k": 1}, 2]}
    }
    assert facts.text(content, "a", "text") == "t"
    assert (facts.number(content, "a", "number"), facts.amount(content, "a", "number")) == (3, 3.0)
    assert facts.counts(content, "a", "counts") == {"x": 1}
    assert facts.texts(content, "a", "texts") == ["t"]
    assert facts.mappings(content, "a", "objects") == [{"k": 1}]
