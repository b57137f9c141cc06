"""Triggers that wait for Macie; each yields exactly one event, also when it fails."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from macie.errors import MacieError, MacieUnavailableError, TriggerFailedError, to_event
from macie.hook import FINDINGS_PER_CALL, MacieHook, findings_criteria
from macie.translation import translated_errors

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
    from types_aiobotocore_macie2 import Macie2Client
    from types_aiobotocore_s3 import S3Client

BACKOFF = 1.2
MAX_POLL_SECONDS = 300.0
MOST_UNEXPECTED = 3
"""Consecutive unexpected errors that end a wait. Before, a new client is tried: it may refresh the credentials."""


class MacieBaseTrigger(BaseTrigger):
    """
    Poll Macie for one job until its subclass returns an event, at the latest until a deadline.

    A poll that AWS throttles or cannot answer does not end the wait, nor do credentials that are missing or have
    expired: the clients are created again. A poll that AWS refuses ends it.

    The event is ``{"status": "deadline", "job_id"}``, ``{"status": "error", "job_id", "error", "facts"}``,
    or the event of the subclass.

    :param job_id: the classification job
    :param deadline_at: when to stop waiting (aware); absolute, so that a restarted triggerer keeps it
    :param poll_seconds: delay between two polls; the first delay if the subclass backs off
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
        """Return all arguments, also those of the connection: without them the triggerer would use another Region."""
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
        yield TriggerEvent({**await self._event(), "job_id": self.job_id})  # type: ignore[no-untyped-call]

    async def _event(self) -> dict[str, Any]:
        """Poll until the deadline. Only a cancellation is raised: Airflow would store and show the text of an error."""
        try:
            seconds_left = (self.deadline_at - datetime.now(UTC)).total_seconds()
            return await self._watch_for(seconds_left) if seconds_left > 0 else self._deadline_event()
        except MacieError as error:
            return to_event(error)
        except Exception as error:
            return to_event(TriggerFailedError(self.job_id, type(error).__name__))

    async def _watch_for(self, seconds: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(seconds):
                return await self._watch()
        except TimeoutError:  # only the timeout's own: _watch handles those of the polls
            return self._deadline_event()

    async def _watch(self) -> dict[str, Any]:
        """
        Poll until there is an event; return it.

        After each failure the clients are created again, with connection, role and credentials: a client keeps the
        credentials that it was created with, even after they have expired.
        """
        unexpected, pause = 0, self.poll_seconds
        while True:
            try:
                with translated_errors():
                    async with AsyncExitStack() as stack:
                        created: list[Any] = [await hook.get_async_conn() for hook in self._hooks()]  # type: ignore[no-untyped-call]
                        clients = [await stack.enter_async_context(client) for client in created]
                        while (event := await self._poll(*clients)) is None:
                            unexpected, pause = 0, self.poll_seconds
                            await asyncio.sleep(self._delay())
                        return event
            except MacieUnavailableError as error:
                unexpected = 0
                self.log.warning("Poll of classification job %s failed, continuing: %s", self.job_id, error)
            except MacieError:
                raise
            except Exception as error:
                unexpected += 1
                self._log_unexpected(error)
                if unexpected == MOST_UNEXPECTED:
                    raise TriggerFailedError(self.job_id, type(error).__name__) from None
            self._miss()
            pause = min(2 * pause, MAX_POLL_SECONDS)
            await asyncio.sleep(max(self._delay(), pause))

    def _log_unexpected(self, error: Exception) -> None:
        """Log class and place of an error, without its text, which may contain anything."""
        where = "; ".join(f"{Path(at.filename).name}:{at.lineno}" for at in extract_tb(error.__traceback__))
        name = type(error).__name__
        self.log.warning("Poll of classification job %s failed unexpectedly: %s (%s)", self.job_id, name, where)

    def _hooks(self) -> list[AwsBaseHook]:
        """Return new hooks for the clients that :meth:`_poll` takes."""
        return [self.hook()]

    @abstractmethod
    async def _poll(self, *clients: Any) -> dict[str, Any] | None:
        """Poll once; return the event, or None to continue."""

    def _delay(self) -> float:
        """Return how long to sleep before the next poll."""
        return self.poll_seconds

    def _miss(self) -> None:
        """Note that a poll failed: the state since the previous poll is not known."""

    def _deadline_event(self) -> dict[str, Any]:
        return {"status": "deadline"}


class MacieClassificationJobTrigger(MacieBaseTrigger):
    """
    Wait until a classification job leaves the given states.

    The delay grows by a fifth with each poll, up to five minutes. The event is
    ``{"status": "ended", "job_id", "job": {"jobStatus", "lastRunErrorStatus", "statistics"}}``, for the sensor.

    :param waiting_states: states in which to continue waiting
    :param paused_states: states in which to wait for ``pause_seconds``, counted from the start by a restarted triggerer
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
        self._paused_since: float | None = None
        self._next_delay = self.poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return all arguments."""
        classpath, arguments = super().serialize()
        fields = ("waiting_states", "paused_states", "pause_seconds")
        return classpath, {**arguments, **{field: getattr(self, field) for field in fields}}

    async def _poll(self, *clients: Macie2Client) -> dict[str, Any] | None:
        (macie,) = clients
        described = await macie.describe_classification_job(jobId=self.job_id)
        self.log.info("Classification job %s is %s", self.job_id, described.get("jobStatus"))
        job = {key: described.get(key) for key in ("jobStatus", "lastRunErrorStatus", "statistics")}
        if job["jobStatus"] in self.waiting_states:
            self._paused_since = None
            return None
        is_over = job["jobStatus"] not in self.paused_states or self._is_paused_too_long()
        return {"status": "ended", "job": job} if is_over else None

    def _is_paused_too_long(self) -> bool:
        now = asyncio.get_running_loop().time()
        self._paused_since = now if self._paused_since is None else self._paused_since
        return now - self._paused_since >= self.pause_seconds

    def _delay(self) -> float:
        delay = self._next_delay
        self._next_delay = min(delay * BACKOFF, max(MAX_POLL_SECONDS, self.poll_seconds))
        return delay


class MacieJobResultsTrigger(MacieBaseTrigger):
    """
    Wait until a job's findings and discovery results have not changed for a while.

    Macie's API does not report when all results of a COMPLETE job are written; findings follow the discovery
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
        self._seen: tuple[int, ...] | None = None
        self._unchanged_since = 0.0

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return all arguments."""
        classpath, arguments = super().serialize()
        location = {"results_bucket": self.results_bucket, "results_prefix": self.results_prefix}
        return classpath, {**arguments, **location, "settle_seconds": self.settle_seconds}

    def _hooks(self) -> list[AwsBaseHook]:
        hook = self.hook()
        return [hook, hook.s3_hook]

    async def _poll(self, *clients: Any) -> dict[str, Any] | None:
        now = asyncio.get_running_loop().time
        found = await self._count(*clients)
        if found != self._seen:
            self._seen, self._unchanged_since = found, now()
        elif now() - self._unchanged_since >= self.settle_seconds:
            return {"status": "settled", **self.counts}
        return None

    def _miss(self) -> None:
        self._seen = None

    def _deadline_event(self) -> dict[str, Any]:
        return {"status": "deadline", **self.counts}

    async def _count(self, macie: Macie2Client, s3: S3Client) -> tuple[int, ...]:
        """Return numbers that change when a finding or a result is added or replaced."""
        findings = await self._count_findings(macie)
        results, size_bytes = await self._count_results(s3)
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
