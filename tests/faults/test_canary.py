"""No value leaves the objects: what is unique in the data is looked for everywhere else."""

from __future__ import annotations

import base64
import gzip
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import polars
import pytest

from lake_gate.model.kept import without_values
from localaws.synthea import generate
from macie.findings import MacieFindingsToS3Operator
from macie.hook import MacieHook
from macie.operators import MacieJobResultsToS3Operator
from tests.faults.canaries import plant, plant_headers, sightings
from tests.faults.deliveries import INTRUDER
from tests.faults.harness import Harness, Leg
from tests.faults.proxy import Armed, Fault
from tests.faults.scenario import overwrite
from tests.faults.traces import listen, traces, without_macie
from tests.lake import Lake

PATIENTS = 3
FAILING = (
    ("check_macie macie2:GetMacieSession", Fault.THROTTLE),
    ("land s3:PutObject bronze patients.csv", Fault.ERROR_AFTER),
    ("ensure_identifiers macie2:ListCustomDataIdentifiers", Fault.ERROR_BEFORE),
    ("gather_evidence s3:PutObject bronze _runs findings.jsonl", Fault.ERROR_BEFORE),
    ("decide s3:GetObject bronze _runs findings.jsonl", Fault.TIMEOUT),
    ("promote s3:CopyObject silver allergies.csv", Fault.ERROR_BEFORE),
    ("quarantine s3:CopyObject quarantine patients.csv", Fault.TIMEOUT),
    ("quarantine s3:DeleteObjects bronze", Fault.ERROR_AFTER),
    ("record s3:PutObject bronze _runs record.json", Fault.ERROR_BEFORE),
    ("notify sns:Publish lake-high", Fault.ERROR_BEFORE),
)


@pytest.fixture
def canaries(tmp_path: Path) -> list[str]:
    """The canaries of a delivery in ``tmp_path / "delivery"``."""
    generate(tmp_path / "delivery", PATIENTS)
    planted = plant(tmp_path / "delivery")
    assert len(planted) == len({*planted}) > 50
    return planted


@pytest.fixture
def headers(tmp_path: Path, canaries: list[str]) -> list[str]:
    """The canaries in the first rows of three more files of the delivery; the last one is the name of one of these."""
    return plant_headers(tmp_path / "delivery")


def run(harness: Harness, tmp_path: Path, *armed: Armed) -> Leg:
    (tmp_path / "logs").mkdir()
    harness.begin(*armed)
    listen(harness)
    return harness.start(harness.next_run_id(), {"source": str(tmp_path / "delivery")}, tmp_path / "logs" / "run.log")


@pytest.mark.slow
def test_no_value_leaves_the_objects_when_a_run_succeeds(
    harness: Harness, tmp_path: Path, canaries: list[str], headers: list[str]
) -> None:
    ended = run(harness, tmp_path)
    assert ended.state == "success", ended
    found = traces(harness, tmp_path / "logs")
    assert b"Landed 19 of 19 files" in found["log run.log"]
    assert b"patients.csv" in found["messages"]
    assert b"lake-bronze" in found["table xcom"]
    assert b"lake-bronze" in found["table rendered_task_instance_fields"]
    assert b"USA_SOCIAL_SECURITY_NUMBER" in found["Macie"]
    assert sightings(canaries, found) == []
    *values, name = headers
    assert sightings(values[:1], {"Macie": found["Macie"]}), "Macie itself names the columns"
    assert sightings(values[2:4], {"Macie": found["Macie"]}), "Macie itself names the columns"
    assert sightings(values, without_macie(found)) == []
    # The name of a file is a name: the documents tell which file it is, and so do messages.
    assert any("objects.jsonl" in seen for seen in sightings([name], found))


@pytest.mark.slow
def test_no_value_leaves_the_objects_when_every_task_fails_once(
    harness: Harness, tmp_path: Path, canaries: list[str], headers: list[str]
) -> None:
    armed = [Armed(call, fault) for call, fault in FAILING]
    ended = run(harness, tmp_path, *armed)
    assert ended.state == "success", ended
    assert [one.call for one in armed if not one.hits] == []
    assert {task for task, *_ in ended.errors} >= {call.partition(" ")[0] for call, _ in FAILING}
    found = traces(harness, tmp_path / "logs")
    assert b"Traceback" in found["log run.log"] or b"Error" in found["log run.log"]
    found["exceptions"] = "\n".join(text for _, _, text in ended.errors).encode()
    assert sightings(canaries, found) == []
    assert sightings(headers[:-1], without_macie(found)) == []


