from __future__ import annotations

import itertools
from typing import Any

import pytest

from macie.account import FINGERPRINT, MANAGED_BY
from macie.definitions import fingerprint
from macie.errors import JobTokensExhaustedError, MacieRequestRefusedError, ScheduledJobRequestError
from macie.scheduled_jobs import JOB_SPEC, reconcile_scheduled_job
from macie.tokens import MAX_TOKENS
from tests.macie.local_aws import Aws
from tests.macie.reconciling import MANAGER, actions_of, broken_off, planned_and_made, reconciled
from tests.macie.scripted_aws import JOB_ID, ScriptedAws, job

RUN = ["macie_scheduled_job", "manual__1"]
NEXT_RUN = ["macie_scheduled_job", "manual__2"]
LIVING = {"RUNNING", "IDLE"}


@pytest.fixture
def request_(ready_aws: Aws) -> dict[str, Any]:
    daily: dict[str, Any] = {"jobType": "SCHEDULED", "scheduleFrequency": {"dailySchedule": {}}, "initialRun": True}
    return ready_aws.job_request(name="daily", tags={"Project": "x"}, **daily)


def jobs(aws: Aws) -> dict[str, str]:
    """Status of each job by its id, oldest first."""
    listed = aws.macie.list_classification_jobs(sortCriteria={"attributeName": "createdAt", "orderBy": "ASC"})["items"]
    return {item["jobId"]: item["jobStatus"] for item in listed}


def living(aws: Aws) -> list[str]:
    return [job_id for job_id, status in jobs(aws).items() if status in LIVING]


def test_job_is_made_once_and_then_kept(ready_aws: Aws, request_: dict[str, Any]) -> None:
    assert planned_and_made(reconcile_scheduled_job, request_, "daily", RUN) == [("daily", "create")]
    assert planned_and_made(reconcile_scheduled_job, request_, "daily", NEXT_RUN) == [("daily", "keep")]
    (job_id,) = living(ready_aws)
    tags = ready_aws.macie.describe_classification_job(jobId=job_id)["tags"]
    assert tags == {"Project": "x", MANAGED_BY: MANAGER, JOB_SPEC: "daily", FINGERPRINT: fingerprint(request_)}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"samplingPercentage": 50}, "samplingPercentage changed"),
        ({"name": "nightly"}, "name changed"),
        ({"tags": {"Project": "y"}}, "request changed"),
    ],
)
def test_changed_request_makes_the_new_job_before_the_old_one_is_cancelled(
    ready_aws: Aws, request_: dict[str, Any], change: dict[str, Any], why: str
) -> None:
    (old,) = reconciled(reconcile_scheduled_job, request_, "daily", RUN)
    changed = {**request_, **change}
    planned = reconciled(reconcile_scheduled_job, changed, "daily", NEXT_RUN, is_dry_run=True)
    assert list(jobs(ready_aws)) == [old["id"]]
    replaced, cancelled = reconciled(reconcile_scheduled_job, changed, "daily", NEXT_RUN)
    assert (
        actions_of(planned) == actions_of([replaced, cancelled]) == [(changed["name"], "replace"), ("daily", "cancel")]
    )
    assert (replaced["why"], cancelled["id"]) == (why, old["id"])
    assert living(ready_aws) == [replaced["id"]]


def test_old_job_goes_on_when_the_new_one_is_refused(ready_aws: Aws, request_: dict[str, Any]) -> None:
    reconciled(reconcile_scheduled_job, request_, "daily", RUN)
    with pytest.raises(MacieRequestRefusedError, match="samplingPercentage"):
        reconciled(reconcile_scheduled_job, {**request_, "samplingPercentage": 101}, "daily", NEXT_RUN)
    assert len(living(ready_aws)) == 1


def test_run_that_broke_off_between_the_two_is_finished_by_the_next(ready_aws: Aws, request_: dict[str, Any]) -> None:
    (old,) = reconciled(reconcile_scheduled_job, request_, "daily", RUN)
    changed = {**request_, "samplingPercentage": 50}
    tags = {MANAGED_BY: MANAGER, JOB_SPEC: "daily", FINGERPRINT: fingerprint(changed)}
    new = ready_aws.macie.create_classification_job(**{**changed, "tags": tags}, clientToken="t")["jobId"]
    kept, cancelled = reconciled(reconcile_scheduled_job, changed, "daily", NEXT_RUN)
    assert (kept["id"], kept["action"], cancelled["id"], cancelled["action"]) == (new, "keep", old["id"], "cancel")
    assert living(ready_aws) == [new]


def test_replacement_that_breaks_off_anywhere_is_finished_by_the_retry(
    ready_aws: Aws, request_: dict[str, Any]
) -> None:
    for calls in itertools.count(1):
        changed = {**request_, "description": f"broken off after {calls}"}
        is_broken_off = broken_off(reconcile_scheduled_job, changed, "daily", NEXT_RUN, after_calls=calls)
        assert living(ready_aws) or calls <= 2, "something is scanned all the time, once there was a job"
        (change, *_) = reconciled(reconcile_scheduled_job, changed, "daily", NEXT_RUN)
        assert living(ready_aws) == [change["id"]]
        if not is_broken_off:
            break
    assert calls > 6
    assert len(jobs(ready_aws)) == calls, "no job was made twice"


