"""Actions about findings, and about objects without findings of their own."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from lake_gate.finding_events.action import Status
from lake_gate.finding_events.deciding.result import action_about, failed_action
from lake_gate.model.evidence import Observation
from lake_gate.model.names import UNKNOWN
from tests.builders import decided


def observation(finding_id: str | None, severity: str | None) -> Observation:
    return Observation("silver", "synthea/1/a.csv", "v1", "", "COMPLETE", None, severity, (), None, finding_id)


def test_action_has_the_object_and_the_severity_of_each_finding() -> None:
    action = action_about([observation("f", "High"), observation(None, None)], Status.STANDS, "clean", feed="synthea")
    assert (action.bucket, action.key, action.version_id) == ("silver", "synthea/1/a.csv", "v1")
    assert (action.findings, action.status, action.why) == ({"f": "High", UNKNOWN: UNKNOWN}, "stands", "clean")
    assert (action.feed, action.decision) == ("synthea", None)


def test_action_without_findings_has_the_object_of_the_decision() -> None:
    action = action_about([], Status.MOVE, "held", about=decided("b.csv", "hold"))
    assert (action.key, action.version_id, action.findings) == ("synthea/1/b.csv", "v1", {})


@pytest.mark.parametrize(
    ("error", "why"),
    [(ClientError({"Error": {"Code": "SlowDown"}}, "HeadObject"), "SlowDown"), (KeyError("a value"), "KeyError")],
)
def test_failed_action_has_the_class_of_the_error_and_never_its_text(error: Exception, why: str) -> None:
    action = failed_action([observation("f", "High")], error, folder="1")
    assert (action.status, action.why, action.folder) == ("failed", why, "1")
