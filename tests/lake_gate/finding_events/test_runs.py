"""What is read of a run of the gate: what was asked for, however far the run has come."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lake_gate.errors import DamagedDocumentError
from lake_gate.finding_events.runs import find_landed, read_decided, read_landing
from lake_gate.model.run import Run
from tests.lake import Lake
from tests.lake_gate.finding_events.world import POLICY, Gate
from tests.snapshot import SetUpOnce

NOW = datetime.now(UTC)
OUTCOMES = {"a.csv": "promote", "b.csv": "hold"}


def test_run_that_has_landed_nothing_is_none(lake: Lake) -> None:
    assert read_landing(lake.s3, lake.bronze, Run("synthea", "2"), {"synthea/2/a.csv"}, ()) is None


def test_landing_has_the_objects_and_findings_that_were_asked_for(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land()
    asked = {gate.key("a.csv"), gate.key("never landed.csv")}
    landing = read_landing(lake.s3, lake.bronze, gate.run, asked, {"f", "g"})
    assert landing is not None
    assert (set(landing.landed), landing.known, landing.record) == ({gate.key("a.csv")}, frozenset(), None)
    gate.decide().move().record()
    gate.write("findings.jsonl", b'{"id": "g"}\n{"id": "other"}\n')
    landing = read_landing(lake.s3, lake.bronze, gate.run, asked, {"f", "g"})
    assert landing is not None
    assert (landing.known, landing.is_dry) == (frozenset({"g"}), False)
    assert landing.record is not None


def test_only_requested_objects_are_read_unless_one_object_holds_the_others(lake: Lake) -> None:
    for promotion, names in (("each by itself", ["a.csv"]), ("all or nothing", ["a.csv", "b.csv"])):
        policy = {**POLICY, "promotion": promotion}
        gate = Gate(lake, OUTCOMES, run=Run("synthea", promotion[:3]), policy=policy).over()
        landing = read_landing(lake.s3, lake.bronze, gate.run, {gate.key("a.csv")}, ())
        assert landing is not None
        decided, places, _ = read_decided(lake.s3, lake.bronze, lake.silver, landing, NOW)
        assert ([one.name for one in decided.manifest], sorted(decided.entries)) == (names, names)
        assert {bucket for bucket, _, _ in places["a.csv"]} == {lake.bronze, lake.silver}
        assert (lake.bronze, gate.key("a.csv")) in decided.evidence


def test_run_that_has_decided_nothing_has_no_plan_and_no_proof(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land()
    landing = read_landing(lake.s3, lake.bronze, gate.run, {gate.key("a.csv")}, ())
    assert landing is not None
    decided, _, _ = read_decided(lake.s3, lake.bronze, lake.silver, landing, NOW)
    assert (decided.has_plan, decided.outcome("a.csv"), decided.evidence) == (False, None, {})


@pytest.fixture
def over(lake: Lake, once: SetUpOnce) -> Gate:
    return once(Gate(lake, OUTCOMES).over)


@pytest.mark.parametrize("name", ["manifest.jsonl", "plan.json", "record.json", "findings.jsonl"])
@pytest.mark.parametrize("content", [b'{"a', b"[]", b'"x"', b'{"is": 1}\n[1]', b"\xff"])
def test_document_that_the_gate_has_not_written_is_named(lake: Lake, over: Gate, name: str, content: bytes) -> None:
    over.write(name, content)
    with pytest.raises(DamagedDocumentError) as damage:
        read_landing(lake.s3, lake.bronze, over.run, {over.key("a.csv")}, {"f"})
    assert damage.value.document == name


def test_object_is_found_in_a_manifest_of_which_other_lines_are_damaged(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land()
    written = lake.read(lake.bronze, gate.run.document("manifest.jsonl"))
    gate.write("manifest.jsonl", b'{"name": "other code"}\n' + written + b"{")
    assert find_landed(lake.s3, lake.bronze, gate.run, gate.key("b.csv")) == gate.objects["b.csv"]
    assert find_landed(lake.s3, lake.bronze, gate.run, gate.key("never.csv")) is None


def test_findings_that_came_after_the_decisions_are_not_known(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land().decide()
    versions = {name: gate.write(name, b'{"id": "first"}\n') for name in ("findings.jsonl",)}
    gate.write("findings.jsonl", b'{"id": "first"}\n{"id": "later"}\n')
    basis = lake.document(gate.run.document("plan.json"))
    gate.write("plan.json", json.dumps({**basis, "evidence": versions}).encode())
    landing = read_landing(lake.s3, lake.bronze, gate.run, {gate.key("a.csv")}, {"first", "later"})
    assert landing is not None
    assert landing.known == {"first"}
    lake.s3.delete_object(
        Bucket=lake.bronze, Key=gate.run.document("findings.jsonl"), VersionId=versions["findings.jsonl"]
    )
    with pytest.raises(DamagedDocumentError, match=r"findings\.jsonl"):
        read_landing(lake.s3, lake.bronze, gate.run, {gate.key("a.csv")}, {"first"})
