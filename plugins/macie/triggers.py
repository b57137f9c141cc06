"""What the triggerer does while a task waits for Macie: each trigger yields one event and raises none of our errors."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from macie.errors import MacieError, MacieUnavailableError, to_event
from macie.hook import FINDINGS_PER_CALL, MacieHook, findings_criteria
from macie.translation import translated_errors

if TYPE_CHECKING:
    from types_aiobotocore_macie2 import Macie2Client
    from types_aiobotocore_s3 import S3Client

BACKOFF = 1.2
MAX_POLL_SECONDS = 300.0


class MacieBaseTrigger(BaseTrigger):
    """
    Poll Macie about one job until something is decided, at the latest until a deadline.

    A poll that AWS throttles or cannot answer does not end the wait; one that AWS refuses does.

    The event is ``{"status": "deadline", "job_id"}``, ``{"status": "error", "job_id", "error", "facts"}``,
    or what the subclass decides.

    :param job_id: the classification job
    :param deadline_at: when to stop waiting (aware); absolute, so that a restarted triggerer does not start anew
    :param poll_seconds: delay between two polls, of the first ones if the subclass backs off
    :param aws_conn_id: The Airflow connection used for AWS credentials.
    :param region_name: AWS Region of the job
    :param verify: whether or not to verify TLS certificates, or a path to a bundle
    :param botocore_config: configuration of the clients
    """

    def __init__(
        self,
        *,
        job_id: str,
        deadline_at: datetime,
        poll_seconds: float,
        aws_conn_id: str | None = "aws_default",
        region_name: str | None = None,
        verify: bool | str | None = None,
        botocore_config: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_id = job_id
        self.deadline_at = deadline_at
        self.poll_seconds = poll_seconds
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.verify = verify
        self.botocore_config = botocore_config

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return all arguments, those of the connection too, or the triggerer would look in another Region."""
        fields = (
            "job_id", "deadline_at", "poll_seconds", "aws_conn_id", "region_name", "verify", "botocore_config",
        )  # fmt: skip
        classpath = f"{type(self).__module__}.{type(self).__qualname__}"
        return classpath, {field: getattr(self, field) for field in fields}

    def hook(self) -> MacieHook:
        """Return a hook with the trigger's connection."""
        return MacieHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.botocore_config,
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the one event."""
        seconds_left = (self.deadline_at - datetime.now(UTC)).total_seconds()
        event = await self._watch_for(seconds_left) if seconds_left > 0 else self._deadline_event()
        yield TriggerEvent({**event, "job_id": self.job_id})  # type: ignore[no-untyped-call]

    async def _watch_for(self, seconds: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(seconds):
                return await self._watch()
        except TimeoutError:
            return self._deadline_event()
        except MacieError as error:
            return to_event(error)

    @abstractmethod
    async def _watch(self) -> dict[str, Any]:
        """Poll until something is decided; return the event."""

    def _deadline_event(self) -> dict[str, Any]:
        return {"status": "deadline"}


class MacieClassificationJobTrigger(MacieBaseTrigger):
    """
    Wait until a classification job leaves the states in which it goes on by itself.

    The delay grows by a fifth with each poll, up to five minutes. The event is
    ``{"status": "ended", "job_id", "job": {"jobStatus", "lastRunErrorStatus", "statistics"}}``: the sensor judges.

    :param waiting_states: states in which to go on waiting
    :param paused_states: states in which to go on waiting for ``pause_seconds``, counted anew by a restarted triggerer
    """

    def __init__(
        self,
        *,
        waiting_states: Sequence[str],
        paused_states: Sequence[str] = (),
        pause_seconds: float = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.waiting_states = list(waiting_states)
        self.paused_states = list(paused_states)
        self.pause_seconds = pause_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return all arguments."""
        classpath, arguments = super().serialize()
        fields = ("waiting_states", "paused_states", "pause_seconds")
        return classpath, {**arguments, **{field: getattr(self, field) for field in fields}}

    async def _watch(self) -> dict[str, Any]:
        clock = asyncio.get_running_loop().time
        delay = self.poll_seconds
        paused_since: float | None = None
        async with await self.hook().get_async_conn() as client:  # type: ignore[no-untyped-call]
            while True:
                if job := await self._poll(client):
                    status = job.get("jobStatus")
                    if status in self.waiting_states:
                        paused_since = None
                    elif status not in self.paused_states:
                        return {"status": "ended", "job": job}
                    else:
                        paused_since = clock() if paused_since is None else paused_since
                        if clock() - paused_since >= self.pause_seconds:
                            return {"status": "ended", "job": job}
                await asyncio.sleep(delay)
                delay = min(delay * BACKOFF, max(MAX_POLL_SECONDS, self.poll_seconds))

    async def _poll(self, client: Macie2Client) -> dict[str, Any] | None:
        try:
            with translated_errors():
                job = await client.describe_classification_job(jobId=self.job_id)
        except MacieUnavailableError as error:
            self.log.warning("Poll of classification job %s failed, going on: %s", self.job_id, error)
            return None
        self.log.info("Classification job %s is %s", self.job_id, job.get("jobStatus"))
        return {key: job.get(key) for key in ("jobStatus", "lastRunErrorStatus", "statistics")}


