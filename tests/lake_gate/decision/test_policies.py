"""Choice of the policy for a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lake_gate.decision.policies import choose_policy, policy_of, read_policy
from lake_gate.decision.policy import Promotion
from lake_gate.errors import DamagedDocumentError, PolicyError
from lake_gate.model.evidence import Severity
from tests.lake_gate.decision.test_basis import ASKED


def test_policy_of_the_feed_and_of_the_run_are_both_described_and_read_back() -> None:
    policy, described = choose_policy("default", "clean_only", Severity.MEDIUM, Promotion.ALL_OR_NOTHING)
    assert (described["name"], described["also"]["name"]) == ("default", "clean_only")
    assert (policy.quarantine_threshold, policy.promotion) == (Severity.MEDIUM, Promotion.ALL_OR_NOTHING)
    assert policy_of({"policy": json.loads(json.dumps(described))}) == policy
    assert [further.name for further in policy.also] == ["clean_only"]


def test_run_that_names_the_policy_of_its_feed_uses_only_that() -> None:
    policy, described = choose_policy("clean_only", "clean_only", *ASKED)
    assert (policy.also, "also" in described) == ((), False)


def test_policy_whose_file_is_gone_is_replaced_by_the_default_one() -> None:
    described = {"name": "gone", "quarantine_threshold": "High", "promotion": "each by itself"}
    assert policy_of({"policy": described}) == read_policy("default")[0]
    also = {**described, "name": "clean_only", "also": {"name": "../gone"}}
    assert [further.name for further in policy_of({"policy": also}).also] == ["default"]
    assert policy_of({}) == read_policy("default")[0]


@pytest.mark.parametrize(
    "described",
    [
        *(
            None,
            [],
            {},
            {"name": 1},
            {"name": "default", "quarantine_threshold": "high", "promotion": "all or nothing"},
        ),
        {"name": "default", "quarantine_threshold": "High", "promotion": "each by itself", "also": "clean_only"},
    ],
)
def test_plan_without_a_valid_policy_is_damaged(described: Any) -> None:
    with pytest.raises(DamagedDocumentError, match=r"plan\.json .*policy"):
        policy_of({"decisions": "v", "policy": described})


def test_wrong_policy_of_the_run_is_an_error_although_the_one_of_the_feed_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "policies").mkdir()
    good = {"quarantine_threshold": "High", "promotion": "each by itself", "rules": []}
    (tmp_path / "policies/good.json").write_text(json.dumps(good))
    (tmp_path / "policies/bad.json").write_text("{}")
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    with pytest.raises(PolicyError, match=r"bad\.json"):
        choose_policy("good", "bad", *ASKED)


@pytest.fixture
def policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "policies").mkdir()
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    return tmp_path / "policies"


def test_policy_is_read_with_a_hash_that_layout_does_not_change(policies: Path) -> None:
    (policies / "a.json").write_text('{"quarantine_threshold": "Low", "promotion": "each by itself", "rules": []}')
    (policies / "b.json").write_text('{"rules":[],\n"promotion":"each by itself","quarantine_threshold":"Low"}')
    (policies / "c.json").write_text('{"rules":[],"promotion":"each by itself","quarantine_threshold":"High"}')
    (a, of_a), (_, of_b), (_, of_c) = map(read_policy, "abc")
    assert (a.name, a.quarantine_threshold) == ("a", "Low")
    assert of_a == of_b != of_c


@pytest.mark.parametrize("content", ["", "{", '{"rules": []}'])
def test_wrong_policy_is_an_error_that_names_its_file(policies: Path, content: str) -> None:
    (policies / "a.json").write_text(content)
    with pytest.raises(PolicyError, match=r"policies/a\.json is not a valid policy"):
        read_policy("a")


@pytest.mark.parametrize("name", ["../feeds/synthea", "a/b", "", "A", "a.json", "a\n"])
def test_text_that_is_not_the_name_of_a_policy_never_becomes_a_path(name: str) -> None:
    with pytest.raises(PolicyError, match="the name of a policy contains only"):
        read_policy(name)
