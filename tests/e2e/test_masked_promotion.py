"""Masked promotion: what has findings about people reaches silver without the people, and nothing else does."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dev import in_process
from localaws.synthea import generate
from tests.lake import Lake
from tests.runs import Ended, RunAny

FEED = "synthea_deidentified"
type RunFeed = Callable[..., Ended]


@pytest.fixture
def run_feed(run_any: RunAny) -> RunFeed:
    def run(**conf: Any) -> Ended:
        dag = in_process.load_dag(f"{FEED}_gate")
        for task_id in ("await_job", "await_copies_job"):
            dag.get_task(task_id).poke_interval = 0.2
        return run_any(dag, FEED, **conf)

    return run


def copies(ended: Ended) -> dict[str, str]:
    """Return the outcome of each masked copy by name."""
    return {entry["name"]: entry["masked"]["outcome"] for entry in ended.objects if entry.get("masked")}


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def marked(ended: Ended) -> dict[str, dict[str, Any]]:
    return {item["key"].removeprefix(ended.run.prefix): item for item in ended.marker["objects"]}


def check_all(lake: Lake, ended: Ended, delivery: Path) -> None:
    """Check that every file is accounted for, and that silver has exactly what the marker lists."""
    assert ended.state == "success"
    assert ended.record["accounted"]
    assert set(ended.outcomes) == {path.name for path in delivery.iterdir()}
    masked = {name for name, outcome in ended.outcomes.items() if outcome == "mask"}
    promoted = {name for name, outcome in ended.outcomes.items() if outcome == "promote"}
    assert masked == ended.names_in(lake.quarantine)
    assert {name for name, outcome in copies(ended).items() if outcome == "promote"} | promoted == set(marked(ended))
    assert ended.names_in(lake.silver) == set(marked(ended))
    for name, item in marked(ended).items():
        assert ("masked" in item) == (name in masked)
        in_silver = lake.read(lake.silver, ended.run.prefix + name, item["version_id"])
        original = (delivery / name).read_bytes()
        assert (in_silver == original) == (name in promoted)
        assert len(rows(in_silver)) == len(rows(original))


def test_generated_delivery_is_in_silver_without_its_patients(lake: Lake, run_feed: RunFeed, tmp_path: Path) -> None:
    generate(tmp_path, 10)
    ended = run_feed(source=str(tmp_path))
    check_all(lake, ended, tmp_path)
    assert {"patients.csv", "encounters.csv"} <= {
        name for name, outcome in copies(ended).items() if outcome == "promote"
    }
    patients = {row["Id"] for row in rows((tmp_path / "patients.csv").read_bytes())}
    silver = b"".join(lake.read(lake.silver, key) for key in lake.keys(lake.silver))
    assert not [patient for patient in patients if patient.encode() in silver]
