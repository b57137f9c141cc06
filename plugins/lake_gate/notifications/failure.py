"""Notify that a task or a run failed, also when no task of the run can run any more."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.hooks.ssm import SsmHook
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.base import origin
from lake_gate.errors import NoticeNotSentError, NoticeRefusedError
from lake_gate.model.run import Run
from lake_gate.notifications.alarms import FAILED, alarm
from lake_gate.settings import SETTINGS_PATH

if TYPE_CHECKING:
    from airflow.sdk import Context
    from mypy_boto3_ssm import SSMClient

    from lake_gate.notifications.message import Notice
    from lake_gate.notifications.receipts import Receipt, Receipts

log = logging.getLogger(__name__)

_HIGH_TOPIC = "high_topic_arn"
_LOW_TOPIC = "low_topic_arn"
_FAILED = "failed-"
_TIMED_OUT, _TASK_FAILED = "timed_out", "task_failure"
"""Airflow's reasons in a DAG's callback: the run exceeded its ``dagrun_timeout``, or a task of it failed."""
_FAILED_STATE = "failed"
"""State of a task instance."""
_DEADLINES = {"AirflowTaskTimeout", "AirflowSensorTimeout", "TaskDeferralTimeout", "TimeoutError"}
_SHORT = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})
"""The DAG processor gives a callback 50 seconds: optional requests must not use them up."""


class RunFailedNotifier:
    """Publish to the High topic that a task or a run failed; for ``on_failure_callback`` of tasks and of the DAG.

    A failed task sends one message for each final try; mapped instances of a task share it. The run sends one only if
    none of its tasks has sent one since it began, or if it exceeded its deadline. The message has the class of the
    exception and never its text. When receipts cannot be read or written, it is sent without them.

    For a task that Airflow tries again, nothing is sent, logged for the alarm or written, see :func:`_is_final`. When
    only the process of a task is killed, Airflow calls no callback of the task: the message is that of the run, and
    names the task.

    Not a BaseNotifier: no field is templated, and that class fails in ``dag.test()``.

    :param feed: name of the feed.
    :param high_topic: name of the setting with the topic's ARN; ``high_topic_arn`` is used when it is missing.
    :param low_topic: the same for dry runs, which never notify the High topic and set off no alarm.
    :param has_index: whether the runs of the feed are in an index (:mod:`lake_gate.runs_index`).
    """

    def __init__(
        self,
        *,
        feed: str,
        high_topic: str = _HIGH_TOPIC,
        low_topic: str = _LOW_TOPIC,
        has_index: bool = False,
        aws_conn_id: str | None = "aws_default",
    ) -> None:
        self.feed = feed
        self.high_topic = high_topic
        self.low_topic = low_topic
        self.has_index = has_index
        self.aws_conn_id = aws_conn_id

    def __call__(self, context: Context) -> None:
        """Publish the message, unless one was sent before.

        :raises NoticeNotSentError, NoticeRefusedError: when SNS fails; Airflow logs it, and the receipt has the code.
        """
        failure = Failure.from_context(self.feed, context)
        if not failure.is_final:
            log.info("Try %d of task %s failed: Airflow runs it again", failure.try_number, failure.task_id)
            return
        if failure.is_dry_run:
            log.error("Dry run of %s failed: %s", failure.run.feed, failure.task_id or failure.reason)
        else:
            alarm(FAILED, f"{failure.run.feed}, {failure.task_id or failure.reason}")
        if self.has_index and not failure.is_teardown:
            _or_none(lambda: self._add_to_index(failure, context.get("dag_run")))
        receipts = self._receipts(failure.run)
        before = _or_none(lambda: receipts.get(failure.kind)) if receipts else None
        if not receipts or not before:  # unknown whether it was sent
            self._publish(failure)
        elif not _or_none(lambda: _is_reported(failure, before, receipts)):
            try:
                topic_arn, message_id = self._publish(failure)
            except (NoticeNotSentError, NoticeRefusedError) as error:
                code, topic_arn = error.code, error.topic_arn
                _or_none(lambda: receipts.write_failure(before, topic_arn, code))
                raise
            _or_none(lambda: receipts.write_sent(before, topic_arn, message_id))

    def _publish(self, failure: Failure) -> tuple[str, str]:
        """Publish the message; return the topic's ARN and the id of the message."""
        from lake_gate.notifications.topics import Topic

        wanted, default = (self.low_topic, _LOW_TOPIC) if failure.is_dry_run else (self.high_topic, _HIGH_TOPIC)
        topic_arn = _or_none(lambda: self._setting(wanted)) or self._setting(default)
        topic = Topic(topic_arn, self.feed, self.aws_conn_id)
        return topic_arn, topic.publish(failure.notice(), once=failure.run.document(failure.kind))

    def _add_to_index(self, failure: Failure, dag_run: Any) -> None:
        """Set the state of the run; a failed run keeps the task that has failed first, and its error."""
        from lake_gate.model.runs import FAILED as FAILED_RUN
        from lake_gate.runs_index import read_rows, upsert

        s3, bronze = S3Hook(aws_conn_id=self.aws_conn_id, config=_SHORT).conn, self._setting("bronze_bucket")
        row = next((row for row in read_rows(s3, bronze, self.feed) if row.run_id == failure.run.run_id), None)
        facts: dict[str, Any] = {"state": FAILED_RUN}
        if row is None:
            facts |= {"is_dry_run": failure.is_dry_run, "started_at": failure.began_at or None, **origin(dag_run)}
        if row is None or not row.failed_task:
            task_id, reason = failure.task_id or failure.last_task_id, failure.error or failure.reason
            facts |= {"failed_task": task_id or None, "reason": reason or None}
        upsert(s3, bronze, failure.run, **facts)

    def _receipts(self, run: Run) -> Receipts | None:
        from lake_gate.notifications.receipts import Receipts

        bucket = _or_none(lambda: self._setting("bronze_bucket"))
        return Receipts(S3Hook(aws_conn_id=self.aws_conn_id, config=_SHORT).conn, bucket, run) if bucket else None

    def _setting(self, name: str) -> str:
        """Read a single setting: the run may have failed because another setting is missing."""
        ssm: SSMClient = SsmHook(aws_conn_id=self.aws_conn_id, config=_SHORT).conn
        return ssm.get_parameter(Name=f"{SETTINGS_PATH}/{name}")["Parameter"]["Value"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed task, or a failed run.

    :param task_id: empty for a run.
    :param is_final: whether Airflow does not try the task again.
    :param reason: Airflow's reason for the failure of the run.
    :param error: class of the exception; empty if unknown.
    :param began_at: when the run began, or began again after a clear, as an ISO time in UTC; empty if unknown.
    :param last_task_id: for a run, the task that failed last; empty if unknown.
    :param is_dry_run: whether it was started as a dry run.
    :param airflow_url: address of the run in Airflow's UI; empty if unknown.
    """

    run: Run
    dag_id: str
    task_id: str = ""
    try_number: int = 0
    reason: str = ""
    error: str = ""
    is_deadline: bool = False
    is_teardown: bool = False
    log_url: str = ""
    began_at: str = ""
    last_task_id: str = ""
    is_final: bool = True
    is_dry_run: bool = False
    airflow_url: str = ""

    @classmethod
    def from_context(cls, feed: str, context: Mapping[str, Any]) -> Failure:
        """Read the context of a callback: that of a DAG has a ``reason``, that of a task has none."""
        dag_run, task, exception = context.get("dag_run"), context.get("ti"), context.get("exception")
        began_at = getattr(dag_run, "start_date", None)
        run_id = getattr(dag_run, "run_id", None) or context.get("run_id") or "unknown"
        run_facts: dict[str, Any] = {
            "run": Run(feed, run_id),
            "dag_id": getattr(dag_run, "dag_id", None) or getattr(context.get("dag"), "dag_id", "unknown"),
            "began_at": began_at.isoformat() if began_at else "",
            "is_dry_run": (getattr(dag_run, "conf", None) or {}).get("dry_run") is True,
            "airflow_url": origin(dag_run)["airflow_url"] or "",
        }
        if task is None or "reason" in context:
            reason = str(context.get("reason") or "unknown")
            last = str(getattr(task, "task_id", "")) if reason == _TASK_FAILED else ""
            return cls(**run_facts, reason=reason, last_task_id=last, is_deadline=reason == _TIMED_OUT)
        return cls(
            **run_facts,
            task_id=task.task_id,
            try_number=getattr(task, "try_number", 0),
            error=type(exception).__name__ if isinstance(exception, BaseException) else "",
            is_deadline=_is_deadline(exception),
            is_teardown=bool(getattr(getattr(task, "task", None), "is_teardown", False)),
            log_url=str(getattr(task, "log_url", "")),
            is_final=_is_final(task),
        )

    @property
    def kind(self) -> str:
        """Name of the receipt: another one for later tries after a clear, and for a run that begins again."""
        if self.task_id:
            return f"{_FAILED}{self.task_id}-try-{self.try_number}"
        return f"run-failed-{re.sub('[^0-9A-Za-z]+', '-', self.began_at)}".rstrip("-")

    def notice(self) -> Notice:
        """Return the message."""
        from lake_gate.notifications.message import Notice

        failed = "teardown failed" if self.is_teardown else "run failed"
        why = "deadline reached" if self.is_deadline else self.error
        failed = f"dry {failed}" if self.is_dry_run and not self.is_teardown else failed
        subject = f"[{self.run.feed}] {failed}{f': {self.task_id}' if self.task_id else ''}{f' ({why})' if why else ''}"
        return Notice(
            subject=subject,
            lines=[*self._facts(), *self._instructions()],
            sms=subject,
            attributes={"feed": self.run.feed, "kind": "failure", "severity": "None", "outcome": "failed"},
        )

    def _facts(self) -> list[str]:
        deadline = " Its deadline was reached." if self.is_deadline else ""
        run = f"Feed {self.run.feed}, {'dry ' if self.is_dry_run else ''}run {self.run.run_id} of {self.dag_id}"
        if not self.task_id:
            last = f"Last failed task: {self.last_task_id}; see its log for details." if self.last_task_id else ""
            return [f"{run} failed.{deadline}", f"Reason: {self.reason}.", last, *self._links()]
        error = f"Error: {self.error}; see the log for details." if self.error else ""
        return [
            f"{run}: task {self.task_id} failed.{deadline}",
            error,
            self.log_url and f"Log: {self.log_url}",
            *self._links(),
        ]

    def _links(self) -> list[str]:
        return [self.airflow_url and f"In Airflow: {self.airflow_url}"]

    def _instructions(self) -> list[str]:
        may_cost = self.is_teardown or (self.is_deadline and not self.task_id)  # Airflow runs no teardown then
        job = "If this run has created a Macie job, it may still be running and incur costs: cancel it."
        return [
            job if may_cost else "",
            "Landed files without a decision stay in bronze; nothing reaches silver without a decision.",
            "See the task's log for whether to clear it, after removing the cause, or to start a new run.",
        ]


def _is_reported(failure: Failure, before: Receipt, receipts: Receipts) -> bool:
    """Whether a message was sent about this failure; about that of a run also by one of its tasks."""
    if before.sent_at:
        return True
    is_own = failure.task_id or failure.is_deadline
    return not is_own and any(receipt.sent_at >= failure.began_at for receipt in receipts.iter_sent(_FAILED))


def _is_final(task: Any) -> bool:
    """Whether Airflow does not try a failed task again; also if that is unknown.

    The task's own process sets the state before it calls the callback: *failed* is final at any try
    (AirflowFailException), and a task that is tried again has other callbacks. The DAG processor calls it for a task
    whose worker is gone, and sets no state: after a heartbeat time-out at every try in Airflow 3.2.1, only at the last
    try in 3.3.1. A task that was queued too long fails at any try, which the context does not show: only the run sends
    a message then.

    Source: ``run`` and ``finalize`` in airflow/sdk/execution_time/task_runner.py, ``_execute_task_callbacks`` in
    airflow/dag_processing/processor.py, ``_purge_task_instances_without_heartbeats`` and
    ``_maybe_requeue_stuck_ti`` in airflow/jobs/scheduler_job_runner.py.
    """
    if getattr(task, "state", None) == _FAILED_STATE:
        return True
    try_number, max_tries = getattr(task, "try_number", None), getattr(task, "max_tries", None)
    return try_number is None or max_tries is None or try_number > max_tries


def _is_deadline(exception: Any) -> bool:
    names = {cls.__name__ for cls in type(exception).__mro__}
    return bool(names & _DEADLINES) or any(name.endswith("DeadlineError") for name in names)


def _or_none[Answer](call: Callable[[], Answer]) -> Answer | None:
    """Return the response of AWS, or None on an error: a message that is sent twice is better than none."""
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        log.warning("Error ignored while notifying of a failure: %s", type(error).__name__)
        return None
