"""The account of Macie made to match the repo: whole runs of ``macie_scheduled_job`` on the local AWS."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from dev import in_process
from tests.conftest import REPO
from tests.lake import Lake
from tests.localaws.waiting import until
from tests.runs import RunAny

pytestmark = pytest.mark.slow

DAY_SECONDS = 86400
RULE = {
    "name": "Patient ids alone",
    "findingCriteria": {"criterion": {"type": {"eq": ["SensitiveData:S3Object/CustomIdentifier"]}}},
    "owner": "data-platform@example.org",
    "reason": "They are made up.",
    "expires_on": "2999-01-01",
}
ALLOW_LIST = {"name": "Test numbers", "criteria": {"regex": "4242"}}
PATIENT = b"PATIENT\n76982e06-f8b8-4509-9ca3-65a99c8650fe\n"


@dataclass(frozen=True)
class Ended:
    """A run that is over."""

    state: str
    tasks: dict[str, str]
    record: dict[str, Any]

    def actions(self, kind: str) -> dict[str, str]:
        return {one["name"]: one["action"] for one in self.record["changes"] if one["kind"] == kind}

    @property
    def all_actions(self) -> list[str]:
        return [one["action"] for one in self.record["changes"]]


Apply = Callable[..., Ended]


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repo's own definitions, to be changed."""
    shutil.copytree(REPO / "include", tmp_path / "include")
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path / "include"))
    return tmp_path / "include"


@pytest.fixture
def apply(run_any: RunAny, include: Path) -> Apply:
    dag = in_process.load_dag("macie_scheduled_job")

    def run(*, dry_run: bool = False) -> Ended:
        ended = run_any(dag, "macie_scheduled_job", dry_run=dry_run)
        return Ended(ended.state, ended.tasks, ended.record if ended.tasks["report"] == "success" else {})

    return run


def macie() -> Any:
    return boto3.client("macie2")


def jobs() -> dict[str, str]:
    """Status of each job by its id, oldest first."""
    listed = macie().list_classification_jobs(sortCriteria={"attributeName": "createdAt", "orderBy": "ASC"})["items"]
    return {item["jobId"]: item["jobStatus"] for item in listed}


def filters() -> set[str]:
    return {item["name"] for item in macie().list_findings_filters()["findingsFilterListItems"]}


def change_spec(include: Path) -> None:
    path = include / "job_specs" / "synthea_daily.json"
    write(path, {**json.loads(path.read_text()), "name": "synthea-nightly"})


def has_run(job_id: str, times: int) -> bool:
    job = macie().describe_classification_job(jobId=job_id)
    return bool((job["jobStatus"], job["statistics"]["numberOfRuns"]) == ("IDLE", times))


def scanned_by(lake: Lake, job_id: str) -> list[str]:
    """Keys of the objects that a job has analysed, each as often as it was."""
    bucket = lake.outputs["ResultsBucket"]
    listed = lake.s3.list_objects_v2(Bucket=bucket, Prefix=f"macie/AWSLogs/123456789012/Macie/us-east-1/{job_id}/")
    return [
        json.loads(line)["resourcesAffected"]["s3Object"]["key"]
        for item in listed["Contents"]
        for line in gzip.decompress(lake.read(bucket, item["Key"])).split(b"\n")
        if line
    ]


def write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))


@pytest.mark.airflow
def test_account_matches_the_repo_after_one_run_and_the_second_changes_nothing(
    lake: Lake, include: Path, apply: Apply
) -> None:
    write(include / "suppression_rules" / "a.json", RULE)
    write(include / "identifiers" / "allow_lists" / "a.json", ALLOW_LIST)
    macie().disable_macie()
    first, second = apply(), apply()
    assert (first.state, second.state) == ("success", "success")
    assert first.actions("session") == {"us-east-1": "enable"}
    assert first.actions("custom_data_identifier").keys() == {"Patient ID", "US Driver License", "US Passport"}
    assert set(first.all_actions) == {"enable", "create"}
    assert set(second.all_actions) == {"keep"}
    destination = macie().get_classification_export_configuration()["configuration"]["s3Destination"]
    assert (destination["bucketName"], destination["kmsKeyArn"]) == (
        lake.outputs["ResultsBucket"],
        lake.outputs["KeyArn"],
    )
    (job_id,) = jobs()
    job = macie().describe_classification_job(jobId=job_id)
    assert job["s3JobDefinition"]["bucketDefinitions"] == [{"accountId": "123456789012", "buckets": [lake.silver]}]
    assert len(job["customDataIdentifierIds"]) == 3
    assert filters() == {RULE["name"]}


def test_dry_run_on_an_empty_account_plans_everything_and_changes_nothing(include: Path, apply: Apply) -> None:
    write(include / "suppression_rules" / "a.json", RULE)
    write(include / "identifiers" / "allow_lists" / "a.json", ALLOW_LIST)
    macie().disable_macie()
    ended = apply(dry_run=True)
    assert (ended.state, ended.record["dry_run"], ended.record["not_finished"]) == ("success", True, [])
    assert ended.record["actions"] == {"enable": 1, "create": 7}
    with pytest.raises(macie().exceptions.AccessDeniedException, match="not enabled"):
        macie().get_macie_session()


