"""The operators' own care: what stands, what is planned, what is finished and not touched again."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from lake_gate import jsonl, operators
from lake_gate.base import GateOperator
from lake_gate.delivery.landing import MANIFEST
from lake_gate.delivery.manifest import LandedObject
from lake_gate.documents import read_document_or_none
from lake_gate.errors import DecisionsStandError, PolicyError, SourceVersionGoneError, UnknownObjectsError
from lake_gate.moving import transfer
from lake_gate.operators import DecideOperator, LandOperator, MoveOperator
from lake_gate.recording.amendments import Amendment
from lake_gate.run import Run
from tests.builders import decided
from tests.lake import Lake

RUN = Run("synthea", "1")
CONTEXT: Any = {"run_id": "1"}
DESCRIBED = {
    "jobId": "j",
    "jobStatus": "COMPLETE",
    "lastRunErrorStatus": {"code": "NONE"},
    "samplingPercentage": 100,
}


def gate(lake: Lake, operator: type[GateOperator], **arguments: Any) -> Any:
    return operator(task_id="t", settings=lake.settings.to_json(), feed="synthea", **arguments)


def decide(
    lake: Lake, threshold: str = "High", *, policy: str = "default", dry_run: bool = False, settled: bool = True
) -> Any:
    strict = {"policy": policy, "quarantine_threshold": threshold, "promotion": "each by itself"}
    return gate(lake, DecideOperator, evidence={"settled": settled}, is_dry_run=dry_run, **strict).step(CONTEXT)


def move(lake: Lake, outcome: str, chunk: list[int]) -> int:
    moved: int = gate(lake, MoveOperator, outcome=outcome, chunk=chunk).step(CONTEXT)
    return moved


def write(lake: Lake, name: str, content: bytes) -> str:
    version: str = lake.s3.put_object(Bucket=lake.bronze, Key=RUN.document(name), Body=content)["VersionId"]
    return version


def landed_with_medium(lake: Lake) -> LandedObject:
    """A landed object for which Macie has a result and a finding of Medium severity."""
    landed = lake.put(lake.bronze, "synthea/1/a.csv", b"content")
    said = {
        "id": "f",
        "severity": {"description": "Medium"},
        "classificationDetails": {
            "result": {
                "status": {"code": "COMPLETE"},
                "customDataIdentifiers": {"detections": [{"name": "Patient ID", "count": 1}]},
            }
        },
        "resourcesAffected": {
            "s3Bucket": {"name": lake.bronze},
            "s3Object": {"key": landed.key, "versionId": landed.version_id, "eTag": landed.etag},
        },
    }
    write(lake, MANIFEST, jsonl.dump([landed]))
    write(lake, "results.jsonl.gz", gzip.compress(json.dumps(said).encode()) + gzip.compress(b"\n"))
    write(lake, "findings.jsonl", json.dumps(said).encode())
    write(lake, "job.json", json.dumps(DESCRIBED, indent=1).encode())
    return landed


def test_deciding_again_finds_the_same_decisions(lake: Lake) -> None:
    landed_with_medium(lake)
    assert decide(lake) == decide(lake)
    assert len(lake.versions(lake.bronze, RUN.document("decisions.jsonl"))) == 1


def test_other_decisions_take_their_place_as_long_as_nothing_has_moved(lake: Lake) -> None:
    landed_with_medium(lake)
    decide(lake)
    chunks = decide(lake, "Medium")
    assert (len(chunks["promote"]), len(chunks["quarantine"])) == (0, 1)
    assert b'"quarantine"' in lake.read(lake.bronze, RUN.document("decisions.jsonl"))


def test_first_decisions_stand_once_a_move_has_begun(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    gate(lake, MoveOperator, outcome="promote", chunk=chunk).step(CONTEXT)
    with pytest.raises(DecisionsStandError, match="start a new run"):
        decide(lake, "Medium")
    assert b'"promote"' in lake.read(lake.bronze, RUN.document("decisions.jsonl"))
    assert lake.keys(lake.quarantine) == []
    assert lake.versions(lake.bronze, landed.key) == [landed.version_id]


def test_decisions_stand_even_when_the_first_move_died(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]

    monkeypatch.setattr(operators, "carry_out", raiser(ConnectionError))
    with pytest.raises(ConnectionError):
        gate(lake, MoveOperator, outcome="promote", chunk=chunk).step(CONTEXT)
    with pytest.raises(DecisionsStandError):
        decide(lake, "Medium")


@pytest.mark.parametrize(("settled", "planned"), [(True, "promote"), (False, "hold")])
def test_clean_object_is_promoted_only_on_evidence_that_had_settled(lake: Lake, settled: bool, planned: str) -> None:
    landed = landed_with_medium(lake)
    s3_object = {"key": landed.key, "versionId": landed.version_id, "eTag": landed.etag}
    clean = {
        "classificationDetails": {"result": {"status": {"code": "COMPLETE"}}},
        "resourcesAffected": {"s3Bucket": {"name": lake.bronze}, "s3Object": s3_object},
    }
    write(lake, "results.jsonl.gz", gzip.compress(json.dumps(clean).encode()))
    write(lake, "findings.jsonl", b"")
    chunks = decide(lake, settled=settled)
    assert {outcome for outcome, of_outcome in chunks.items() if of_outcome} == {planned}
    assert lake.document(RUN.document("plan.json"))["job"]["settled"] is settled


def test_dry_run_plans_no_moves(lake: Lake) -> None:
    landed_with_medium(lake)
    assert decide(lake, dry_run=True) == {"promote": [], "quarantine": [], "hold": []}


def test_result_for_an_object_that_was_not_landed_stops_the_run(lake: Lake) -> None:
    landed_with_medium(lake)
    write(lake, MANIFEST, b"")
    with pytest.raises(UnknownObjectsError, match=r"a\.csv"):
        decide(lake)


def test_source_of_the_settings_is_landed_when_the_run_names_none(lake: Lake) -> None:
    lake.put(lake.outputs["SourceBucket"], "deliveries/a.csv", b"A\n")
    done = gate(lake, LandOperator, source="").step(CONTEXT)
    assert (done["objects"], done["prefix"]) == (1, "synthea/1/")


def test_what_was_decided_by_is_written_beside_the_decisions(lake: Lake) -> None:
    landed_with_medium(lake)
    chunks = decide(lake, "Medium")
    plan = lake.document(RUN.document("plan.json"))
    assert plan["chunks"] == chunks
    assert (plan["policy"]["name"], plan["policy"]["quarantine_threshold"]) == ("default", "Medium")
    assert len(plan["policy"]["sha256"]) == 64
    assert (plan["job"]["settled"], plan["job"]["findings"], plan["job"]["findings_capped"]) == (True, 1, False)


def test_policy_of_another_name_decides_otherwise(lake: Lake) -> None:
    landed_with_medium(lake)
    assert (len(decide(lake)["promote"]), len(decide(lake, policy="clean_only")["hold"])) == (1, 1)


def test_wrong_policy_stops_the_run_before_anything_is_decided(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed_with_medium(lake)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "bad.json").write_text('{"rules": 1}')
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    with pytest.raises(PolicyError, match=r"bad\.json.*rules"):
        decide(lake, policy="bad")
    assert read_document_or_none(lake.s3, lake.bronze, RUN.document("decisions.jsonl")) is None


def test_chunk_that_is_done_is_not_touched_again(lake: Lake) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    assert move(lake, "promote", chunk) == 1
    lake.s3.delete_object(Bucket=lake.silver, Key="synthea/1/a.csv")
    assert move(lake, "promote", chunk) == 1
    assert lake.keys(lake.silver) == []


def test_chunk_that_was_left_half_done_is_finished(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake, "Medium")["quarantine"]
    with monkeypatch.context() as broken:
        broken.setattr(transfer, "delete_versions", raiser(ConnectionError))
        with pytest.raises(ConnectionError):
            move(lake, "quarantine", chunk)
    assert (len(lake.keys(lake.quarantine)), len(lake.keys(lake.bronze))) == (1, 1)
    assert move(lake, "quarantine", chunk) == 1
    assert (len(lake.keys(lake.quarantine)), len(lake.keys(lake.bronze))) == (1, 0)
    assert len(lake.versions(lake.quarantine, "synthea/1/a.csv")) == 1


def test_what_comes_after_a_window_that_fails_is_moved_all_the_same(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operators, "CHUNK_OBJECTS", 2)
    objects = [lake.put(lake.bronze, f"synthea/1/{n}.csv", b"x") for n in range(6)]
    lake.s3.delete_object(Bucket=lake.bronze, Key=objects[0].key, VersionId=objects[0].version_id)
    content = jsonl.dump([decided(one, "hold") for one in objects])
    write(lake, "plan.json", json.dumps({"decisions": write(lake, "decisions.jsonl", content)}).encode())
    with pytest.raises(SourceVersionGoneError):
        move(lake, "hold", [0, len(content)])
    assert lake.keys(lake.bronze) == [f"held/synthea/1/{n}.csv" for n in range(1, 6)]


def test_chunk_of_which_everything_was_withdrawn_moves_nothing_and_is_done(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    withdrawn = Amendment(decided(landed, "quarantine"), ["f"], "2026-11-25T00:00:00+00:00", "events", "")
    write(lake, "amendments/events.jsonl", jsonl.dump([withdrawn]))
    assert move(lake, "promote", chunk) == 0
    assert lake.keys(lake.silver) == []


def raiser(error: type[Exception]) -> Any:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_plan_of_the_first_decisions_stands_once_a_move_has_begun(lake: Lake) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake, "Medium")["quarantine"]
    move(lake, "quarantine", chunk)
    decide(lake, "Low")  # comes out the same, for another reason
    assert lake.document(RUN.document("plan.json"))["policy"]["quarantine_threshold"] == "Medium"


@pytest.mark.parametrize("write", [1, 2, 3], ids=["before it looks", "before the decisions", "before the plan"])
def test_deciding_anew_is_refused_when_a_move_begins_meanwhile(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    """Somebody clears `decide` with a stricter threshold while a move by the old decisions begins."""
    landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    written: list[object] = []

    def meanwhile(**request: object) -> None:
        written.append(request)
        if len(written) == write:
            move(lake, "promote", chunk)

    client = boto3.client("s3")
    client.meta.events.register("before-call.s3.PutObject", meanwhile)
    monkeypatch.setattr(DecideOperator, "s3", client)
    with pytest.raises(DecisionsStandError):
        decide(lake, "Medium")
    assert lake.keys(lake.silver) == ["synthea/1/a.csv"]


def test_move_does_not_begin_when_it_is_decided_anew_in_the_same_moment(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    client = boto3.client("s3")
    acts = [lambda: decide(lake, "Medium")]

    def meanwhile(**_: object) -> None:
        if acts:
            acts.pop()()

    client.meta.events.register("before-call.s3.PutObject", meanwhile)
    monkeypatch.setattr(MoveOperator, "s3", client)
    with pytest.raises(DecisionsStandError):
        move(lake, "promote", chunk)
    assert lake.keys(lake.silver) == []
