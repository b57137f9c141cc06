"""Policies: the file format, the rule that decides, and the errors."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lake_gate.decision.policy import Facts, Outcome, Policy, Promotion, parse
from lake_gate.model.evidence import CUSTOM_IDENTIFIER, Detection, Severity

POLICIES = sorted((Path(__file__).parents[3] / "include" / "policies").glob("*.json"))
NAME = Detection("NAME", 7, "PERSONAL_INFORMATION")
CARD = Detection("CREDIT_CARD_NUMBER", 2, "FINANCIAL_INFORMATION")
PATIENT = Detection("Patient ID", 100, CUSTOM_IDENTIFIER)
PERSONAL, MULTIPLE = "SensitiveData:S3Object/Personal", "SensitiveData:S3Object/Multiple"


def content(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"quarantine_threshold": "High", "promotion": "each by itself", "rules": list(rules), **changes}


def rule(then: str, name: str = "r", **conditions: Any) -> dict[str, Any]:
    return {"name": name, "then": then, **conditions}


def facts(*detections: Detection, severity: str | None = "Medium", dataset: str = "patients") -> Facts:
    types = frozenset({PERSONAL}) if detections else frozenset()
    return Facts(dataset, Severity(severity) if severity and detections else None, types, detections, True)


def outcome(policy: dict[str, Any], of: Facts) -> str | None:
    matched = parse("p", policy).first_match(of)
    return matched.then.value if matched else None


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_shipped_policies_are_valid(path: Path) -> None:
    assert parse(path.stem, json.loads(path.read_text())).rules


def test_policy_without_arguments_equals_the_file_that_looks_at_the_severity_alone() -> None:
    (path,) = [path for path in POLICIES if path.stem == "high_only"]
    shipped, built_in = parse("high_only", json.loads(path.read_text())), Policy()
    assert shipped.name == built_in.name
    assert (shipped.quarantine_threshold, shipped.promotion) == (built_in.quarantine_threshold, built_in.promotion)
    assert [(r.then, r.max_severity) for r in shipped.rules] == [(r.then, r.max_severity) for r in built_in.rules]


@pytest.mark.parametrize(
    ("condition", "caught", "passed"),
    [
        ({"managed_identifiers": ["NAME"]}, facts(NAME, CARD), facts(CARD)),
        ({"custom_identifiers": ["Patient ID"]}, facts(NAME, PATIENT), facts(NAME)),
        ({"custom_identifiers": ["NAME"]}, facts(Detection("NAME", 1, CUSTOM_IDENTIFIER)), facts(NAME)),
        ({"categories": ["FINANCIAL_INFORMATION"]}, facts(NAME, CARD), facts(NAME)),
        ({"managed_identifiers": ["NAME"], "categories": ["FINANCIAL_INFORMATION"]}, facts(CARD), facts(PATIENT)),
        ({"finding_types": [PERSONAL]}, facts(NAME), facts()),
        ({"min_severity": "Medium"}, facts(NAME), facts(NAME, severity="Low")),
        ({"min_severity": "Low"}, facts(NAME, severity="Low"), facts()),
        ({"managed_identifiers": ["NAME"], "min_count": 7}, facts(NAME), facts(Detection("NAME", 6, "P"), PATIENT)),
        ({"min_count": 100}, facts(NAME, PATIENT), facts(NAME, CARD)),
        ({"managed_identifiers": ["*_CARD_*"]}, facts(CARD), facts(NAME)),
        ({"managed_identifiers": ["*_CARD_NUMBER"]}, facts(CARD), facts(Detection("CREDIT_CARD_NUMBERS", 1, "F"))),
        ({"managed_identifiers": ["NAM?", "[N]AME"]}, facts(Detection("NAM?", 1, "P")), facts(NAME)),
        ({"min_counts": {"NAME": 7, "CREDIT_CARD_NUMBER": 3}}, facts(NAME), facts(CARD, PATIENT)),
        ({"min_counts": {"CREDIT_*": 3}}, facts(CARD, Detection("CREDIT_CARD_PIN", 1, "F")), facts(CARD)),
        ({"min_counts": {"Patient ID": 100}}, facts(PATIENT), facts(Detection("Patient ID", 99, CUSTOM_IDENTIFIER))),
        ({"combination": [["NAME"], ["CREDIT_*", "Patient ID"]]}, facts(NAME, PATIENT), facts(CARD, PATIENT)),
        ({"combination": [["NAME"], ["CREDIT_*"]]}, facts(NAME, CARD, PATIENT), facts(NAME, PATIENT)),
        ({"combination": [["NAME"], ["*"]], "min_severity": "High"}, facts(NAME, severity="High"), facts(NAME, CARD)),
        ({"datasets": ["pat*"]}, facts(), facts(dataset="payers")),
    ],
)
@pytest.mark.parametrize("then", ["quarantine", "hold"])
def test_conditions_of_rules_that_quarantine_or_hold_are_lower_bounds(
    then: str, condition: dict[str, Any], caught: Facts, passed: Facts
) -> None:
    policy = content(rule(then, **condition))
    assert (outcome(policy, caught), outcome(policy, passed)) == (then, None)


@pytest.mark.parametrize(
    ("condition", "allowed", "refused"),
    [
        ({"managed_identifiers": ["NAME"]}, facts(NAME), facts(NAME, CARD)),
        ({"managed_identifiers": ["NAME"]}, facts(), facts(Detection("NAME", 1, CUSTOM_IDENTIFIER))),
        ({"custom_identifiers": ["Patient ID"]}, facts(PATIENT), facts(PATIENT, NAME)),
        ({"categories": ["PERSONAL_INFORMATION"]}, facts(NAME), facts(NAME, PATIENT)),
        ({"finding_types": [MULTIPLE]}, facts(), facts(NAME)),
        ({"max_severity": "Low"}, facts(NAME, severity="Low"), facts(NAME)),
        ({"max_count": 9}, facts(NAME, CARD), facts(NAME, CARD, PATIENT)),
        ({"max_count": 0}, facts(), facts(CARD)),
        ({"max_counts": {"NAME": 7}}, facts(NAME, PATIENT), facts(Detection("NAME", 8, "PERSONAL_INFORMATION"))),
        ({"max_counts": {"CREDIT_*": 2}}, facts(CARD), facts(CARD, Detection("CREDIT_CARD_PIN", 1, "F"))),
        ({"managed_identifiers": ["N*"]}, facts(NAME), facts(CARD)),
        ({"datasets": ["payers", "p?tients"]}, facts(NAME), facts(NAME, dataset="providers")),
    ],
)
def test_conditions_of_rules_that_promote_are_upper_bounds(
    condition: dict[str, Any], allowed: Facts, refused: Facts
) -> None:
    policy = content(rule("promote", **condition))
    assert (outcome(policy, allowed), outcome(policy, refused)) == ("promote", None)


def test_first_rule_that_matches_decides() -> None:
    policy = content(rule("promote", "a", max_severity="Low"), rule("quarantine", "b"), rule("hold", "c"))
    assert [outcome(policy, facts(NAME, severity=s)) for s in ("Low", "Medium")] == ["promote", "quarantine"]


def test_rule_for_masked_copies_matches_no_original() -> None:
    policy = content(rule("promote", "tokens", masked_copies_only=True), rule("mask", "people"))
    original = facts(NAME)
    assert outcome(policy, original) == "mask"
    assert outcome(policy, replace(original, is_masked_copy=True)) == "promote"


WRONG = [
    ("no object", [], "$: [] is not of type 'object'"),
    ("a key missing", {"rules": []}, "'promotion' is a required property"),
    ("an unknown key", content(treshold="High"), "'treshold' was unexpected"),
    ("a severity", content(quarantine_threshold="high"), "quarantine_threshold: 'high' is not one of"),
    ("a rule's severity", content(rule("hold", min_severity="Hihg")), "rules[0].min_severity: 'Hihg' is not one of"),
    ("a rule's key", content(rule("hold", sevrity="High")), "rules[0]: Additional properties are not allowed"),
    ("a rule without a name", content({"then": "hold"}), "rules[0]: 'name' is a required property"),
    ("a name", content(rule("hold", name="No Spaces!")), "rules[0].name: 'No Spaces!' does not match"),
    ("an outcome", content(rule("delete")), "rules[0].then: 'delete' is not one of"),
    ("an empty list", content(rule("hold", datasets=[])), "rules[0].datasets: [] should be non-empty"),
    ("a count", content(rule("hold", min_count=0)), "rules[0].min_count: 0 is less than the minimum of 1"),
    ("at least in a promotion", content(rule("promote", min_count=1)), "rules[0].min_count: a rule that says promote"),
    ("at most in a quarantine", content(rule("quarantine", max_severity="Low")), "rules[0].max_severity: a rule that"),
    ("a combination of one", content(rule("hold", combination=[["NAME"]])), "rules[0].combination: [['NAME']] is too"),
    ("an empty group", content(rule("hold", combination=[["NAME"], []])), "rules[0].combination[1]: [] should be"),
    ("a combination in a promotion", content(rule("promote", combination=[["A"], ["B"]])), "rules[0].combination: a r"),
    ("counts of nothing", content(rule("hold", min_counts={})), "rules[0].min_counts: {} should be non-empty"),
    ("a count by name", content(rule("hold", min_counts={"NAME": 0})), "rules[0].min_counts.NAME: 0 is less than"),
    ("counts in a promotion", content(rule("promote", min_counts={"A": 1})), "rules[0].min_counts: a rule that says"),
    (
        "upper counts in a hold",
        content(rule("hold", max_counts={"A": 1})),
        "rules[0].max_counts: a rule that says hold",
    ),
    ("an override that is off", content(rule("promote", overrides_threshold=False)), "rules[0].overrides_threshold: "),
    (
        "an override for anything",
        content(rule("promote", overrides_threshold=True)),
        "must name the identifiers that it",
    ),
    (
        "an override for a category",
        content(rule("promote", overrides_threshold=True, categories=["C"], managed_identifiers=["NAME"])),
        "must name the identifiers that it",
    ),
    ("an override in a hold", content(rule("hold", overrides_threshold=True)), "rules[0].overrides_threshold: a rule"),
    (
        "mask before promote",
        content(rule("mask", "a"), rule("promote", "b")),
        "rules[1].then: a rule that promotes must",
    ),
    ("hold before quarantine", content(rule("hold", "a"), rule("quarantine", "b")), "rules[1].then: a rule that quar"),
    ("two of a name", content(rule("hold"), rule("promote")), "rules[1].name: 'r' is the name of another rule"),
]


@pytest.mark.parametrize(("wrong", "named"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_policy_is_refused_by_the_name_of_its_key(wrong: Any, named: str) -> None:
    with pytest.raises(ValueError, match=r".+") as refused:
        parse("p", wrong)
    assert named in str(refused.value)


def test_all_problems_are_named_together() -> None:
    with pytest.raises(ValueError, match=r"promotion: .*; quarantine_threshold: .*"):
        parse("p", content(quarantine_threshold=1, promotion=2))


@pytest.mark.parametrize(
    ("of_policy", "of_run", "stands"),
    [("High", "Low", "Low"), ("Low", "High", "Low"), ("Medium", "Medium", "Medium")],
)
def test_run_may_tighten_the_threshold_and_never_loosen_it(of_policy: str, of_run: str, stands: str) -> None:
    policy = Policy(quarantine_threshold=Severity(of_policy))
    assert policy.tightened(Severity(of_run), Promotion.EACH_BY_ITSELF).quarantine_threshold == stands


def test_run_may_ask_for_all_or_nothing_and_never_take_it_back() -> None:
    strict, lax = Policy(promotion=Promotion.ALL_OR_NOTHING), Policy()
    assert lax.tightened(Severity.HIGH, Promotion.ALL_OR_NOTHING).promotion is Promotion.ALL_OR_NOTHING
    assert strict.tightened(Severity.HIGH, Promotion.EACH_BY_ITSELF).promotion is Promotion.ALL_OR_NOTHING


def test_rules_can_have_every_outcome() -> None:
    assert {parse("p", content(rule(outcome.value))).rules[0].then for outcome in Outcome} == set(Outcome)


def test_joined_policies_have_the_lower_threshold_the_stricter_promotion_and_the_rules_of_both() -> None:
    of_feed = Policy("f", Severity.MEDIUM, rules=parse("f", content(rule("hold", "a"))).rules)
    of_run = Policy("r", Severity.HIGH, Promotion.ALL_OR_NOTHING, rules=parse("r", content(rule("promote", "b"))).rules)
    for first, second in ((of_feed, of_run), (of_run, of_feed)):
        joined = first.joined(second).tightened(Severity.HIGH, Promotion.EACH_BY_ITSELF)
        assert (joined.name, joined.quarantine_threshold) == (first.name, Severity.MEDIUM)
        assert joined.promotion is Promotion.ALL_OR_NOTHING
        assert {matched.name for matched in joined.matches(facts()) if matched} == {"a", "b"}
