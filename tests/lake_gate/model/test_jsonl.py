"""JSON Lines of dataclasses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject
from tests.builders import landed
from tests.json_lines import load


@given(st.lists(st.builds(LandedObject), max_size=5))
def test_what_was_dumped_is_loaded_again(items: list[LandedObject]) -> None:
    assert load(LandedObject, jsonl.dump(items)) == items


def test_line_separators_inside_a_name_do_not_split_a_line() -> None:
    item = landed("a\u2028b\x85c\nd.csv")
    assert jsonl.dump([item]).count(b"\n") == 1
    assert load(LandedObject, jsonl.dump([item])) == [item]


@dataclass(frozen=True)
class Flat:
    text: str
    number: int
    maybe: str | None = None
    is_set: bool = False
    ratio: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    more: Sequence[Mapping[str, str]] = ()


GOOD = {"text": "a", "number": 1}


def test_dataclass_is_read_as_it_was_written() -> None:
    flat = Flat("a", 1, "b", True, 0.5, {"x": 2}, ("n",), [{"k": "v"}])
    assert jsonl.from_dict(Flat, json.loads(json.dumps(asdict(flat)))) == flat
    assert jsonl.from_dict(Flat, {**GOOD, "ratio": 1}) == Flat("a", 1, ratio=1)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"text": 1}, "text has the wrong type"),
        ({"text": None}, "text has the wrong type"),
        ({"number": "1"}, "number has the wrong type"),
        ({"number": True}, "number has the wrong type"),
        ({"number": 1.5}, "number has the wrong type"),
        ({"maybe": []}, "maybe has the wrong type"),
        ({"is_set": 1}, "is_set has the wrong type"),
        ({"ratio": True}, "ratio has the wrong type"),
        ({"counts": []}, "counts has the wrong type"),
        ({"counts": {"x": "2"}}, "counts has the wrong type"),
        ({"names": "text"}, "names has the wrong type"),
        ({"names": [1]}, "names has the wrong type"),
        ({"more": [{"k": 1}]}, "more has the wrong type"),
        ({"cell 4711": 1}, "1 unknown member"),
    ],
)
def test_member_of_another_type_or_name_is_refused_without_its_content(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^not a Flat: {named}") as refused:
        jsonl.from_dict(Flat, {**GOOD, **wrong})
    assert "4711" not in str(refused.value)


@pytest.mark.parametrize("content", [None, [], "text", 1])
def test_what_is_not_an_object_is_not_a_dataclass(content: Any) -> None:
    with pytest.raises(ValueError, match="not an object"):
        jsonl.from_dict(Flat, content)


def test_missing_members_are_named() -> None:
    with pytest.raises(ValueError, match="text is missing, number is missing"):
        jsonl.from_dict(Flat, {})


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b"9" * 5000])
def test_what_is_not_json_is_a_value_error_without_its_content(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not JSON$"):
        jsonl.parse(content)


@pytest.mark.parametrize("content", [b'"\\ud800"', b'["a\\udc00b"]', b'{"\\udfff": 1}'])
def test_text_that_no_document_can_hold_is_not_json(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not JSON$"):
        jsonl.parse(content)
    assert jsonl.parse(b'"\\ud83d\\ude00 \\\\ud800"') == "\U0001f600 \\ud800"


@pytest.mark.parametrize("content", ["[" * 64 + "1" + "]" * 64, "[" + "[]," * 100 + "[]]", '"' + "[" * 100 + '"'])
def test_what_is_nested_as_documents_are_is_read(content: str) -> None:
    assert jsonl.parse(content) == jsonl.parse(content.encode()) == json.loads(content)


@pytest.mark.parametrize("content", ["[" * 66 + "]" * 66, '{"a":' * 66 + "1" + "}" * 66])
def test_what_is_nested_deeper_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match=r"^nested more than 64 levels deep$"):
        jsonl.parse(content)
