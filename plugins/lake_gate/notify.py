"""Tells people that a run failed: also when no task of it can run any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.sns import SnsHook
from airflow.providers.amazon.aws.hooks.ssm import SsmHook

from lake_gate.message import clip_subject
from lake_gate.settings import SETTINGS_PATH

if TYPE_CHECKING:
    from airflow.sdk import Context
    from mypy_boto3_ssm import SSMClient


class RunFailedNotifier:
    """Publish to the High topic that a run failed; for a DAG's ``on_failure_callback``.

    The message names the feed, the run and why Airflow gave up. It carries no text of an exception. No BaseNotifier:
    nothing is to be templated, and that class fails in ``dag.test()``.

    :param feed: name of the feed.
    """

    def __init__(self, *, feed: str, aws_conn_id: str | None = "aws_default") -> None:
        self.feed = feed
        self.aws_conn_id = aws_conn_id

    def __call__(self, context: Context) -> None:
        """Publish the message."""
        subject, message = failure_texts(self.feed, dict(context))
        SnsHook(aws_conn_id=self.aws_conn_id).publish_to_target(  # type: ignore[no-untyped-call]
            target_arn=self._topic_arn(),
            subject=subject,
            message=message,
            message_attributes={"feed": self.feed, "severity": "None", "outcome": "failed"},
        )

    def _topic_arn(self) -> str:
        """Read this one setting alone: another one that is missing may be why the run failed."""
        ssm: SSMClient = SsmHook(aws_conn_id=self.aws_conn_id).conn
        return ssm.get_parameter(Name=f"{SETTINGS_PATH}/high_topic_arn")["Parameter"]["Value"]


def failure_texts(feed: str, context: dict[str, Any]) -> tuple[str, str]:
    """Return subject and body of the message about a failed run."""
    dag_run, task = context.get("dag_run"), context.get("ti")
    lines = [
        f"Feed {feed}, run {getattr(dag_run, 'run_id', 'unknown')} of {getattr(dag_run, 'dag_id', 'unknown')} failed.",
        f"Reason: {context.get('reason') or 'unknown'}.",
        f"Task: {task.task_id}." if task else "",
        "What was landed and not yet decided stays in bronze; nothing reaches silver without a decision.",
        "Look at the run in Airflow, mend the cause, and clear the failed tasks: they go on where they stopped.",
    ]
    return clip_subject(f"[{feed}] run failed"), "\n".join(line for line in lines if line)
