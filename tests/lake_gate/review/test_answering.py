"""Answers as Airflow reports them: whatever is not right counts as nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lake_gate.review.answering import answer_of
from lake_gate.review.request import APPROVE, REFUSE, Answer, counted
from tests.lake_gate.review.requests import NOW, make_request

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
RIGHT: dict[str, Any] = {
    "chosen_options": [APPROVE],
    "params_input": {},
    "responded_at": AT,
    "responded_by_user": {"id": "2", "name": "bob"},
    "timedout": False,
}

WRONG: list[dict[str, Any]] = [
    {"chosen_options": []},
    {"chosen_options": None},
    {"chosen_options": APPROVE},
    {"chosen_options": ["approve"]},
    {"chosen_options": ["Maybe"]},
    {"chosen_options": [APPROVE, REFUSE]},
    {"chosen_options": [APPROVE, APPROVE]},
    {"chosen_options": [[APPROVE]]},
    {"responded_by_user": None},
    {"responded_by_user": "bob"},
    {"responded_by_user": {}},
    {"responded_by_user": {"id": "2"}},
    {"responded_by_user": {"id": "2", "name": ["bob"]}},
    {"responded_by_user": {"id": "2", "name": "bob\nann"}},
    {"responded_by_user": {"id": "2", "name": "b" * 1000}},
    {"responded_at": None},
    {"responded_at": "yesterday"},
    {"responded_at": "2026-11-29T12:00:00"},
    {"responded_at": AT.replace(tzinfo=None)},
    {"responded_at": 1},
]


def test_answer_has_the_option_the_user_and_the_time() -> None:
    assert answer_of(RIGHT) == Answer(APPROVE, "bob", "2", NOW)
    assert answer_of({**RIGHT, "chosen_options": (REFUSE,)}) == Answer(REFUSE, "bob", "2", NOW)
    assert answer_of({**RIGHT, "responded_at": "2026-11-29T13:00:00+01:00"}) == Answer(APPROVE, "bob", "2", NOW)


@pytest.mark.parametrize("event", [{**RIGHT, "timedout": True}, {"error": "x", "error_type": "timeout"}])
def test_no_answer_in_time_is_none(event: dict[str, Any]) -> None:
    assert answer_of(event) is None


@pytest.mark.parametrize(
    "event",
    [
        None,
        "Approve",
        {},
        {"error": "x", "error_type": "validation"},
        *({**RIGHT, **change} for change in WRONG),
    ],
)
def test_answer_that_is_not_complete_does_not_count(event: Any) -> None:
    answer = answer_of(event)
    assert answer is not None
    assert counted(make_request(), [answer]) == []
