"""The messages about what failed: each once, without any text of an exception, and whatever else fails."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import structlog
from airflow.api_fastapi.execution_api.datamodels.taskinstance import DagRun, TaskInstance, TIRunContext
from airflow.callbacks.callback_requests import DagCallbackRequest, DagRunContext, TaskCallbackRequest
from airflow.dag_processing import processor
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskInstanceState
from airflow.sdk.exceptions import AirflowFailException, AirflowSensorTimeout, AirflowTaskTimeout, TaskDeferralTimeout
from airflow.sdk.execution_time import task_runner

from lake_gate.errors import NoticeRefusedError
from lake_gate.run import Run
from lake_gate.telling.alarms import FAILED
from lake_gate.telling.notify import Failure, RunFailedNotifier
from macie.errors import JobDeadlineError
from tests.lake import Lake

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
    ("context", "said"),
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
def test_message_says_so_when_a_deadline_was_reached(context: dict[str, Any], said: bool) -> None:
    assert ("deadline reached" in subject(context)) == ("deadline was reached" in body(context)) == said


@pytest.mark.parametrize(
    ("context", "said"),
    [
        (of_task("cancel_job", task=SimpleNamespace(is_teardown=True)), True),
        (of_run("timed_out"), True),  # Airflow runs no teardown then
        (of_task(exception=AirflowTaskTimeout()), False),
        (of_run(), False),
    ],
)
def test_message_says_so_when_a_job_may_go_on_and_cost(context: dict[str, Any], said: bool) -> None:
    assert ("a Macie job that still runs costs" in body(context)) is said


def test_failed_teardown_is_called_one_as_the_run_may_be_well() -> None:
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
def test_context_that_says_little_still_makes_a_message(subjects: Any, context: dict[str, Any]) -> None:
    tell(context)
    assert len(subjects()) == 1


@pytest.mark.parametrize(
    ("context", "said"), [(of_task(exception=ValueError("a value")), "await_job"), (of_run(), "task_failure")]
)
def test_failure_is_logged_for_the_alarm_also_when_no_message_can_be_sent(
    lake: Lake, caplog: pytest.LogCaptureFixture, context: dict[str, Any], said: str
) -> None:
    boto3.client("sns").delete_topic(TopicArn=lake.settings.high_topic_arn)
    with pytest.raises(NoticeRefusedError):
        tell(context)
    assert f"{FAILED}: synthea, {said}" in caplog.messages
    assert "a value" not in caplog.text


def test_each_failed_task_is_told_once_and_mapped_ones_together(subjects: Any) -> None:
    tell(of_task("land"), of_task("land"), *(of_task("promote", map_index=index) for index in range(5)))
    assert subjects() == ["[synthea] run failed: land", "[synthea] run failed: promote"]


def test_task_that_fails_again_after_a_clear_is_told_again(subjects: Any) -> None:
    tell(of_task("land", try_number=3), of_task("land", try_number=6))
    assert len(subjects()) == 2


def test_run_is_not_told_when_one_of_its_tasks_was(subjects: Any) -> None:
    tell(of_task("land"), of_run())
    assert subjects() == ["[synthea] run failed: land"]


def test_run_is_told_once_when_none_of_its_tasks_was(subjects: Any) -> None:
    tell(of_run(), of_run())
    assert subjects() == ["[synthea] run failed"]


def test_deadline_of_a_run_is_told_although_a_task_was(subjects: Any) -> None:
    tell(of_task("land"), of_run("timed_out"))
    assert subjects() == ["[synthea] run failed: land", "[synthea] run failed (deadline reached)"]


def test_run_that_was_begun_again_is_told_anew(subjects: Any) -> None:
    again = SimpleNamespace(**{**vars(DAG_RUN), "start_date": datetime.now(UTC) + timedelta(minutes=1)})
    tell(of_task("land"), of_run(), of_run(dag_run=again))
    assert subjects() == ["[synthea] run failed: land", "[synthea] run failed"]


def test_other_runs_are_told_by_themselves(subjects: Any) -> None:
    other = SimpleNamespace(**{**vars(DAG_RUN), "run_id": "manual__2"})
    tell(of_task("land"), of_run(dag_run=other))
    assert len(subjects()) == 2


def test_receipt_says_what_was_sent(lake: Lake) -> None:
    tell(of_task("land"))
    receipt = lake.document(Run("synthea", "manual__1").document("notified/failed-land-try-3.json"))
    assert receipt["topic_arn"] == lake.settings.high_topic_arn
    assert receipt["sent_at"]


@pytest.mark.parametrize("missing", ["bronze_bucket", "silver_bucket", "low_topic_arn"])
def test_people_are_told_when_the_settings_are_what_failed(subjects: Any, missing: str) -> None:
    boto3.client("ssm").delete_parameter(Name=f"/lake_gate/{missing}")
    tell(of_task("read_settings"))
    assert subjects() == ["[synthea] run failed: read_settings"]


@pytest.mark.parametrize("contexts", [[of_task("land")], [of_run()]], ids=["task", "run"])
def test_people_are_told_when_s3_is_what_failed(
    subjects: Any, monkeypatch: pytest.MonkeyPatch, contexts: list[Any]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    tell(*contexts)
    assert len(subjects()) == 1


def test_people_are_told_when_the_bucket_is_gone(lake: Lake, subjects: Any) -> None:
    boto3.client("ssm").put_parameter(Name="/lake_gate/bronze_bucket", Value="no-such-bucket", Overwrite=True)
    tell(of_task("land"), of_run())
    assert len(subjects()) == 2  # told twice is better than not told


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


def test_topic_that_fails_is_said_in_the_receipt_and_the_run_is_told_by_the_next_one(lake: Lake) -> None:
    boto3.client("sns").delete_topic(TopicArn=lake.settings.high_topic_arn)
    with pytest.raises(NoticeRefusedError, match="NotFound"):
        tell(of_task("land"))
    receipt = lake.document(Run("synthea", "manual__1").document("notified/failed-land-try-3.json"))
    assert ([failure["code"] for failure in receipt["failures"]], receipt["sent_at"]) == (["NotFound"], "")
    boto3.client("sns").create_topic(Name="lake-high")
    received = lake.messages_of(lake.settings.high_topic_arn)
    tell(of_run())
    assert [message["Subject"] for message in received()] == ["[synthea] run failed"]


RETRIES = 2
RAN = DagRun(
    dag_id="synthea_gate",
    run_id="manual__1",
    logical_date=None,
    data_interval_start=None,
    data_interval_end=None,
    run_after=BEGAN_AT,
    start_date=BEGAN_AT,
    end_date=None,
    run_type="manual",
    state="running",
    consumed_asset_events=[],
    partition_key=None,
)
IN_BUNDLE: Any = {"filepath": "d.py", "bundle_name": "b", "bundle_version": None}


class Airflow:
    """What calls the notifier in Airflow, by Airflow's own code: a DAG of one task with two retries."""

    def __init__(self) -> None:
        tell = RunFailedNotifier(feed="synthea")
        with DAG("synthea_gate", schedule=None, on_failure_callback=tell) as self.dag:
            self.land = EmptyOperator(task_id="land", retries=RETRIES, on_failure_callback=tell)

    def in_dag_processor(self, try_number: int, kind: TaskInstanceState | None = None) -> None:
        """A worker is gone: no heartbeat (3.2.1 sends no kind), or the executor says so (with its kind)."""
        request = TaskCallbackRequest(
            **IN_BUNDLE,
            msg="no heartbeat",
            ti=self._instance(try_number),
            task_callback_type=kind,
            context_from_server=TIRunContext(
                dag_run=RAN, max_tries=RETRIES, variables=[], connections=[], xcom_keys_to_clear=[]
            ),
        )
        processor._execute_task_callbacks(self._bag, request, structlog.get_logger())

    def in_task_process(self, try_number: int, state: TaskInstanceState, error: BaseException) -> None:
        """A task raised an error: its process ends like this."""
        ti = task_runner.RuntimeTaskInstance.model_construct(
            **self._instance(try_number).model_dump(exclude_unset=True),
            task=self.land,
            max_tries=RETRIES,
            state=state,  # set by task_runner.run
            start_date=BEGAN_AT,
            end_date=BEGAN_AT,
        )
        context: Any = {**ti.get_template_context(), "dag_run": RAN, "exception": error}
        task_runner.finalize(ti, state, context, structlog.get_logger(), error)

    def run_failed(self, try_number: int) -> None:
        """The run is over; the task failed last, at this try."""
        request = DagCallbackRequest(
            **IN_BUNDLE,
            dag_id="synthea_gate",
            run_id="manual__1",
            msg="task_failure",
            context_from_server=DagRunContext(dag_run=RAN, last_ti=self._instance(try_number)),
        )
        processor._execute_dag_callbacks(self._bag, request, structlog.get_logger())

    @property
    def _bag(self) -> Any:
        return SimpleNamespace(dags={"synthea_gate": self.dag})

    def _instance(self, try_number: int) -> TaskInstance:
        return TaskInstance(
            id=uuid.uuid4(),
            task_id="land",
            dag_id="synthea_gate",
            run_id="manual__1",
            try_number=try_number,
            dag_version_id=uuid.uuid4(),
        )


