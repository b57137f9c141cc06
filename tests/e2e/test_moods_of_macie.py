"""Macie as it can be: off, not configured, slow, paused, cancelled; and people who meddle meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from lake_gate.model.run import Run
from macie.operators import MacieEnsureCustomDataIdentifiersOperator
from tests.lake import Lake
from tests.runs import RunDag

pytestmark = pytest.mark.slow

PATIENT = "76982e06-f8b8-4509-9ca3-65a99c8650fe"


@pytest.fixture
def delivery(tmp_path: Path) -> str:
    (tmp_path / "a.csv").write_bytes(b"PATIENT\n" + PATIENT.encode() + b"\n")
    return str(tmp_path)


def when_a_job_runs(act: Callable[[Any, str], None]) -> threading.Thread:
    """Start a thread that waits for the run's job and does something to it."""
    macie = boto3.client("macie2")
    pause = threading.Event()

    def watch() -> None:
        for _ in range(600):
            if jobs := macie.list_classification_jobs()["items"]:
                act(macie, jobs[0]["jobId"])
                return
            pause.wait(0.1)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_run_fails_before_landing_when_macie_is_not_enabled(lake: Lake, run_dag: RunDag, delivery: str) -> None:
    boto3.client("macie2").disable_macie()
    ended = run_dag(source=delivery)
    assert (ended.state, ended.tasks["check_macie"], ended.tasks["land"]) == ("failed", "failed", "upstream_failed")
    assert lake.keys(lake.bronze) == []


def test_run_fails_before_landing_when_results_go_nowhere(lake: Lake, run_dag: RunDag, delivery: str) -> None:
    macie = boto3.client("macie2")
    macie.disable_macie()
    macie.enable_macie()
    ended = run_dag(source=delivery)
    assert (ended.state, ended.tasks["check_macie"]) == ("failed", "failed")
    assert lake.keys(lake.bronze) == []


@pytest.mark.parametrize("status", ["CANCELLED", "USER_PAUSED"])
def test_nothing_moves_when_somebody_stops_the_job(lake: Lake, run_dag: RunDag, delivery: str, status: str) -> None:
    lake.turn(job_held=True)
    meddler = when_a_job_runs(lambda macie, job: macie.update_classification_job(jobId=job, jobStatus=status))
    ended = run_dag(source=delivery)
    meddler.join()
    assert (ended.state, ended.tasks["await_job"]) == ("failed", "failed")
    assert ended.names_in(lake.bronze) == {"a.csv"}
    assert lake.keys(lake.silver) == lake.keys(lake.quarantine) == []


def test_nothing_moves_when_macie_pauses_the_job_for_its_quota(lake: Lake, run_dag: RunDag, delivery: str) -> None:
    lake.turn(job_held=True)
    meddler = when_a_job_runs(lambda _, job: lake.turn(job_status={job: "PAUSED"}))
    ended = run_dag(source=delivery)
    meddler.join()
    assert (ended.state, ended.tasks["await_job"]) == ("failed", "failed")
    assert lake.keys(lake.silver) == []


@pytest.mark.airflow
def test_run_goes_on_when_a_job_that_was_paused_is_resumed(
    lake: Lake, run_dag: RunDag, delivery: str, dag: Any
) -> None:
    dag.get_task("await_job").pause_seconds = 600
    lake.turn(job_held=True)

    def pause_and_resume(macie: Any, job: str) -> None:
        macie.update_classification_job(jobId=job, jobStatus="USER_PAUSED")
        lake.turn(job_held=False)
        macie.update_classification_job(jobId=job, jobStatus="RUNNING")

    meddler = when_a_job_runs(pause_and_resume)
    ended = run_dag(source=delivery)
    meddler.join()
    assert (ended.state, ended.names_in(lake.silver)) == ("success", {"a.csv"})


@pytest.mark.airflow
def test_job_of_a_failed_run_is_cancelled(lake: Lake, run_dag: RunDag, delivery: str) -> None:
    lake.turn(job_held=True)
    meddler = when_a_job_runs(lambda macie, job: macie.update_classification_job(jobId=job, jobStatus="USER_PAUSED"))
    ended = run_dag(source=delivery)
    meddler.join()
    assert ended.tasks["cancel_job"] == "success"
    (job,) = boto3.client("macie2").list_classification_jobs()["items"]
    assert job["jobStatus"] == "CANCELLED"


