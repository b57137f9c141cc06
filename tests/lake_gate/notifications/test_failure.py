"""The messages about what failed: each once, without any text of an exception, and whatever else fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from airflow.sdk.exceptions import AirflowSensorTimeout, AirflowTaskTimeout, TaskDeferralTimeout

from lake_gate.errors import NoticeRefusedError, SourceError
from lake_gate.model.run import Run
from lake_gate.notifications.alarms import FAILED
from lake_gate.notifications.failure import Failure, RunFailedNotifier
from lake_gate.runs_index import upsert
from macie.errors import JobDeadlineError
from tests.lake import Lake
from tests.lake_gate.steps import read_runs

BEGAN_AT = datetime.now(UTC)
DAG_RUN = SimpleNamespace(run_id="manual__1", dag_id="synthea_gate", start_date=BEGAN_AT)


def of_task(task_id: str = "await_job", exception: Any = None, **changes: Any) -> dict[str, Any]:
    """What Airflow hands to a task's callback."""
    facts: dict[str, Any] = {
        "task_id": task_id,
        "map_index": -1,
        "try_number": 3,
        "task": SimpleNamespace(is_teardown=False),
        "log_url": f"http://airflow/{task_id}",
    }
    return {
        "dag_run": DAG_RUN,
        "run_id": "manual__1",
        "ti": SimpleNamespace(**{**facts, **changes}),
        "exception": exception,
    }


def of_run(reason: str = "task_failure", dag_run: Any = DAG_RUN) -> dict[str, Any]:
    """What Airflow hands to the DAG's callback: the last task instance is among it."""
    return {"dag_run": dag_run, "ti": of_task("notify")["ti"], "reason": reason}


def tell(*contexts: Any, **arguments: Any) -> None:
    for context in contexts:
        RunFailedNotifier(feed="synthea", **arguments)(context)


def body(context: dict[str, Any]) -> str:
    return "\n".join(Failure.from_context("synthea", context).notice().lines)


def subject(context: dict[str, Any]) -> str:
    return Failure.from_context("synthea", context).notice().subject


@pytest.fixture
def subjects(lake: Lake) -> Any:
    received = lake.messages_of(lake.settings.high_topic_arn)
    return lambda: [message["Subject"] for message in received()]


def test_message_names_task_run_and_class_and_no_text_of_an_exception() -> None:
    context = of_task(exception=ValueError("a value"))
    notice = Failure.from_context("synthea", context).notice()
    assert notice.subject == notice.sms == "[synthea] run failed: await_job (ValueError)"
    assert {"manual__1", "await_job", "ValueError;", "http://airflow/await_job"} <= set(body(context).split())
    assert "a value" not in str(notice.to_sns())


def test_exception_that_comes_as_text_is_not_shown() -> None:
    assert "a value" not in str(Failure.from_context("synthea", of_task(exception="a value")).notice().to_sns())


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (of_task(exception=AirflowTaskTimeout("3")), True),
        (of_task(exception=AirflowSensorTimeout("3")), True),
        (of_task(exception=TaskDeferralTimeout("3")), True),
        (of_task(exception=TimeoutError("3")), True),
        (of_task(exception=JobDeadlineError("j", "RUNNING", 3.0)), True),
        (of_run("timed_out"), True),
        (of_task(exception=ValueError("deadline")), False),
        (of_task(), False),
        (of_run("task_failure"), False),
    ],
)
def test_message_names_a_deadline_that_was_reached(context: dict[str, Any], expected: bool) -> None:
    assert ("deadline reached" in subject(context)) == ("deadline was reached" in body(context)) == expected


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (of_task("cancel_job", task=SimpleNamespace(is_teardown=True)), True),
        (of_run("timed_out"), True),  # Airflow runs no teardown then
        (of_task(exception=AirflowTaskTimeout()), False),
        (of_run(), False),
    ],
)
def test_message_warns_of_a_job_that_may_still_run_and_cost(context: dict[str, Any], expected: bool) -> None:
    assert ("If this run has created a Macie job, it may still be running and incur costs" in body(context)) is expected


