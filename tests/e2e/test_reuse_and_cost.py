"""Whole runs that scan less, or stop before they scan: expected tables, a limit of cost, verdicts of earlier runs."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
import pytest
from airflow.sdk.exceptions import AirflowException

from lake_gate.decision.operators import ReuseVerdictsOperator
from lake_gate.delivery.operators import CheckExpectedOperator
from lake_gate.recording.operators import RememberVerdictsOperator
from lake_gate.scan.operators import EstimateCostOperator
from tests.lake import Lake
from tests.runs import Ended, RunDag

PATIENT = b"PATIENT\n76982e06-f8b8-4509-9ca3-65a99c8650fe\n"
FILES = {"clean.csv": b"A\n1\n", "medium.csv": PATIENT, "high.csv": b"SSN\n219-09-9999\n"}
PROMOTED = {"clean.csv": "clean", "medium.csv": "findings_below_threshold"}


@pytest.fixture
def run_reusing(dag: Any, run_dag: RunDag) -> RunDag:
    """Runs of a feed that says ``reuse_verdicts``."""
    for task in ("reuse_verdicts", "remember_verdicts"):
        dag.get_task(task).enabled = True
    return run_dag


def deliver(folder: Path, files: dict[str, bytes]) -> str:
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return str(folder)


def jobs() -> list[Any]:
    items: list[Any] = boto3.client("macie2").list_classification_jobs()["items"]
    return items


def read_by_job(ended: Ended) -> set[str]:
    """Names of the files that the run's own job has a result for."""
    content = ended.lake.read(ended.lake.bronze, ended.run.document("results.jsonl.gz"))
    records = [json.loads(line) for line in gzip.decompress(content).removesuffix(b"\n").split(b"\n")]  # a line each
    return {one["resourcesAffected"]["s3Object"]["key"].removeprefix(ended.run.prefix) for one in records}


@pytest.mark.slow
def test_unchanged_content_is_scanned_once_and_the_record_says_on_which_verdict_it_rests(
    lake: Lake, run_reusing: RunDag, tmp_path: Path
) -> None:
    first = run_reusing(source=deliver(tmp_path, FILES))
    assert (first.state, first.record["reused"]) == ("success", 0)
    changed = {**FILES, "clean.csv": b"A\n2\n", "new.csv": b"B\n"}
    second = run_reusing(source=deliver(tmp_path, changed))
    assert second.state == "success"
    assert read_by_job(second) == {"clean.csv", "new.csv", "high.csv"}
    assert second.reasons == {
        "clean.csv": "clean",
        "new.csv": "clean",
        "medium.csv": "verdict_reused",
        "high.csv": "findings_at_or_above_threshold",
    }
    (reused,) = [entry for entry in second.objects if entry["verdict"]]
    assert reused["verdict"]["run_id"] == first.run.run_id
    assert reused["verdict"]["record_uri"] == f"s3://{lake.bronze}/{first.run.document('record.json')}"
    assert (reused["severity"], reused["now"]["bucket"]) == ("Medium", lake.silver)
    assert (second.record["reused"], second.record["cost"]["objects"]) == (1, 3)
    assert lake.read(lake.silver, reused["now"]["key"], reused["now"]["version_id"]) == PATIENT
    assert {one["key"].rpartition("/")[2] for one in second.marker["objects"]} == {"clean.csv", "new.csv", "medium.csv"}


@pytest.mark.slow
def test_run_whose_files_were_all_cleared_before_creates_no_job(
    lake: Lake, run_reusing: RunDag, tmp_path: Path
) -> None:
    files = {name: FILES[name] for name in PROMOTED}
    first = run_reusing(source=deliver(tmp_path, files))
    second = run_reusing(source=deliver(tmp_path, files))
    assert second.state == "success"
    assert {second.tasks[task] for task in ("create_job", "await_job", "gather_evidence", "cancel_job")} == {"skipped"}
    assert len(jobs()) == 1
    assert set(second.reasons.values()) == {"verdict_reused"}
    assert second.names_in(lake.silver) == set(files)
    assert (second.record["job"], second.record["cost"]["usd"], second.record["accounted"]) == (None, 0, True)
    third = run_reusing(source=deliver(tmp_path, files))
    assert {entry["verdict"]["run_id"] for entry in third.objects} == {first.run.run_id}


