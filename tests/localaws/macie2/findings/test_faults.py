"""Injected faults of results, findings and calls, as a client sees them."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.localaws.conftest import await_findings, error_of, read_results, run_job, start
from tests.localaws.waiting import until

pytestmark = pytest.mark.usefixtures("repository")

KEYS = ("a.csv", "b.csv", "c.csv")


@pytest.fixture
def job(macie: Any, s3: Any) -> dict[str, Any]:
    """What a job over three objects needs, in each of which it finds one code."""
    for key in KEYS:
        s3.put_object(Bucket="bronze", Key=key, Body=b"code\nABC-1234\n")
    created = macie.create_custom_data_identifier(name="code", regex="[A-Z]{3}-[0-9]{4}")
    return {"customDataIdentifierIds": [created["customDataIdentifierId"]], "managedDataIdentifierSelector": "NONE"}


def _key(reported: dict[str, Any]) -> str:
    return reported["resourcesAffected"]["s3Object"]["key"]


def _result(reported: dict[str, Any]) -> dict[str, Any]:
    return reported["classificationDetails"]["result"]


def _records(s3: Any) -> list[dict[str, Any]]:
    """All discovery results; there may be several of one object."""
    stored = s3.list_objects_v2(Bucket="results").get("Contents", [])
    bodies = [s3.get_object(Bucket="results", Key=item["Key"])["Body"].read() for item in stored]
    return [json.loads(gzip.decompress(body)) for body in bodies]


def _listed(macie: Any, **more: Any) -> list[str]:
    """Every id that a listing gives when it is read to its end."""
    pages = macie.get_paginator("list_findings").paginate(**more)
    return [item for page in pages for item in page["findingIds"]]


# ---- when


def test_results_come_after_the_lag_when_the_job_is_complete(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(results_lag_seconds=3600)
    run_job(macie, **job)
    await_findings(macie, len(KEYS))
    assert _records(s3) == []
    turn(results_lag_seconds=0)
    until(lambda: read_results(s3).keys() == set(KEYS), "the results")


def test_results_come_before_the_findings_when_those_lag_more(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(results_lag_seconds=0.01, findings_lag_seconds=3600)
    run_job(macie, **job)
    until(lambda: read_results(s3).keys() == set(KEYS), "the results")
    assert _listed(macie) == []


# ---- what is missing, doubled or put aside


def test_a_result_is_missing_and_its_finding_is_not_when_the_dial_says_so(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(results_missing=["b.csv"])
    run_job(macie, **job)
    assert read_results(s3).keys() == {"a.csv", "c.csv"}
    assert [_key(finding) for finding in await_findings(macie, len(KEYS))] == list(KEYS)


def test_a_finding_is_missing_and_its_result_is_not_when_the_dial_says_so(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(findings_missing=["b.csv"])
    run_job(macie, **job)
    assert [_key(finding) for finding in await_findings(macie, 2)] == ["a.csv", "c.csv"]
    assert read_results(s3).keys() == set(KEYS)


def test_a_result_is_written_in_two_files_with_two_ids_when_the_dial_says_so(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(results_doubled=["b.csv"])
    run_job(macie, **job)
    records = _records(s3)
    assert sorted(map(_key, records)) == ["a.csv", "b.csv", "b.csv", "c.csv"]
    assert len({record["id"] for record in records}) == len(records)
    assert len({record["classificationDetails"]["detailedResultsLocation"] for record in records}) == len(records)


def test_versions_are_left_out_of_results_when_the_dial_says_so(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    s3.put_bucket_versioning(Bucket="bronze", VersioningConfiguration={"Status": "Enabled"})
    versions = {key: s3.put_object(Bucket="bronze", Key=key, Body=b"code\nABC-1234\n")["VersionId"] for key in KEYS}
    turn(results_unversioned=["b.csv"])
    run_job(macie, **job)
    reported = {key: result["resourcesAffected"]["s3Object"] for key, result in read_results(s3).items()}
    assert "versionId" not in reported["b.csv"]
    assert {key: reported[key]["versionId"] for key in ("a.csv", "c.csv")} == {
        key: versions[key] for key in ("a.csv", "c.csv")
    }
    assert {item["size"] for item in reported.values()} == {"14"}
    findings = [finding["resourcesAffected"]["s3Object"] for finding in await_findings(macie, len(KEYS))]
    assert {finding["key"]: finding["versionId"] for finding in findings} == versions


def test_versions_are_empty_in_findings_when_the_dial_says_so(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    s3.put_bucket_versioning(Bucket="bronze", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="bronze", Key="b.csv", Body=b"code\nABC-1234\n")["VersionId"]
    turn(findings_unversioned=["b.csv"])
    run_job(macie, **job)
    findings = [finding["resourcesAffected"]["s3Object"] for finding in await_findings(macie, len(KEYS))]
    assert {finding["key"]: (finding["versionId"], finding["size"]) for finding in findings}["b.csv"] == ("", 14)
    assert read_results(s3)["b.csv"]["resourcesAffected"]["s3Object"]["versionId"] == version


def test_a_finding_is_listed_on_two_pages_when_the_dial_says_so(
    macie: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(findings_doubled=["a.csv"])
    run_job(macie, **job)
    until(lambda: len(_listed(macie)) == len(KEYS) + 1, "the findings")
    [(doubled, times), *_] = Counter(_listed(macie, PaginationConfig={"PageSize": 2})).most_common()
    [finding] = macie.get_findings(findingIds=[doubled])["findings"]
    assert (_key(finding), times) == ("a.csv", 2)


def test_a_finding_is_archived_when_the_dial_says_so(
    macie: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(findings_archived=["b.csv"])
    run_job(macie, **job)
    assert [finding["archived"] for finding in await_findings(macie, len(KEYS))] == [False, True, False]
    criteria = {"criterion": {"archived": {"eq": ["false"]}}}
    assert len(macie.list_findings(findingCriteria=criteria)["findingIds"]) == len(KEYS) - 1


@pytest.mark.parametrize("cap", [1, 2])
def test_no_more_findings_of_a_job_are_published_than_the_dial_says(
    macie: Any, job: dict[str, Any], turn: Callable[..., None], cap: int
) -> None:
    turn(findings_cap=cap)
    for token in ("first", "second"):
        run_job(macie, **job, clientToken=token)
    await_findings(macie, 2 * cap)


# ---- wrong content


@pytest.mark.parametrize(
    ("analysis", "status"),
    [
        ("PARTIAL:TIME_CUT_OFF_REACHED", {"code": "PARTIAL", "reason": "TIME_CUT_OFF_REACHED"}),
        ("PARTIAL", {"code": "PARTIAL"}),
    ],
)
def test_an_object_is_partly_read_and_has_its_findings_when_the_dial_says_so(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None], analysis: str, status: dict[str, str]
) -> None:
    turn(analysis={"b.csv": analysis})
    run_job(macie, **job)
    _, finding, _ = await_findings(macie, len(KEYS))
    for reported in (finding, read_results(s3)["b.csv"]):
        assert _result(reported)["status"] == status
        assert int(_result(reported)["customDataIdentifiers"]["totalCount"]) == 1
    assert _result(read_results(s3)["a.csv"])["status"] == {"code": "COMPLETE"}


def test_an_object_is_not_read_when_the_dial_says_that_it_is_skipped(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(analysis={"b.csv": "SKIPPED:INVALID_ENCRYPTION"})
    run_job(macie, **job)
    assert [_key(finding) for finding in await_findings(macie, 2)] == ["a.csv", "c.csv"]
    skipped = _result(read_results(s3)["b.csv"])
    assert skipped["status"] == {"code": "SKIPPED", "reason": "INVALID_ENCRYPTION"}
    assert skipped["sizeClassified"] == "0"


def test_a_status_can_be_unknown(macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]) -> None:
    turn(analysis={"": "DEFERRED:MOON_TOO_FULL"}, findings_missing=[""])
    run_job(macie, **job)
    assert _result(read_results(s3)["c.csv"])["status"] == {"code": "DEFERRED", "reason": "MOON_TOO_FULL"}


def test_a_finding_has_another_severity_than_its_result_when_the_dial_says_so(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(severity_lies={"b.csv": "Low"})
    run_job(macie, **job)
    medium = {"description": "Medium", "score": 2}
    reported = [finding["severity"] for finding in await_findings(macie, len(KEYS))]
    assert reported == [medium, {"description": "Low", "score": 1}, medium]
    assert read_results(s3)["b.csv"]["severity"]["description"] == "Medium"


def test_a_finding_can_have_an_unknown_severity(
    session: boto3.Session, macie: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(severity_lies={"b.csv": "Critical"})
    run_job(macie, **job)
    ids = until(lambda: (found := _listed(macie))[: len(found) == len(KEYS) and 3], "the findings")
    believes_anything: Any = session.client("macie2", endpoint_url=macie.meta.endpoint_url)
    found = believes_anything.get_findings(findingIds=ids)["findings"]
    believes_anything.close()
    reported = {_key(item): item["severity"]["description"] for item in found}
    assert reported == {"a.csv": "Medium", "b.csv": "Critical", "c.csv": "Medium"}


def test_a_finding_has_other_counts_than_its_result_when_the_dial_says_so(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(count_lies={"b.csv": 41})
    run_job(macie, **job)
    found = [_result(finding)["customDataIdentifiers"] for finding in await_findings(macie, len(KEYS))]
    assert [item["totalCount"] for item in found] == [1, 42, 1]
    assert [item["detections"][0]["count"] for item in found] == [1, 42, 1]
    assert _result(read_results(s3)["b.csv"])["customDataIdentifiers"]["totalCount"] == "1"


def test_the_last_run_has_an_error_and_everything_was_read_when_the_dial_says_so(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(last_run_error=True)
    described = macie.describe_classification_job(jobId=run_job(macie, **job))
    assert described["lastRunErrorStatus"] == {"code": "ERROR"}
    assert read_results(s3).keys() == set(KEYS)


# ---- how the API answers


def test_findings_come_in_another_order_at_every_call_and_all_of_them(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    for number in range(20):
        s3.put_object(Bucket="bronze", Key=f"{number}.csv", Body=b"code\nABC-1234\n")
    turn(findings_shuffled=True, findings_doubled=["a.csv"])
    run_job(macie, **job)
    until(lambda: len(_listed(macie)) == len(KEYS) + 20 + 1, "the findings")
    listings = [_listed(macie, PaginationConfig={"PageSize": 7}) for _ in range(3)]
    assert len({tuple(listing) for listing in listings}) == len(listings)
    assert len({tuple(sorted(listing)) for listing in listings}) == 1
    ids = list(set(listings[0]))
    answers = [[finding["id"] for finding in macie.get_findings(findingIds=ids)["findings"]] for _ in range(3)]
    assert len({tuple(answer) for answer in answers}) == len(answers)
    assert all(set(answer) == set(ids) for answer in answers)


@pytest.mark.parametrize("token", ["nonsense", "b2Zmc2V0OjU=", "WzFd"])
def test_a_token_of_another_listing_is_refused_when_findings_are_shuffled(
    macie: Any, turn: Callable[..., None], token: str
) -> None:
    turn(findings_shuffled=True)
    assert error_of(macie.list_findings, nextToken=token)[:2] == ("ValidationException", 400)


def test_the_next_calls_of_an_operation_fail_and_then_it_works_again(macie: Any, turn: Callable[..., None]) -> None:
    turn(api_errors={"ListFindings": [429, 500]})
    assert macie.get_macie_session()["status"] == "ENABLED"
    assert error_of(macie.list_findings)[:2] == ("ThrottlingException", 429)
    assert error_of(macie.list_findings)[:2] == ("InternalServerException", 500)
    assert macie.list_findings()["findingIds"] == []


def test_the_next_calls_of_any_operation_fail_when_the_dial_names_all(macie: Any, turn: Callable[..., None]) -> None:
    turn(api_errors={"*": {"status": 429, "times": 2}, "GetMacieSession": [403]})
    assert error_of(macie.get_macie_session)[:2] == ("AccessDeniedException", 403)
    assert error_of(macie.get_macie_session)[:2] == ("ThrottlingException", 429)
    assert error_of(macie.list_findings)[:2] == ("ThrottlingException", 429)
    assert macie.list_findings()["findingIds"] == []


# ---- cancelled jobs


def test_a_running_job_stays_cancelled_when_the_dial_is_turned(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    turn(job_held=True)
    cancelled, other = start(macie, **job), start(macie, **job, clientToken="other")
    turn(job_status={cancelled: "CANCELLED"})
    turn(job_status={}, job_held=False)
    assert macie.describe_classification_job(jobId=cancelled)["jobStatus"] == "CANCELLED"
    until(lambda: macie.describe_classification_job(jobId=other)["jobStatus"] == "COMPLETE", "the other job")
    assert not any(cancelled in record["classificationDetails"]["jobArn"] for record in _records(s3))


def test_a_job_is_cancelled_as_it_is_created_when_the_dial_names_every_job(
    macie: Any, s3: Any, job: dict[str, Any], turn: Callable[..., None]
) -> None:
    complete = run_job(macie, **job)
    turn(job_status={"*": "CANCELLED"})
    created = start(macie, **job, clientToken="next")
    assert macie.describe_classification_job(jobId=created)["jobStatus"] == "CANCELLED"
    assert macie.describe_classification_job(jobId=complete)["jobStatus"] == "COMPLETE"
