"""Criteria, order and statistics of findings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest

from localaws.macie2.exceptions import ValidationException
from localaws.macie2.findings.criteria import check, count_by, matches, ordered

SHAPE = botocore.session.get_session().get_service_model("macie2").shape_for("Finding")
CREATED = datetime(2026, 3, 1, tzinfo=UTC)
MILLISECONDS = int(CREATED.timestamp() * 1000)
CATEGORY = "classificationDetails.result.sensitiveData.category"
TYPE = "classificationDetails.result.sensitiveData.detections.type"


def _finding(key: str = "a.csv", score: int = 2, categories: tuple[str, ...] = ("PERSONAL_INFORMATION",)) -> Any:
    detected = [
        {"category": category, "detections": [{"type": "NAME"}, {"type": "ADDRESS"}]} for category in categories
    ]
    return {
        "archived": False,
        "classificationDetails": {"jobId": "job", "result": {"sensitiveData": detected}},
        "createdAt": CREATED,
        "resourcesAffected": {
            "s3Bucket": {"name": "bronze"},
            "s3Object": {"key": key, "path": f"bronze/{key}", "size": 10},
        },
        "severity": {"description": ["Low", "Medium", "High"][score - 1], "score": score},
    }


@pytest.mark.parametrize(
    ("field", "condition", "holds"),
    [
        ("severity.description", {"eq": ["Medium", "High"]}, True),
        ("severity.description", {"eq": ["medium"]}, False),
        ("severity.description", {"neq": ["High"]}, True),
        ("severity.description", {"neq": ["High", "Medium"]}, False),
        ("severity.score", {"eq": ["2"]}, True),
        ("severity.score", {"gt": 1, "lt": 3}, True),
        ("severity.score", {"gte": 3}, False),
        ("archived", {"eq": ["false"]}, True),
        ("archived", {"eq": ["true"]}, False),
        ("createdAt", {"gte": MILLISECONDS}, True),
        ("createdAt", {"gt": MILLISECONDS}, False),
        ("createdAt", {"lte": MILLISECONDS - 1}, False),
        ("resourcesAffected.s3Object.size", {"lt": 11}, True),
        ("resourcesAffected.s3Object.key", {"eq": ["a"]}, False),
        (TYPE, {"eq": ["ADDRESS"]}, True),
        (TYPE, {"eqExactMatch": ["NAME"]}, False),
        (TYPE, {"eqExactMatch": ["ADDRESS", "NAME"]}, True),
        (CATEGORY, {"eqExactMatch": ["PERSONAL_INFORMATION"]}, True),
        ("policyDetails.action.actionType", {"eq": ["AWS_API_CALL"]}, False),
        ("policyDetails.action.actionType", {"neq": ["AWS_API_CALL"]}, True),
        ("resourcesAffected.s3Bucket.tags.key", {"eq": ["stage"]}, False),
    ],
)
def test_a_condition_decides_by_the_values_of_the_field(field: str, condition: dict[str, Any], holds: bool) -> None:
    check({field: condition}, SHAPE)
    assert matches(_finding(), {field: condition}) is holds


def test_conditions_are_joined_by_and() -> None:
    both = {"severity.description": {"eq": ["Medium"]}, "classificationDetails.jobId": {"eq": ["other"]}}
    assert not matches(_finding(), both)


@pytest.mark.parametrize(
    ("field", "condition"),
    [
        ("severity.colour", {"eq": ["red"]}),
        ("severity.score.digits", {"eq": ["1"]}),
        ("severity", {"eq": ["High"]}),
        ("resourcesAffected.s3Bucket.tags", {"eq": ["stage"]}),
        ("severity.description", {"gt": 1}),
        ("archived", {"lte": 1}),
        ("severity.description", {"eqExactMatch": ["High"]}),
        ("severity.description", {"eq": ["High"] * 51}),
    ],
)
def test_a_condition_is_refused_when_a_finding_cannot_meet_it(field: str, condition: dict[str, Any]) -> None:
    with pytest.raises(ValidationException):
        check({field: condition}, SHAPE)


def test_findings_are_sorted_by_the_attribute() -> None:
    low, high = _finding("b.csv", 1), _finding("a.csv", 3)
    assert ordered([high, low], {}) == [high, low]
    assert ordered([high, low], {"attributeName": "severity.score"}) == [low, high]
    assert ordered([low, high], {"attributeName": "severity.score", "orderBy": "DESC"}) == [high, low]
    assert ordered([low, high], {"attributeName": "resourcesAffected"}) == [high, low]
    for unknown in ("colour", "resourcesAffected.s3Object.key"):
        with pytest.raises(ValidationException):
            ordered([low, high], {"attributeName": unknown})


def test_findings_are_counted_by_group() -> None:
    findings = [_finding(score=3), _finding(score=1), _finding(score=3)]
    high, low = {"count": 2, "groupKey": "High"}, {"count": 1, "groupKey": "Low"}
    assert count_by(findings, "severity.description", {}) == [high, low]
    assert count_by(findings, "severity.description", {"attributeName": "count", "orderBy": "ASC"}) == [low, high]
    assert count_by(findings, "severity.description", {"attributeName": "groupKey", "orderBy": "DESC"}) == [low, high]