def test_failed_teardown_is_not_reported_as_a_failed_run() -> None:
    assert (
        subject(of_task("cancel_job", task=SimpleNamespace(is_teardown=True)))
        == "[synthea] teardown failed: cancel_job"
    )


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"reason": "timed_out", "run_id": "manual__1", "dag": SimpleNamespace(dag_id="synthea_gate")},
        {"ti": SimpleNamespace(task_id="land")},
    ],
)
def test_incomplete_context_still_makes_a_message(subjects: Any, context: dict[str, Any]) -> None:
    tell(context)
    assert len(subjects()) == 1


@pytest.mark.parametrize(
    ("context", "about"), [(of_task(exception=ValueError("a value")), "await_job"), (of_run(), "task_failure")]
)
def test_failure_is_logged_for_the_alarm_also_when_no_message_can_be_sent(
    lake: Lake, caplog: pytest.LogCaptureFixture, context: dict[str, Any], about: str
) -> None:
    boto3.client("sns").delete_topic(TopicArn=lake.settings.high_topic_arn)
    with pytest.raises(NoticeRefusedError):
        tell(context)
    assert f"{FAILED}: synthea, {about}" in caplog.messages
    assert "a value" not in caplog.text


def test_each_failed_task_sends_one_message_and_its_mapped_instances_share_it(subjects: Any) -> None:
    tell(of_task("land"), of_task("land"), *(of_task("promote", map_index=index) for index in range(5)))
    assert subjects() == ["[synthea] run failed: land", "[synthea] run failed: promote"]


def test_task_that_fails_again_after_a_clear_sends_another_message(subjects: Any) -> None:
    tell(of_task("land", try_number=3), of_task("land", try_number=6))
    assert len(subjects()) == 2


def test_run_sends_no_message_if_one_of_its_tasks_has(subjects: Any) -> None:
    tell(of_task("land"), of_run())
    assert subjects() == ["[synthea] run failed: land"]


def test_run_sends_one_message_if_none_of_its_tasks_has(subjects: Any) -> None:
    tell(of_run(), of_run())
    assert subjects() == ["[synthea] run failed"]


def test_run_that_exceeds_its_deadline_sends_a_message_although_a_task_has(subjects: Any) -> None:
    tell(of_task("land"), of_run("timed_out"))
    assert subjects() == ["[synthea] run failed: land", "[synthea] run failed (deadline reached)"]


def test_run_that_begins_again_sends_another_message(subjects: Any) -> None:
    again = SimpleNamespace(**{**vars(DAG_RUN), "start_date": datetime.now(UTC) + timedelta(minutes=1)})
    tell(of_task("land"), of_run(), of_run(dag_run=again))
    assert subjects() == ["[synthea] run failed: land", "[synthea] run failed"]


def test_each_run_sends_its_own_message(subjects: Any) -> None:
    other = SimpleNamespace(**{**vars(DAG_RUN), "run_id": "manual__2"})
    tell(of_task("land"), of_run(dag_run=other))
    assert len(subjects()) == 2


def test_receipt_has_the_topic_and_the_time(lake: Lake) -> None:
    tell(of_task("land"))
    receipt = lake.document(Run("synthea", "manual__1").document("notified/failed-land-try-3.json"))
    assert receipt["topic_arn"] == lake.settings.high_topic_arn
    assert receipt["sent_at"]


@pytest.mark.parametrize("missing", ["bronze_bucket", "silver_bucket", "low_topic_arn"])
def test_message_is_sent_when_reading_the_settings_failed(subjects: Any, missing: str) -> None:
    boto3.client("ssm").delete_parameter(Name=f"/lake_gate/{missing}")
    tell(of_task("read_settings"))
    assert subjects() == ["[synthea] run failed: read_settings"]