class MacieJobResultsTrigger(MacieBaseTrigger):
    """
    Wait until a job's findings and discovery results have not changed for a while.

    Nothing in Macie's API says that the results of a COMPLETE job are all there; findings follow the discovery
    results by a minute or two. The event is ``{"status": "settled" | "deadline", "job_id", "findings", "results"}``
    with counts.

    :param results_bucket: bucket of the discovery results
    :param results_prefix: prefix of the job's discovery results
    :param settle_seconds: how long nothing may change
    """

    def __init__(self, *, results_bucket: str, results_prefix: str, settle_seconds: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.results_bucket = results_bucket
        self.results_prefix = results_prefix
        self.settle_seconds = settle_seconds
        self.counts = {"findings": 0, "results": 0}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return all arguments."""
        classpath, arguments = super().serialize()
        location = {"results_bucket": self.results_bucket, "results_prefix": self.results_prefix}
        return classpath, {**arguments, **location, "settle_seconds": self.settle_seconds}

    async def _watch(self) -> dict[str, Any]:
        clock = asyncio.get_running_loop().time
        hook = self.hook()
        seen: tuple[int, ...] | None = None
        unchanged_since = clock()
        async with (
            await hook.get_async_conn() as macie,  # type: ignore[no-untyped-call]
            await hook.s3_hook.get_async_conn() as s3,  # type: ignore[no-untyped-call]
        ):
            while True:
                found = await self._poll(macie, s3)
                if found is None or found != seen:
                    seen, unchanged_since = found, clock()
                elif clock() - unchanged_since >= self.settle_seconds:
                    return {"status": "settled", **self.counts}
                await asyncio.sleep(self.poll_seconds)

    def _deadline_event(self) -> dict[str, Any]:
        return {"status": "deadline", **self.counts}

    async def _poll(self, macie: Macie2Client, s3: S3Client) -> tuple[int, ...] | None:
        """Return numbers that change when a finding or a result is added or replaced; None if AWS cannot answer."""
        try:
            with translated_errors():
                findings = await self._count_findings(macie)
                results, size_bytes = await self._count_results(s3)
        except MacieUnavailableError as error:
            self.log.warning("Poll of the results of classification job %s failed, going on: %s", self.job_id, error)
            return None
        self.counts = {"findings": findings, "results": results}
        self.log.info("Classification job %s has %d findings, %d discovery results", self.job_id, findings, results)
        return findings, results, size_bytes

    async def _count_findings(self, macie: Macie2Client) -> int:
        pages = macie.get_paginator("list_findings").paginate(
            findingCriteria=findings_criteria(self.job_id), PaginationConfig={"PageSize": FINDINGS_PER_CALL}
        )
        return sum([len(page["findingIds"]) async for page in pages])

    async def _count_results(self, s3: S3Client) -> tuple[int, int]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.results_bucket, Prefix=self.results_prefix)
        count = size_bytes = 0
        async for page in pages:
            for item in page.get("Contents", ()):
                count += item["Key"].endswith(".jsonl.gz")
                size_bytes += item["Size"]
        return count, size_bytes
