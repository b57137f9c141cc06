from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from macie import errors
from macie.links import MacieClassificationJobLink
from macie.sensors import MacieClassificationJobSensor, MacieJobResultsSensor
from macie.triggers import MacieClassificationJobTrigger, MacieJobResultsTrigger
from tests.macie.scripted_aws import ACCOUNT, JOB_ID, REGION, ScriptedAws, job

DESCRIBE = f"GET /jobs/{JOB_ID}"
CONNECTION: dict[str, Any] = {
    "aws_conn_id": "aws_macie",
    "region_name": "eu-central-1",
    "verify": False,
    "botocore_config": {"read_timeout": 5},
}


def sensor(**arguments: Any) -> MacieClassificationJobSensor:
    return MacieClassificationJobSensor(task_id="await_job", job_id=JOB_ID, **arguments)


def test_every_status_that_macie_knows_is_judged() -> None:
    import boto3

    shape: Any = boto3.client("macie2", region_name=REGION).meta.service_model.shape_for("JobStatus")
    cls = MacieClassificationJobSensor
    assert sorted(cls.SUCCESS_STATES + cls.INTERMEDIATE_STATES + cls.FAILURE_STATES) == sorted(shape.enum)


@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize("state", MacieClassificationJobSensor.SUCCESS_STATES)
def test_a_summary_is_returned_at_once_when_the_job_has_succeeded(
    scripted_aws: ScriptedAws, state: str, deferrable: bool
) -> None:
    scripted_aws.script(DESCRIBE, job(state, statistics={"approximateNumberOfObjectsToProcess": 0.0}))
    summary = sensor(deferrable=deferrable).execute({})
    assert summary == {"job_id": JOB_ID, "status": state, "last_run_error_status": "NONE"}


def test_an_access_error_of_the_run_is_passed_on(scripted_aws: ScriptedAws) -> None:
    scripted_aws.script(DESCRIBE, job("COMPLETE", lastRunErrorStatus={"code": "ERROR"}))
    assert sensor().execute({})["last_run_error_status"] == "ERROR"


@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize("state", MacieClassificationJobSensor.FAILURE_STATES)
def test_the_task_fails_without_retry_when_the_job_has_stopped(
    scripted_aws: ScriptedAws, state: str, deferrable: bool
) -> None:
    scripted_aws.script(DESCRIBE, job(state))
    with pytest.raises(errors.JobNotCompleteError, match=f"{JOB_ID}.*{state}"):
        sensor(deferrable=deferrable).execute({})


@pytest.mark.parametrize("answer", [job("HIBERNATING"), {"jobId": JOB_ID}], ids=["a new status", "no status"])
def test_an_unknown_status_is_not_taken_for_success(scripted_aws: ScriptedAws, answer: dict[str, Any]) -> None:
    scripted_aws.script(DESCRIBE, answer)
    with pytest.raises(errors.JobStatusUnknownError, match=r"HIBERNATING|None"):
        sensor().execute({})


def test_the_link_to_the_job_is_there_while_the_task_is_deferred(scripted_aws: ScriptedAws, context: Any) -> None:
    scripted_aws.script(DESCRIBE, job("RUNNING"))
    with pytest.raises(TaskDeferred):
        sensor().execute(context)
    link = {"region_name": REGION, "aws_domain": "aws.amazon.com", "job_id": JOB_ID}
    context["ti"].xcom_push.assert_called_once_with(key=MacieClassificationJobLink.key, value=link)


@pytest.mark.parametrize("state", MacieClassificationJobSensor.INTERMEDIATE_STATES)
def test_the_task_defers_with_its_connection_and_a_backstop_when_the_job_goes_on(
    scripted_aws: ScriptedAws, state: str
) -> None:
    scripted_aws.script(DESCRIBE, job(state))
    before = datetime.now(UTC)
    with pytest.raises(TaskDeferred) as deferred:
        sensor(timeout=600, poke_interval=7, **CONNECTION).execute({})
    trigger = deferred.value.trigger
    assert isinstance(trigger, MacieClassificationJobTrigger)
    _, arguments = trigger.serialize()
    assert arguments.items() >= {**CONNECTION, "poll_seconds": 7.0, "waiting_states": ["RUNNING"]}.items()
    assert before + timedelta(seconds=600) <= arguments["deadline_at"] <= datetime.now(UTC) + timedelta(seconds=600)
    assert deferred.value.timeout > timedelta(seconds=600)
    assert deferred.value.method_name == "execute_complete"