def test_oldest_of_several_is_kept(ready_aws: Aws, request_: dict[str, Any]) -> None:
    (first,) = reconciled(reconcile_scheduled_job, request_, "daily", RUN)
    tags = ready_aws.macie.describe_classification_job(jobId=str(first["id"]))["tags"]
    for token in ("a", "b"):
        ready_aws.macie.create_classification_job(**{**request_, "tags": tags}, clientToken=token)
    assert len(living(ready_aws)) == 3
    actions = planned_and_made(reconcile_scheduled_job, request_, "daily", NEXT_RUN)
    assert actions == [("daily", "keep"), ("daily", "cancel"), ("daily", "cancel")]
    assert living(ready_aws) == [first["id"]]


def test_job_that_a_user_has_paused_is_resumed(ready_aws: Aws, request_: dict[str, Any]) -> None:
    (made,) = reconciled(reconcile_scheduled_job, request_, "daily", RUN)
    ready_aws.macie.update_classification_job(jobId=str(made["id"]), jobStatus="USER_PAUSED")
    reconciled(reconcile_scheduled_job, request_, "daily", NEXT_RUN, is_dry_run=True)
    assert jobs(ready_aws) == {made["id"]: "USER_PAUSED"}
    assert planned_and_made(reconcile_scheduled_job, request_, "daily", NEXT_RUN) == [("daily", "resume")]
    assert living(ready_aws) == [made["id"]]


def test_job_that_macie_has_paused_for_its_quota_is_kept(ready_aws: Aws, request_: dict[str, Any]) -> None:
    ready_aws.turn(job_held=True)
    reconciled(reconcile_scheduled_job, request_, "daily", RUN)
    ready_aws.turn(job_held=True, job_status={"*": "PAUSED"})
    (change,) = reconciled(reconcile_scheduled_job, request_, "daily", NEXT_RUN)
    assert (change["action"], change["why"]) == ("keep", "status PAUSED")


def test_cancelled_job_is_created_again_by_this_run_and_by_the_next(ready_aws: Aws, request_: dict[str, Any]) -> None:
    for run in (RUN, RUN, NEXT_RUN):
        (made,) = reconciled(reconcile_scheduled_job, request_, "daily", run)
        assert made["action"] == "create"
        assert living(ready_aws) == [made["id"]]
        ready_aws.macie.update_classification_job(jobId=str(made["id"]), jobStatus="CANCELLED")
    assert len(jobs(ready_aws)) == 3


def test_retry_that_does_not_see_the_job_yet_makes_no_second(ready_aws: Aws, request_: dict[str, Any]) -> None:
    (first,) = reconciled(reconcile_scheduled_job, request_, "daily", RUN)
    arn = ready_aws.macie.describe_classification_job(jobId=str(first["id"]))["jobArn"]
    ready_aws.macie.untag_resource(resourceArn=arn, tagKeys=[MANAGED_BY])  # it is not found then
    (again,) = reconciled(reconcile_scheduled_job, request_, "daily", RUN)
    assert again["id"] == first["id"]
    assert list(jobs(ready_aws)) == [first["id"]]


@pytest.mark.parametrize(
    "tags",
    [{}, {MANAGED_BY: "them", JOB_SPEC: "daily"}, {MANAGED_BY: MANAGER, JOB_SPEC: "weekly"}],
    ids=["untagged", "of another manager", "of another spec"],
)
def test_job_of_the_same_name_that_is_not_of_this_spec_is_left_alone(
    ready_aws: Aws, request_: dict[str, Any], tags: dict[str, str]
) -> None:
    theirs = ready_aws.macie.create_classification_job(**{**request_, "tags": tags}, clientToken="t")["jobId"]
    (made,) = reconciled(reconcile_scheduled_job, request_, "daily", RUN)
    assert made["action"] == "create"
    assert living(ready_aws) == [theirs, made["id"]]


def test_jobs_are_found_on_later_pages(ready_aws: Aws, request_: dict[str, Any]) -> None:
    ready_aws.turn(job_held=True)
    for number in range(55):
        ready_aws.macie.create_classification_job(**{**request_, "tags": {}}, clientToken=str(number))
    (made,) = reconciled(reconcile_scheduled_job, request_, "daily", RUN)
    (kept,) = reconciled(reconcile_scheduled_job, request_, "daily", NEXT_RUN)
    assert (kept["action"], kept["id"]) == ("keep", made["id"])


@pytest.mark.parametrize(
    ("change", "problem"),
    [({"jobType": "ONE_TIME"}, "jobType ONE_TIME"), ({"initialRun": False}, "no initialRun")],
)
def test_request_for_another_kind_of_job_is_refused(
    ready_aws: Aws, request_: dict[str, Any], change: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ScheduledJobRequestError, match=problem):
        reconciled(reconcile_scheduled_job, {**request_, **change}, "daily", RUN, is_dry_run=True)
    assert jobs(ready_aws) == {}


def test_run_fails_when_every_job_is_cancelled(scripted_aws: ScriptedAws) -> None:
    scripted_aws.script("POST /jobs/list", {"items": []})
    scripted_aws.script("POST /jobs", {"jobId": JOB_ID})
    scripted_aws.script(f"GET /jobs/{JOB_ID}", job("CANCELLED"))
    wanted = {"name": "daily", "jobType": "SCHEDULED", "initialRun": True, "s3JobDefinition": {}}
    with pytest.raises(JobTokensExhaustedError, match=f"{MAX_TOKENS} cancelled ones"):
        reconciled(reconcile_scheduled_job, wanted, "daily", RUN)