def test_finding_that_comes_after_the_job_is_complete_counts(lake: Lake, run_dag: RunDag, tmp_path: Path) -> None:
    lake.turn(findings_lag_seconds=2.5)
    boto3.client("ssm").put_parameter(Name="/lake_gate/evidence_settle_seconds", Value="4", Overwrite=True)
    (tmp_path / "a.csv").write_bytes(b"SSN\n219-09-9999\n")
    ended = run_dag(source=str(tmp_path))
    assert ended.objects[0]["findings"] == {"High": 1}
    assert ended.names_in(lake.quarantine) == {"a.csv"}


def test_what_is_unproven_is_held_when_findings_do_not_come(lake: Lake, run_dag: RunDag, delivery: str) -> None:
    lake.turn(findings_lag_seconds=600)  # the settle time of the tests is one second
    ended = run_dag(source=delivery)
    assert (ended.state, ended.reasons) == ("success", {"a.csv": "finding_missing"})
    assert lake.keys(lake.silver) == []


def test_all_findings_are_read_when_there_are_more_than_a_page(lake: Lake, run_dag: RunDag, tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"{number}.csv").write_bytes(b"PATIENT\n" + PATIENT.encode() + b"\n")
    ended = run_dag(source=str(tmp_path))
    assert ended.record["totals"]["findings"] == {"Medium": 60}
    assert len(ended.names_in(lake.silver)) == 60


def test_version_that_was_not_scanned_never_reaches_silver(lake: Lake, run_dag: RunDag, delivery: str) -> None:
    """Somebody overwrites the object after it was landed and before Macie reads it."""
    lake.turn(job_held=True)

    def overwrite(macie: Any, job: str) -> None:
        (key,) = lake.keys(lake.bronze)
        lake.put(lake.bronze, key, b"A\nharmless\n")
        lake.turn(job_held=False)

    meddler = when_a_job_runs(overwrite)
    ended = run_dag(source=delivery)
    meddler.join()
    assert ended.reasons == {"a.csv": "other_version_analysed"}
    assert lake.keys(lake.silver) == []
    assert PATIENT.encode() in lake.read(lake.bronze, f"held/{ended.run.prefix}a.csv")
    assert lake.read(lake.bronze, f"{ended.run.prefix}a.csv") == b"A\nharmless\n"


