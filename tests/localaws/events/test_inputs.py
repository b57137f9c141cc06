"""The input of a target."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localaws.events.inputs import text_for

EVENT: dict[str, Any] = {
    "id": "1",
    "detail-type": "EC2 Instance",
    "detail": {
        "state": "RUNNING",
        "quoted": 'a "b"',
        "count": 3,
        "tags": ["a", "b"],
        "owner": {"name": "x"},
        "disks": [{"id": "d1"}, {"id": "d2"}],
    },
}


def _transformed(template: str, **paths: str) -> str:
    transformer = {"InputTemplate": template, "InputPathsMap": paths}
    return text_for({"InputTransformer": transformer}, EVENT, {"aws.events.rule-name": "rule"})


def test_the_event_is_sent_when_the_target_says_nothing() -> None:
    assert json.loads(text_for({}, EVENT, {})) == EVENT


def test_the_constant_is_sent_as_it_stands() -> None:
    assert text_for({"Input": '{"a": 1}'}, EVENT, {}) == '{"a": 1}'


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.detail.owner", '{"name":"x"}'),
        ("$.detail.state", '"RUNNING"'),
        ("$.detail-type", '"EC2 Instance"'),
        ("$.detail.disks[1].id", '"d2"'),
        ("$.detail.disks[*].id", '["d1","d2"]'),
        ("$.detail.disks[9].id", "null"),
        ("$.missing", "null"),
    ],
)
def test_the_part_at_the_path_is_sent(path: str, expected: str) -> None:
    assert text_for({"InputPath": path}, EVENT, {}) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('"It is <state>"', '"It is RUNNING"'),
        ('  "It is <state>"\n', '"It is RUNNING"'),
        ('"It is <missing>"', '"It is "'),
        ('"It is <quoted>"', '"It is a \\"b\\""'),
        ('"It is <owner> and <tags>"', '"It is {name:x} and [a,b]"'),
        ('"one <state>"\n"two <count>"', '"one RUNNING"\n"two 3"'),
        ("It is <state>, <quoted>", 'It is RUNNING, a "b"'),
        ('{"state": <state>, "n": <count>}', '{"state": "RUNNING", "n": 3}'),
        ('{"state": "<state>", "said": "is \\"<state>\\""}', '{"state": "RUNNING", "said": "is \\"RUNNING\\""}'),
        ('{"owner": <owner>, "tags": <tags>}', '{"owner": {"name":"x"}, "tags": ["a","b"]}'),
        ('{"missing": <missing>}', '{"missing": ""}'),
        ('"<aws.events.rule-name> fired"', '"rule fired"'),
        ('"<b>bold</b>"', '"<b>bold</b>"'),
    ],
)
def test_a_template_has_texts_within_quotes_and_json_outside_of_them(template: str, expected: str) -> None:
    paths = {name: f"$.detail.{name}" for name in ("state", "quoted", "count", "tags", "owner", "missing")}
    assert _transformed(template, **paths) == expected