def receipts_of(lake: Lake) -> list[str]:
    prefix = Run("synthea", "manual__1").document("notified/")
    listed = lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix=prefix).get("Contents", [])
    return [item["Key"].removeprefix(prefix) for item in listed]


@pytest.mark.parametrize("try_number", [1, 2])
def test_heartbeat_time_out_that_is_tried_again_is_neither_sent_nor_kept_nor_counted_by_the_alarm(
    lake: Lake, subjects: Any, caplog: pytest.LogCaptureFixture, try_number: int
) -> None:
    Airflow().in_dag_processor(try_number)
    assert (subjects(), receipts_of(lake)) == ([], [])
    assert "alarm" not in caplog.text


def test_real_failure_after_a_heartbeat_time_out_is_sent_once(lake: Lake, subjects: Any) -> None:
    airflow = Airflow()
    airflow.in_dag_processor(1)
    airflow.in_task_process(3, TaskInstanceState.FAILED, ValueError("a value"))
    airflow.run_failed(3)
    assert subjects() == ["[synthea] run failed: land (ValueError)"]
    assert receipts_of(lake) == ["failed-land-try-3.json"]


@pytest.mark.parametrize("kind", [None, TaskInstanceState.FAILED], ids=["no heartbeat", "executor"])
def test_task_whose_worker_is_gone_at_the_last_try_is_sent_once(subjects: Any, kind: TaskInstanceState | None) -> None:
    airflow = Airflow()
    airflow.in_dag_processor(3, kind)
    airflow.run_failed(3)
    assert subjects() == ["[synthea] run failed: land"]


def test_task_whose_process_alone_is_killed_is_named_by_the_message_of_the_run(lake: Lake) -> None:
    received = lake.messages_of(lake.settings.high_topic_arn)
    airflow = Airflow()
    airflow.in_dag_processor(1)  # the first try timed out; the others were killed, for which Airflow calls nothing
    airflow.run_failed(3)
    (message,) = received()
    assert message["Subject"] == "[synthea] run failed"
    assert "The task that failed last: land." in message["Message"]


def test_error_that_no_retry_helps_is_sent_at_the_first_try(subjects: Any) -> None:
    Airflow().in_task_process(1, TaskInstanceState.FAILED, AirflowFailException())
    assert subjects() == ["[synthea] run failed: land (AirflowFailException)"]


def test_error_that_is_tried_again_is_not_sent(lake: Lake, subjects: Any) -> None:
    Airflow().in_task_process(1, TaskInstanceState.UP_FOR_RETRY, ValueError())
    Airflow().in_dag_processor(1, TaskInstanceState.UP_FOR_RETRY)
    assert (subjects(), receipts_of(lake)) == ([], [])