def test_nothing_moves_when_macie_reports_on_a_file_that_was_not_landed(
    lake: Lake, run_dag: RunDag, delivery: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = MacieEnsureCustomDataIdentifiersOperator.execute

    def add_a_stranger(self: Any, context: Any) -> Any:
        lake.put(lake.bronze, f"{Run('synthea', context['run_id']).prefix}stranger.csv", b"A\n1\n")
        return before(self, context)

    monkeypatch.setattr(MacieEnsureCustomDataIdentifiersOperator, "execute", add_a_stranger)
    ended = run_dag(source=delivery)
    assert (ended.state, ended.tasks["decide"]) == ("failed", "failed")
    assert ended.names_in(lake.bronze) == {"a.csv", "stranger.csv"}
    assert lake.keys(lake.silver) == lake.keys(lake.quarantine) == []


def test_each_file_is_decided_by_the_stricter_when_macie_contradicts_itself(
    lake: Lake, run_dag: RunDag, tmp_path: Path
) -> None:
    """Every file holds a patient's id, which alone would be promoted with a Medium finding."""
    expected = {
        "as_it_is.csv": ("promote", "findings_below_threshold"),
        "result_doubled.csv": ("promote", "findings_below_threshold"),
        "finding_doubled.csv": ("promote", "findings_below_threshold"),
        "archived.csv": ("promote", "findings_below_threshold"),
        "counts.csv": ("promote", "counts_differ"),
        "low.csv": ("promote", "severities_differ"),
        "high.csv": ("quarantine", "findings_at_or_above_threshold"),
        "worst.csv": ("hold", "severity_unknown"),
        "no_result.csv": ("hold", "result_missing"),
        "no_finding.csv": ("hold", "finding_missing"),
        "skipped.csv": ("hold", "analysis_skipped"),
        "partial.csv": ("hold", "analysis_partial"),
        "new_reason.csv": ("hold", "analysis_reason_unknown"),
        "new_status.csv": ("hold", "analysis_status_unknown"),
    }
    for number, name in enumerate(expected):  # bytes of their own: what is found in the same bytes counts for all
        (tmp_path / name).write_bytes(f"PATIENT\n{number:08x}{PATIENT[8:]}\n".encode())
    lake.turn(
        results_doubled=["/result_doubled.csv"],
        findings_doubled=["/finding_doubled.csv"],
        findings_archived=["/archived.csv"],
        count_lies={"/counts.csv": 5},
        severity_lies={"/low.csv": "Low", "/high.csv": "High", "/worst.csv": "Worst"},
        results_missing=["/no_result.csv"],
        findings_missing=["/no_finding.csv"],
        analysis={
            "/skipped.csv": "SKIPPED:INVALID_ENCRYPTION",
            "/partial.csv": "PARTIAL:TIME_CUT_OFF_REACHED",
            "/new_reason.csv": "PARTIAL:OUT_OF_LUCK",
            "/new_status.csv": "HALFWAY",
        },
        findings_shuffled=True,
    )
    ended = run_dag(source=str(tmp_path))
    assert ended.state == "success"
    assert {one["name"]: (one["outcome"], one["reason"]) for one in ended.objects} == expected
    promoted = {name for name, (outcome, _) in expected.items() if outcome == "promote"}
    assert ended.names_in(lake.silver) == promoted
    assert {one["key"].removeprefix(ended.run.prefix) for one in ended.marker["objects"]} == promoted
    assert ended.record["totals"]["archived_findings"] == 1


def test_all_findings_count_when_pages_are_shuffled_and_findings_listed_twice(
    lake: Lake, run_dag: RunDag, tmp_path: Path
) -> None:
    for number in range(70):
        (tmp_path / f"{number}.csv").write_bytes(b"PATIENT\n" + PATIENT.encode() + b"\n")
    lake.turn(findings_shuffled=True, findings_doubled=["5.csv"])
    ended = run_dag(source=str(tmp_path))
    assert ended.record["totals"]["findings"] == {"Medium": 70}
    assert len(ended.names_in(lake.silver)) == 70


def test_what_has_no_finding_is_held_when_macie_shows_only_some(lake: Lake, run_dag: RunDag, tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.csv").write_bytes(b"PATIENT\n" + PATIENT.encode() + b"\n")
    lake.turn(findings_cap=2)
    ended = run_dag(source=str(tmp_path))
    assert sorted(ended.reasons.values()) == ["finding_missing"] * 3 + ["findings_below_threshold"] * 2
    assert len(ended.names_in(lake.silver)) == 2


def test_nothing_is_promoted_when_the_job_had_access_errors(lake: Lake, run_dag: RunDag, delivery: str) -> None:
    lake.turn(last_run_error=True)
    ended = run_dag(source=delivery)
    assert (ended.state, ended.reasons) == ("success", {"a.csv": "job_had_access_errors"})
    assert lake.keys(lake.silver) == []


def test_results_that_come_after_the_job_is_complete_are_waited_for(lake: Lake, run_dag: RunDag, delivery: str) -> None:
    lake.turn(results_lag_seconds=2, findings_lag_seconds=2.5)
    boto3.client("ssm").put_parameter(Name="/lake_gate/evidence_settle_seconds", Value="4", Overwrite=True)
    ended = run_dag(source=delivery)
    assert ended.reasons == {"a.csv": "findings_below_threshold"}


def test_run_says_so_when_results_are_still_changing_at_the_deadline(
    lake: Lake, run_dag: RunDag, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(b"A\n1\n")
    for name, value in {"settle": "3", "deadline": "4"}.items():
        boto3.client("ssm").put_parameter(Name=f"/lake_gate/evidence_{name}_seconds", Value=value, Overwrite=True)
    lake.turn(findings_lag_seconds=600, results_lag_seconds=2)
    received = lake.messages_of(lake.settings.low_topic_arn)
    ended = run_dag(source=str(tmp_path))
    assert (ended.reasons, ended.record["job"]["settled"]) == ({"a.csv": "evidence_not_settled"}, False)
    assert "still changing at the deadline" in received()[0]["Message"]


def test_run_goes_on_when_macie_throttles_and_fails_now_and_then(lake: Lake, run_dag: RunDag, delivery: str) -> None:
    operations = ("CreateClassificationJob", "DescribeClassificationJob", "ListFindings", "GetFindings")
    lake.turn(api_errors={operation: [429, 500] for operation in operations})
    ended = run_dag(source=delivery)
    assert (ended.state, ended.names_in(lake.silver)) == ("success", {"a.csv"})
    assert len(boto3.client("macie2").list_classification_jobs()["items"]) == 1


def test_policy_of_the_run_decides(lake: Lake, run_dag: RunDag, delivery: str) -> None:
    ended = run_dag(source=delivery, policy="clean_only")
    assert ended.reasons == {"a.csv": "no_rule_allows"}
    rules = ended.record["rules"]
    assert (rules["policy"]["name"], rules["job_spec"]["name"]) == ("default", "synthea_one_time")
    assert rules["policy"]["also"]["name"] == "clean_only"
    hashes = [rules["policy"], rules["policy"]["also"], rules["job_spec"], *rules["identifiers"].values()]
    assert len({one["sha256"] for one in hashes}) == len(hashes) == 6
