"""DecideOperator: decisions that are kept or replaced, planned moves, and the documents beside them."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from lake_gate import content
from lake_gate.decision.operators import DecideOperator
from lake_gate.errors import DamagedDocumentError, DecisionsStandError, PolicyError, UnknownObjectsError
from lake_gate.model import jsonl
from lake_gate.model.evidence import Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST
from lake_gate.moving.operators import MoveOperator
from lake_gate.s3.documents import read_document_or_none
from tests.lake import Lake
from tests.lake_gate.steps import CONTEXT, DESCRIBED, RUN, decide, gate, landed_with_medium, move, write

HIGH = Observation("silver", "k", "v", "e", "COMPLETE", None, "High", (), "SensitiveData:S3Object/Personal", "other")


def test_deciding_again_finds_the_same_decisions(lake: Lake) -> None:
    landed_with_medium(lake)
    assert decide(lake) == decide(lake)
    assert len(lake.versions(lake.bronze, RUN.document("decisions.jsonl"))) == 1


def test_decisions_are_replaced_until_moves_have_begun(lake: Lake) -> None:
    landed_with_medium(lake)
    decide(lake)
    chunks = decide(lake, "Medium")
    assert (len(chunks["promote"]), len(chunks["quarantine"])) == (0, 1)
    assert b'"quarantine"' in lake.read(lake.bronze, RUN.document("decisions.jsonl"))


def test_first_decisions_are_kept_once_a_move_has_begun(lake: Lake) -> None:
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
    assert decide(lake, dry_run=True) == {"promote": [], "mask": [], "quarantine": [], "hold": []}


def test_result_for_an_object_that_was_not_landed_stops_the_run(lake: Lake) -> None:
    landed_with_medium(lake)
    write(lake, MANIFEST, jsonl.dump([lake.put(lake.bronze, "synthea/1/other.csv", b"other")]))
    with pytest.raises(UnknownObjectsError, match=r"a\.csv"):
        decide(lake)


def test_emptied_manifest_of_a_run_that_was_scanned_is_named(lake: Lake) -> None:
    landed_with_medium(lake)
    write(lake, MANIFEST, b"")
    with pytest.raises(DamagedDocumentError, match=r"manifest\.jsonl is damaged: it is empty"):
        decide(lake)


def test_basis_of_the_decisions_is_written_beside_them(lake: Lake) -> None:
    landed_with_medium(lake)
    chunks = decide(lake, "Medium")
    plan = lake.document(RUN.document("plan.json"))
    assert plan["chunks"] == chunks
    assert (plan["policy"]["name"], plan["policy"]["quarantine_threshold"]) == ("default", "Medium")
    assert len(plan["policy"]["sha256"]) == 64
    assert (plan["job"]["settled"], plan["job"]["findings"], plan["job"]["findings_capped"]) == (True, 1, False)


def test_policy_with_another_name_decides_differently(lake: Lake) -> None:
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


def test_plan_of_the_first_decisions_is_kept_once_a_move_has_begun(lake: Lake) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake, "Medium")["quarantine"]
    move(lake, "quarantine", chunk)
    decide(lake, "Low")  # comes out the same, for another reason
    assert lake.document(RUN.document("plan.json"))["policy"]["quarantine_threshold"] == "Medium"


@pytest.mark.parametrize("write", [1, 2, 3], ids=["before it looks", "before the decisions", "before the plan"])
def test_deciding_again_is_refused_when_a_move_begins_meanwhile(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    """`decide` is cleared with a stricter threshold while a move by the old decisions begins."""
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


def known(lake: Lake, landed: LandedObject) -> list[str | None]:
    return [observation.severity for observation in content.read_found(lake.s3, lake.bronze, landed.sha256)]


def only_decision(lake: Lake) -> dict[str, Any]:
    (line,) = lake.lines(RUN.document("decisions.jsonl"))
    return line


def gather_again(lake: Lake, landed: LandedObject, severity: str | None) -> None:
    """Write later versions of the evidence, as a new job does when a run is cleared."""
    record = record_of(landed, severity)
    write(lake, "results.jsonl.gz", gzip.compress(json.dumps(record).encode()))
    write(lake, "findings.jsonl", json.dumps(record).encode() if severity else b"")


def record_of(landed: LandedObject, severity: str | None) -> dict[str, Any]:
    s3_object = {"key": landed.key, "versionId": landed.version_id, "eTag": landed.etag}
    return {
        "id": f"f-{landed.name}-{severity}",
        **({"severity": {"description": severity}} if severity else {}),
        "classificationDetails": {"result": {"status": {"code": "COMPLETE"}}},
        "resourcesAffected": {"s3Bucket": {"name": landed.bucket}, "s3Object": s3_object},
    }


def test_findings_in_the_same_bytes_elsewhere_decide_if_they_are_stricter(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    content.add_found(lake.s3, lake.bronze, landed.sha256, [HIGH])
    assert len(decide(lake)["quarantine"]) == 1
    decision = only_decision(lake)
    assert (decision["outcome"], decision["reason"]) == ("quarantine", "found_in_same_bytes")
    assert (decision["severity"], decision["findings"]) == ("High", {"Medium": 1})


def test_unreadable_document_about_the_same_bytes_holds_the_object(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    lake.s3.put_object(Bucket=lake.bronze, Key=f"_content/{landed.sha256}/found.json", Body=b"[" * 100_000)
    decide(lake)
    assert (only_decision(lake)["outcome"], only_decision(lake)["reason"]) == ("hold", "found_in_same_bytes")


@pytest.mark.parametrize("dry_run", [False, True])
def test_findings_of_the_job_are_added_to_the_index_whatever_the_run_does(lake: Lake, dry_run: bool) -> None:
    landed = landed_with_medium(lake)
    decide(lake, dry_run=dry_run)
    assert set(known(lake, landed)) == {"Medium"}


def test_findings_about_another_version_are_not_added_to_the_landed_bytes(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    gather_again(lake, replace(landed, version_id="v0"), "High")
    decide(lake)
    assert known(lake, landed) == []


def test_high_in_one_of_two_objects_of_the_same_bytes_quarantines_both(lake: Lake) -> None:
    objects = [lake.put(lake.bronze, f"synthea/1/{name}", b"same") for name in ("a.csv", "b.csv")]
    write(lake, MANIFEST, jsonl.dump(objects))
    records = [json.dumps(record_of(item, "High" if item.name == "a.csv" else None)).encode() for item in objects]
    write(lake, "results.jsonl.gz", gzip.compress(b"\n".join(records)))
    write(lake, "findings.jsonl", records[0])
    write(lake, "job.json", json.dumps(DESCRIBED).encode())
    decide(lake)
    reasons = {line["name"]: line["reason"] for line in lake.lines(RUN.document("decisions.jsonl"))}
    assert reasons == {"a.csv": "findings_at_or_above_threshold", "b.csv": "found_in_same_bytes"}


def test_plan_pins_the_versions_of_the_evidence_that_decided(lake: Lake) -> None:
    landed_with_medium(lake)
    decide(lake)
    pins = lake.document(RUN.document("plan.json"))["evidence"]
    assert pins.keys() == {"results.jsonl.gz", "findings.jsonl", "job.json", "found.jsonl"}
    assert pins == {name: lake.versions(lake.bronze, RUN.document(name))[0] for name in pins}


def test_first_pins_are_kept_once_a_move_has_begun(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    move(lake, "promote", chunk)
    before = lake.read(lake.bronze, RUN.document("plan.json"))
    landed_with_medium_again = {**record_of(landed, "Medium"), "id": "another"}
    landed_with_medium_again["classificationDetails"]["result"]["customDataIdentifiers"] = {
        "detections": [{"name": "Patient ID", "count": 1}]
    }
    for name, packed in (("results.jsonl.gz", True), ("findings.jsonl", False)):
        line = json.dumps(landed_with_medium_again).encode()
        write(lake, name, gzip.compress(line) if packed else line)
    assert decide(lake)["promote"] == [chunk]
    assert lake.read(lake.bronze, RUN.document("plan.json")) == before


def test_findings_of_a_cleared_run_are_added_to_the_index_although_the_first_decisions_are_kept(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    move(lake, "promote", chunk)
    before = lake.document(RUN.document("plan.json"))
    gather_again(lake, landed, "High")
    with pytest.raises(DecisionsStandError):
        decide(lake)
    assert set(known(lake, landed)) == {"Medium", "High"}
    assert lake.document(RUN.document("plan.json")) == before


def test_findings_in_the_same_bytes_after_moves_began_are_left_to_finding_events(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    move(lake, "promote", chunk)
    content.add_found(lake.s3, lake.bronze, landed.sha256, [HIGH])
    assert decide(lake)["promote"] == [chunk]


def test_findings_in_the_same_bytes_before_moves_begin_count(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    decide(lake)
    content.add_found(lake.s3, lake.bronze, landed.sha256, [HIGH])
    assert len(decide(lake)["quarantine"]) == 1


@pytest.mark.parametrize(
    ("pinned", "asked", "plans"), [(True, False, False), (False, True, True), (None, True, False), (None, False, True)]
)
def test_pin_of_the_run_says_whether_it_is_a_dry_run(lake: Lake, pinned: bool | None, asked: bool, plans: bool) -> None:
    landed_with_medium(lake)
    if pinned is not None:
        write(lake, "run.json", json.dumps({"run_id": "1", "dry_run": pinned}).encode())
    assert bool(decide(lake, dry_run=asked)["promote"]) is plans


@pytest.mark.parametrize(("of_feed", "of_run"), [("clean_only", "default"), ("default", "clean_only")])
def test_run_that_names_another_policy_than_its_feed_uses_both(lake: Lake, of_feed: str, of_run: str) -> None:
    landed_with_medium(lake)
    asked = {"quarantine_threshold": "High", "promotion": "each by itself", "evidence": {"settled": True}}
    decider = gate(lake, DecideOperator, policy=of_run, feed_policy=of_feed, is_dry_run=False, **asked)
    assert len(decider.step(CONTEXT)["hold"]) == 1
    described = lake.document(RUN.document("plan.json"))["policy"]
    assert (described["name"], described["also"]["name"]) == (of_feed, of_run)
    assert (len(described["sha256"]), len(described["also"]["sha256"])) == (64, 64)


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"[" * 100_000, b"\xff", b'{"jobId": 1}', b'{"samplingPercentage": 100}']
)
def test_damaged_job_stops_the_run_and_is_named(lake: Lake, damage: bytes) -> None:
    landed_with_medium(lake)
    write(lake, "job.json", damage)
    with pytest.raises(DamagedDocumentError, match=r"_runs/synthea/1/job\.json is damaged"):
        decide(lake)


@pytest.mark.parametrize("name", [MANIFEST, "results.jsonl.gz", "findings.jsonl"])
@pytest.mark.parametrize("line", [b"{", b"[]", b'{"name": "a", "more": 1}'])
def test_damaged_line_stops_the_run_and_its_document_is_named(lake: Lake, name: str, line: bytes) -> None:
    landed_with_medium(lake)
    write(lake, name, gzip.compress(line) if name.endswith(".gz") else line)
    with pytest.raises(DamagedDocumentError, match=re.escape(name)):
        decide(lake)
    assert read_document_or_none(lake.s3, lake.bronze, RUN.document("decisions.jsonl")) is None


@pytest.mark.parametrize("damage", [b"[]", b'{"decisions": 1}', b'{"decisions": "v", "evidence": {"found.jsonl": 1}}'])
def test_damaged_plan_is_named_once_moves_have_begun(lake: Lake, damage: bytes) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    move(lake, "promote", chunk)
    write(lake, "plan.json", damage)
    with pytest.raises(DamagedDocumentError, match=r"plan\.json"):
        decide(lake)


def logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> str:
    """Return all log lines: Airflow decides which logger goes where."""
    return "".join([caplog.text, *capfd.readouterr()])


def taken(lake: Lake, *reasons: str) -> None:
    lines = [{"name": "x", "key": "held/x", "version_id": "v", "size_bytes": 1, "reason": reason} for reason in reasons]
    write(lake, "reprocessed.jsonl", b"".join(map(jsonl.to_line, lines)))


@pytest.mark.parametrize(
    ("reasons", "promotion"),
    [
        (["not_analysed"], "each by itself"),
        ([], "each by itself"),
        (["not_analysed", "run_not_promotable"], "all or nothing"),
    ],
)
def test_run_that_takes_what_all_or_nothing_held_is_all_or_nothing(
    lake: Lake, caplog: Any, capfd: Any, reasons: list[str], promotion: str
) -> None:
    landed_with_medium(lake)
    taken(lake, *reasons)
    decide(lake)
    assert lake.document(RUN.document("plan.json"))["policy"]["promotion"] == promotion
    assert ("this run is all or nothing, too" in logged(caplog, capfd)) == (promotion == "all or nothing")


def with_cells(lake: Lake, *columns: int, header: tuple[str, ...] = ()) -> None:
    """Evidence about a landed file with cells in these columns."""
    landed = replace(landed_with_medium(lake), header=header)
    write(lake, MANIFEST, jsonl.dump([landed]))
    cells = [{"row": str(row), "column": str(column)} for row, column in enumerate(columns, start=2)]
    found = {"type": "USA_SSN", "count": str(len(cells)), "occurrences": {"cells": cells}}
    record = record_of(landed, "High")
    record["classificationDetails"]["result"]["sensitiveData"] = [
        {"category": "PERSONAL_INFORMATION", "totalCount": len(cells), "detections": [found]}
    ]
    write(lake, "results.jsonl.gz", gzip.compress(json.dumps(record).encode()))
    write(lake, "findings.jsonl", json.dumps(record).encode())


def test_columns_are_written_beside_the_decisions_and_logged(lake: Lake, caplog: Any, capfd: Any) -> None:
    with_cells(lake, 2, 2, 3, header=("Id", "SSN", ""))
    decide(lake)
    lines = lake.lines(RUN.document("columns.jsonl"))
    assert [(line["column"], line["index"], line["cells"], line["decided"]) for line in lines] == [
        ("SSN", 2, 2, True),
        (None, 3, 1, True),
    ]
    assert "a.csv: USA_SSN in column SSN, 2 rows\na.csv: USA_SSN in column 3, 1 row" in logged(caplog, capfd)


def test_columns_of_decisions_that_stand_are_kept(lake: Lake) -> None:
    with_cells(lake, 2)
    (chunk,) = decide(lake)["quarantine"]
    move(lake, "quarantine", chunk)
    before = lake.read(lake.bronze, RUN.document("columns.jsonl"))
    write(lake, "findings.jsonl", b"")
    write(lake, "results.jsonl.gz", gzip.compress(b""))
    with pytest.raises(DecisionsStandError):
        decide(lake)
    assert lake.read(lake.bronze, RUN.document("columns.jsonl")) == before


def test_dry_run_says_so_in_the_log(lake: Lake, caplog: Any, capfd: Any) -> None:
    landed_with_medium(lake)
    decide(lake, dry_run=True)
    assert "Dry run, nothing is moved. Would be decided: 1 promote" in logged(caplog, capfd)
