"""Sensors: wait for a classification job, then for its results. No wait occupies a worker."""

# ruff: noqa: ARG002 - Airflow passes the context to every operator

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.sensors.base_aws import AwsBaseSensor
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import PokeReturnValue

from macie import errors
from macie.hook import MacieHook
from macie.links import MacieClassificationJobLink
from macie.triggers import MacieBaseTrigger, MacieClassificationJobTrigger, MacieJobResultsTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

BACKSTOP_SECONDS = 300
"""Seconds after the trigger's own deadline at which Airflow ends the deferral, in case no triggerer runs."""


class MacieBaseSensor(AwsBaseSensor[MacieHook]):
    """
    Defer to a trigger that has a deadline, and raise the error that it returns.

    :param job_id: the classification job (templated)
    """

    aws_hook_class = MacieHook
    template_fields: Sequence[str] = aws_template_fields("job_id")
    operator_extra_links = (MacieClassificationJobLink(),)

    def __init__(self, *, job_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = job_id

    def _defer(
        self, trigger: type[MacieBaseTrigger], deadline_seconds: float, poll_seconds: float, **arguments: Any
    ) -> None:
        self.defer(
            trigger=trigger(
                job_id=self.job_id,
                deadline_at=datetime.now(UTC) + timedelta(seconds=deadline_seconds),
                poll_seconds=poll_seconds,
                aws_conn_id=self.aws_conn_id,
                region_name=self.region_name,
                verify=self.verify,
                botocore_config=self.botocore_config,
                **arguments,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=deadline_seconds + BACKSTOP_SECONDS),
        )


class MacieClassificationJobSensor(MacieBaseSensor):
    """
    Wait until a classification job is COMPLETE.

    COMPLETE does not mean that every object was analysed: an account or a bucket that Macie could not access is
    reported in ``last_run_error_status``, an object that it skipped only in the discovery results.

    :param job_id: the job (templated)
    :param poke_interval: seconds between the first polls; the delay grows to five minutes
    :param timeout: seconds after which the wait fails
    :param deferrable: wait in the triggerer (default) instead of on a worker
    :param pause_seconds: how long the job may stay paused, by a user or for Macie's quota, before the wait fails; 0: it
        fails at once, as it does when not deferrable
    :return: ``{"job_id", "status", "last_run_error_status"}``
    :raises JobNotCompleteError: the job is in one of the failure states
    :raises JobStatusUnknownError: the job is in a state that this package does not know
    :raises JobDeadlineError: the job was still running after ``timeout`` seconds
    """

    SUCCESS_STATES: tuple[str, ...] = ("COMPLETE",)
    INTERMEDIATE_STATES: tuple[str, ...] = ("RUNNING",)
    PAUSED_STATES: tuple[str, ...] = ("PAUSED", "USER_PAUSED")
    FAILURE_STATES: tuple[str, ...] = ("CANCELLED", *PAUSED_STATES, "IDLE")

    def __init__(
        self,
        *,
        poke_interval: float = 20,
        timeout: float = 12 * 60 * 60,
        deferrable: bool = True,
        pause_seconds: float = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, timeout=timeout, **kwargs)
        self.deferrable = deferrable
        self.pause_seconds = pause_seconds

    def execute(self, context: Context) -> Any:
        """Check once, then defer."""
        MacieClassificationJobLink.persist_job(context, self, self.job_id)
        if not self.deferrable:
            return super().execute(context)
        job = self.hook.describe_job(self.job_id)
        may_wait = self.pause_seconds > 0 and job.get("jobStatus") in self.PAUSED_STATES
        summary = None if may_wait else self._evaluate(job)
        if summary is None:
            self._defer(
                MacieClassificationJobTrigger,
                self.timeout,
                self.poke_interval,
                waiting_states=self.INTERMEDIATE_STATES,
                paused_states=self.PAUSED_STATES,
                pause_seconds=self.pause_seconds,
            )
        return summary

    def poke(self, context: Context) -> PokeReturnValue:
        """Check the job."""
        summary = self._evaluate(self.hook.describe_job(self.job_id))
        return PokeReturnValue(is_done=summary is not None, xcom_value=summary)

    def execute_complete(self, context: Context, event: Mapping[str, Any]) -> dict[str, Any]:
        """Evaluate the event; after the deadline check the job again, because the triggerer may have been down."""
        if event["status"] == "error":
            raise errors.from_event(event)
        job = self.hook.describe_job(self.job_id) if event["status"] == "deadline" else event["job"]
        summary = self._evaluate(job)
        if summary is None:
            raise errors.JobDeadlineError(self.job_id, job["jobStatus"], self.timeout)
        return summary

    def _evaluate(self, job: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the summary of a job that succeeded, None for one that is running; raise for all others."""
        status = job.get("jobStatus")
        if status in self.INTERMEDIATE_STATES:
            return None
        if status in self.FAILURE_STATES:
            raise errors.JobNotCompleteError(self.job_id, status)
        if status not in self.SUCCESS_STATES:
            raise errors.JobStatusUnknownError(self.job_id, str(status))
        error_status = (job.get("lastRunErrorStatus") or {}).get("code", "NONE")
        if error_status != "NONE":
            self.log.warning("Classification job %s could not access an account or a bucket", self.job_id)
        return {"job_id": self.job_id, "status": status, "last_run_error_status": error_status}


class MacieJobResultsSensor(MacieBaseSensor):
    """
    Wait until the findings and the discovery results of a COMPLETE job have stopped changing; always deferred.

    Findings appear one to two minutes after the discovery results, and no API reports which is the last. Reaching the
    deadline is therefore not an error: the reader of the results must check for each object whether it has one.

    :param job_id: the job (templated)
    :param poke_interval: seconds between two polls, at most a third of ``settle_seconds``
    :param settle_seconds: how long nothing may change (templated)
    :param deadline_seconds: how long to wait at most (templated)
    :return: ``{"settled": bool, "findings": n, "results": n}``
    """

    template_fields: Sequence[str] = aws_template_fields("job_id", "settle_seconds", "deadline_seconds")

    def __init__(
        self,
        *,
        settle_seconds: float | str = 300,
        deadline_seconds: float | str = 60 * 60,
        poke_interval: float = 20,
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, **kwargs)
        self.settle_seconds = settle_seconds
        self.deadline_seconds = deadline_seconds

    def execute(self, context: Context) -> None:
        """Get the location of the results, then defer."""
        MacieClassificationJobLink.persist_job(context, self, self.job_id)
        bucket, prefix = self.hook.get_results_location(self.job_id)
        self._defer(
            MacieJobResultsTrigger,
            float(self.deadline_seconds),
            # At least three polls within the settle time: a single slow poll must not count as settled.
            min(self.poke_interval, float(self.settle_seconds) / 3),
            settle_seconds=float(self.settle_seconds),
            results_bucket=bucket,
            results_prefix=prefix,
        )

    def execute_complete(self, context: Context, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the counts."""
        if event["status"] == "error":
            raise errors.from_event(event)
        settled = event["status"] == "settled"
        if not settled:
            self.log.warning("Results of classification job %s were still changing at the deadline", self.job_id)
        return {"settled": settled, "findings": event["findings"], "results": event["results"]}