def test_no_value_leaves_the_objects_when_a_run_fails_for_good(
    harness: Harness, tmp_path: Path, canaries: list[str], headers: list[str]
) -> None:
    call = "land s3:ListObjectVersions bronze"
    ended = run(harness, tmp_path, Armed(call, Fault.MEANWHILE, lambda: overwrite(harness, call)))
    assert ended.state == "failed"
    found = traces(harness, tmp_path / "logs")
    assert b"run failed" in found["messages"]
    found["exceptions"] = "\n".join(text for _, _, text in ended.errors).encode()
    assert sightings([*canaries, INTRUDER.decode()], found) == []
    assert sightings(headers[:-1], without_macie(found)) == []


COLUMN = "9731 Quokka Street, since Friday"
KEYED = {"1904 Quokka Avenue": {"ssn": "SSN 219-09-9999"}}


def test_no_kept_record_has_text_of_an_object_whatever_its_format(lake: Lake) -> None:
    table, archive = io.BytesIO(), io.BytesIO()
    polars.DataFrame({"no": ["1", "2"], COLUMN: ["SSN 219-09-9999", "SSN 457-55-5462"]}).write_parquet(table)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("7777 Quokka Lane.csv", "SSN\n219-09-9999\n457-55-5462\n")
    bodies = {"t.parquet": table.getvalue(), "keys.json": json.dumps(KEYED).encode(), "all.zip": archive.getvalue()}
    bodies["first.csv"] = f'1,"{COLUMN}"\n2,SSN 219-09-9999\n'.encode()
    for name, body in bodies.items():
        lake.put(lake.bronze, name, body)
    job_id = scan(lake)
    lake.put(lake.bronze, "ids", b"")
    place: Any = {"bucket": lake.bronze, "transform": without_values}
    MacieJobResultsToS3Operator(task_id="t", job_id=job_id, prefix="_runs/", **place).execute({})
    MacieFindingsToS3Operator(
        task_id="u", affected_buckets=[lake.bronze], since_ms=0, ids_key="ids", key="_runs/events.jsonl", **place
    ).execute({})
    documents = {
        "results": gzip.decompress(lake.read(lake.bronze, "_runs/results.jsonl.gz")),
        **{name: lake.read(lake.bronze, f"_runs/{name}.jsonl") for name in ("findings", "events")},
    }
    assert all(name.encode() in text for text in documents.values() for name in bodies)
    told = json.dumps(macie_s_own(lake, job_id))
    values = [COLUMN, *KEYED, "7777 Quokka Lane", "219-09-9999"]
    assert len(sightings(values[:3], {"Macie": told.encode()})) == 3, "Macie itself tells them"
    assert sightings(values, documents) == []
    assert b'"column":2' in documents["findings"]


def scan(lake: Lake) -> str:
    """Let Macie read all of bronze; return the job's id when its findings are there."""
    lake.turn(findings_lag_seconds=0)
    macie: Any = boto3.client("macie2")
    bucket = {"accountId": "123456789012", "buckets": [lake.bronze]}
    job_id = macie.create_classification_job(
        name="all", jobType="ONE_TIME", s3JobDefinition={"bucketDefinitions": [bucket]}
    )["jobId"]
    deadline = time.monotonic() + 30
    while macie.describe_classification_job(jobId=job_id)["jobStatus"] != "COMPLETE":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return job_id


def macie_s_own(lake: Lake, job_id: str) -> list[Any]:
    """Everything that Macie has written about the objects of a job."""
    hook = MacieHook()
    results = [list(records) for records in hook.iter_discovery_results(job_id)]
    return [results, list(hook.iter_findings(job_id))]


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_search_finds_a_value_in_base64_wherever_it_begins(before: str) -> None:
    text = base64.b64encode(f"{before}12 Quokka Street, and more".encode())
    assert sightings(["12 Quokka Street"], {"text": text})


@pytest.mark.parametrize(
    "text",
    [
        b"x12 Quokka Streetx",
        quote("12 Quokka Street").encode(),
        b"q=12+Quokka+Street",
        b"12 Quokka Street".hex().encode(),
        b"12 Quokka Street".hex().upper().encode(),
    ],
)
def test_search_finds_a_value_in_every_spelling(text: bytes) -> None:
    (seen,) = sightings(["another", "12 Quokka Street"], {"there": text, "elsewhere": b"nothing"})
    assert seen.startswith("canary 1 (")
    assert seen.endswith(" in there")
    assert "Quokka" not in seen


def test_search_finds_nothing_in_texts_without_the_value() -> None:
    assert sightings(["12 Quokka Street"], {"text": b"13 Quokka Street, Quokka 12"}) == []
