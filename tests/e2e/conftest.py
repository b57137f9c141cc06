"""Whole runs of the DAG by Airflow's own ``dag.test()``: real tasks, real deferrals, the local AWS over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev import in_process
from lake_gate.model.run import Run
from tests.lake import Lake


@dataclass(frozen=True)
class Ended:
    """A run that is over: what Airflow says, and what the run wrote down."""

    lake: Lake
    run: Run
    state: str
    tasks: dict[str, str]

    @property
    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = self.lake.document(self.run.document("record.json"))
        return record

    @property
    def objects(self) -> list[dict[str, Any]]:
        return self.lake.lines(self.run.document("objects.jsonl"))

    @property
    def marker(self) -> dict[str, Any]:
        marker: dict[str, Any] = json.loads(self.lake.read(self.lake.silver, self.run.marker))
        return marker

    @property
    def outcomes(self) -> dict[str, str]:
        return {entry["name"]: entry["outcome"] for entry in self.objects}

    @property
    def reasons(self) -> dict[str, str]:
        return {entry["name"]: entry["reason"] for entry in self.objects}

    def names_in(self, bucket: str, prefix: str = "") -> set[str]:
        """Names of the run's files that lie in a bucket now."""
        start = prefix + self.run.prefix
        return {key.removeprefix(start) for key in self.lake.keys(bucket, start)}


RunDag = Callable[..., Ended]


@pytest.fixture(scope="session")
def airflow_database() -> None:
    in_process.prepare()


@pytest.fixture
def dag(airflow_database: None) -> Any:
    dag = in_process.load_dag()
    for task in dag.tasks:  # dag.test() really sleeps between two tries
        task.retry_delay = timedelta(0)
    dag.get_task("await_job").pause_seconds = 1  # nobody waits two hours for a test
    return dag


@pytest.fixture
def run_dag(lake: Lake, dag: Any) -> RunDag:
    def run(**conf: Any) -> Ended:
        now = datetime.now(UTC)
        dag_run = dag.test(run_after=now, logical_date=now, run_conf=conf)
        tasks = {ti.task_id: str(ti.state) for ti in dag_run.get_task_instances()}
        return Ended(lake, Run("synthea", dag_run.run_id), str(dag_run.state), tasks)

    return run
