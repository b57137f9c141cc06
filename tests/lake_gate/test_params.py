"""The trigger form: what a run may choose, and the defaults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import ParamValidationError

from lake_gate.errors import FinalGateError, ParamsError, PolicyError
from lake_gate.feed import Feed
from lake_gate.params import check_params, run_params

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
        {"policy": "unknown"},
        {"max_scan_usd": -1},
        {"max_scan_usd": 0},
        {"dry_run": "perhaps"},
    ],
    ids=str,
)
def test_choice_that_makes_no_sense_is_refused(choice: dict[str, Any]) -> None:
    with pytest.raises(ParamValidationError):
        chosen(**choice)


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ({"sourc": "a"}, "'sourc': not a parameter; the parameters are dry_run, max_scan_usd"),
        ({"source": " a ", "reprocess_held": "*"}, "source and reprocess_held exclude each other"),
        ({"max_scan_usd": float("nan")}, "max_scan_usd: not a positive number"),
        ({"x" * 100_000: 1}, "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...': not a parameter"),
        ({"max_scan_usd": float("inf")}, "max_scan_usd: not a positive number"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_by_name(choice: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParamsError, match="Nothing was landed") as refused:
        check_params(FEED, {**chosen(), **choice}, choice)  # Airflow adds what it does not know to the params
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    "choice", [{}, None, {"source": "a"}, {"max_scan_usd": 10**400}, {"source": " ", "reprocess_held": "*"}]
)
def test_parameters_that_fit_are_accepted(choice: dict[str, Any] | None) -> None:
    check_params(FEED, {**chosen(), **(choice or {})}, choice)


@pytest.fixture
def policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/clean_only.json").write_text("{}")
    (tmp_path / "policies/other.json").write_text("[")
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    return tmp_path / "policies"


def test_policy_that_is_not_valid_stops_the_run_and_not_the_dag(policies: Path) -> None:
    assert run_params(FEED)["policy"].schema["enum"] == ["clean_only", "other"]
    with pytest.raises(PolicyError, match=r"clean_only\.json"):
        check_params(FEED, chosen(), {})


def test_policy_of_the_feed_is_a_choice_although_its_file_is_missing(policies: Path) -> None:
    (policies / "clean_only.json").unlink()
    assert chosen()["policy"] == "clean_only"


@pytest.mark.parametrize("name", ["policy", "quarantine_threshold", "promotion", "reprocess_held"])
def test_every_choice_has_a_label(name: str) -> None:
    schema = run_params(FEED)[name].schema
    assert {"null" if value is None else value for value in schema["enum"]} == schema["values_display"].keys()


@pytest.mark.parametrize("of_feed", [True, False])
def test_policy_that_masks_is_refused_in_a_feed_without_a_masking_spec(of_feed: bool) -> None:
    feed = replace(FEED, policy="deidentified") if of_feed else FEED
    choice = {} if of_feed else {"policy": "deidentified"}
    with pytest.raises(ParamsError, match="deidentified has rules that mask, and the feed clinic has no masking spec"):
        check_params(feed, {**chosen(), "policy": "deidentified"}, choice)
    check_params(replace(feed, masking="synthea_safe_harbor"), {**chosen(), "policy": "deidentified"}, choice)


def test_masking_spec_that_is_missing_is_named_before_anything_is_landed() -> None:
    with pytest.raises(FinalGateError, match=r"masking/unknown\.json"):
        check_params(replace(FEED, masking="unknown"), chosen(), {})
