"""The trigger form: its defaults ask for nothing that moves a file, and odd input is refused."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowException

from lake_gate.errors import ReviewParamsError
from lake_gate.review.form import check_params, review_params

RIGHT = {"run": "1", "files": ["a.csv"], "reason": "why"}


def test_defaults_ask_to_keep_the_files() -> None:
    values = validated({"reason": "why"})
    assert (values["asked"], values["files"], values["exception_scope"]) == ("keep", [], "files")


def validated(change: dict[str, Any]) -> Any:
    params = ParamsDict(review_params())
    params.update(change)
    return params.validate()


@pytest.mark.parametrize(
    "change",
    [
        {"feed": "../other"},
        {"asked": "delete"},
        {"asked": "release "},
        {"files": "a.csv"},
        {"files": ["a.csv"] * 101},
        {"files": [""]},
        {"reason": "two\nlines"},
        {"reason": "a line\n"},
        {"reason": "x" * 1001},
        {"reason": ""},
        {"reason": " \t"},
        {"reason": "   "},
        {"reason": "\u00a0\u3000"},
        {},  # no run starts without a reason
        {"answer_within_hours": 0},
        {"answer_within_hours": 24 * 30 + 1},
        {"most": 0},
        {"most": 1_000_001},
        {"until": "soon"},
        {"exception_scope": "feed"},
        {"exception_kind": "whatever"},
    ],
)
def test_value_outside_of_its_schema_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((ValueError, AirflowException)):
        validated({"reason": "why", **change} if change else {})


@pytest.mark.parametrize("reason", ["x", "  public organisations ", "öffentliche Häuser", "y" * 1000])
def test_a_reason_is_a_line_that_is_not_blank(reason: str) -> None:
    assert validated({"reason": reason})["reason"] == reason


@pytest.mark.parametrize("name", ["run", "files", "reason"])
def test_what_every_request_needs_is_not_empty(name: str) -> None:
    with pytest.raises(ReviewParamsError, match=f"{name}: it is empty. Nothing was asked"):
        check_params({**RIGHT, name: type(RIGHT[name])()}, {})
    with pytest.raises(ReviewParamsError, match="reason"):
        check_params({**RIGHT, "reason": "  "}, {})


def test_unknown_parameter_is_refused_without_an_echo() -> None:
    check_params(RIGHT, {"run": "1"})
    check_params(RIGHT, None)
    with pytest.raises(ReviewParamsError, match="1 of them are not parameters") as caught:
        check_params(RIGHT, {"aproved": "x"})
    assert "aproved" not in str(caught.value)
