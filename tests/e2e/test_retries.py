"""The same run, with every task dying once after it has done its work: nothing doubled, nothing lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import boto3
import pytest
from airflow.sdk.exceptions import AirflowException

from lake_gate.decision.operators import DecideOperator
from lake_gate.delivery.operators import LandOperator
from lake_gate.moving.operators import MoveOperator
from lake_gate.recording import operators
from macie import operators as macie
from tests.lake import Lake
from tests.runs import RunDag

PATIENT = "76982e06-f8b8-4509-9ca3-65a99c8650fe"
WORKING: list[Any] = [
    macie.MacieEnsureCustomDataIdentifiersOperator,
    macie.MacieCreateClassificationJobOperator,
    macie.MacieJobResultsToS3Operator,
    LandOperator,
    DecideOperator,
    MoveOperator,
    operators.RecordOperator,
    operators.PublishOperator,
]


@pytest.fixture
def dies_once(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Every working task fails after its first try has taken effect; the counter says how often each was tried."""
    tries: Counter[str] = Counter()

    def dying(execute: Any) -> Any:
        def wrapped(self: Any, context: Any) -> Any:
            done = execute(self, context)
            task = f"{self.task_id}[{context['ti'].map_index}]"
            tries[task] += 1
            if tries[task] == 1:
                raise AirflowException("the worker died")
            return done

        return wrapped

    for operator in WORKING:
        monkeypatch.setattr(operator, "execute", dying(operator.execute))
    return tries


@pytest.mark.slow
@pytest.mark.airflow
def test_nothing_is_doubled_or_lost_when_every_task_dies_once(
    lake: Lake, run_dag: RunDag, tmp_path: Path, dies_once: Counter[str]
) -> None:
    files = {
        "high.csv": b"SSN\n219-09-9999\n",
        "medium.csv": b"PATIENT\n" + PATIENT.encode() + b"\n",
        "clean.csv": b"A\n1\n",
        "held.pdf": b"%PDF",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    ended = run_dag(source=str(tmp_path))
    assert ended.state == "success"
    assert set(dies_once.values()) == {2}
    assert len(dies_once) == 10  # the eight kinds of task, of which three move
    places = {
        "high.csv": (lake.quarantine, ""),
        "medium.csv": (lake.silver, ""),
        "clean.csv": (lake.silver, ""),
        "held.pdf": (lake.bronze, "held/"),
    }
    for name, (bucket, prefix) in places.items():
        key = f"{prefix}{ended.run.prefix}{name}"
        assert lake.read(bucket, key) == files[name]
        assert len(lake.versions(bucket, key)) == 1
    assert ended.names_in(lake.bronze) == {"medium.csv", "clean.csv"}
    assert lake.keys(lake.silver) == sorted(f"{ended.run.prefix}{name}" for name in ("clean.csv", "medium.csv"))
    assert len(boto3.client("macie2").list_classification_jobs()["items"]) == 1
    assert len(boto3.client("macie2").list_custom_data_identifiers()["items"]) == 3
