"""Deliveries of every kind, from their source to the last message."""

from __future__ import annotations

import zipfile
from pathlib import Path

import boto3
import pytest

from localaws.synthea import generate
from tests.lake import Lake
from tests.runs import RunDag

PATIENT = "76982e06-f8b8-4509-9ca3-65a99c8650fe"


@pytest.mark.slow
@pytest.mark.airflow
def test_generated_delivery_is_accounted_for_file_by_file(lake: Lake, run_dag: RunDag, tmp_path: Path) -> None:
    generate(tmp_path, 20)
    ended = run_dag(source=str(tmp_path))
    assert ended.state == "success"
    assert ended.record["accounted"]
    assert set(ended.outcomes) == {path.name for path in tmp_path.iterdir()}
    assert len(ended.outcomes) == 16
    quarantined = {name for name, outcome in ended.outcomes.items() if outcome == "quarantine"}
    assert quarantined == ended.names_in(lake.quarantine)
    assert quarantined.isdisjoint(ended.names_in(lake.silver) | ended.names_in(lake.bronze))
    assert ended.names_in(lake.silver) | quarantined == set(ended.outcomes)
    assert {"patients.csv", "providers.csv"} <= quarantined
    severe = {entry["name"] for entry in ended.objects if entry["severity"] == "High"}
    assert {ended.reasons[name] for name in severe - quarantined} <= {"allowed_by_rule"}


HIGH = {"patients.csv", "organizations.csv", "providers.csv"}
MEDIUM = {
    *("payers.csv", "devices.csv", "allergies.csv", "careplans.csv", "conditions.csv", "imaging_studies.csv"),
    *("immunizations.csv", "payer_transitions.csv"),
}


def test_real_delivery_goes_where_macies_rules_send_it(lake: Lake, run_dag: RunDag, real_delivery: Path) -> None:
    ended = run_dag(source=str(real_delivery))
    assert ended.state == "success"
    severities = {entry["name"]: entry["severity"] for entry in ended.objects}
    assert severities == {**dict.fromkeys(HIGH, "High"), **dict.fromkeys(MEDIUM, "Medium"), "supplies.csv": None}
    people = HIGH - {"organizations.csv"}
    assert ended.names_in(lake.quarantine) == people
    assert ended.names_in(lake.silver) == ended.names_in(lake.bronze) == {*MEDIUM, "organizations.csv", "supplies.csv"}
    assert (ended.reasons["organizations.csv"], ended.reasons["supplies.csv"]) == ("allowed_by_rule", "clean")
    for name in people:
        assert lake.versions(lake.bronze, ended.run.prefix + name) == []
    for name in MEDIUM | {"organizations.csv"}:
        assert lake.read(lake.silver, ended.run.prefix + name) == (real_delivery / name).read_bytes()


@pytest.mark.slow
@pytest.mark.airflow
def test_empty_delivery_ends_green_and_says_so(lake: Lake, run_dag: RunDag, tmp_path: Path) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    boto3.client("ssm").put_parameter(Name="/lake_gate/source", Value=str(tmp_path), Overwrite=True)
    ended = run_dag()
    assert ended.state == "success"
    assert ended.tasks["create_job"] == ended.tasks["promote"] == "skipped"
    assert ended.objects == []
    assert "empty delivery" in received()[0]["Subject"]


