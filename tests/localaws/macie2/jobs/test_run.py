"""A run reads what its scope selects, and nothing else."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from localaws.macie2.detection.scanner import scan
from localaws.macie2.dials import state_lock
from localaws.macie2.findings import faults
from localaws.macie2.jobs import classifier
from localaws.macie2.operations import classification_jobs
from tests.localaws.conftest import ACCOUNT, await_findings, await_job, read_results, run_job, start
from tests.localaws.macie2.jobs.conftest import put_objects
from tests.localaws.waiting import DEADLINE_SECONDS, until

pytestmark = pytest.mark.usefixtures("repository")


CSV_OF_THE_RUN = {
    "bucketDefinitions": [{"accountId": ACCOUNT, "buckets": ["bronze"]}],
    "scoping": {
        "includes": {
            "and": [
                {"simpleScopeTerm": {"key": "OBJECT_KEY", "comparator": "STARTS_WITH", "values": ["run/1/"]}},
                {"simpleScopeTerm": {"key": "OBJECT_EXTENSION", "comparator": "EQ", "values": ["csv"]}},
            ]
        },
        "excludes": {
            "and": [
                {"tagScopeTerm": {"key": "TAG", "comparator": "EQ", "tagValues": [{"key": "skip", "value": "yes"}]}}
            ]
        },
    },
}


def analysis_status(record: dict[str, Any]) -> dict[str, str]:
    return record["classificationDetails"]["result"]["status"]


@pytest.fixture
def held_job(macie: Any, s3: Any, turn: Callable[..., None]) -> Callable[[int], str]:
    """Start a job that has listed so many objects and reads none until ``turn(job_held=False)``."""

    def make(objects: int) -> str:
        turn(job_held=True)
        job_id = start(macie)

        def remaining() -> float:
            return macie.describe_classification_job(jobId=job_id)["statistics"]["approximateNumberOfObjectsToProcess"]

        until(lambda: remaining() == objects, "the objects to be listed")
        return job_id

    return make


def test_a_result_is_written_for_every_object_in_scope_and_for_no_other(macie: Any, s3: Any) -> None:
    put_objects(s3, "run/1/a.csv", "run/1/b/c.csv", "run/1/d.json", "run/2/a.csv", "a.csv")
    put_objects(s3, "run/1/skipped.csv", Tagging="skip=yes")
    run_job(macie, s3JobDefinition=CSV_OF_THE_RUN)
    assert read_results(s3).keys() == {"run/1/a.csv", "run/1/b/c.csv"}


def test_the_latest_version_is_read_and_a_deleted_object_is_not(macie: Any, s3: Any) -> None:
    put_objects(s3, "a.csv", body=b"a\nold\n")
    latest = put_objects(s3, "a.csv")
    put_objects(s3, "deleted.csv")
    s3.delete_object(Bucket="bronze", Key="deleted.csv")
    run_job(macie)
    [(key, record)] = read_results(s3).items()
    assert (key, record["resourcesAffected"]["s3Object"]["versionId"]) == ("a.csv", latest)


def test_the_version_that_is_read_is_named_when_the_object_changes_after_it_was_listed(
    macie: Any, s3: Any, held_job: Callable[[int], str], turn: Callable[..., None]
) -> None:
    put_objects(s3, "a.csv")
    job_id = held_job(1)
    changed = put_objects(s3, "a.csv", body=b"a\nlonger\n")
    turn(job_held=False)
    await_job(macie, job_id)
    described = read_results(s3)["a.csv"]["resourcesAffected"]["s3Object"]
    assert (described["versionId"], described["size"]) == (changed, "9")


def test_an_object_is_skipped_when_it_is_gone_before_it_is_read(
    macie: Any, s3: Any, held_job: Callable[[int], str], turn: Callable[..., None]
) -> None:
    put_objects(s3, "a.csv", "b.csv")
    job_id = held_job(2)
    s3.delete_object(Bucket="bronze", Key="a.csv")
    turn(job_held=False)
    assert await_job(macie, job_id)["jobStatus"] == "COMPLETE"
    results = read_results(s3)
    assert analysis_status(results["a.csv"]) == {"code": "SKIPPED", "reason": "SOURCE_OBJECT_NO_LONGER_AVAILABLE"}
    assert analysis_status(results["b.csv"]) == {"code": "COMPLETE"}


@pytest.mark.parametrize(
    ("key", "storage_class", "reason"),
    [
        ("photo.png", "STANDARD", "UNSUPPORTED_FILE_TYPE_EXCEPTION"),
        ("a.csv", "GLACIER", "INVALID_OBJECT_STATE"),
        ("a.csv", "DEEP_ARCHIVE", "INVALID_OBJECT_STATE"),
    ],
)
def test_an_object_is_skipped_with_the_reason_when_macie_cannot_read_it(
    macie: Any, s3: Any, key: str, storage_class: str, reason: str
) -> None:
    put_objects(s3, key, StorageClass=storage_class)
    run_job(macie)
    record = read_results(s3)[key]
    assert analysis_status(record) == {"code": "SKIPPED", "reason": reason}
    assert record["classificationDetails"]["result"]["sizeClassified"] == "0"
    assert macie.list_findings()["findingIds"] == []


def test_a_cancelled_job_reads_nothing_more(
    macie: Any, s3: Any, held_job: Callable[[int], str], turn: Callable[..., None]
) -> None:
    put_objects(s3, "a.csv")
    cancelled = held_job(1)
    macie.update_classification_job(jobId=cancelled, jobStatus="CANCELLED")
    turn(job_held=False)
    run_job(macie, clientToken="next")
    stored = s3.list_objects_v2(Bucket="results")["Contents"]
    assert not any(cancelled in item["Key"] for item in stored)


def test_a_deleted_identifier_still_works_in_a_job_that_has_it(
    macie: Any, s3: Any, held_job: Callable[[int], str], turn: Callable[..., None]
) -> None:
    put_objects(s3, "a.csv", body=b"code\nABC-1234\n")
    turn(job_held=True)
    created = macie.create_custom_data_identifier(name="code", regex="[A-Z]{3}-[0-9]{4}")
    start(macie, customDataIdentifierIds=[created["customDataIdentifierId"]])
    macie.delete_custom_data_identifier(id=created["customDataIdentifierId"])
    turn(job_held=False)
    assert len(await_findings(macie, 1)) == 1


def test_results_lie_where_macie_puts_them_encrypted_with_the_key(macie: Any, s3: Any) -> None:
    put_objects(s3, "a.csv")
    job_id = run_job(macie)
    [stored] = s3.list_objects_v2(Bucket="results")["Contents"]
    folder = f"macie/AWSLogs/{ACCOUNT}/Macie/us-east-1/{job_id}/{ACCOUNT}/"
    assert stored["Key"].startswith(folder)
    assert stored["Key"].endswith(".jsonl.gz")
    answer = s3.get_object(Bucket="results", Key=stored["Key"])
    assert answer["ServerSideEncryption"] == "aws:kms"
    record = json.loads(gzip.decompress(answer["Body"].read()))
    assert record["classificationDetails"]["detailedResultsLocation"] == f"s3://results/{stored['Key']}"


def failing(message: str) -> Callable[..., None]:
    """Return what fails with the message, whatever it is called with."""

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError(message)

    return fail


def test_a_job_is_cancelled_when_the_local_aws_itself_fails(
    macie: Any, s3: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(classifier, "scan", failing("a mistake in the scanner"))
    put_objects(s3, "a.csv")
    assert await_job(macie, start(macie))["jobStatus"] == "CANCELLED"
    until(lambda: "failed inside the local AWS" in caplog.text, "the log")
    assert "a mistake in the scanner" not in caplog.text


def test_a_job_is_cancelled_when_its_run_cannot_even_begin(
    macie: Any, s3: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(classification_jobs, "chosen", failing("a mistake in the catalogue"))
    assert await_job(macie, start(macie))["jobStatus"] == "CANCELLED"
    until(lambda: "failed inside the local AWS" in caplog.text, "the log")
    assert "a mistake in the catalogue" not in caplog.text


@pytest.mark.parametrize(("lag_seconds", "status"), [(0, "CANCELLED"), (0.01, "COMPLETE")])
def test_what_fails_while_findings_are_published_is_logged_without_its_text(
    macie: Any,
    s3: Any,
    turn: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    lag_seconds: float,
    status: str,
) -> None:
    turn(findings_lag_seconds=lag_seconds)
    monkeypatch.setattr(faults, "findings", failing("999-12-3456"))
    assert await_job(macie, start(macie))["jobStatus"] == status
    until(lambda: "failed inside the local AWS" in caplog.text, "the log")
    assert "999-12-3456" not in caplog.text


def test_others_are_answered_while_a_job_reads_an_object(
    macie: Any, s3: Any, client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    is_reading, may_go_on = threading.Event(), threading.Event()

    def read_for_long(*facts: Any, **more: Any) -> Any:
        is_reading.set()
        assert may_go_on.wait(timeout=DEADLINE_SECONDS)
        return scan(*facts, **more)

    monkeypatch.setattr(classifier, "scan", read_for_long)
    put_objects(s3, "a.csv")
    job_id = start(macie)
    assert is_reading.wait(timeout=DEADLINE_SECONDS)
    assert macie.describe_classification_job(jobId=job_id)["jobStatus"] == "RUNNING"
    assert macie.list_findings()["findingIds"] == []
    put_objects(s3, "b.csv")
    assert start(macie, clientToken="other")
    assert client("events").list_rules()["Rules"] == []
    may_go_on.set()
    assert await_job(macie, job_id)["jobStatus"] == "COMPLETE"


def test_texts_of_allow_lists_do_not_match_as_the_lists_are_when_the_run_starts(macie: Any, s3: Any) -> None:
    put_objects(s3, "a.csv", body=b"code\nABC-1234\n")
    put_objects(s3, "b.csv", body=b"code\nABC-1234\nXYZ-9999\n")
    s3.put_object(Bucket="results", Key="words.txt", Body=b"other\n")
    words = {"s3WordsList": {"bucketName": "results", "objectKey": "words.txt"}}
    list_id = macie.create_allow_list(name="known", criteria=words)["id"]
    s3.put_object(Bucket="results", Key="words.txt", Body=b"abc-1234\n")
    created = macie.create_custom_data_identifier(name="code", regex="[A-Z]{3}-[0-9]{4}")
    run_job(macie, customDataIdentifierIds=[created["customDataIdentifierId"]], allowListIds=[list_id])
    [finding] = await_findings(macie, 1)
    assert finding["resourcesAffected"]["s3Object"]["key"] == "b.csv"
    assert finding["classificationDetails"]["result"]["customDataIdentifiers"]["totalCount"] == 1


def test_what_was_analysed_is_the_usage_of_the_account(macie: Any, s3: Any) -> None:
    def cost() -> float:
        totals = macie.get_usage_totals(timeRange="MONTH_TO_DATE")["usageTotals"]
        [one] = [total for total in totals if total["type"] == "SENSITIVE_DATA_DISCOVERY"]
        return float(one["estimatedCost"])

    assert cost() == 0
    put_objects(s3, "a.csv", body=b"a\n" + b"1\n" * 50_000)
    run_job(macie)
    assert cost() > 0


def test_no_client_sees_a_complete_job_before_its_findings_unless_they_lag(
    macie: Any, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_objects(s3, "a.csv")
    publish, was_seen = faults.findings, list[bool]()

    def look() -> bool:
        """Take the lock with which a request describes a job, as the thread of a request."""
        if is_free := state_lock.acquire(timeout=0.2):
            state_lock.release()
        return is_free

    def look_while_publishing(*arguments: Any) -> Any:
        state_lock.release()  # the one of publishing alone; the end of the job has it, too
        with ThreadPoolExecutor(1) as request:
            was_seen.append(request.submit(look).result())
        state_lock.acquire()
        return publish(*arguments)

    monkeypatch.setattr(faults, "findings", look_while_publishing)
    run_job(macie)
    assert was_seen[0] is False
