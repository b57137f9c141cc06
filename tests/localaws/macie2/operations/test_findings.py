"""Findings through the API: listed, read, counted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localaws.conftest import await_findings, error_of, run_job
from tests.localaws.macie2.conftest import pages


def test_findings_are_made_without_an_export_configuration(macie: Any, s3: Any, two_findings: str) -> None:
    found = await_findings(macie, 2)
    assert all("export-config-not-set" in item["classificationDetails"]["detailedResultsLocation"] for item in found)


@pytest.fixture
def two_findings(macie: Any, s3: Any) -> str:
    """Findings of Medium (one code) and High (two); returns the id of the job."""
    s3.put_object(Bucket="bronze", Key="one.csv", Body=b"code\nABC-1234\n")
    s3.put_object(Bucket="bronze", Key="two.csv", Body=b"code\nABC-1234\nABC-1235\n")
    s3.put_object(Bucket="bronze", Key="none.csv", Body=b"code\nabc\n")
    levels = [{"occurrencesThreshold": 1, "severity": "MEDIUM"}, {"occurrencesThreshold": 2, "severity": "HIGH"}]
    created = macie.create_custom_data_identifier(name="code", regex="[A-Z]{3}-[0-9]{4}", severityLevels=levels)
    job_id = run_job(macie, customDataIdentifierIds=[created["customDataIdentifierId"]])
    await_findings(macie, 2)
    return job_id


def _keys(macie: Any, **parameters: Any) -> list[str]:
    ids = macie.list_findings(**parameters)["findingIds"]
    found = macie.get_findings(findingIds=ids)["findings"] if ids else []
    return [item["resourcesAffected"]["s3Object"]["key"] for item in found]


def test_findings_are_listed_by_criteria(macie: Any, two_findings: str) -> None:
    def keys(**criterion: Any) -> list[str]:
        return _keys(macie, findingCriteria={"criterion": criterion})

    assert keys(**{"severity.description": {"eq": ["High"]}}) == ["two.csv"]
    assert keys(**{"severity.description": {"neq": ["High"]}}) == ["one.csv"]
    assert keys(**{"classificationDetails.jobId": {"eq": [two_findings]}}) == ["one.csv", "two.csv"]
    assert keys(**{"classificationDetails.jobId": {"eq": ["other"]}}) == []
    assert keys(createdAt={"gt": 0}) == ["one.csv", "two.csv"]
    assert error_of(macie.list_findings, findingCriteria={"criterion": {"colour": {"eq": ["red"]}}})[1] == 400


def test_findings_are_sorted_and_paged(macie: Any, two_findings: str) -> None:
    sort = {"attributeName": "severity.score", "orderBy": "DESC"}
    assert _keys(macie, sortCriteria=sort) == ["two.csv", "one.csv"]
    parts = pages(macie, "list_findings", "findingIds", sortCriteria=sort, PaginationConfig={"PageSize": 1})
    assert [len(part) for part in parts] == [1, 1]
    assert [finding_id for part in parts for finding_id in part] == macie.list_findings(sortCriteria=sort)["findingIds"]


def test_unknown_findings_are_left_out_and_too_many_are_refused(macie: Any, two_findings: str) -> None:
    ids = macie.list_findings()["findingIds"]
    assert len(macie.get_findings(findingIds=[*ids, "unknown"])["findings"]) == 2
    assert error_of(macie.get_findings, findingIds=["id"] * 51)[:2] == ("ValidationException", 400)
    assert error_of(macie.list_findings, maxResults=51)[:2] == ("ValidationException", 400)


def test_findings_are_counted(macie: Any, two_findings: str) -> None:
    def counts(**parameters: Any) -> list[tuple[str, int]]:
        groups = macie.get_finding_statistics(**parameters)["countsByGroup"]
        return [(group["groupKey"], group["count"]) for group in groups]

    assert counts(groupBy="resourcesAffected.s3Bucket.name") == [("bronze", 2)]
    assert counts(groupBy="classificationDetails.jobId") == [(two_findings, 2)]
    by_severity = {"groupBy": "severity.description", "sortCriteria": {"attributeName": "groupKey", "orderBy": "ASC"}}
    assert counts(**by_severity) == [("High", 1), ("Medium", 1)]
    assert counts(**by_severity, size=1) == [("High", 1)]
