"""JSON Lines of dataclasses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lake_gate import jsonl
from lake_gate.delivery.manifest import LandedObject
from tests.builders import landed


@given(st.lists(st.builds(LandedObject), max_size=5))
def test_what_was_dumped_is_loaded_again(items: list[LandedObject]) -> None:
    assert jsonl.load(LandedObject, jsonl.dump(items)) == items


def test_line_separators_inside_a_name_do_not_split_a_line() -> None:
    item = landed("a\u2028b\x85c\nd.csv")
    assert jsonl.dump([item]).count(b"\n") == 1
    assert jsonl.load(LandedObject, jsonl.dump([item])) == [item]
