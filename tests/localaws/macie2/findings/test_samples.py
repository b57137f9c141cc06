"""Sample findings."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from localaws.macie2.findings.samples import TYPES
from tests.localaws.conftest import error_of

MODEL: Any = botocore.session.get_session().get_service_model("macie2")


def _findings(macie: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = macie.get_findings(findingIds=macie.list_findings()["findingIds"])["findings"]
    return found


def test_there_is_a_sample_of_every_type_that_the_model_knows() -> None:
    assert set(TYPES) == set(MODEL.shape_for("FindingType").enum)


def test_without_types_there_is_a_sample_of_each(macie: Any) -> None:
    macie.create_sample_findings()
    found = _findings(macie)
    assert sorted(item["type"] for item in found) == sorted(TYPES)
    assert all(item["sample"] and item["title"].startswith("[SAMPLE] ") for item in found)


@pytest.mark.parametrize("kind", TYPES)
def test_a_sample_has_what_findings_of_its_type_have(macie: Any, kind: str) -> None:
    macie.create_sample_findings(findingTypes=[kind])
    [found] = _findings(macie)
    is_policy = kind.startswith("Policy:")
    assert found["category"] == ("POLICY" if is_policy else "CLASSIFICATION")
    assert ("policyDetails" in found, "classificationDetails" in found) == (is_policy, not is_policy)
    assert ("s3Object" in found["resourcesAffected"]) is not is_policy


def test_samples_are_archived_by_suppression_rules_like_other_findings(macie: Any) -> None:
    criteria = {"criterion": {"sample": {"eq": ["true"]}, "category": {"eq": ["POLICY"]}}}
    macie.create_findings_filter(action="ARCHIVE", name="samples", findingCriteria=criteria)
    macie.create_sample_findings()
    assert {finding["category"]: finding["archived"] for finding in _findings(macie)} == {
        "CLASSIFICATION": False,
        "POLICY": True,
    }


def test_samples_are_sorted_and_counted_like_other_findings(macie: Any) -> None:
    macie.create_sample_findings()
    for field in ("policyDetails.action.apiCallDetails.firstSeen", "resourcesAffected", "severity.score", "type"):
        assert len(macie.list_findings(sortCriteria={"attributeName": field})["findingIds"]) == len(TYPES)
    counted = macie.get_finding_statistics(groupBy="severity.description")["countsByGroup"]
    assert {item["groupKey"]: item["count"] for item in counted} == {"High": 8, "Medium": 2, "Low": 1}
    assert sum(item["count"] for item in macie.get_finding_statistics(groupBy="type")["countsByGroup"]) == len(TYPES)
    jobs = macie.get_finding_statistics(groupBy="classificationDetails.jobId")["countsByGroup"]
    assert len(jobs) == 5


def test_statistics_of_no_group_are_refused(macie: Any) -> None:
    assert error_of(macie.get_finding_statistics, groupBy="type", size=0)[:2] == ("ValidationException", 400)


def test_a_type_that_does_not_exist_is_refused(macie: Any) -> None:
    assert error_of(macie.create_sample_findings, findingTypes=["Policy:Colour"])[:2] == ("ValidationException", 400)
