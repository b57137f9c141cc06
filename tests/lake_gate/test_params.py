"""The trigger form: what a run may choose, and the defaults."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import ParamValidationError

from lake_gate.feed import Feed
from lake_gate.params import run_params

FEED = Feed(name="clinic", owner="clinic", policy="clean_only", max_scan_usd=5)


def chosen(**choice: Any) -> dict[str, Any]:
    params = ParamsDict({**run_params(FEED)})
    params.update(choice)
    validated: dict[str, Any] = params.validate()
    return validated


def test_scheduled_run_takes_the_values_of_its_feed() -> None:
    assert chosen() == {
        "source": None,
        "reprocess_held": None,
        "policy": "clean_only",
        "quarantine_threshold": "High",
        "promotion": "each by itself",
        "max_scan_usd": 5,
        "dry_run": False,
    }


@pytest.mark.parametrize(
    "choice", [{"reprocess_held": "not_analysed"}, {"reprocess_held": "*"}, {"max_scan_usd": None}, {"dry_run": True}]
)
def test_choice_is_taken(choice: dict[str, Any]) -> None:
    assert chosen(**choice).items() >= choice.items()


@pytest.mark.parametrize(
    "choice",
    [
        {"reprocess_held": "clean"},
        {"policy": "../secret"},
        {"quarantine_threshold": "None"},
        {"promotion": "all"},
        {"max_scan_usd": -1},
        {"dry_run": "perhaps"},
    ],
    ids=str,
)
def test_choice_that_makes_no_sense_is_refused(choice: dict[str, Any]) -> None:
    with pytest.raises(ParamValidationError):
        chosen(**choice)
