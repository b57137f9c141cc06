"""Run the DAG in this process with Airflow's ``dag.test()``: real tasks, real deferrals, no daemons."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from dev.paths import LOGS
from ops.airflow_api import DAG_ID, States


def run(
    conf: dict[str, Any], on_start: Callable[[str, TextIO], Callable[[States], None]], dag_id: str = DAG_ID
) -> tuple[str, str]:
    """Run the DAG to its end and return its run id and state.

    The logs of the tasks are written to ``.local/logs/run.log``.

    :param on_start: called with the run id and the terminal; the function that it returns is called repeatedly with the
        states of the tasks.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    with _output_to(LOGS / "run.log") as terminal:
        prepare()
        dag = load_dag(dag_id)
        now = datetime.now(UTC)
        run_id = f"manual__{now.isoformat()}"
        show = on_start(run_id, terminal)
        with _watching(dag_id, run_id, show):
            # With a logical date, as in the UI: without one dag.test() clears the task instances of all earlier runs.
            dag_run = dag.test(run_after=now, logical_date=now, run_conf=conf)
        show(_states(dag_id, run_id))
    return run_id, str(dag_run.state)


def prepare() -> None:
    """Create the database, and cache what ``dag.test()`` creates for every task; call once in a process."""
    from airflow.sdk.definitions import dag
    from airflow.sdk.execution_time import supervisor
    from airflow.utils.db import initdb

    from dev.task_cost import make_newest_tasks_api_only, share_between_tasks

    # Airflow 3.2.1 builds an API application for every task; 3.3 caches it, as this does.
    supervisor.in_process_api_server = functools.cache(supervisor.in_process_api_server)
    dag._run_task = _exit_on_error(dag._run_task)
    share_between_tasks()
    make_newest_tasks_api_only()
    initdb()


def _exit_on_error(run_task: Callable[..., Any]) -> Callable[..., Any]:
    """Exit when Airflow cannot run a task; ``dag.test()`` logs the error and waits forever for the task to end."""

    def run(**arguments: Any) -> Any:
        try:
            return run_task(**arguments)
        except Exception as error:
            raise SystemExit(f"Airflow could not run {arguments['ti'].task_id}: {type(error).__name__}") from error

    return run


def load_dag(dag_id: str = DAG_ID) -> Any:
    """Return a DAG as Airflow reads it from its DAGs folder."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    if bag.import_errors:
        raise SystemExit("\n".join(bag.import_errors.values()))
    return bag.dags[dag_id]


@contextmanager
def _watching(dag_id: str, run_id: str, show: Callable[[States], None]) -> Iterator[None]:
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.3):
            show(_states(dag_id, run_id))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _states(dag_id: str, run_id: str) -> States:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        rows = session.execute(
            select(TaskInstance.task_id, TaskInstance.map_index, TaskInstance.state)
            .where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
            .order_by(TaskInstance.start_date)
        )
        return {(task_id, map_index): str(state) for task_id, map_index, state in rows if state}


@contextmanager
def _output_to(path: Path) -> Iterator[TextIO]:
    """Redirect standard output and error to a file, and yield the original standard output."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    with path.open("wb") as log, os.fdopen(os.dup(1), "w") as terminal:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield terminal
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)
            os.close(saved[0])
            os.close(saved[1])
