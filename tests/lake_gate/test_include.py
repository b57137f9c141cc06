"""Where the files of include/ are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lake_gate.errors import FinalGateError, PolicyError, SuppressionRuleError
from lake_gate.include import include_path, read_feeds, read_job_spec, read_policy, read_suppression_rules
from tests.conftest import REPO


def test_files_lie_beside_the_dags_in_the_repo() -> None:
    assert include_path("identifiers") == str(REPO / "include" / "identifiers")
    assert read_job_spec("synthea_one_time")["jobType"] == "ONE_TIME"


def test_folder_of_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "job_specs").mkdir()
    (tmp_path / "job_specs" / "synthea_one_time.json").write_text('{"name": "mine"}')
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    assert read_job_spec("synthea_one_time") == {"name": "mine"}


def test_file_that_is_nowhere_is_an_error_that_says_where_it_was_looked_for() -> None:
    with pytest.raises(FinalGateError, match=str(REPO)):
        include_path("job_specs/nothing.json")


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
    with pytest.raises(PolicyError, match=r"policies/a\.json is no policy"):
        read_policy("a")


def test_feed_whose_file_is_wrong_is_named_and_stops_no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "clinic.json").write_text('{"owner": "clinic", "schedule": null}')
    (feeds / "half.json").write_text('{"owner": ')
    (feeds / "wrong.json").write_text('{"owner": "x", "schedule": null, "polcy": "default"}')
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    found, errors = read_feeds()
    assert [feed.name for feed in found] == ["clinic"]
    half, wrong = map(str, errors)
    assert f"{feeds / 'half.json'} is no feed" in half
    assert "'polcy' was unexpected" in wrong


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "suppression_rules").mkdir()
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    return tmp_path / "suppression_rules"


RULE = {
    "name": "rule",
    "findingCriteria": {"criterion": {"type": {"eq": ["x"]}}},
    "owner": "a",
    "reason": "b",
    "expires_on": "2000-01-01",
}


def test_all_suppression_rules_are_read_also_expired_ones(rules: Path) -> None:
    for name in ("b", "a"):
        (rules / f"{name}.json").write_text(json.dumps({**RULE, "name": f"rule {name}"}))
    (rules / "README.md").write_text("no rule")
    assert [rule.name for rule in read_suppression_rules()] == ["rule a", "rule b"]


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({**RULE, "owner": ""})])
def test_wrong_suppression_rule_is_an_error_that_names_its_file(rules: Path, content: str) -> None:
    (rules / "a.json").write_text(content)
    with pytest.raises(SuppressionRuleError, match=r"suppression_rules/a\.json is no suppression rule"):
        read_suppression_rules()


def test_two_suppression_rules_of_one_name_are_an_error(rules: Path) -> None:
    for name in ("a", "b"):
        (rules / f"{name}.json").write_text(json.dumps(RULE))
    with pytest.raises(SuppressionRuleError, match=r"b\.json .*'rule' is the name of another rule"):
        read_suppression_rules()


@pytest.mark.parametrize("name", ["../feeds/synthea", "a/b", "", "A", "a.json", "a\n"])
def test_what_is_not_the_name_of_a_policy_never_becomes_a_path(name: str) -> None:
    with pytest.raises(PolicyError, match="a policy is named by"):
        read_policy(name)
