"""Deciding, by its operator: what stands, what is planned, what is written beside it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import boto3
import pytest

from lake_gate.delivery.landing import MANIFEST
from lake_gate.documents import read_document_or_none
from lake_gate.errors import DecisionsStandError, PolicyError, UnknownObjectsError
from lake_gate.judging.operators import DecideOperator
from lake_gate.moving.operators import MoveOperator
from tests.lake import Lake
from tests.lake_gate.steps import CONTEXT, RUN, decide, gate, landed_with_medium, move, write


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
