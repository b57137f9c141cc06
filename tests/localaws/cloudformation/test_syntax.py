"""Templates in YAML and JSON."""

from __future__ import annotations

import json

import pytest
from moto.cloudformation.exceptions import ValidationError

from localaws.cloudformation.syntax import parse


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!GetAtt A.B", {"Fn::GetAtt": ["A", "B"]}),
        ("!GetAtt A.Outputs.B", {"Fn::GetAtt": ["A", "Outputs.B"]}),
        ("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}),
        ("!Sub 'a-${A}'", {"Fn::Sub": "a-${A}"}),
        ("!If [C, !Ref A, !Sub b]", {"Fn::If": ["C", {"Ref": "A"}, {"Fn::Sub": "b"}]}),
        ("!Not [!Condition C]", {"Fn::Not": [{"Condition": "C"}]}),
        ("!Base64 {Ref: A}", {"Fn::Base64": {"Ref": "A"}}),
        ("2012-10-17", "2012-10-17"),
    ],
)
def test_short_form_is_its_long_form(short: str, long: object) -> None:
    assert parse(f"A: {short}") == {"A": long}


def test_json_is_read_with_tabs() -> None:
    assert parse(json.dumps({"A": {"B": 1}}, indent="\t")) == {"A": {"B": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "A: [",
        "A: !!python/object/apply:os.getcwd []",
        "A: &a [b]\nB: *a",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]",
        "[" * 100_000,
    ],
    ids=["not closed", "a Python object", "an alias", "aliases of aliases", "too deep"],
)
def test_text_is_refused_and_not_executed(text: str) -> None:
    with pytest.raises(ValidationError):
        parse(text)
