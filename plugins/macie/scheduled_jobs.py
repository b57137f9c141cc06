"""The scheduled job of a job spec: exactly one is active. Jobs cannot be changed: a changed request is a new job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from macie.account import FINGERPRINT, Account, Action, Change
from macie.definitions import fingerprint
from macie.errors import ScheduledJobRequestError

JOB_SPEC = "JobSpec"
"""Tag with the name of the job spec that a job was created from, independent of the job's name."""

_SCHEDULED = {"key": "jobType", "comparator": "EQ", "values": ["SCHEDULED"]}
_CANCELLED = {"key": "jobStatus", "comparator": "EQ", "values": ["CANCELLED"]}
"""A scheduled job never becomes COMPLETE. Source: API shape JobStatus."""


def reconcile_scheduled_job(
    account: Account, request: Mapping[str, Any], job_spec: str, token_facts: Sequence[str]
) -> Iterator[Change]:
    """
    Keep exactly one active job of a job spec: the job of the request.

    The new job is created before the old one is cancelled, so that a job is always active; with ``initialRun`` it reads
    the objects that the old one would have read.

    :param request: arguments of CreateClassificationJob, without clientToken
    :param job_spec: name of the job spec that the request was rendered from
    :param token_facts: facts from which the client token is derived, in addition to the request: a retry finds its job
    :raises ScheduledJobRequestError: the request creates another kind of job
    """
    _check(request)
    jobs = _active_jobs(account, job_spec)
    same = [job for job in jobs if job["tags"].get(FINGERPRINT) == fingerprint(request)]
    change = _keep(account, same[0]) if same else _create(account, request, job_spec, token_facts, jobs)
    yield change
    for job in jobs:
        if job["jobId"] != change["id"]:
            yield _cancel(account, job, "an older job has the same request" if job in same else "replaced")


def _check(request: Mapping[str, Any]) -> None:
    if request.get("jobType") != "SCHEDULED":
        raise ScheduledJobRequestError(request["name"], f"jobType {request.get('jobType')}")
    if request.get("initialRun") is not True:
        raise ScheduledJobRequestError(
            request["name"],
            "no initialRun: objects uploaded between the last run of the old job and the new job would not be read",
        )


def _active_jobs(account: Account, job_spec: str) -> list[Any]:
    """Describe the jobs of the job spec that are not cancelled, oldest first."""
    summaries = account.list_items(
        "list_classification_jobs",
        "items",
        filterCriteria={"includes": [_SCHEDULED], "excludes": [_CANCELLED]},
        sortCriteria={"attributeName": "createdAt", "orderBy": "ASC"},
    )
    jobs = [account.hook.describe_job(summary["jobId"]) for summary in summaries]
    return [
        job
        for job in jobs
        if account.is_managed(job) and job["tags"].get(JOB_SPEC) == job_spec and job["jobStatus"] != "CANCELLED"
    ]


def _keep(account: Account, job: Mapping[str, Any]) -> Change:
    if job["jobStatus"] != "USER_PAUSED":
        return _change(job["name"], "keep", f"status {job['jobStatus']}", job["jobId"])
    if not account.is_dry_run:
        account.client.update_classification_job(jobId=job["jobId"], jobStatus="RUNNING")
    return _change(job["name"], "resume", "paused by a user", job["jobId"])


def _create(
    account: Account, request: Mapping[str, Any], job_spec: str, token_facts: Sequence[str], old: Sequence[Any]
) -> Change:
    job_id = None
    if not account.is_dry_run:
        tags = account.managed_tags(request, **{JOB_SPEC: job_spec, FINGERPRINT: fingerprint(request)})
        job_id = account.hook.ensure_classification_job({**request, "tags": tags}, *token_facts)
    if not old:
        return _change(request["name"], "create", "did not exist", job_id)
    differences = sorted(key for key, value in request.items() if key != "tags" and old[-1].get(key) != value)
    return _change(request["name"], "replace", f"{' and '.join(differences) or 'request'} changed", job_id)


def _cancel(account: Account, job: Mapping[str, Any], why: str) -> Change:
    if not account.is_dry_run:
        account.hook.cancel_job(job["jobId"])
    return _change(job["name"], "cancel", why, job["jobId"])


def _change(name: str, action: Action, why: str, job_id: str | None) -> Change:
    return Change(kind="scheduled_job", name=name, action=action, why=why, id=job_id)
