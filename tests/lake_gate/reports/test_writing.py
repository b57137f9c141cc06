"""The report beside the record: it is written with it, again with an amendment, and never stops anything."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lake_gate.model.run import DECISIONS, MANIFEST, OBJECTS, PLAN, RECORD, RUN_REPORT, Run
from lake_gate.recording.rewriting import rewrite_record
from lake_gate.reports import writing
from lake_gate.reports.writing import write_run_report
from tests.lake import Lake
from tests.lake_gate.finding_events.world import Events, Gate, finding
from tests.lake_gate.reports.html import Parsed, parse

OUTCOMES = {"a.csv": "promote", "b.csv": "quarantine", "c.pdf": "hold"}


@pytest.fixture
def gate(lake: Lake) -> Gate:
    return Gate(lake, OUTCOMES).over()


def report_of(gate: Gate) -> Parsed:
    return parse(gate.lake.read(gate.lake.bronze, gate.run.document(RUN_REPORT)))


def test_record_is_written_with_a_report_of_its_files(gate: Gate) -> None:
    text = report_of(gate).text
    assert "3 files: 1 quarantined 1 held 1 promoted" in text
    assert all(name in text for name in OUTCOMES)
    head = gate.lake.s3.head_object(Bucket=gate.lake.bronze, Key=gate.run.document(RUN_REPORT))
    assert head["ContentType"] == "text/html; charset=utf-8"


def test_hashes_are_those_of_the_versions_that_s3_has(gate: Gate) -> None:
    text = report_of(gate).text
    for name in (MANIFEST, DECISIONS, PLAN, OBJECTS, RECORD):
        version_id, *_ = gate.lake.versions(gate.lake.bronze, gate.run.document(name))
        content = gate.lake.read(gate.lake.bronze, gate.run.document(name), version_id)
        assert f"{name} {version_id} {hashlib.sha256(content).hexdigest()}" in text


def test_decisions_are_those_of_the_pinned_version(gate: Gate) -> None:
    key = gate.run.document(DECISIONS)
    gate.write(DECISIONS, b"of a later try")
    write_run_report(gate.lake.s3, gate.lake.settings, gate.run)
    latest, pinned = gate.lake.versions(gate.lake.bronze, key)
    assert pinned in report_of(gate).text
    assert latest not in report_of(gate).text


def test_the_report_names_the_amendment_that_the_record_has(lake: Lake, gate: Gate) -> None:
    Events(lake, [finding(lake, lake.bronze, gate.key("a.csv"))]).go()
    assert gate.entries["a.csv"]["amended"]["was"] == "promote"
    text = report_of(gate).text
    assert "Later findings made 1 decision stricter" in text
    version_id, *_ = lake.versions(lake.bronze, gate.run.document(RECORD))
    assert version_id in text


def test_a_run_that_does_not_account_for_all_says_so_in_its_report(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land().decide()
    with pytest.raises(Exception, match=r"^3 landed"):
        gate.record()
    assert "Not every file is accounted for: 3 files" in report_of(gate).text


@pytest.mark.parametrize(
    "error", [ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"), RuntimeError("219-09-9999")]
)
def test_a_report_that_cannot_be_written_fails_no_task_and_is_in_the_log(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(writing, "render", fail)
    gate = Gate(lake, OUTCOMES).over()
    rewrite_record(lake.s3, lake.settings, gate.run)
    assert gate.record_json["accounted"] is True
    assert RUN_REPORT not in str(lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix=gate.run.documents))
    assert "The report of the run was not written" in caplog.text
    assert "219-09-9999" not in caplog.text


def test_a_run_without_a_record_has_no_report(lake: Lake, caplog: pytest.LogCaptureFixture) -> None:
    assert write_run_report(lake.s3, lake.settings, Run("synthea", "none")) is None


def test_an_empty_delivery_has_a_report(lake: Lake) -> None:
    gate = Gate(lake, {}).land()
    gate.record()
    assert "The delivery was empty." in report_of(gate).text


def test_hostile_names_of_files_are_text_in_the_report(lake: Lake) -> None:
    names = {"<script>alert(1)</script>.csv": "promote", "{{7*7}}\u202e.csv": "hold"}
    gate = Gate(lake, names).over()
    text = report_of(gate).text
    assert "<script>alert(1)</script>.csv" in text
    assert "{{7*7}}\\u202e.csv" in text


def test_no_content_of_a_file_is_in_the_report(lake: Lake) -> None:
    canary = "CANARY-7f3b"
    contents: dict[str, Any] = {name: f"name\n{canary}\n".encode() for name in OUTCOMES}
    gate = Gate(lake, OUTCOMES, contents).over()
    Events(lake, [finding(lake, lake.bronze, gate.key("a.csv"))]).go()
    gate.lake.s3.put_object(
        Bucket=lake.bronze, Key=gate.run.document("findings.jsonl"), Body=json.dumps({"sample": canary}).encode()
    )
    write_run_report(lake.s3, lake.settings, gate.run)
    assert canary.encode() not in lake.read(lake.bronze, gate.run.document(RUN_REPORT))
