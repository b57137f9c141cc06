"""Doubts about the evidence. The rows of ``docs/decisions.md`` are in ``test_decision.py``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lake_gate.decision.doubts import BoundEvidence, doubt_about, doubt_about_findings
from lake_gate.decision.reason import Reason
from lake_gate.model.evidence import Evidence, Job
from tests.lake_gate.decision.test_decision import DONE, LANDED, UNSAID, found, result, seen

CLEAN = Evidence((seen(),))


@pytest.mark.parametrize(
    ("evidence", "job", "doubt"),
    [
        (CLEAN, DONE, None),
        (Evidence((result("Low"),), (found("Low"),)), DONE, None),
        (CLEAN, None, Reason.JOB_NOT_COMPLETE),
        (CLEAN, replace(DONE, status="PAUSED"), Reason.JOB_NOT_COMPLETE),
        (CLEAN, replace(DONE, settled=False), Reason.EVIDENCE_NOT_SETTLED),
        (Evidence((result("Low"),)), DONE, Reason.FINDING_MISSING),
        (Evidence(), DONE, Reason.NOT_ANALYSED),
    ],
)
def test_doubt_is_named(evidence: Evidence, job: Job | None, doubt: Reason | None) -> None:
    assert doubt_about(LANDED, job, BoundEvidence.of(LANDED, evidence, None)) == doubt


def test_unplaced_observations_count_only_in_the_worst_case() -> None:
    unplaced = found("High", version_id="", etag="e2")
    bound = BoundEvidence.of(LANDED, replace(CLEAN, findings=(unplaced,)), None)
    assert unplaced not in bound.everything
    assert unplaced in bound.worst_case.everything
    assert bound.worst_case.unplaced == ()


def test_unknown_detections_and_severities_are_doubtful() -> None:
    assert doubt_about_findings([result("Low")]) is None
    assert doubt_about_findings([result("Worst")]) is Reason.SEVERITY_UNKNOWN
    assert doubt_about_findings([result("Low", detections=UNSAID)]) is Reason.DETECTIONS_UNKNOWN