@pytest.mark.slow
def test_files_of_every_kind_of_text_are_scanned(lake: Lake, run_dag: RunDag, tmp_path: Path) -> None:
    files = {
        "header_only.csv": b"PATIENT,CODE\n",
        "without_header.csv": b"1,2\n3,4\n",
        "bom_crlf.csv": b"\xef\xbb\xbfPATIENT,CODE\r\n" + PATIENT.encode() + b",1\r\n",
        "quoted_newline.csv": b'NOTE,PATIENT\n"two\nlines",' + PATIENT.encode() + b"\n",
        "latin1.csv": b"NAME,PATIENT\nJos\xe9," + PATIENT.encode() + b"\n",
        "notes.pdf": b"%PDF-1.7 no csv",
        "UPPER.CSV": b"PATIENT\n" + PATIENT.replace("7", "8").encode() + b"\n",  # bytes of its own
        "sp ace+plus%20é 日.csv": b"PATIENT\n" + PATIENT.encode() + b"\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    ended = run_dag(source=str(tmp_path))
    assert ended.state == "success"
    found = {entry["name"]: entry["detections"].get("Patient ID", 0) for entry in ended.objects}
    assert found == {
        "header_only.csv": 0,
        "without_header.csv": 0,
        "bom_crlf.csv": 1,
        "quoted_newline.csv": 1,
        "latin1.csv": 1,
        "notes.pdf": 0,
        "UPPER.CSV": 0,
        "sp ace+plus%20é 日.csv": 1,
    }
    held = {"notes.pdf", "UPPER.CSV"}  # not in the job's scope, whose extensions are case-sensitive
    assert {name for name, outcome in ended.outcomes.items() if outcome == "hold"} == held
    assert {ended.reasons[name] for name in held} == {"not_analysed"}
    assert ended.names_in(lake.bronze, "held/") == held
    assert ended.names_in(lake.silver) == set(files) - held


@pytest.mark.slow
def test_two_files_of_one_name_from_two_folders_of_a_zip_stay_two(lake: Lake, run_dag: RunDag, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("north/visits.csv", "A\n1\n")
        archive.writestr("south/visits.csv", "A\n2\n")
    ended = run_dag(source=f"{tmp_path}/d.zip")
    assert ended.names_in(lake.silver) == {"north/visits.csv", "south/visits.csv"}
    assert lake.read(lake.silver, f"{ended.run.prefix}south/visits.csv") == b"A\n2\n"


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.parametrize("name", ["../visits.csv", "bomb.csv"])
def test_hostile_zip_fails_the_run_and_nothing_is_landed(
    lake: Lake, run_dag: RunDag, tmp_path: Path, name: str
) -> None:
    received = lake.messages_of(lake.settings.high_topic_arn)
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.csv", "A\n1\n")
        archive.writestr(name, bytes(30_000_000) if "bomb" in name else b"A\n")
    ended = run_dag(source=f"{tmp_path}/d.zip")
    assert (ended.state, ended.tasks["land"]) == ("failed", "failed")
    assert lake.keys(lake.bronze) == []
    assert "run failed" in received()[0]["Subject"]


@pytest.mark.slow
@pytest.mark.airflow
def test_source_that_does_not_exist_fails_the_run(run_dag: RunDag) -> None:
    ended = run_dag(source="/no/such/folder")
    assert (ended.state, ended.tasks["land"], ended.tasks["create_job"]) == ("failed", "failed", "upstream_failed")


def test_dry_run_decides_and_reports_and_moves_nothing(lake: Lake, run_dag: RunDag, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"PATIENT\n" + PATIENT.encode() + b"\n")
    ended = run_dag(source=str(tmp_path), dry_run=True)
    assert ended.state == "success"
    assert (ended.outcomes, ended.record["dry_run"]) == ({"a.csv": "promote"}, True)
    assert ended.names_in(lake.bronze) == {"a.csv"}
    assert lake.keys(lake.silver) == lake.keys(lake.quarantine) == []


@pytest.mark.slow
def test_lower_threshold_quarantines_medium_findings(lake: Lake, run_dag: RunDag, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"PATIENT\n" + PATIENT.encode() + b"\n")
    ended = run_dag(source=str(tmp_path), quarantine_threshold="Medium")
    assert ended.names_in(lake.quarantine) == {"a.csv"}


def test_nothing_is_promoted_when_all_or_nothing_and_one_file_is_held(
    lake: Lake, run_dag: RunDag, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(b"A\n1\n")
    (tmp_path / "b.pdf").write_bytes(b"%PDF")
    ended = run_dag(source=str(tmp_path), promotion="all or nothing")
    assert ended.reasons == {"a.csv": "run_not_promotable", "b.pdf": "not_analysed"}
    assert lake.keys(lake.silver) == []
    assert ended.names_in(lake.bronze, "held/") == {"a.csv", "b.pdf"}


@pytest.mark.slow
def test_same_source_twice_is_two_deliveries(lake: Lake, run_dag: RunDag, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"A\n1\n")
    first, second = run_dag(source=str(tmp_path)), run_dag(source=str(tmp_path))
    assert first.names_in(lake.silver) == second.names_in(lake.silver) == {"a.csv"}
    assert len(lake.keys(lake.silver)) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("high", "topic"), [(True, "high_topic_arn"), (False, "low_topic_arn")])
def test_message_goes_to_the_topic_of_its_severity(
    lake: Lake, run_dag: RunDag, tmp_path: Path, high: bool, topic: str
) -> None:
    received = {name: lake.messages_of(getattr(lake.settings, name)) for name in ("high_topic_arn", "low_topic_arn")}
    column = b"SSN\n219-09-9999\n" if high else b"PATIENT\n" + PATIENT.encode() + b"\n"
    (tmp_path / "a.csv").write_bytes(column)
    run_dag(source=str(tmp_path))
    messages = {name: messages() for name, messages in received.items()}
    (message,) = messages.pop(topic)
    assert list(messages.values()) == [[]]
    assert message["MessageAttributes"]["severity"]["Value"] == ("High" if high else "Medium")
    assert "a.csv" in message["Message"]
    assert "219-09-9999" not in message["Message"]
    assert PATIENT not in message["Message"]
