"""Choice of the policy for a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lake_gate.decision.policies import choose_policy, policy_of, read_policy
from lake_gate.decision.policy import Facts, Policy, Promotion
from lake_gate.errors import DamagedDocumentError, PolicyError
from lake_gate.model.evidence import Detection, Severity
from tests.lake_gate.decision.test_basis import ASKED


def test_policy_of_the_feed_and_of_the_run_are_both_described_and_read_back() -> None:
    policy, described = choose_policy("default", "clean_only", Severity.MEDIUM, Promotion.ALL_OR_NOTHING)
    assert (described["name"], described["also"]["name"]) == ("default", "clean_only")
    assert (policy.quarantine_threshold, policy.promotion) == (Severity.MEDIUM, Promotion.ALL_OR_NOTHING)
    assert policy_of({"policy": json.loads(json.dumps(described))}) == policy
    assert [further.name for further in policy.also] == ["clean_only"]
    rules = [[rule["name"] for rule in each["content"]["rules"]] for each in (described, described["also"])]
    assert rules == [[rule.name for rule in read_policy(name)[0].rules] for name in ("default", "clean_only")]


def test_run_that_names_the_policy_of_its_feed_uses_only_that() -> None:
    policy, described = choose_policy("clean_only", "clean_only", *ASKED)
    assert (policy.also, "also" in described) == ((), False)


def test_policy_whose_file_is_gone_is_replaced_by_the_default_one() -> None:
    described = {"name": "gone", "quarantine_threshold": "High", "promotion": "each by itself"}
    assert policy_of({"policy": described}) == read_policy("default")[0].without_overrides()
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


def facts(severity: str, dataset: str = "patients", **counts: int) -> Facts:
    """Return facts about an object with these numbers of occurrences."""
    detections = tuple(Detection(name, count, "PERSONAL_INFORMATION") for name, count in counts.items())
    return Facts(dataset, Severity(severity), frozenset({"SensitiveData:S3Object/Personal"}), detections, True)


def outcome(policy: Policy, of: Facts) -> str:
    rule = policy.first_match(of)
    return "quarantine" if policy.is_threshold_reached(of) or rule is None else rule.then


PEOPLE = [
    facts("Low", NAME=1, DATE_OF_BIRTH=1),
    facts("Medium", NAME=11, DATE_OF_BIRTH=11, ADDRESS=11, USA_PASSPORT_NUMBER=1),
    facts("Low", "visits", NAME=1, ADDRESS=1),
    facts("Low", "organizations", NAME=1, ADDRESS=1),
    facts("Low", "payers", NAME=1, GERMANY_PHONE_NUMBER=1),
    facts("Low", "anything", DATE_OF_BIRTH=1, ADDRESS=1),
    facts("Low", "anything", DATE_OF_BIRTH=1, PHONE_NUMBER=1),
    facts("Low", "anything", NAME=1, LATITUDE_LONGITUDE=1),
    facts("Low", "anything", **{"NAME": 1, "Patient ID": 1}),
    *(
        facts("Low", "anything", **{identifier: 1})
        for identifier in (
            *("USA_PASSPORT_NUMBER", "GERMANY_PASSPORT_NUMBER", "DRIVERS_LICENSE", "POLAND_DRIVERS_LICENSE"),
            *("USA_SOCIAL_SECURITY_NUMBER", "CANADA_SOCIAL_INSURANCE_NUMBER", "UK_NATIONAL_INSURANCE_NUMBER"),
            *("FRANCE_NATIONAL_IDENTIFICATION_NUMBER", "SPAIN_DNI_NUMBER", "USA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER"),
            *("UK_NHS_NUMBER", "CANADA_HEALTH_NUMBER", "FRANCE_HEALTH_INSURANCE_NUMBER", "INDIA_AADHAAR_NUMBER"),
            *("USA_HEALTH_INSURANCE_CLAIM_NUMBER", "EUROPEAN_HEALTH_INSURANCE_CARD_NUMBER", "BRAZIL_CPF_NUMBER"),
        )
    ),
]
NOT_PEOPLE = [
    facts("High", "organizations", ADDRESS=1000, PHONE_NUMBER=930),
    facts("High", "payers", ADDRESS=100, FRANCE_PHONE_NUMBER=100, LATITUDE_LONGITUDE=9),
    facts("Medium", "hospitals", ADDRESS=99),
    facts("Medium", "conditions", DATE_OF_BIRTH=99),
    facts("Low", "authors", NAME=1),
]


@pytest.mark.parametrize("of", PEOPLE, ids=str)
def test_default_policy_quarantines_identifiers_of_people_in_any_number(of: Facts) -> None:
    assert outcome(read_policy("default")[0], of) == "quarantine"


@pytest.mark.parametrize("of", NOT_PEOPLE, ids=str)
def test_default_policy_promotes_contacts_of_organizations_and_what_identifies_nobody_alone(of: Facts) -> None:
    assert outcome(read_policy("default")[0], of) == "promote"


@pytest.mark.parametrize(
    "of",
    [
        facts("High", "patients", ADDRESS=100),
        facts("High", "organizations", ADDRESS=100, CREDIT_CARD_NUMBER=1),
        facts("High", "conditions", DATE_OF_BIRTH=100),
    ],
    ids=str,
)
def test_default_policy_quarantines_other_high_findings(of: Facts) -> None:
    assert outcome(read_policy("default")[0], of) == "quarantine"


@pytest.mark.parametrize("of", [*PEOPLE, *NOT_PEOPLE], ids=str)
def test_high_only_looks_at_the_severity_alone(of: Facts) -> None:
    expected = "quarantine" if of.severity == "High" else "promote"
    assert outcome(read_policy("high_only")[0], of) == expected


def test_form_that_asks_for_a_lower_threshold_is_not_overridden() -> None:
    policy, described = choose_policy("default", "default", Severity.MEDIUM, Promotion.EACH_BY_ITSELF)
    for chosen in (policy, policy_of({"policy": described})):
        assert outcome(chosen, facts("Medium", "organizations", ADDRESS=9)) == "quarantine"
