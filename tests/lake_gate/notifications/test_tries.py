"""Failed tries of a task that send a message: Airflow's own code calls the notifier here, with its own contexts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from airflow.api_fastapi.execution_api.datamodels.taskinstance import DagRun, TaskInstance, TIRunContext
from airflow.callbacks.callback_requests import DagCallbackRequest, DagRunContext, TaskCallbackRequest
from airflow.dag_processing import processor
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskInstanceState
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time import task_runner
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunType

from lake_gate.model.run import Run
from lake_gate.notifications.failure import RunFailedNotifier
from tests.lake import Lake

BEGAN_AT = datetime.now(UTC)
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
    run_type=DagRunType.MANUAL,
    state=DagRunState.RUNNING,
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

    def in_dag_processor(self, try_number: int, kind: Any = None) -> None:
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


@pytest.fixture
def subjects(lake: Lake) -> Any:
    received = lake.messages_of(lake.settings.high_topic_arn)
    return lambda: [message["Subject"] for message in received()]


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
    assert "Last failed task: land;" in message["Message"]


def test_error_that_no_retry_helps_is_sent_at_the_first_try(subjects: Any) -> None:
    Airflow().in_task_process(1, TaskInstanceState.FAILED, AirflowFailException())
    assert subjects() == ["[synthea] run failed: land (AirflowFailException)"]


def test_error_that_is_tried_again_is_not_sent(lake: Lake, subjects: Any) -> None:
    Airflow().in_task_process(1, TaskInstanceState.UP_FOR_RETRY, ValueError())
    Airflow().in_dag_processor(1, TaskInstanceState.UP_FOR_RETRY)
    assert (subjects(), receipts_of(lake)) == ([], [])