@pytest.mark.slow
def test_feed_that_does_not_say_so_scans_everything_every_time(lake: Lake, run_dag: RunDag, tmp_path: Path) -> None:
    source = deliver(tmp_path, {"clean.csv": b"A\n1\n"})
    assert run_dag(source=source).reasons == run_dag(source=source).reasons == {"clean.csv": "clean"}
    assert len(jobs()) == 2
    assert lake.keys(lake.bronze, "_verdicts/") == []


@pytest.mark.slow
def test_stricter_run_reuses_no_verdict_of_a_looser_one(lake: Lake, run_reusing: RunDag, tmp_path: Path) -> None:
    source = deliver(tmp_path, {"medium.csv": PATIENT})
    assert run_reusing(source=source).outcomes == {"medium.csv": "promote"}
    assert run_reusing(source=source, quarantine_threshold="Medium").outcomes == {"medium.csv": "quarantine"}


@pytest.mark.slow
def test_object_whose_mark_is_lost_is_scanned_and_the_evidence_decides(
    lake: Lake, run_reusing: RunDag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_reusing(source=deliver(tmp_path, {"medium.csv": PATIENT}))
    monkeypatch.setattr("lake_gate.decision.verdicts.mark", lambda *_: None)
    source = deliver(tmp_path, {"medium.csv": PATIENT, "new.csv": b"B\n"})
    second = run_reusing(source=source)
    assert read_by_job(second) == {"medium.csv", "new.csv"}
    assert second.reasons == {"medium.csv": "findings_below_threshold", "new.csv": "clean"}


@pytest.mark.slow
def test_nothing_is_doubled_or_lost_when_every_task_around_a_verdict_dies_once(
    lake: Lake, run_reusing: RunDag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: Counter[tuple[str, str]] = Counter()

    def dying(execute: Any) -> Any:
        def wrapped(self: Any, context: Any) -> Any:
            done = execute(self, context)
            tries[context["run_id"], self.task_id] += 1
            if tries[context["run_id"], self.task_id] == 1:
                raise AirflowException("the worker died")
            return done

        return wrapped

    for operator in (CheckExpectedOperator, ReuseVerdictsOperator, EstimateCostOperator, RememberVerdictsOperator):
        monkeypatch.setattr(operator, "execute", dying(operator.execute))
    files = {"clean.csv": b"A\n1\n", "medium.csv": PATIENT}
    run_reusing(source=deliver(tmp_path, files))
    second = run_reusing(source=deliver(tmp_path, {**files, "new.csv": b"B\n"}))
    assert set(tries.values()) == {2}
    assert len(tries) == 8
    assert second.state == "success"
    assert second.reasons == {"clean.csv": "verdict_reused", "medium.csv": "verdict_reused", "new.csv": "clean"}
    assert read_by_job(second) == {"new.csv"}
    assert len(jobs()) == 2


def test_run_stops_before_anything_is_scanned_when_it_would_cost_too_much(
    lake: Lake, run_dag: RunDag, tmp_path: Path
) -> None:
    ended = run_dag(source=deliver(tmp_path, {"a.csv": b"A\n" * 5000}), max_scan_usd=0.000001)
    assert ended.state == "failed"
    assert (ended.tasks["estimate_cost"], ended.tasks["create_job"]) == ("failed", "upstream_failed")
    assert jobs() == []
    assert ended.names_in(lake.bronze) == {"a.csv"}


@pytest.mark.parametrize(("missing", "state"), [("fail", "failed"), ("warn", "success")])
def test_delivery_without_an_expected_table_fails_or_goes_on_with_a_warning(
    lake: Lake, dag: Any, run_dag: RunDag, tmp_path: Path, missing: str, state: str
) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    dag.get_task("check_expected").expect = {"tables": ["clean", "claims"], "missing": missing}
    ended = run_dag(source=deliver(tmp_path, {"clean.csv": b"A\n1\n"}))
    assert (ended.state, ended.tasks["check_expected"]) == (state, "failed" if state == "failed" else "success")
    assert len(jobs()) == (state == "success")
    if state == "success":
        assert ended.record["delivery"] == {"expected": 2, "missing_tables": ["claims"]}
        assert any("claims" in message["Message"] for message in received())
