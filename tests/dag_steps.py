"""The tasks of a DAG in their order, without Airflow's database, API and supervisor.

Operators, templates, params, XComs, mapped tasks, trigger rules, short circuits, deferrals and triggers are real;
scheduling is replaced by one pass in topological order; retries follow at once. A run takes about a fifth of the time
of ``dag.test()``. There are no callbacks, asset events, timeouts of tasks, deadlines of runs and task processes: tests
of these are marked ``airflow``.
"""

from __future__ import annotations

import asyncio
import copy
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any

from airflow.sdk import TriggerRule
from airflow.sdk._shared.module_loading import import_string
from airflow.sdk.bases.operator import ExecutorSafeguard
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    DownstreamTasksSkipped,
    TaskDeferred,
)
from airflow.sdk.execution_time.context import OutletEventAccessors
from airflow.sdk.serde import deserialize, serialize

log = logging.getLogger(__name__)


@dataclass
class StepRun:
    """One run of a DAG.

    :param conf: values of its params.
    :ivar states: of the tasks that were reached, by task id.
    :ivar xcoms: results by task id and key; a list for mapped tasks.
    :ivar errors: by task id.
    """

    dag: Any
    run_id: str
    conf: Mapping[str, Any]
    states: dict[str, str] = field(default_factory=dict)
    xcoms: dict[tuple[str, str], Any] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    outlet_events: Any = field(default_factory=OutletEventAccessors)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def go(self) -> StepRun:
        """Run all tasks whose trigger rules allow it.

        :raises ParamValidationError: when a param is not as the DAG declares it.
        """
        assert self.params is not None  # invalid params stop the run before its first task
        for task in self.dag.topological_sort():
            if task.task_id not in self.states:  # skipped by a short circuit
                self.states[task.task_id] = self._blocked_by(task) or self._run(task)
        return self

    @property
    def state(self) -> str:
        """State of the run, from its leaves, as Airflow decides it."""
        leaves = [task for task in self.dag.tasks if not task.downstream_task_ids and not task.is_teardown]
        return "failed" if any("failed" in self.states[leaf.task_id] for leaf in leaves) else "success"

    def _blocked_by(self, task: Any) -> str:
        """Return the state of a task that does not run; empty if it runs."""
        upstream = [self.states[name] for name in task.upstream_task_ids]
        failed = any(state in {"failed", "upstream_failed"} for state in upstream)
        skipped = any(state == "skipped" for state in upstream)
        match task.trigger_rule:
            case TriggerRule.ALL_SUCCESS:
                return "upstream_failed" if failed else "skipped" if skipped else ""
            case TriggerRule.NONE_FAILED:
                return "upstream_failed" if failed else ""
            case TriggerRule.ALL_DONE_SETUP_SUCCESS:
                setups = [self.states[setup.task_id] for setup in task.upstream_list if setup.is_setup]
                return "" if "success" in setups else "upstream_failed" if failed else "skipped"
            case TriggerRule.ALL_DONE_MIN_ONE_SUCCESS:
                return "" if "success" in upstream else "upstream_failed" if failed else "skipped"
            case TriggerRule.ALL_DONE:
                return ""
        raise NotImplementedError(task.trigger_rule)

    def _run(self, task: Any) -> str:
        if not task.is_mapped:
            return self._try(task, task.prepare_for_execution)
        ((name, argument),) = task._get_specified_expand_input().value.items()
        items = [{name: value} for value in argument.resolve(self._context(task))]
        states = [self._try(task, partial(task.unmap, item), number) for number, item in enumerate(items)]
        return next((state for state in ("failed", "success") if state in states), "skipped")

    def _try(self, task: Any, prepare: Callable[[], Any], map_index: int = -1) -> str:
        for number in range(1, (task.retries or 0) + 2):
            try:
                self._keep(task, self._execute(prepare, map_index, number), map_index)
            except AirflowSkipException:
                return "skipped"
            except DownstreamTasksSkipped as skip:
                self.states.update({name if isinstance(name, str) else name[0]: "skipped" for name in skip.tasks})
                return "success"
            except Exception as error:
                log.exception("Task %s failed", task.task_id)
                self.errors[task.task_id] = error
                if isinstance(error, AirflowFailException | AirflowSensorTimeout):
                    break
            else:
                return "success"
        return "failed"

    def _keep(self, task: Any, result: Any, map_index: int) -> None:
        result = json.loads(json.dumps(result))  # as Airflow keeps it
        if map_index >= 0:
            self.xcoms.setdefault((task.task_id, "return_value"), []).append(result)
            return
        self.xcoms[task.task_id, "return_value"] = result
        if getattr(task, "multiple_outputs", False):
            self.xcoms.update({(task.task_id, key): value for key, value in result.items()})

    def _execute(self, prepare: Callable[[], Any], map_index: int, try_number: int) -> Any:
        method, kwargs = "", dict[str, Any]()
        while True:
            task, context = self._prepared(prepare, map_index, try_number)  # again after a deferral: another process
            try:
                return task.resume_execution(method, kwargs, context) if method else task.execute(context)
            except TaskDeferred as deferred:
                event = _round_trip(asyncio.run(_first_event(deferred)))
                method, kwargs = deferred.method_name, {**_round_trip(deferred.kwargs or {}), "event": event}

    def _prepared(self, prepare: Callable[[], Any], map_index: int, try_number: int) -> tuple[Any, Any]:
        task = prepare()
        context = self._context(task, map_index, try_number)
        task.render_template_fields(context, task.dag.get_template_env())
        ExecutorSafeguard.tracker.set(task)  # allows execute() outside of Airflow's task runner
        return task, context

    def _context(self, task: Any, map_index: int = -1, try_number: int = 1) -> Any:
        now = self.started_at
        dag_run = SimpleNamespace(
            dag_id=self.dag.dag_id, run_id=self.run_id, start_date=now, logical_date=now, run_after=now, conf=self.conf
        )
        ti = SimpleNamespace(
            dag_id=self.dag.dag_id,
            task_id=task.task_id,
            run_id=self.run_id,
            map_index=map_index,
            try_number=try_number,
            max_tries=task.retries or 0,
            xcom_pull=self._pull,
            xcom_push=lambda key, value: self.xcoms.__setitem__((task.task_id, key), json.loads(json.dumps(value))),
        )
        return {
            "dag": self.dag,
            "dag_run": dag_run,
            "run_id": self.run_id,
            "ti": ti,
            "task_instance": ti,
            "task": task,
            "params": self.params,
            "logical_date": now,
            "outlet_events": self.outlet_events,
            **(self.dag.user_defined_macros or {}),
        }

    @cached_property
    def params(self) -> dict[str, Any]:
        """Values of all params, validated."""
        params = copy.deepcopy(self.dag.params)
        params.update(self.conf)
        return dict(params.validate())

    def _pull(self, task_ids: Any = None, *, key: str = "return_value", default: Any = None, **_: Any) -> Any:
        if isinstance(task_ids, str):
            return self.xcoms.get((task_ids, key), default)
        return [self.xcoms.get((task_id, key), default) for task_id in task_ids]


async def _first_event(deferred: Any) -> Any:
    classpath, kwargs = deferred.trigger.serialize()
    trigger = import_string(classpath)(**_round_trip(kwargs))
    async with asyncio.timeout(deferred.timeout.total_seconds() if deferred.timeout else None):
        async for event in trigger.run():
            return event.payload
    raise AssertionError("the trigger ended without an event")


def _round_trip(value: Any) -> Any:
    """Return a value as it comes out of Airflow's database."""
    return deserialize(json.loads(json.dumps(serialize(value))))
