"""The decision, as a table: what Macie says about one object → where it goes, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_gate.decision import Decision, Outcome, Reason, decide, unknown_objects
from lake_gate.evidence import Detection, Evidence, Job, Observation, Severity
from lake_gate.manifest import LandedObject
from lake_gate.policy import Policy, Promotion

LANDED = LandedObject("a.csv", "bronze", "synthea/1/a.csv", "v1", "e1", 10, "00" * 32)
DONE = Job("job", "COMPLETE", "NONE", 100, settled=True)
SOMETHING = (Detection("USA_PASSPORT_NUMBER", 3),)


def seen(**changes: Any) -> Observation:
    """A discovery result that says that the landed version was analysed completely and is clean."""
    clean = Observation("bronze", "synthea/1/a.csv", "v1", "e1", "COMPLETE", None, None, ())
    return replace(clean, **changes)


def found(severity: str | None, **changes: Any) -> Observation:
    return seen(severity=severity, detections=SOMETHING, finding_id="f1", **changes)


def result(severity: str | None, **changes: Any) -> Observation:
    return seen(severity=severity, detections=SOMETHING, **changes)


def decide_one(evidence: Evidence | None, job: Job = DONE, policy: Policy | None = None) -> Decision:
    by_object = {} if evidence is None else {("bronze", "synthea/1/a.csv"): evidence}
    (decision,) = decide([LANDED], job, by_object, policy or Policy())
    return decision


CLEAN = Evidence((seen(),))
MEDIUM = Evidence((result("Medium"),), (found("Medium"),))
HIGH = Evidence((result("High"),), (found("High"),))

TABLE = [
    ("analysed completely, nothing found", CLEAN, DONE, "promote", "clean"),
    ("low findings", Evidence((result("Low"),), (found("Low"),)), DONE, "promote", "findings_below_threshold"),
    ("medium findings", MEDIUM, DONE, "promote", "findings_below_threshold"),
    ("high findings", HIGH, DONE, "quarantine", "findings_at_or_above_threshold"),
    ("no result at all", None, DONE, "hold", "not_analysed"),
    ("a finding without a result", Evidence((), (found("Low"),)), DONE, "hold", "other_version_analysed"),
    ("a high finding without a result", Evidence((), (found("High"),)), DONE, "quarantine", None),
    ("a high result without a finding", Evidence((result("High"),)), DONE, "quarantine", None),
    ("a low result without its finding", Evidence((result("Low"),)), DONE, "hold", "finding_missing"),
    ("the finding is stricter", Evidence((result("Low"),), (found("High"),)), DONE, "quarantine", None),
    ("the result is stricter", Evidence((result("High"),), (found("Low"),)), DONE, "quarantine", None),
    ("another version analysed", Evidence((seen(version_id="v2"),)), DONE, "hold", "other_version_analysed"),
    ("no version named", Evidence((seen(version_id=""),)), DONE, "hold", "other_version_analysed"),
    ("other bytes analysed", Evidence((seen(etag="e2"),)), DONE, "hold", "other_version_analysed"),
    ("high in another version", Evidence((result("High", version_id="v2"),)), DONE, "hold", "other_version_analysed"),
    ("skipped", Evidence((seen(status="SKIPPED", status_reason="X"),)), DONE, "hold", "analysis_skipped"),
    ("partly read", Evidence((seen(status="PARTIAL"),)), DONE, "hold", "analysis_partial"),
    ("partly read, low", Evidence((result("Low", status="PARTIAL"),), (found("Low"),)), DONE, "hold", None),
    ("partly read, high", Evidence((result("High", status="PARTIAL"),)), DONE, "quarantine", None),
    ("one of two results skipped", Evidence((seen(), seen(status="SKIPPED"))), DONE, "hold", "analysis_skipped"),
    ("a status nobody knows", Evidence((seen(status="GUESSED"),)), DONE, "hold", "analysis_status_unknown"),
    ("a severity nobody knows", Evidence((result("Worst"),), (found("Worst"),)), DONE, "hold", "severity_unknown"),
    ("detections without severity", Evidence((result(None),), (found(None),)), DONE, "hold", "severity_unknown"),
    ("job cancelled", CLEAN, replace(DONE, status="CANCELLED"), "hold", "job_not_complete"),
    ("job idle", CLEAN, replace(DONE, status="IDLE"), "hold", "job_not_complete"),
    ("job had access errors", CLEAN, replace(DONE, last_run_error="ERROR"), "hold", "job_had_access_errors"),
    ("access errors untold", CLEAN, replace(DONE, last_run_error="missing"), "hold", "job_had_access_errors"),
    ("job sampled", CLEAN, replace(DONE, sampling_percentage=99), "hold", "job_sampled"),
    ("job cancelled, high", HIGH, replace(DONE, status="CANCELLED"), "quarantine", None),
    ("clean, evidence still changing", CLEAN, replace(DONE, settled=False), "hold", "evidence_not_settled"),
    ("low and found, evidence still changing", MEDIUM, replace(DONE, settled=False), "promote", None),
]


@pytest.mark.parametrize(
    ("evidence", "job", "outcome", "reason"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_decision_follows_the_table(evidence: Evidence | None, job: Job, outcome: str, reason: str | None) -> None:
    decision = decide_one(evidence, job)
    assert decision.outcome == outcome
    if reason:
        assert decision.reason == reason


@pytest.mark.parametrize(("threshold", "quarantined"), [("High", 1), ("Medium", 2), ("Low", 3)])
def test_everything_from_the_threshold_on_is_quarantined(threshold: str, quarantined: int) -> None:
    policy = Policy(quarantine_threshold=Severity(threshold))
    evidence = [Evidence((result(severity),), (found(severity),)) for severity in ("High", "Medium", "Low")]
    outcomes = [decide_one(one, policy=policy).outcome for one in evidence]
    assert outcomes == ["quarantine"] * quarantined + ["promote"] * (3 - quarantined)


def test_decision_carries_names_and_counts_for_the_report() -> None:
    evidence = Evidence((result("Medium"),), (found("Medium"), found("Medium")))
    decision = decide_one(evidence)
    assert (decision.findings, decision.detections) == ({"Medium": 1}, {"USA_PASSPORT_NUMBER": 3})


def test_reason_of_macie_is_kept_when_an_object_was_skipped() -> None:
    decision = decide_one(Evidence((seen(status="SKIPPED", status_reason="INVALID_ENCRYPTION"),)))
    assert decision.status_reason == "INVALID_ENCRYPTION"


def test_nothing_is_promoted_when_all_or_nothing_and_one_object_may_not_be() -> None:
    good, bad = LANDED, replace(LANDED, name="b.csv", key="synthea/1/b.csv")
    evidence = {("bronze", good.key): CLEAN, ("bronze", bad.key): Evidence((result("High", key=bad.key),))}
    decisions = decide([good, bad], DONE, evidence, Policy(promotion=Promotion.ALL_OR_NOTHING))
    assert [(d.outcome, d.reason) for d in decisions] == [
        (Outcome.HOLD, Reason.RUN_NOT_PROMOTABLE),
        (Outcome.QUARANTINE, Reason.AT_OR_ABOVE_THRESHOLD),
    ]


def test_everything_is_promoted_when_all_or_nothing_and_all_may_be() -> None:
    assert decide_one(MEDIUM, policy=Policy(promotion=Promotion.ALL_OR_NOTHING)).outcome == "promote"


def test_objects_that_were_never_landed_are_named() -> None:
    assert unknown_objects([LANDED], {("bronze", LANDED.key): CLEAN, ("bronze", "x"): CLEAN}) == [("bronze", "x")]


observations = st.builds(
    Observation,
    bucket=st.just("bronze"),
    key=st.just(LANDED.key),
    version_id=st.sampled_from(["v1", "v2", ""]),
    etag=st.sampled_from(["e1", "e2"]),
    status=st.sampled_from(["COMPLETE", "PARTIAL", "SKIPPED", "missing", "NEW"]),
    status_reason=st.none(),
    severity=st.sampled_from([None, "Low", "Medium", "High", "Worst"]),
    detections=st.sampled_from([(), SOMETHING]),
    finding_id=st.none(),
)
evidences = st.builds(
    Evidence,
    results=st.lists(observations, max_size=3).map(tuple),
    findings=st.lists(observations.map(lambda o: replace(o, finding_id="f")), max_size=3).map(tuple),
)
jobs = st.builds(
    Job,
    job_id=st.just("job"),
    status=st.sampled_from(["COMPLETE", "CANCELLED", "PAUSED", "NEW"]),
    last_run_error=st.sampled_from(["NONE", "ERROR"]),
    sampling_percentage=st.sampled_from([100, 50]),
    settled=st.booleans(),
)
policies = st.builds(Policy, st.sampled_from(list(Severity)), st.sampled_from(list(Promotion)))
STRICTNESS = {Outcome.PROMOTE: 0, Outcome.HOLD: 1, Outcome.QUARANTINE: 2}


@given(evidences, jobs, policies)
def test_promotion_always_rests_on_a_complete_result_for_that_version(
    evidence: Evidence, job: Job, policy: Policy
) -> None:
    decision = decide_one(evidence, job, policy)
    if decision.outcome == Outcome.PROMOTE:
        assert any((o.version_id, o.etag, o.status) == ("v1", "e1", "COMPLETE") for o in evidence.results)
        assert (job.status, job.last_run_error, job.sampling_percentage) == ("COMPLETE", "NONE", 100)


@given(evidences, observations, jobs, policies)
def test_stricter_evidence_never_loosens_a_decision(e: Evidence, more: Observation, job: Job, policy: Policy) -> None:
    worse = replace(more, version_id="v1", etag="e1", severity="High", detections=SOMETHING)
    before, after = decide_one(e, job, policy), decide_one(replace(e, results=(*e.results, worse)), job, policy)
    assert STRICTNESS[Outcome(after.outcome)] >= STRICTNESS[Outcome(before.outcome)]


@given(evidences, jobs, policies, st.randoms())
def test_order_of_the_evidence_does_not_matter(evidence: Evidence, job: Job, policy: Policy, random: Any) -> None:
    results, findings = list(evidence.results), list(evidence.findings)
    random.shuffle(results)
    random.shuffle(findings)
    shuffled = decide_one(Evidence(tuple(results), tuple(findings)), job, policy)
    assert shuffled.outcome == decide_one(evidence, job, policy).outcome
