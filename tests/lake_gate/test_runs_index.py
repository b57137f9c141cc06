"""The index of a feed's runs: concurrent changes, damage, and faults that must not reach a run."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from lake_gate.model.run import RECORD, RUN, Run, index_of
from lake_gate.runs_index import NOT_RECORDED, run_id_of, upsert
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.notifications.test_digest import report
from tests.lake_gate.steps import read_runs

BEGAN = "2026-11-01T10:00:00+00:00"


def write(lake: Lake, key: str, content: Any) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lake.s3.put_object(Bucket=lake.bronze, Key=key, Body=body)


def pin(run: Run, began_at: str = BEGAN) -> dict[str, Any]:
    return {"run_id": run.run_id, "source": "s3://in/", "dry_run": False, "began_at": began_at}


def rows(lake: Lake, *members: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in members) for row in read_runs(lake.s3, lake.bronze, "synthea")]


def test_feed_without_runs_has_no_rows(lake: Lake) -> None:
    assert read_runs(lake.s3, lake.bronze, "synthea") == []


def test_row_is_added_changed_and_read_the_newest_first(lake: Lake) -> None:
    for number in (1, 2):
        upsert(lake.s3, lake.bronze, Run("synthea", f"manual__{number}"), started_at=f"2026-11-0{number}")
    upsert(lake.s3, lake.bronze, Run("synthea", "manual__1"), state="failed", failed_task="land", reason="SourceError")
    assert rows(lake, "run_id", "state", "failed_task", "reason") == [
        ("manual__2", "running", None, None),
        ("manual__1", "failed", "land", "SourceError"),
    ]
    assert rows(lake, "updated_at") > [("2026",), ("2026",)]


def test_run_has_its_folder_in_the_index_and_no_folder_is_the_index(lake: Lake) -> None:
    run = Run("synthea", "runs.json")
    upsert(lake.s3, lake.bronze, run)
    assert rows(lake, "run_id", "folder") == [("runs.json", run.folder)]
    assert not run.documents.startswith(f"{index_of('synthea')}/")


@pytest.mark.usefixtures("no_waits")
def test_concurrent_changes_lose_nothing(lake: Lake) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: upsert(lake.s3, lake.bronze, Run("synthea", f"r{n}"), messages=[f"m{n}"]), range(3)))
    assert sorted(rows(lake, "run_id", "messages")) == [(f"r{n}", [f"m{n}"]) for n in range(3)]


@pytest.mark.parametrize("damage", [None, b"{", b'{"schema": "other", "runs": []}'])
def test_missing_or_damaged_index_is_rebuilt_from_the_documents_of_the_runs(lake: Lake, damage: bytes | None) -> None:
    recorded, failed = Run("synthea", "manual__2026-11-02T10:00:00"), Run("synthea", "manual__2026-11-01T10:00:00")
    record, _ = report(decided("a.csv", "quarantine", severity="High"), decided("b.csv"))
    record["run"] |= {"run_id": recorded.run_id, "started_at": "2026-11-02T10:00:00+00:00", "started_by": "ann"}
    write(lake, recorded.document(RECORD), record)
    write(lake, failed.document(RUN), pin(failed))
    write(lake, Run("synthea", "odd").document(RECORD), b"[" * 100_000)
    write(lake, "_runs/synthea/no folder/record.json", record)
    if damage is not None:
        write(lake, index_of("synthea"), damage)
    members = ("run_id", "state", "outcomes", "severity", "started_by", "reason")
    expected: list[tuple[Any, ...]] = [
        (recorded.run_id, "recorded", {"promote": 1, "quarantine": 1}, "High", "ann", None),
        (failed.run_id, "failed", {}, None, None, NOT_RECORDED),
    ]
    assert rows(lake, *members) == expected
    upsert(lake.s3, lake.bronze, Run("synthea", "new"), started_at="2026-11-03")
    assert rows(lake, *members)[1:] == expected  # and kept: the index is complete again
    assert json.loads(lake.read(lake.bronze, index_of("synthea")))["feed"] == "synthea"


def test_record_that_is_too_large_is_left_out_of_a_rebuild(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("synthea", "r")
    write(lake, run.document(RUN), pin(run, "2999-01-01T00:00:00+00:00"))
    assert rows(lake, "run_id") == [("r",)]
    monkeypatch.setattr("lake_gate.runs_index.MOST_DOCUMENT_BYTES", 10)
    assert rows(lake, "run_id") == []


def test_run_that_began_today_and_has_no_record_is_running_after_a_rebuild(lake: Lake) -> None:
    run = Run("synthea", "r")
    write(lake, run.document(RUN), pin(run, "2999-01-01T00:00:00+00:00"))
    assert rows(lake, "run_id", "state") == [("r", "running")]


@pytest.mark.parametrize("fault", ["AccessDenied", "PreconditionFailed", "SlowDown"])
@pytest.mark.usefixtures("no_waits")
def test_index_that_cannot_be_written_fails_no_run(
    lake: Lake, fault: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    client = boto3.client("s3")
    error = client.exceptions.ClientError({"Error": {"Code": fault}}, "PutObject")

    def fail(**_: Any) -> None:
        raise error

    client.meta.events.register("before-call.s3.PutObject", fail)
    upsert(client, lake.bronze, Run("synthea", "r"))
    assert read_runs(lake.s3, lake.bronze, "synthea") == []
    assert "The index of the runs of synthea was not changed" in caplog.text


def test_run_id_is_found_by_the_folder(lake: Lake) -> None:
    listed, recorded = Run("synthea", "manual__1+00:00"), Run("synthea", "manual__2+00:00")
    upsert(lake.s3, lake.bronze, listed)
    write(lake, recorded.document(RUN), pin(recorded))
    for run in (listed, recorded):
        assert run_id_of(lake.s3, lake.bronze, Run.of_folder("synthea", run.folder)) == run.run_id
    unknown = Run.of_folder("synthea", "unknown")
    assert run_id_of(lake.s3, lake.bronze, unknown) == "unknown"
