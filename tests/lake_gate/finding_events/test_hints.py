"""Messages of the findings queue: hints, and poison."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake_gate.finding_events.hints import Poison, iter_bodies, parse, parse_all

OURS = {"account_id": "123456789012", "region": "us-east-1"}


def body(**changes: Any) -> str:
    payload = {"finding": "0a" * 16, "account": "123456789012", "region": "us-east-1", "severity": "High"}
    return json.dumps({**payload, **changes})


def test_message_of_a_rule_names_its_finding() -> None:
    assert parse(body(), **OURS) == "0a" * 16


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", Poison.NOT_JSON),
        ("no json", Poison.NOT_JSON),
        ("[" * 2000, Poison.NOT_JSON),
        ("[]", Poison.NO_FINDING_ID),
        ("null", Poison.NO_FINDING_ID),
        ("{}", Poison.NO_FINDING_ID),
        (body(finding=""), Poison.NO_FINDING_ID),
        (body(finding=7), Poison.NO_FINDING_ID),
        (body(finding="two\nlines"), Poison.NO_FINDING_ID),
        (body(finding="x" * 129), Poison.NO_FINDING_ID),
        (body(account="210987654321"), Poison.OTHER_ACCOUNT),
        (body(account=123456789012), Poison.OTHER_ACCOUNT),
        (body(region="eu-west-1"), Poison.OTHER_REGION),
        (body(more="x" * 2048), Poison.TOO_LONG),
    ],
)
def test_message_that_names_none_of_our_findings_is_poison(message: str, reason: Poison) -> None:
    assert parse(message, **OURS) is reason


def test_finding_that_several_messages_name_is_one_hint() -> None:
    taken = parse_all([body(), body(severity="Low"), "x", body(finding="b"), "y"], **OURS)
    assert (taken.finding_ids, taken.duplicates) == (["0a" * 16, "b"], 1)
    assert taken.poison_counts == {"not_json": 2}
    assert [message for message, _ in taken.poisoned] == ["x", "y"]


@pytest.mark.parametrize(
    ("extra", "bodies"),
    [
        ({"payload": {"message_batch": [{"Body": "a", "MessageId": "1"}, {"Body": "b"}]}}, ["a", "b"]),
        (
            {"payload": {"message_batch": [{"Body": {"finding": "x"}}, {}, "text"]}},
            ['{"finding": "x"}', "null", "text"],
        ),
        ({"payload": {"message_batch": "no list"}}, []),
        ({"payload": "by hand"}, []),
        ({}, []),
    ],
)
def test_bodies_are_found_whatever_an_asset_event_looks_like(extra: dict[str, Any], bodies: list[str]) -> None:
    assert list(iter_bodies([extra])) == bodies
