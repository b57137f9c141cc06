"""A classification job: its status machine and what the API says about it.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/jobs-jobid.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from weakref import WeakSet

from localaws.macie2.dials import EVERY_JOB, changed, dials
from localaws.macie2.exceptions import ValidationException
from localaws.macie2.scope import compare, moment

#: A job that the user paused and does not resume is cancelled after this time.
PAUSE_EXPIRES_AFTER = timedelta(days=30)


class JobStatus(StrEnum):
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    CANCELLED = "CANCELLED"
    COMPLETE = "COMPLETE"
    IDLE = "IDLE"
    USER_PAUSED = "USER_PAUSED"


_MAY_BECOME: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.CANCELLED: frozenset({JobStatus.IDLE, JobStatus.PAUSED, JobStatus.RUNNING, JobStatus.USER_PAUSED}),
    JobStatus.RUNNING: frozenset({JobStatus.USER_PAUSED}),
    JobStatus.USER_PAUSED: frozenset({JobStatus.IDLE, JobStatus.PAUSED, JobStatus.RUNNING}),
}


def now() -> datetime:
    """Return the time in UTC, in milliseconds as Macie gives them."""
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


class Job:
    """One classification job. Its methods take the lock; the run and the API meet here.

    :param request: the validated CreateClassificationJob request.
    """

    def __init__(self, job_id: str, arn: str, request: Mapping[str, Any]) -> None:
        self.id = job_id
        self.arn = arn
        self.request = request
        self.created_at = now()
        self.tags: dict[str, str] = dict(request.get("tags", {}))
        self.is_discarded = False
        self._idle_status = JobStatus.RUNNING if self.is_one_time else JobStatus.IDLE
        self._status = self._idle_status
        self._paused_at: datetime | None = None
        self._remaining = 0
        self._has_access_error = False
        with changed:
            _jobs.add(self)
            self.obey()

    @property
    def is_one_time(self) -> bool:
        return bool(self.request["jobType"] == "ONE_TIME")

    @property
    def status(self) -> JobStatus:
        return JobStatus.PAUSED if self._status is JobStatus.RUNNING and self._dialled() else self._status

    def update(self, wanted: JobStatus) -> None:
        """Do what UpdateClassificationJob asks for.

        :raises ValidationException: for a transition that Macie does not have.
        """
        with changed:
            status = self.status
            if status not in _MAY_BECOME.get(wanted, frozenset()):
                raise ValidationException(_refusal(self.id, status, wanted))
            if wanted is JobStatus.USER_PAUSED:
                self._paused_at = now() if status is not JobStatus.IDLE else None
            if wanted is JobStatus.RUNNING:
                self._paused_at = None
            self._status = self._idle_status if wanted is JobStatus.RUNNING else wanted
            changed.notify_all()

    def cancel(self) -> None:
        """Cancel the job if it is not over, as suspending Macie does."""
        with changed:
            if self._status is not JobStatus.COMPLETE:
                self._status = JobStatus.CANCELLED
            changed.notify_all()

    def obey(self) -> None:
        """Be cancelled when the dial says so."""
        if self._dialled() == JobStatus.CANCELLED and self._status is not JobStatus.CANCELLED:
            self.cancel()

    def _dialled(self) -> str | None:
        """Return what the dial makes of this job."""
        by_id = dials.current.job_status
        return by_id.get(self.id, by_id.get(EVERY_JOB))

    def discard(self) -> None:
        """Forget the job: its run stops and publishes nothing any more."""
        with changed:
            self.is_discarded = True
            self.cancel()

    def complete(self) -> None:
        with changed:
            self._status = JobStatus.COMPLETE
            changed.notify_all()

    def has_listed(self, objects: int) -> None:
        with changed:
            self._remaining = objects
            changed.notify_all()

    def has_processed_one(self) -> None:
        with changed:
            self._remaining -= 1

    def had_access_error(self) -> None:
        with changed:
            self._has_access_error = True

    def summary(self) -> dict[str, Any]:
        """Return what ListClassificationJobs says about it."""
        with changed:
            definition = self.request["s3JobDefinition"]
            return {
                "bucketCriteria": definition.get("bucketCriteria"),
                "bucketDefinitions": definition.get("bucketDefinitions"),
                "createdAt": self.created_at,
                "jobId": self.id,
                "jobStatus": self.status.value,
                "jobType": self.request["jobType"],
                "lastRunErrorStatus": self._last_run_error_status(),
                "name": self.request["name"],
                "userPausedDetails": self._user_paused_details(),
            }

    def to_json(self) -> dict[str, Any]:
        """Return what DescribeClassificationJob answers: the request, unaltered, and how the job is doing."""
        with changed:
            return {
                **self.request,
                "createdAt": self.created_at,
                "customDataIdentifierIds": self.request.get("customDataIdentifierIds") or None,
                "initialRun": False if self.is_one_time else self.request.get("initialRun", False),
                "jobArn": self.arn,
                "jobId": self.id,
                "jobStatus": self.status.value,
                "lastRunErrorStatus": self._last_run_error_status(),
                "lastRunTime": self.created_at,
                "managedDataIdentifierIds": self.request.get("managedDataIdentifierIds") or None,
                "managedDataIdentifierSelector": self.request.get("managedDataIdentifierSelector", "RECOMMENDED"),
                "samplingPercentage": self.request.get("samplingPercentage", 100),
                "statistics": {
                    "approximateNumberOfObjectsToProcess": float(self._remaining),
                    "numberOfRuns": 1.0 if self.is_one_time else 0.0,
                },
                "tags": self.tags,
                "userPausedDetails": self._user_paused_details(),
            }

    def _last_run_error_status(self) -> dict[str, str]:
        return {"code": "ERROR" if self._has_access_error or dials.current.last_run_error else "NONE"}

    def _user_paused_details(self) -> dict[str, Any] | None:
        if self._status is not JobStatus.USER_PAUSED or self._paused_at is None:
            return None
        return {"jobExpiresAt": self._paused_at + PAUSE_EXPIRES_AFTER, "jobPausedAt": self._paused_at}


_jobs: WeakSet[Job] = WeakSet()


def _obey() -> None:
    for job in list(_jobs):
        job.obey()


dials.listeners.append(_obey)


def select_jobs(jobs: Iterable[Job], criteria: Mapping[str, Any], sort: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the summaries that meet all include and no exclude terms, latest first unless told otherwise.

    :raises ValidationException: for a term without a key, comparator or value, or a time that is not one.
    """
    includes, excludes = criteria.get("includes", []), criteria.get("excludes", [])
    for term in (*includes, *excludes):
        _check_term(term)
    selected = [
        summary
        for summary in (job.summary() for job in jobs)
        if all(_term_holds(term, summary) for term in includes)
        and not any(_term_holds(term, summary) for term in excludes)
    ]
    attribute, order = sort.get("attributeName", "createdAt"), sort.get("orderBy", "DESC" if not sort else "ASC")
    return sorted(selected, key=lambda summary: (summary[attribute], summary["jobId"]), reverse=order == "DESC")


def _check_term(term: Mapping[str, Any]) -> None:
    if not (term.get("key") and term.get("comparator") and term.get("values")):
        raise ValidationException("A filter term must have a key, a comparator and values")
    if term["key"] == "createdAt":
        if term["comparator"] in ("CONTAINS", "STARTS_WITH"):
            raise ValidationException(f"createdAt does not support the comparator {term['comparator']}")
        try:
            [moment(value) for value in term["values"]]
        except ValueError:
            raise ValidationException("A value of createdAt must be a time in ISO 8601 format") from None


def _term_holds(term: Mapping[str, Any], summary: Mapping[str, Any]) -> bool:
    values = [moment(value) for value in term["values"]] if term["key"] == "createdAt" else term["values"]
    return compare(term["comparator"], summary[term["key"]], values)


def _refusal(job_id: str, status: JobStatus, wanted: JobStatus) -> str:
    if status is JobStatus.CANCELLED:
        return f"cannot update cancelled job for job {job_id}"
    return f"cannot update job {job_id} from {status} to {wanted}"
