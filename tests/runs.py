"""Whole runs of DAGs on the local AWS: by their tasks alone, or in Airflow where a test is marked ``airflow``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev import in_process
from lake_gate.model.run import Run
from tests.dag_steps import StepRun
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
        """Names of the run's files that are in a bucket now."""
        start = prefix + self.run.prefix
        return {key.removeprefix(start) for key in self.lake.keys(bucket, start)}


type RunDag = Callable[..., Ended]
"""Runs the gate of the feed ``synthea``; its arguments are the params of the run."""
type RunAny = Callable[..., Ended]
"""Runs a DAG: ``run_any(dag, feed, **params)``."""


@pytest.fixture(scope="session")
def airflow_database() -> None:
    in_process.prepare()


@pytest.fixture
def run_any(request: pytest.FixtureRequest, lake: Lake) -> RunAny:
    is_whole = request.node.get_closest_marker("airflow") is not None
    if is_whole:
        request.getfixturevalue("airflow_database")

    def run(dag: Any, feed: str, **conf: Any) -> Ended:
        run_id, state, tasks = (in_airflow if is_whole else by_steps)(dag, conf)
        return Ended(lake, Run(feed, run_id), state, tasks)

    return run


@pytest.fixture
def dag() -> Any:
    dag = in_process.load_dag()
    await_job = dag.get_task("await_job")
    await_job.pause_seconds, await_job.poke_interval = 1, 0.2
    return dag


@pytest.fixture
def run_dag(dag: Any, run_any: RunAny) -> RunDag:
    return lambda **conf: run_any(dag, "synthea", **conf)


def by_steps(dag: Any, conf: dict[str, Any]) -> tuple[str, str, dict[str, str]]:
    run = StepRun(dag, f"manual__{datetime.now(UTC).isoformat()}", conf).go()
    return run.run_id, run.state, run.states


def in_airflow(dag: Any, conf: dict[str, Any]) -> tuple[str, str, dict[str, str]]:
    for task in dag.tasks:  # dag.test() waits between two tries
        task.retry_delay = timedelta(0)
    now = datetime.now(UTC)
    # Params of the last run stay in the DAG, so all are named.
    others = {key: dag.params[key] for key in dag.params if key not in conf}
    dag_run = dag.test(run_after=now, logical_date=now, run_conf={**others, **conf})
    return dag_run.run_id, str(dag_run.state), {ti.task_id: str(ti.state) for ti in dag_run.get_task_instances()}
