"""The runs of tasks alone end as runs in Airflow do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from dev import in_process
from lake_gate.model.run import Run
from tests.lake import Lake
from tests.runs import Ended, by_steps, in_airflow

pytestmark = pytest.mark.slow

FILES = {"clean.csv": b"A\n1\n", "high.csv": b"SSN\n219-09-9999\n", "held.pdf": b"%PDF"}


@pytest.mark.airflow
@pytest.mark.parametrize(
    ("files", "conf"),
    [
        pytest.param(FILES, {}, id="all outcomes"),
        pytest.param(FILES, {"dry_run": True}, id="dry run"),
        pytest.param({}, {}, id="empty delivery"),
        pytest.param(FILES, {"source": "/nowhere"}, id="failed landing"),
        pytest.param(FILES, {"max_scan_usd": 1e-9}, id="too expensive"),
    ],
)
def test_states_and_outcomes_are_those_of_airflow(
    lake: Lake, airflow_database: None, tmp_path: Path, files: dict[str, bytes], conf: dict[str, Any]
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    ended = []
    for run in (in_airflow, by_steps):
        dag = in_process.load_dag()
        for task in dag.tasks:
            task.retries = 0
        boto3.client("ssm").put_parameter(Name="/lake_gate/source", Value=str(tmp_path), Overwrite=True)
        run_id, state, tasks = run(dag, conf)
        ended.append(Ended(lake, Run("synthea", run_id), state, tasks))
    whole, alone = ended
    assert (alone.state, alone.tasks) == (whole.state, whole.tasks)
    if whole.tasks["record"] == "success":
        assert alone.reasons == whole.reasons
        assert alone.record["totals"] == whole.record["totals"]