def test_dry_run_of_a_changed_spec_shows_the_replacement_and_makes_none(include: Path, apply: Apply) -> None:
    apply()
    change_spec(include)
    ended = apply(dry_run=True)
    assert ended.actions("scheduled_job") == {"synthea-daily": "cancel", "synthea-nightly": "replace"}
    assert set(jobs().values()) <= {"RUNNING", "IDLE"}
    assert len(jobs()) == 1


def test_changed_spec_replaces_the_job(include: Path, apply: Apply) -> None:
    apply()
    change_spec(include)
    ended = apply()
    assert ended.actions("scheduled_job") == {"synthea-daily": "cancel", "synthea-nightly": "replace"}
    old, new = jobs().values()
    assert (old, new in {"RUNNING", "IDLE"}) == ("CANCELLED", True)
    assert set(apply().all_actions) == {"keep"}
    assert len(jobs()) == 2


def test_changed_identifier_replaces_the_job_too(include: Path, apply: Apply) -> None:
    apply()
    path = include / "identifiers" / "us_passport.json"
    write(path, {**json.loads(path.read_text()), "regex": "[Y]{1}\\d{8}[Y]{1}"})
    planned, ended = apply(dry_run=True), apply()
    assert planned.all_actions == ended.all_actions
    assert ended.actions("custom_data_identifier")["US Passport"] == "create"
    assert ended.record["changes"][-2]["why"] == "customDataIdentifierIds changed"
    assert [status == "CANCELLED" for status in jobs().values()] == [True, False]


def test_suspended_macie_goes_on_with_a_new_job(apply: Apply) -> None:
    apply()
    macie().update_macie_session(status="PAUSED")
    ended = apply()
    assert ended.actions("session") == {"us-east-1": "enable"}
    assert ended.actions("scheduled_job") == {"synthea-daily": "create"}
    assert [status == "CANCELLED" for status in jobs().values()] == [True, False]


def test_rule_goes_when_it_expires_and_when_its_file_is_gone(include: Path, apply: Apply) -> None:
    for name in ("a", "b", "c"):
        write(include / "suppression_rules" / f"{name}.json", {**RULE, "name": f"rule {name}"})
    apply()
    assert filters() == {"rule a", "rule b", "rule c"}
    write(include / "suppression_rules" / "a.json", {**RULE, "name": "rule a", "expires_on": "2026-01-01"})
    (include / "suppression_rules" / "b.json").unlink()
    ended = apply()
    assert ended.actions("suppression_rule") == {"rule a": "remove", "rule b": "remove", "rule c": "keep"}
    why = {one["name"]: one["why"] for one in ended.record["changes"] if one["action"] == "remove"}
    assert why == {"rule a": "it expired on 2026-01-01", "rule b": "not defined by any file"}
    warrants = {one["name"]: (one["owner"], one["reason"]) for one in ended.record["suppression"]["warrants"]}
    assert warrants == dict.fromkeys(("rule a", "rule c"), (RULE["owner"], RULE["reason"]))
    assert filters() == {"rule c"}


def test_findings_that_meet_a_rule_are_archived(lake: Lake, include: Path, apply: Apply) -> None:
    write(include / "suppression_rules" / "a.json", RULE)
    lake.s3.put_object(Bucket=lake.silver, Key="synthea/1/a.csv", Body=PATIENT)
    assert apply().state == "success"
    until(lambda: macie().list_findings()["findingIds"])
    (finding,) = macie().get_findings(findingIds=macie().list_findings()["findingIds"])["findings"]
    assert finding["archived"]


def test_three_days_scan_each_day_what_is_new(lake: Lake, apply: Apply) -> None:
    """All of it: an extension or a prefix that is left out would be a place to hide."""
    scanned = []

    def keys(day: int) -> list[str]:
        return [f"synthea/{day}/{name}" for name in ("a.csv", "a.TXT", "a", "_b.csv")] + [
            f"_runs/synthea/{day}.json",
            f"_runs/{day}.csv",
        ]

    for day in range(3):
        for key in keys(day):
            lake.s3.put_object(Bucket=lake.silver, Key=key, Body=PATIENT)
        lake.turn(clock_ahead_seconds=day * DAY_SECONDS)
        apply()
        (job_id,) = jobs()
        until(lambda: has_run(job_id, day + 1))  # noqa: B023
        scanned.append(sorted(scanned_by(lake, job_id)))
    assert scanned == [sorted(key for day in range(days) for key in keys(day)) for days in (1, 2, 3)]


@pytest.mark.airflow
def test_failed_step_makes_the_run_red_and_stops_nothing_else(lake: Lake, include: Path, apply: Apply) -> None:
    received = lake.messages_of(lake.settings.high_topic_arn)
    write(include / "suppression_rules" / "a.json", {**RULE, "owner": ""})
    ended = apply()
    assert (ended.state, ended.tasks["suppression.read_rules"], ended.tasks["report"]) == (
        "failed",
        "failed",
        "success",
    )
    assert ended.actions("scheduled_job") == {"synthea-daily": "create"}
    assert ended.record["not_finished"] == ["suppression.rules"]
    (message,) = received()
    assert "suppression.read_rules" in message["Subject"]


def test_nothing_is_changed_when_nobody_says_where_results_go(lake: Lake, apply: Apply) -> None:
    macie().disable_macie()
    boto3.client("ssm").delete_parameter(Name="/lake_gate/results_bucket")
    ended = apply()
    assert (ended.state, ended.tasks["read_settings"]) == ("failed", "failed")
    with pytest.raises(macie().exceptions.AccessDeniedException, match="not enabled"):
        macie().get_macie_session()
