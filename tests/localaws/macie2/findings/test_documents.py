"""The shapes of findings and discovery results."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from localaws.macie2.detection.result import Cell, Detection, ScanResult, ScanStatus
from localaws.macie2.findings.documents import Analysis, discovery_results, finding, share_locations
from localaws.macie2.identifiers.model import Category, Severity
from tests.localaws.conftest import await_findings, read_results, run_job
from tests.localaws.macie2.jobs.test_scope import OBJECT

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def _detection(
    category: Category | None, count: int = 1, severity: Severity = Severity.LOW, identifier: str = "ID"
) -> Detection:
    cells = tuple(Cell(row, 1, "column") for row in range(2, 2 + min(count, 1000)))
    return Detection(identifier, category, count, severity, cells)


def _analysis(*detections: Detection, repository: tuple[str, str] | None = ("results", "")) -> Analysis:
    return Analysis(
        account_id="123456789012",
        region_name="us-east-1",
        partition="aws",
        job_id="job",
        job_arn="arn:aws:macie2:us-east-1:123456789012:classification-job/job",
        names={"ID": "Patient code"},
        object=OBJECT,
        result=ScanResult(ScanStatus.COMPLETE, None, "text/csv", 100, detections),
        results_bucket=repository,
    )


PERSONAL, FINANCIAL = _detection(Category.PERSONAL_INFORMATION), _detection(Category.FINANCIAL_INFORMATION)
CREDENTIALS, CUSTOM = _detection(Category.CREDENTIALS), _detection(None)


@pytest.mark.parametrize(
    ("detections", "kind"),
    [
        ([PERSONAL], "Personal"),
        ([PERSONAL, PERSONAL], "Personal"),
        ([FINANCIAL], "Financial"),
        ([CREDENTIALS], "Credentials"),
        ([CUSTOM, CUSTOM], "CustomIdentifier"),
        ([CUSTOM, PERSONAL], "Multiple"),
        ([FINANCIAL, PERSONAL], "Multiple"),
    ],
)
def test_the_type_follows_from_the_categories(detections: list[Detection], kind: str) -> None:
    assert finding(_analysis(*detections), NOW)["type"] == f"SensitiveData:S3Object/{kind}"


def test_the_severity_is_the_highest_of_the_detections() -> None:
    detections = [_detection(None, severity=severity) for severity in (Severity.LOW, Severity.HIGH, Severity.MEDIUM)]
    assert finding(_analysis(*detections), NOW)["severity"] == {"description": "High", "score": 3}


@pytest.mark.parametrize(
    ("available", "shared"),
    [
        ([], []),
        ([20], [15]),
        ([1000, 1000, 1000], [5, 5, 5]),
        ([2, 1000], [2, 13]),
        ([1000] * 6, [3, 3, 3, 2, 2, 2]),
        ([1] * 20, [1] * 15 + [0] * 5),
        ([1, 2], [1, 2]),
    ],
    ids=str,
)
def test_fifteen_locations_are_shared_by_all_detections(available: list[int], shared: list[int]) -> None:
    detections = [_detection(None, count) for count in available]
    assert [len(cells) for cells in share_locations(detections, 15)] == shared


@pytest.mark.parametrize(("count", "expected"), [(15, False), (16, True)])
def test_additional_occurrences_are_reported_when_not_all_are_located(count: int, expected: bool) -> None:
    made = finding(_analysis(_detection(None, count)), NOW)
    assert made["classificationDetails"]["result"]["additionalOccurrences"] is expected


def test_a_category_is_not_repeated() -> None:
    result = finding(_analysis(PERSONAL, FINANCIAL, PERSONAL), NOW)["classificationDetails"]["result"]
    assert [(item["category"], item["totalCount"]) for item in result["sensitiveData"]] == [
        ("PERSONAL_INFORMATION", 2),
        ("FINANCIAL_INFORMATION", 1),
    ]
    assert result["customDataIdentifiers"] == {"detections": [], "totalCount": 0}


def test_the_location_names_no_bucket_when_there_is_no_repository() -> None:
    location = finding(_analysis(CUSTOM, repository=None), NOW)["classificationDetails"]["detailedResultsLocation"]
    assert location.startswith("s3://[export-config-not-set]/AWSLogs/123456789012/Macie/us-east-1/job/123456789012/")


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value]


def test_a_result_has_numbers_as_text_and_no_nulls() -> None:
    [record] = discovery_results(_analysis(_detection(None, 2000), PERSONAL), NOW)
    assert all(isinstance(leaf, (str, bool)) for leaf in _leaves(record))
    assert record["createdAt"] == "2026-03-01T12:00:00Z"
    [custom] = record["classificationDetails"]["result"]["customDataIdentifiers"]["detections"]
    assert (custom["count"], custom["name"], custom["arn"]) == ("2000", "Patient code", "ID")
    assert len(custom["occurrences"]["cells"]) == 1000
    assert custom["occurrences"]["cells"][0] == {"column": "1", "columnName": "column", "row": "2"}
    assert {name: custom["occurrences"][name] for name in ("lineRanges", "pages", "records")} == {
        "lineRanges": [],
        "pages": [],
        "records": [],
    }


def test_a_result_of_a_clean_object_has_no_verdict() -> None:
    [record] = discovery_results(_analysis(), NOW)
    assert not {"type", "title", "description", "severity", "updatedAt", "archived", "count", "sample"} & record.keys()
    assert record["classificationDetails"]["result"] == {
        "mimeType": "text/csv",
        "sizeClassified": "100",
        "status": {"code": "COMPLETE"},
        "sensitiveData": [],
    }


@pytest.mark.parametrize(
    ("detections", "description"),
    [
        (
            [CUSTOM],
            "The S3 object contains text that matches the criteria of one or more custom data identifiers. "
            "The object might contain multiple types of sensitive data.",
        ),
        ([CUSTOM, PERSONAL], "The S3 object contains more than one category of sensitive data."),
        ([PERSONAL], "The S3 object contains personal information."),
    ],
    ids=["custom", "multiple", "personal"],
)
def test_the_descriptions_are_those_of_2024(detections: list[Detection], description: str) -> None:
    assert finding(_analysis(*detections), NOW)["description"] == description


def test_a_result_names_its_origin_and_not_whether_uploads_are_encrypted() -> None:
    [record] = discovery_results(_analysis(CUSTOM), NOW)
    assert record["classificationDetails"]["originType"] == "SENSITIVE_DATA_DISCOVERY_JOB"
    bucket = record["resourcesAffected"]["s3Bucket"]
    assert "permissionConfiguration" in bucket["publicAccess"]
    assert "allowsUnencryptedObjectUploads" not in bucket


def test_a_finding_has_its_nulls_and_times_in_milliseconds(macie: Any, s3: Any) -> None:
    bodies: list[bytes] = []
    macie.meta.events.register(
        "before-parse.macie2.GetFindings", lambda response_dict, **_: bodies.append(response_dict["body"])
    )
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"ssn\n219-09-9998\n")
    run_job(macie, managedDataIdentifierSelector="ALL")
    await_findings(macie, 1)
    [written] = json.loads(bodies[0])["findings"]
    bucket, stored = written["resourcesAffected"]["s3Bucket"], written["resourcesAffected"]["s3Object"]
    [found, *_] = written["classificationDetails"]["result"]["sensitiveData"][0]["detections"]
    assert written["classificationDetails"]["result"]["status"] == {"code": "COMPLETE", "reason": None}
    assert found["occurrences"]["cells"][0]["cellReference"] is None
    assert bucket["defaultServerSideEncryption"]["kmsMasterKeyId"] is None
    assert stored["serverSideEncryption"]["kmsMasterKeyId"] is None
    assert re.fullmatch(r"[-0-9]{10}T[:0-9]{8}\.[0-9]{3}Z", written["createdAt"])
    assert bucket["createdAt"].endswith(".000Z")
    assert stored["lastModified"].endswith(".000Z")


@pytest.mark.usefixtures("repository")
def test_a_finding_and_its_result_say_where_in_the_object_the_data_is(macie: Any, s3: Any) -> None:
    rows = [f"{number},ABC-{number:04}" for number in range(20)]
    body = "\n".join(["id,patient code", *rows, ""]).encode()
    version = s3.put_object(Bucket="bronze", Key="feed/run/codes.csv", Body=body, Tagging="feed=x")["VersionId"]
    s3.put_object(Bucket="bronze", Key="feed/run/clean.csv", Body=b"id\n1\n")
    created = macie.create_custom_data_identifier(name="Patient code", regex="[A-Z]{3}-[0-9]{4}")
    identifier = created["customDataIdentifierId"]
    job_id = run_job(macie, customDataIdentifierIds=[identifier], managedDataIdentifierSelector="NONE")
    [made] = await_findings(macie, 1)
    details, result = made["classificationDetails"], made["classificationDetails"]["result"]
    [detection] = result["customDataIdentifiers"]["detections"]
    cells = [{"column": 2, "columnName": "patient code", "row": row} for row in range(2, 22)]
    assert (detection["arn"], detection["name"], detection["count"]) == (identifier, "Patient code", 20)
    assert detection["occurrences"] == {"cells": cells[:15]}
    assert (result["status"], result["mimeType"], result["sizeClassified"]) == (
        {"code": "COMPLETE"},
        "text/csv",
        len(body),
    )
    assert (result["additionalOccurrences"], result["sensitiveData"]) == (True, [])
    assert (made["type"], made["severity"]) == (
        "SensitiveData:S3Object/CustomIdentifier",
        {"description": "Medium", "score": 2},
    )
    assert (made["category"], made["count"], made["archived"], made["sample"]) == ("CLASSIFICATION", 1, False, False)
    assert made["createdAt"] == made["updatedAt"]
    assert (details["jobId"], details["originType"]) == (job_id, "SENSITIVE_DATA_DISCOVERY_JOB")
    described = made["resourcesAffected"]["s3Object"]
    assert (described["key"], described["versionId"], described["extension"], described["size"], described["tags"]) == (
        "feed/run/codes.csv",
        version,
        "csv",
        len(body),
        [{"key": "feed", "value": "x"}],
    )
    records = read_results(s3)
    assert records.keys() == {"feed/run/codes.csv", "feed/run/clean.csv"}
    record = records["feed/run/codes.csv"]
    assert record["classificationDetails"]["detailedResultsLocation"] == details["detailedResultsLocation"]
    [recorded] = record["classificationDetails"]["result"]["customDataIdentifiers"]["detections"]
    assert [int(cell["row"]) for cell in recorded["occurrences"]["cells"]] == list(range(2, 22))