@pytest.mark.parametrize(
    ("state", "error"),
    [("CANCELLED", errors.JobNotCompleteError), ("HIBERNATING", errors.JobStatusUnknownError)],
)
def test_what_the_trigger_saw_is_judged_like_what_the_sensor_sees(state: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        sensor().execute_complete({}, {"status": "ended", "job": job(state)})


def test_the_summary_comes_from_the_event_when_the_trigger_saw_the_end() -> None:
    summary = sensor().execute_complete({}, {"status": "ended", "job": job("COMPLETE")})
    assert summary["status"] == "COMPLETE"


@pytest.mark.parametrize("cls", [errors.MacieUnavailableError, errors.MacieRequestRefusedError])
def test_the_trigger_s_error_is_raised_in_its_own_family(cls: type[errors.MacieError]) -> None:
    event = errors.to_event(cls("DescribeClassificationJob", "Code", "text"))
    with pytest.raises(cls):
        sensor().execute_complete({}, event)


def test_the_deadline_is_an_error_when_the_job_still_goes_on(scripted_aws: ScriptedAws) -> None:
    scripted_aws.script(DESCRIBE, job("RUNNING"))
    with pytest.raises(errors.JobDeadlineError, match=f"{JOB_ID}.*600 s.*RUNNING"):
        sensor(timeout=600).execute_complete({}, {"status": "deadline"})


def test_the_deadline_is_not_an_error_when_the_job_had_ended_while_the_triggerer_was_down(
    scripted_aws: ScriptedAws,
) -> None:
    scripted_aws.script(DESCRIBE, job("COMPLETE"))
    assert sensor().execute_complete({}, {"status": "deadline"})["status"] == "COMPLETE"


def test_the_wait_for_results_is_deferred_to_where_they_are(scripted_aws: ScriptedAws) -> None:
    scripted_aws.script(DESCRIBE, job("COMPLETE"))
    destination = {"bucketName": "results", "kmsKeyArn": "arn:aws:kms:::key", "keyPrefix": "macie/"}
    scripted_aws.script("GET /classification-export-configuration", {"configuration": {"s3Destination": destination}})
    waiting = MacieJobResultsSensor(
        task_id="await_results", job_id=JOB_ID, settle_seconds="30", deadline_seconds="600", **CONNECTION
    )
    with pytest.raises(TaskDeferred) as deferred:
        waiting.execute({})
    trigger = deferred.value.trigger
    assert isinstance(trigger, MacieJobResultsTrigger)
    _, arguments = trigger.serialize()
    assert arguments["settle_seconds"] == 30.0
    assert arguments["results_bucket"] == "results"
    assert arguments["results_prefix"] == f"macie/AWSLogs/{ACCOUNT}/Macie/{REGION}/{JOB_ID}/"
    assert arguments.items() >= CONNECTION.items()


@pytest.mark.parametrize(("status", "settled"), [("settled", True), ("deadline", False)])
def test_results_that_do_not_settle_are_reported_and_no_error(status: str, settled: bool) -> None:
    waiting = MacieJobResultsSensor(task_id="await_results", job_id=JOB_ID)
    counts = waiting.execute_complete({}, {"status": status, "findings": 2, "results": 3})
    assert counts == {"settled": settled, "findings": 2, "results": 3}


def test_no_retry_follows_when_macie_refuses_to_tell_about_the_results() -> None:
    event = errors.to_event(errors.MacieRequestRefusedError("ListFindings", "AccessDeniedException", "no"))
    with pytest.raises(errors.MacieRequestRefusedError):
        MacieJobResultsSensor(task_id="await_results", job_id=JOB_ID).execute_complete({}, event)


@pytest.mark.parametrize("state", MacieClassificationJobSensor.PAUSED_STATES)
def test_a_paused_job_is_waited_for_when_the_task_may_wait(scripted_aws: ScriptedAws, state: str) -> None:
    scripted_aws.script(DESCRIBE, job(state))
    with pytest.raises(TaskDeferred) as deferred:
        sensor(pause_seconds=60).execute({})
    assert deferred.value.trigger.pause_seconds == 60


@pytest.mark.parametrize("state", MacieClassificationJobSensor.PAUSED_STATES)
def test_the_task_fails_without_retry_when_the_job_stayed_paused(scripted_aws: ScriptedAws, state: str) -> None:
    with pytest.raises(errors.JobNotCompleteError, match=state):
        sensor(pause_seconds=60).execute_complete({}, {"status": "ended", "job": job(state)})
