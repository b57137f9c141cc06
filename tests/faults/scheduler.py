"""Airflow's scheduler and triggerer in miniature: the loop of ``DAG.test()``, on a run that may have begun elsewhere.

What ``DAG.test()`` cannot do and this can: go on with a run whose process was killed, and clear tasks of a failed one.
Imported in a process that runs Airflow, and only there.
"""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from airflow import settings
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import Trigger
from airflow.sdk._shared.module_loading import import_string
from airflow.sdk.api.datamodels._generated import TaskInstance as SdkTaskInstance
from airflow.sdk.execution_time.supervisor import InProcessTestSupervisor, run_task_in_process
from airflow.serialization.serialized_objects import DagSerialization, create_scheduler_operator
from airflow.triggers.base import TriggerEvent
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select

Announce = Callable[[str], None]


def announce_to_proxy(task: str) -> None:
    """Tell the proxy which task runs now, and in which process."""
    connection = http.client.HTTPConnection(str(urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc), timeout=10)
    connection.request("PUT", f"/faults/task/{quote(task)}?pid={os.getpid()}")
    connection.getresponse().read()
    connection.close()


def _session() -> Any:
    """Open a session of Airflow's database."""
    make: Any = settings.Session
    return make()


@dataclass
class Scheduler:
    """Runs one DAG, task by task, in this process.

    :param dag: as its file makes it.
    :param announce: called with the name of each task before it runs.
    :param errors: what the tasks raised: name of the task, name and text of the exception.
    """

    dag: Any
    announce: Announce = announce_to_proxy
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    serialized: Any = field(init=False)

    def __post_init__(self) -> None:
        self.serialized = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(self.dag))
        self.serialized.on_failure_callback = self.dag.on_failure_callback  # as DAG.test() does
        self.serialized.on_success_callback = self.dag.on_success_callback

    def start(self, run_id: str, conf: dict[str, Any]) -> None:
        """Make a run and run it to its end."""
        now = datetime.now(UTC)
        interval = self.serialized.timetable.infer_manual_data_interval(run_after=now)
        self.serialized.create_dagrun(
            run_id=run_id,
            logical_date=now,
            data_interval=interval,
            run_after=now,
            conf=conf,
            run_type=DagRunType.MANUAL,
            state=DagRunState.RUNNING,
            triggered_by=DagRunTriggeredByType.TEST,
            start_date=now,
        )
        self.go_on(run_id)

    def clear(self, run_id: str, task_ids: list[str] | None) -> None:
        """Clear these tasks, or all that failed, and run on to the end.

        :param task_ids: ``task+`` stands for the task and all that follow it.
        """
        if task_ids is not None:
            roots = [task_id.removesuffix("+") for task_id in task_ids]
            task_ids = [*roots, *(one for root in roots for one in self.dag.task_dict[root].get_flat_relative_ids())]
        self.serialized.clear(
            run_id=run_id, task_ids=task_ids, only_failed=task_ids is None, dag_run_state=DagRunState.RUNNING
        )
        self.go_on(run_id)

    def go_on(self, run_id: str) -> None:
        """Run to its end what is to be run; tasks whose process has died are tried again."""
        session = _session()
        run = _run(session, run_id)
        run.dag = self.serialized
        self._bury_the_dead(session, run)
        while run.state == DagRunState.RUNNING:
            session.expire_all()
            self.announce("(scheduler)")
            schedulable, _ = run.update_state(session=session)
            for instance in schedulable:
                instance.try_number += 1
                instance.state = TaskInstanceState.SCHEDULED
            session.commit()
            for instance in _in_state(run, session, TaskInstanceState.DEFERRED):
                self._run_trigger(session, instance)
            for instance in _in_state(run, session, TaskInstanceState.SCHEDULED):
                self._run_task(instance)

    def states(self, run_id: str) -> tuple[str, dict[str, tuple[str, int]]]:
        """Return the state of the run, and state and number of tries of its tasks."""
        session = _session()
        run = _run(session, run_id)
        instances = run.get_task_instances(session=session)
        return str(run.state), {_label(one): (str(one.state), one.try_number) for one in instances}

    def _bury_the_dead(self, session: Any, run: DagRun) -> None:
        """Do what the scheduler does with tasks of which no heartbeat comes any more."""
        for instance in _in_state(run, session, TaskInstanceState.RUNNING):
            instance.task = create_scheduler_operator(self.dag.task_dict[instance.task_id])
            instance.handle_failure("Its process was killed", session=session)
        for instance in _in_state(run, session, TaskInstanceState.QUEUED):  # it had not begun
            instance.state = TaskInstanceState.SCHEDULED
        session.commit()

    def _run_task(self, instance: TaskInstance) -> None:
        self.announce(_label(instance))
        instance.set_state(TaskInstanceState.QUEUED)  # the API lets only such ones begin
        sdk_instance = _sdk_instance(instance)
        result = run_task_in_process(ti=sdk_instance, task=self.dag.task_dict[instance.task_id])
        if result.error is not None:
            self.errors.append((_label(instance), type(result.error).__name__, str(result.error)))

    def _run_trigger(self, session: Any, instance: TaskInstance) -> None:
        """Wait as the triggerer does, and hand over the event."""
        self.announce(f"{_label(instance)}/trigger")
        row = session.get(Trigger, instance.trigger_id)
        trigger = import_string(row.classpath)(**row.kwargs)
        trigger_id, sdk_instance = row.id, _sdk_instance(instance)
        session.commit()  # nobody waits for this one's lock while the trigger does
        event = InProcessTestSupervisor.run_trigger_in_process(trigger=trigger, ti=sdk_instance)  # type: ignore[no-untyped-call]
        assert isinstance(event, TriggerEvent)
        Trigger.submit_event(trigger_id, event, session=session)
        session.commit()


def without_delays(dag: Any) -> Any:
    """Make the tasks be tried again at once, and waits look more often."""
    for task in dag.tasks:
        task.retry_delay = timedelta(0)
    dag.task_dict["await_job"].poke_interval = 0.3
    return dag


def _run(session: Any, run_id: str) -> DagRun:
    found: DagRun = session.scalars(select(DagRun).where(DagRun.run_id == run_id)).one()
    return found


def _in_state(run: DagRun, session: Any, state: TaskInstanceState) -> Iterable[TaskInstance]:
    instances = run.get_task_instances(state=[state], session=session)
    return sorted(instances, key=lambda one: (one.task_id, one.map_index))


def _label(instance: TaskInstance) -> str:
    return instance.task_id if instance.map_index <= 0 else f"{instance.task_id}[{instance.map_index}]"


def _sdk_instance(instance: TaskInstance) -> SdkTaskInstance:
    return SdkTaskInstance(
        id=UUID(str(instance.id)),
        task_id=instance.task_id,
        dag_id=instance.dag_id,
        run_id=instance.run_id,
        try_number=instance.try_number,
        map_index=instance.map_index,
        dag_version_id=UUID(str(instance.dag_version_id)),
    )
