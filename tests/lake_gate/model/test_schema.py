"""The shape of files: every place that is wrong is named, in one order."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.model.schema import iter_problems, iter_redacted_problems

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "rules": {"type": "array", "items": {"enum": [1, 2]}}},
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        ({"name": "a", "rules": [1, 2]}, []),
        ({"rules": [1]}, ["$: 'name' is a required property"]),
        ({"rules": [3], "name": 1}, ["name: 1 is not of type 'string'", "rules[0]: 3 is not one of [1, 2]"]),
        ([], ["$: [] is not of type 'object'"]),
    ],
)
def test_every_place_that_is_wrong_is_named(content: Any, problems: list[str]) -> None:
    assert list(iter_problems(SCHEMA, content)) == problems


def test_misfit_says_where_and_what_was_expected_and_nothing_of_the_content() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}
    assert list(iter_redacted_problems(schema, {"a": [1, "cell 4711"]})) == ["$.a[1]: expected type 'integer'"]
    assert list(iter_redacted_problems(schema, {"a": [1]})) == []


def test_misfit_shows_no_name_of_the_content() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": {"type": "integer"}}}}
    assert list(iter_redacted_problems(schema, {"a": {"cell 4711": "x"}})) == ["$.a.*: expected type 'integer'"]