@pytest.mark.parametrize("contexts", [[of_task("land")], [of_run()]], ids=["task", "run"])
def test_message_is_sent_when_s3_is_unreachable(
    subjects: Any, monkeypatch: pytest.MonkeyPatch, contexts: list[Any]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    tell(*contexts)
    assert len(subjects()) == 1


def test_message_is_sent_when_the_bucket_is_gone(lake: Lake, subjects: Any) -> None:
    boto3.client("ssm").put_parameter(Name="/lake_gate/bronze_bucket", Value="no-such-bucket", Overwrite=True)
    tell(of_task("land"), of_run())
    assert len(subjects()) == 2  # twice is better than never


@pytest.mark.parametrize("exists", [True, False])
def test_feed_may_have_a_topic_of_its_own_and_the_common_one_steps_in_when_it_is_missing(
    lake: Lake, subjects: Any, exists: bool
) -> None:
    arn = boto3.client("sns").create_topic(Name="own")["TopicArn"]
    own = lake.messages_of(arn)
    if exists:
        boto3.client("ssm").put_parameter(Name="/lake_gate/own_topic_arn", Value=arn, Type="String")
    tell(of_task("land"), high_topic="own_topic_arn")
    assert (len(own()), len(subjects())) == ((1, 0) if exists else (0, 1))


def test_receipt_has_the_error_of_the_topic_and_the_run_sends_the_next_message(lake: Lake) -> None:
    boto3.client("sns").delete_topic(TopicArn=lake.settings.high_topic_arn)
    with pytest.raises(NoticeRefusedError, match="NotFound"):
        tell(of_task("land"))
    receipt = lake.document(Run("synthea", "manual__1").document("notified/failed-land-try-3.json"))
    assert ([failure["code"] for failure in receipt["failures"]], receipt["sent_at"]) == (["NotFound"], "")
    boto3.client("sns").create_topic(Name="lake-high")
    received = lake.messages_of(lake.settings.high_topic_arn)
    tell(of_run())
    assert [message["Subject"] for message in received()] == ["[synthea] run failed"]


DRY = SimpleNamespace(**{**vars(DAG_RUN), "conf": {"dry_run": True}})


def test_failure_of_a_dry_run_goes_to_the_low_topic_and_says_so(
    lake: Lake, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    high, low = (lake.messages_of(arn) for arn in (lake.settings.high_topic_arn, lake.settings.low_topic_arn))
    tell({**of_task(exception=ValueError()), "dag_run": DRY})
    tell(of_run(dag_run=DRY))
    assert [message["Subject"] for message in low()] == ["[synthea] dry run failed: await_job (ValueError)"]
    assert high() == []
    assert FAILED not in "".join([caplog.text, *capfd.readouterr()])


def row(lake: Lake) -> tuple[Any, ...]:
    (found,) = read_runs(lake.s3, lake.bronze, "synthea")
    return tuple(found[name] for name in ("state", "failed_task", "reason", "is_dry_run"))


def test_failed_run_is_in_the_index_with_the_task_that_failed_first(lake: Lake) -> None:
    tell(of_task("land", SourceError("s3://in/", "secret")), has_index=True)
    tell(of_task("notify", ValueError("later")), of_run(), has_index=True)
    assert row(lake) == ("failed", "land", "SourceError", False)


def test_run_whose_tasks_had_no_callback_is_in_the_index_too(lake: Lake) -> None:
    tell(of_run("timed_out", DRY), has_index=True)
    assert row(lake) == ("failed", None, "timed_out", True)


def test_failed_run_keeps_what_is_known_of_it(lake: Lake) -> None:
    run = Run("synthea", "manual__1")
    upsert(lake.s3, lake.bronze, run, state="recorded", outcomes={"hold": 2}, is_dry_run=True, source="s3://in/")
    tell(of_task("notify", ValueError("x")), has_index=True)
    (found,) = read_runs(lake.s3, lake.bronze, "synthea")
    assert (found["state"], found["outcomes"], found["source"]) == ("failed", {"hold": 2}, "s3://in/")
    assert found["is_dry_run"]


@pytest.mark.parametrize(
    "context", [of_task("cancel_job", task=SimpleNamespace(is_teardown=True)), of_task(try_number=1, max_tries=2)]
)
def test_teardown_and_tries_before_the_last_do_not_make_a_run_failed(lake: Lake, context: dict[str, Any]) -> None:
    tell(context, has_index=True)
    assert read_runs(lake.s3, lake.bronze, "synthea") == []


def test_message_links_to_the_run_in_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org")
    assert "In Airflow: https://airflow.example.org/dags/synthea_gate/runs/manual__1" in body(of_task())
