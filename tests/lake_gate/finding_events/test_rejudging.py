"""Repeated decisions from the run's own evidence and later findings; only stricter ones count."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.decision.policy import Policy, Promotion
from lake_gate.finding_events.rejudging import Decided, judge_stray, rejudge
from lake_gate.model.evidence import Detection, Evidence, Job, Observation
from tests.builders import landed

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
