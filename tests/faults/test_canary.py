"""No value leaves the objects: what is unique in the data is looked for everywhere else."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from localaws.synthea import generate
from tests.faults.canaries import plant, sightings
from tests.faults.deliveries import INTRUDER
from tests.faults.harness import Harness, Leg
from tests.faults.proxy import Armed, Fault
from tests.faults.scenario import overwrite
from tests.faults.traces import listen, traces

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


def run(harness: Harness, tmp_path: Path, *armed: Armed) -> Leg:
    (tmp_path / "logs").mkdir()
    harness.begin(*armed)
    listen(harness)
    return harness.start(harness.next_run_id(), {"source": str(tmp_path / "delivery")}, tmp_path / "logs" / "run.log")


def test_no_value_leaves_the_objects_when_a_run_succeeds(harness: Harness, tmp_path: Path, canaries: list[str]) -> None:
    ended = run(harness, tmp_path)
    assert ended.state == "success", ended
    found = traces(harness, tmp_path / "logs")
    assert b"Landed 16 of 16 files" in found["log run.log"]
    assert b"patients.csv" in found["messages"]
    assert b"lake-bronze" in found["table xcom"]
    assert b"lake-bronze" in found["table rendered_task_instance_fields"]
    assert b"USA_SOCIAL_SECURITY_NUMBER" in found["Macie"]
    assert sightings(canaries, found) == []


def test_no_value_leaves_the_objects_when_every_task_fails_once(
    harness: Harness, tmp_path: Path, canaries: list[str]
) -> None:
    armed = [Armed(call, fault) for call, fault in FAILING]
    ended = run(harness, tmp_path, *armed)
    assert ended.state == "success", ended
    assert [one.call for one in armed if not one.hits] == []
    assert len(ended.errors) >= len(FAILING)
    found = traces(harness, tmp_path / "logs")
    assert b"Traceback" in found["log run.log"] or b"Error" in found["log run.log"]
    found["exceptions"] = "\n".join(text for _, _, text in ended.errors).encode()
    assert sightings(canaries, found) == []


def test_no_value_leaves_the_objects_when_a_run_fails_for_good(
    harness: Harness, tmp_path: Path, canaries: list[str]
) -> None:
    call = "land s3:ListObjectVersions bronze"
    ended = run(harness, tmp_path, Armed(call, Fault.MEANWHILE, lambda: overwrite(harness, call)))
    assert ended.state == "failed"
    found = traces(harness, tmp_path / "logs")
    assert b"run failed" in found["messages"]
    found["exceptions"] = "\n".join(text for _, _, text in ended.errors).encode()
    assert sightings([*canaries, INTRUDER.decode()], found) == []


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
