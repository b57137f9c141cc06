"""The SCHEDULED job of a request, present once. Jobs cannot be changed: another request is another job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from macie.account import FINGERPRINT, Account, Action, Change
from macie.definitions import fingerprint
from macie.errors import NoScheduledJobError

JOB_SPEC = "JobSpec"
"""Tag that says which job spec a job was made from, whatever its name was then."""

_SCHEDULED = {"key": "jobType", "comparator": "EQ", "values": ["SCHEDULED"]}
_OVER = {"key": "jobStatus", "comparator": "EQ", "values": ["CANCELLED"]}
"""A scheduled job never becomes COMPLETE. Source: API shape JobStatus."""


def reconcile_scheduled_job(
    account: Account, request: Mapping[str, Any], job_spec: str, token_facts: Sequence[str]
) -> Iterator[Change]:
    """
    Let exactly one job of a job spec be alive: the one that the request asks for.

    The new job is created before the old one is cancelled, so that at no time nothing is scanned; with ``initialRun``
    it reads what the old one would have read.

    :param request: arguments of CreateClassificationJob, without clientToken
    :param job_spec: name of what the request was made from
    :param token_facts: what else the client token stands for: a retry with the same finds the job that it has made
    :raises NoScheduledJobError: the request is for another kind of job
    """
    _check(request)
    jobs = _living_jobs(account, job_spec)
    same = [job for job in jobs if job["tags"].get(FINGERPRINT) == fingerprint(request)]
    change = _keep(account, same[0]) if same else _create(account, request, job_spec, token_facts, jobs)
    yield change
    for job in jobs:
        if job["jobId"] != change["id"]:
            yield _cancel(account, job, "there is an older one of the same request" if job in same else "replaced")


def _check(request: Mapping[str, Any]) -> None:
    if request.get("jobType") != "SCHEDULED":
        raise NoScheduledJobError(request["name"], f"jobType {request.get('jobType')}")
    if request.get("initialRun") is not True:
        raise NoScheduledJobError(
            request["name"],
            "no initialRun: what is uploaded between the last run of a job and the creation of the next is never read",
        )


def _living_jobs(account: Account, job_spec: str) -> list[Any]:
    """Return the jobs that were made from the job spec and are not over, oldest first, as Macie describes them."""
    summaries = account.list_items(
        "list_classification_jobs",
        "items",
        filterCriteria={"includes": [_SCHEDULED], "excludes": [_OVER]},
        sortCriteria={"attributeName": "createdAt", "orderBy": "ASC"},
    )
    jobs = [account.hook.describe_job(summary["jobId"]) for summary in summaries]
    return [
        job
        for job in jobs
        if account.is_ours(job) and job["tags"].get(JOB_SPEC) == job_spec and job["jobStatus"] != "CANCELLED"
    ]


def _keep(account: Account, job: Mapping[str, Any]) -> Change:
    if job["jobStatus"] != "USER_PAUSED":
        return _change(job["name"], "keep", f"it is {job['jobStatus']}", job["jobId"])
    if not account.is_dry_run:
        account.client.update_classification_job(jobId=job["jobId"], jobStatus="RUNNING")
    return _change(job["name"], "resume", "somebody paused it", job["jobId"])


def _create(
    account: Account, request: Mapping[str, Any], job_spec: str, token_facts: Sequence[str], old: Sequence[Any]
) -> Change:
    job_id = None
    if not account.is_dry_run:
        tags = account.our_tags(request, **{JOB_SPEC: job_spec, FINGERPRINT: fingerprint(request)})
        job_id = account.hook.ensure_classification_job({**request, "tags": tags}, *token_facts)
    if not old:
        return _change(request["name"], "create", "there was none", job_id)
    differences = sorted(key for key, value in request.items() if key != "tags" and old[-1].get(key) != value)
    return _change(request["name"], "replace", f"{' and '.join(differences) or 'its request'} changed", job_id)


def _cancel(account: Account, job: Mapping[str, Any], why: str) -> Change:
    if not account.is_dry_run:
        account.hook.cancel_job(job["jobId"])
    return _change(job["name"], "cancel", why, job["jobId"])


def _change(name: str, action: Action, why: str, job_id: str | None) -> Change:
    return Change(kind="scheduled_job", name=name, action=action, why=why, id=job_id)
