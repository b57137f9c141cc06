"""The message about a run that failed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import boto3

from lake_gate.notify import RunFailedNotifier, failure_texts
from tests.lake import Lake

CONTEXT: Any = {
    "dag_run": SimpleNamespace(run_id="manual__1", dag_id="synthea_gate"),
    "ti": SimpleNamespace(task_id="await_job"),
    "reason": "task_failure",
    "exception": ValueError("a value"),
}


def test_message_names_run_and_task_and_no_text_of_an_exception() -> None:
    subject, body = failure_texts("synthea", CONTEXT)
    assert subject == "[synthea] run failed"
    assert {"manual__1", "task_failure.", "await_job."} <= set(body.split())
    assert "a value" not in body


def test_people_are_told_even_when_the_settings_are_what_failed(lake: Lake) -> None:
    received = lake.messages_of(lake.settings.high_topic_arn)
    boto3.client("ssm").delete_parameter(Name="/lake_gate/bronze_bucket")
    RunFailedNotifier(feed="synthea")(CONTEXT)
    assert [message["Subject"] for message in received()] == ["[synthea] run failed"]


def test_context_that_says_little_still_makes_a_message() -> None:
    assert "unknown" in failure_texts("synthea", {})[1]
