"""Repeated decisions from the run's own evidence and later findings; only stricter ones count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lake_gate.decision.policy import Outcome, Policy, Promotion, Rule
from lake_gate.finding_events.rejudging import Decided, judge_stray, rejudge
from lake_gate.model.evidence import Detection, Evidence, Job, Observation, Severity
from tests.builders import landed
from tests.lake_gate.exceptions.samples import OF_TABLE

JOB = Job("own", "COMPLETE", "NONE", 100, settled=True)
A, B = landed("a.csv"), landed("b.csv")


def observed(severity: str | None, *, finding: bool = False, of: Any = A, **more: Any) -> Observation:
    found = (Detection("NAME", 1, "PERSONAL_INFORMATION"),) if severity else ()
    finding_id = "f" if finding else None
    facts = {"status": "COMPLETE", "status_reason": None, "severity": severity, "detections": found, **more}
    return Observation(of.bucket, of.key, of.version_id, of.etag, **facts, finding_id=finding_id)


def found(severity: str, **more: Any) -> Observation:
    """A finding about a copy in silver."""
    copy = landed("a.csv", bucket="silver", version_id="s1", etag="other")
    return observed(severity, finding=True, of=copy, **more)


def decided(was: str | None, promotion: Promotion = Promotion.EACH_BY_ITSELF, **more: Any) -> Decided:
    entries = {name: {"outcome": outcome} for name, outcome in (("a.csv", was), ("b.csv", was))}
    evidence = {(one.bucket, one.key): Evidence((observed(None, of=one),)) for one in (A, B)}
    facts: dict[str, Any] = {"manifest": [A], "has_plan": was is not None, "job": JOB, "evidence": evidence, **more}
    return Decided(entries=entries, policy=Policy(promotion=promotion), **facts)


def outcomes(run: Decided, *findings: Observation) -> dict[str, tuple[str, bool]]:
    return {one.name: (one.outcome, stricter) for one, stricter in rejudge(run, {"a.csv": list(findings)})}


@pytest.mark.parametrize(
    ("was", "severity", "outcome", "stricter"),
    [
        ("promote", "High", "quarantine", True),
        ("promote", "Medium", "promote", False),
        ("hold", "High", "quarantine", True),
        ("hold", "Low", "promote", False),
        ("quarantine", "High", "quarantine", False),
        ("quarantine", "Low", "promote", False),
        (None, "High", "quarantine", True),
        (None, "Low", "promote", False),
    ],
)
def test_only_a_stricter_decision_changes_anything(
    was: str | None, severity: str, outcome: str, stricter: bool
) -> None:
    assert outcomes(decided(was), found(severity)) == {"a.csv": (outcome, stricter)}


def test_object_that_was_read_partly_elsewhere_is_held_as_its_run_would_hold_it() -> None:
    assert outcomes(decided("promote"), found("Low", status="PARTIAL")) == {"a.csv": ("hold", True)}


def test_object_without_evidence_of_its_run_is_not_proven_by_a_finding() -> None:
    assert outcomes(decided("promote", evidence={}), found("Low")) == {"a.csv": ("hold", True)}


def test_severe_object_holds_the_others_of_an_all_or_nothing_run() -> None:
    run = decided("promote", Promotion.ALL_OR_NOTHING, manifest=[A, B])
    assert outcomes(run, found("High")) == {"a.csv": ("quarantine", True), "b.csv": ("hold", True)}
    assert outcomes(run, found("Low")) == {"a.csv": ("promote", False), "b.csv": ("promote", False)}


@pytest.mark.parametrize(("severity", "outcome"), [("High", "quarantine"), ("Medium", "hold"), ("Low", "hold")])
def test_stray_is_never_promoted(severity: str, outcome: str) -> None:
    assert judge_stray(A, [found(severity)], Policy()).outcome == outcome


NAME, SSN = "NAME", "USA_SOCIAL_SECURITY_NUMBER"
MASKS = Policy(
    quarantine_threshold=Severity.HIGH, rules=(Rule("people", Outcome.MASK, managed_identifiers=frozenset("*")),)
)


def located(*detections: Detection, finding: bool = False, **more: Any) -> Observation:
    return observed("Medium", finding=finding, detections=detections, **more)


def personal(identifier: str, count: int, *columns: tuple[int, int]) -> Detection:
    return Detection(identifier, count, "PERSONAL_INFORMATION", columns)


@pytest.mark.parametrize(
    ("later", "outcome"),
    [
        (personal(NAME, 20, (1, 15)), "mask"),  # known, wherever the others are
        (personal(NAME, 15, (1, 15)), "mask"),
        (personal(NAME, 21, (1, 15)), "quarantine"),  # one more than known, and nobody says where
        (personal(NAME, 21, (2, 21)), "mask"),  # its column is masked
        (personal(NAME, 3, (5, 3)), "mask"),  # as many as were known in a column that is not masked
        (personal(NAME, 4, (5, 4)), "quarantine"),
        (personal(NAME, 1, (3, 1)), "quarantine"),  # few, but in a column that is not masked
        (personal(NAME, 20), "mask"),
        (personal(NAME, 21), "quarantine"),
        (personal(SSN, 3, (2, 3)), "mask"),
        (personal(SSN, 4, (2, 3)), "quarantine"),
        (personal(SSN, 3, (4, 3)), "quarantine"),
        (personal(SSN, 3), "quarantine"),
        (None, "quarantine"),
    ],
    ids=str,
)
def test_later_finding_outside_the_masked_columns_withdraws_the_copy(later: Detection | None, outcome: str) -> None:
    known = personal(NAME, 20, (1, 20), (5, 3))
    own = Evidence((located(known),), (located(known, finding=True),))
    entry = {"outcome": "mask", "masked": {"masking": {"positions": [1, 2]}}}
    run = Decided([A], {"a.csv": entry}, has_plan=True, policy=MASKS, job=JOB, evidence={(A.bucket, A.key): own})
    ((decision, is_stricter),) = rejudge(run, {"a.csv": [located(*filter(None, [later]), finding=True)]})
    assert (decision.outcome, is_stricter) == (outcome, outcome == "quarantine")
    if later and outcome == "quarantine":
        assert decision.reason == "found_after_masking"


def test_copy_stays_without_a_later_finding_and_goes_if_its_masked_columns_are_not_known() -> None:
    known = personal(NAME, 20, (1, 20))
    own = Evidence((located(known),), (located(known, finding=True),))
    later = {"a.csv": [located(personal(SSN, 3, (2, 3)), finding=True)]}
    for found, outcome in (({}, "mask"), (later, "quarantine")):
        evidence = {(A.bucket, A.key): own}
        run = Decided([A], {"a.csv": {"outcome": "mask"}}, has_plan=True, policy=MASKS, job=JOB, evidence=evidence)
        assert [decision.outcome for decision, _ in rejudge(run, found)] == [outcome]


def test_masked_copies_go_with_a_run_that_is_all_or_nothing() -> None:
    known = personal(NAME, 20, (1, 20))
    evidence = {(A.bucket, A.key): Evidence((located(known),), (located(known, finding=True),))}
    evidence[B.bucket, B.key] = Evidence((observed(None, of=B),))
    masking = {"outcome": "promote", "masking": {"positions": [1]}}
    entries: dict[str, Any] = {"a.csv": {"outcome": "mask", "masked": masking}, "b.csv": {"outcome": "promote"}}
    allows_clean = Rule("clean", Outcome.PROMOTE, max_count=0)
    policy = Policy(promotion=Promotion.ALL_OR_NOTHING, rules=(allows_clean, *MASKS.rules))
    run = Decided([A, B], entries, has_plan=True, policy=policy, job=JOB, evidence=evidence)

    def outcomes_of(later: dict[str, list[Observation]]) -> list[tuple[str, str]]:
        return [(decision.outcome, decision.reason) for decision, _ in rejudge(run, later)]

    assert outcomes_of({}) == [("mask", "masked_by_rule"), ("promote", "clean")]
    severe = located(personal(SSN, 3), finding=True)
    held = ("hold", "run_not_promotable")
    assert outcomes_of({"a.csv": [severe]}) == [("quarantine", "found_after_masking"), held]
    assert outcomes_of({"b.csv": [severe]}) == [("quarantine", "run_not_promotable"), ("hold", "masked_by_rule")]


COPY = {"outcome": "promote", "masking": {"positions": [1, 2]}}


def masked(*known: Detection, copy: Any = COPY, own: tuple[Any, ...] = (A,), **more: Any) -> Decided:
    """A run that has masked its objects, in which these detections were known."""
    evidence = {
        (one.bucket, one.key): Evidence(
            (observed("Medium", of=one, detections=known),),
            (observed("Medium", of=one, detections=known, finding=True),),
        )
        for one in own
    }
    entries = {one.name: {"outcome": "mask", "masked": copy} for one in own}
    facts: dict[str, Any] = {"policy": MASKS, "job": JOB, "evidence": evidence, **more}
    return Decided(list(own), entries, has_plan=True, **facts)


def outcome_after(run: Decided, *later: Observation) -> str:
    ((decision, _),) = rejudge(run, {"a.csv": list(later)})
    return decision.outcome


@pytest.mark.parametrize(
    ("later", "outcome"),
    [
        (located(personal(NAME, 900, (3, 900)), finding=True), "quarantine"),  # more in a column that is copied
        (located(personal(NAME, 900, (1, 899), (3, 1)), finding=True), "quarantine"),
        (located(personal(NAME, 900, (1, 900)), finding=True), "mask"),
        (located(personal(NAME, 20, (3, 15)), finding=True), "quarantine"),  # no more in all, but more in this column
        (located(personal(NAME, 15), personal(NAME, 15), finding=True), "quarantine"),  # 30 in all
        (located(personal(NAME, 15, (1, 15)), personal(NAME, 15, (2, 15)), finding=True), "mask"),
        (located(personal(NAME, 1, (1, 1)), finding=True, is_embedded=True), "quarantine"),  # columns of another file
    ],
    ids=str,
)
def test_more_in_a_copied_column_is_new_even_if_the_column_was_known(later: Observation, outcome: str) -> None:
    assert outcome_after(masked(personal(NAME, 20, (1, 19), (3, 1))), later) == outcome


@pytest.mark.parametrize(
    "masking", [None, "x", {}, {"positions": None}, {"positions": "12"}, {"positions": [[1], "2", None]}], ids=str
)
def test_columns_of_a_damaged_report_are_not_masked(masking: Any) -> None:
    run = masked(personal(NAME, 20, (1, 20)), copy={**COPY, "masking": masking})
    assert outcome_after(run, located(personal(SSN, 3, (2, 3)), finding=True)) == "quarantine"
    assert outcome_after(run, located(personal(NAME, 20, (1, 20)), finding=True)) == "mask"


@pytest.mark.parametrize(
    ("copy", "promotion", "outcome"),
    [
        ("promote", Promotion.ALL_OR_NOTHING, ("quarantine", "run_not_promotable", True)),
        ("hold", Promotion.ALL_OR_NOTHING, ("mask", "masked_by_rule", False)),  # it is not in silver
        ("promote", Promotion.EACH_BY_ITSELF, ("mask", "masked_by_rule", False)),
    ],
)
def test_copy_goes_with_another_one_that_is_withdrawn_if_all_or_nothing(
    copy: str, promotion: Promotion, outcome: tuple[str, str, bool]
) -> None:
    policy = replace(MASKS, promotion=promotion)
    run = masked(personal(NAME, 20, (1, 20)), copy={**COPY, "outcome": copy}, own=(A, B), policy=policy)
    (first, _), (second, is_stricter) = rejudge(run, {"a.csv": [located(personal(SSN, 3, (3, 3)), finding=True)]})
    assert (first.outcome, first.reason) == ("quarantine", "found_after_masking")
    assert (second.outcome, second.reason, is_stricter) == outcome


def test_promoted_object_goes_with_a_masked_copy_that_is_withdrawn_if_all_or_nothing() -> None:
    clean = Rule("clean", Outcome.PROMOTE, max_count=0)
    policy = replace(MASKS, rules=(clean, *MASKS.rules), promotion=Promotion.ALL_OR_NOTHING)
    run = masked(personal(NAME, 20, (1, 20)), policy=policy)
    evidence = {**run.evidence, (B.bucket, B.key): Evidence((observed(None, of=B),))}
    run = replace(run, manifest=[A, B], entries={**run.entries, "b.csv": {"outcome": "promote"}}, evidence=evidence)
    _, (other, is_stricter) = rejudge(run, {"a.csv": [located(personal(SSN, 3, (3, 3)), finding=True)]})
    assert (other.outcome, other.reason, is_stricter) == ("hold", "run_not_promotable", True)


SAMPLE = replace(OF_TABLE, dataset="a", identifier="NAME", most=1)


def outcome_with(was: str, *later: Observation, **exceptions: Any) -> tuple[str, bool]:
    return outcomes(decided(was, **exceptions), *later)["a.csv"]


def test_later_finding_is_decided_on_with_the_exceptions_of_today() -> None:
    assert outcome_with("promote", found("High"), exceptions=[SAMPLE]) == ("promote", False)
    assert outcome_with("promote", found("High"), pinned=[SAMPLE]) == ("quarantine", True)
    more = (Detection("NAME", 2, "PERSONAL_INFORMATION"),)
    assert outcome_with("promote", found("High", detections=more), exceptions=[SAMPLE]) == ("quarantine", True)
    other = (Detection("USA_PASSPORT_NUMBER", 1, "PERSONAL_INFORMATION"),)
    assert outcome_with("promote", found("High", detections=other), exceptions=[SAMPLE]) == ("quarantine", True)


def test_exception_for_masked_copies_counts_only_for_an_object_that_has_one() -> None:
    masked_only = [replace(SAMPLE, release="masked")]
    assert outcome_with("promote", found("High"), exceptions=masked_only) == ("quarantine", True)
    known = Detection("NAME", 1, "PERSONAL_INFORMATION", ((1, 1),))
    own = Evidence((observed("High", detections=(known,)),), (observed("High", finding=True, detections=(known,)),))
    facts: dict[str, Any] = {"has_plan": True, "policy": Policy(), "job": JOB, "evidence": {(A.bucket, A.key): own}}
    run = Decided([A], {"a.csv": {"outcome": "mask", "masked": COPY}}, exceptions=masked_only, **facts)
    again = found("High", detections=(known,))
    assert [decision.outcome for decision, _ in rejudge(run, {"a.csv": [again]})] == ["mask"]
    assert [d.outcome for d, _ in rejudge(replace(run, exceptions=()), {"a.csv": [again]})] == ["quarantine"]


def test_object_without_a_later_finding_keeps_the_exceptions_of_its_decision() -> None:
    """The run is all or nothing, so all its objects are decided about again."""
    own = Evidence((observed("High", of=B),), (observed("High", of=B, finding=True),))
    evidence = {(A.bucket, A.key): Evidence((observed(None),)), (B.bucket, B.key): own}
    facts: dict[str, Any] = {"manifest": [A, B], "evidence": evidence}
    run = decided("promote", Promotion.ALL_OR_NOTHING, pinned=[replace(SAMPLE, dataset="b")], **facts)
    assert outcomes(run, found("Low")) == {"a.csv": ("promote", False), "b.csv": ("promote", False)}
    without = decided("promote", Promotion.ALL_OR_NOTHING, **facts)
    assert outcomes(without, found("Low"))["a.csv"] == ("hold", True)
