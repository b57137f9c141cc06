"""Verdicts in bronze: which ones are found, when they are void, and which landed versions are tagged."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from lake_gate.content import add_found
from lake_gate.decision import verdicts
from lake_gate.decision.verdict import Rules, Verdict
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.evidence import Evidence, Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import Run
from lake_gate.scan.scope import REUSED_TAG, REUSED_VALUE
from tests.lake import Lake

RULES = Rules({"Patient ID": "11"}, "22", "33", "High")
OTHER_RUN, OWN = "s3://bronze/_runs/synthea/0/record.json", "s3://bronze/_runs/synthea/1/record.json"
HIGH = Observation("silver", "k", "v", "e", "COMPLETE", None, "High", (), "SensitiveData:S3Object/Personal", "f")
CLEAN = Observation("bronze", "k", "v", "e", "COMPLETE", None, None, ())


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def on(landed: LandedObject, **changes: str) -> Verdict:
    cleared = {"run_id": "0", "record_uri": OTHER_RUN, "job_id": "j", "cleared_at": days_ago(1)}
    return Verdict.on(landed, Evidence((CLEAN,)), RULES, {**cleared, **changes})


def found(lake: Lake, *manifest: LandedObject, rules: Rules = RULES) -> list[str]:
    return [landed.name for landed, _ in verdicts.find(lake.s3, lake.bronze, manifest, rules, OWN)]


@pytest.fixture
def landed(lake: Lake) -> LandedObject:
    return lake.put(lake.bronze, "synthea/1/a.csv", b"A\n1\n")


def test_same_bytes_are_found_again_in_another_run(lake: Lake, landed: LandedObject) -> None:
    other = lake.put(lake.bronze, "synthea/1/b.csv", b"B\n")
    assert verdicts.remember(lake.s3, lake.bronze, [on(landed)]) == 1
    assert found(lake, landed, other) == ["a.csv"]


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({}, True),
        ({"cleared_at": days_ago(29.9)}, True),
        ({"cleared_at": days_ago(30.1)}, False),
        ({"cleared_at": days_ago(-1)}, False),
        ({"cleared_at": "yesterday"}, False),
        ({"cleared_at": "2026-01-01T00:00:00"}, False),
        ({"record_uri": OWN}, False),
    ],
)
def test_verdict_is_of_an_earlier_run_and_not_too_old(
    lake: Lake, landed: LandedObject, changes: dict[str, str], is_found: bool
) -> None:
    verdicts.remember(lake.s3, lake.bronze, [on(landed, **changes)])
    assert found(lake, landed) == (["a.csv"] if is_found else [])


@pytest.mark.parametrize(
    "rules",
    [replace(RULES, policy="34"), replace(RULES, job_spec="23"), replace(RULES, quarantine_threshold="Medium")],
)
def test_verdict_by_other_rules_is_not_found(lake: Lake, landed: LandedObject, rules: Rules) -> None:
    verdicts.remember(lake.s3, lake.bronze, [on(landed)])
    assert found(lake, landed, rules=rules) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"schema": "lake-gate/verdict/0"}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_document_that_is_not_a_verdict_is_not_used(lake: Lake, landed: LandedObject, content: bytes) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=on(landed).key, Body=content)
    assert found(lake, landed) == []


@pytest.mark.parametrize("lie", [{"sha256": "11" * 32}, {"size_bytes": 5}, {"dataset": "b"}, {"rules": "0"}])
def test_verdict_that_does_not_match_its_key_is_not_used(lake: Lake, landed: LandedObject, lie: dict[str, Any]) -> None:
    verdict = on(landed)
    lake.s3.put_object(Bucket=lake.bronze, Key=verdict.key, Body=json.dumps({**verdict.to_json(), **lie}).encode())
    assert found(lake, landed) == []


def test_verdicts_on_bytes_in_which_more_was_found_stay_void(lake: Lake, landed: LandedObject) -> None:
    verdicts.remember(lake.s3, lake.bronze, [on(landed)])
    add_found(lake.s3, lake.bronze, landed.sha256, [HIGH])
    assert found(lake, landed) == []
    verdicts.remember(lake.s3, lake.bronze, [on(landed)])
    assert found(lake, landed) == []


def test_verdict_whose_evidence_has_all_findings_is_used(lake: Lake, landed: LandedObject) -> None:
    verdicts.remember(lake.s3, lake.bronze, [replace(on(landed), evidence=Evidence((HIGH,)))])
    add_found(lake.s3, lake.bronze, landed.sha256, [HIGH])
    assert found(lake, landed) == ["a.csv"]


def test_reused_verdict_that_became_void_is_revoked(lake: Lake, landed: LandedObject) -> None:
    other = lake.put(lake.bronze, "synthea/1/b.csv", b"B\n")
    lines = [json.dumps({"name": item.name, **on(item).to_json()}) for item in (landed, other)]
    run = Run("synthea", "1")
    lake.s3.put_object(Bucket=lake.bronze, Key=run.document("reused.jsonl"), Body="\n".join(lines).encode())
    add_found(lake.s3, lake.bronze, other.sha256, [HIGH])
    read = verdicts.read_reused(lake.s3, lake.bronze, run)
    assert {name: verdict.is_revoked for name, verdict in read.items()} == {"a.csv": False, "b.csv": True}
    read = verdicts.read_reused(lake.s3, lake.bronze, run, {landed.sha256: [HIGH]})
    assert {name: verdict.is_revoked for name, verdict in read.items()} == {"a.csv": True, "b.csv": False}


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"name": 1}', b'{"name": "a.csv"}', b"[" * 100_000])
def test_line_that_is_not_a_verdict_is_an_error_that_names_the_document(lake: Lake, line: bytes) -> None:
    run = Run("synthea", "1")
    lake.s3.put_object(Bucket=lake.bronze, Key=run.document("reused.jsonl"), Body=line)
    with pytest.raises(DamagedDocumentError, match=r"_runs/synthea/1/reused\.jsonl .*line 1: not"):
        verdicts.read_reused(lake.s3, lake.bronze, run)


def test_run_without_the_document_reuses_nothing(lake: Lake) -> None:
    assert verdicts.read_reused(lake.s3, lake.bronze, Run("synthea", "1")) == {}


def test_more_objects_than_one_window_are_all_looked_up_in_order(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lake_gate.s3.threads._WINDOW", 2)
    manifest = [lake.put(lake.bronze, f"synthea/1/{n}.csv", f"{n}\n".encode()) for n in range(5)]
    assert verdicts.remember(lake.s3, lake.bronze, [on(item) for item in manifest if item.name != "3.csv"]) == 4
    assert found(lake, *manifest) == ["0.csv", "1.csv", "2.csv", "4.csv"]


def tags(lake: Lake, landed: LandedObject) -> dict[str, str]:
    answer = lake.s3.get_object_tagging(Bucket=landed.bucket, Key=landed.key, VersionId=landed.version_id)
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


@pytest.mark.parametrize("own", [{}, {"cost": "7"}])
def test_tag_keeps_other_tags_and_can_be_removed(lake: Lake, own: dict[str, str]) -> None:
    landed = lake.put(lake.bronze, "synthea/1/a.csv", b"A\n", Tagging=urlencode(own))
    later = lake.put(lake.bronze, landed.key, b"other bytes", Tagging=f"{REUSED_TAG}={REUSED_VALUE}")
    for _ in range(2):
        verdicts.mark(lake.s3, [landed])
        assert tags(lake, landed) == {**own, REUSED_TAG: REUSED_VALUE}
    for _ in range(2):
        verdicts.unmark(lake.s3, [landed])
        assert tags(lake, landed) == own
    assert tags(lake, later) == {REUSED_TAG: REUSED_VALUE}


def test_only_the_landed_version_is_tagged(lake: Lake, landed: LandedObject) -> None:
    later = lake.put(lake.bronze, landed.key, b"other bytes")
    verdicts.mark(lake.s3, [landed])
    assert (tags(lake, landed), tags(lake, later)) == ({REUSED_TAG: REUSED_VALUE}, {})


def test_object_with_ten_tags_is_not_tagged_and_so_scanned(lake: Lake) -> None:
    ten = {f"k{n}": "v" for n in range(10)}
    landed = lake.put(lake.bronze, "synthea/1/a.csv", b"A\n", Tagging=urlencode(ten))
    verdicts.mark(lake.s3, [landed])
    assert tags(lake, landed) == ten


def test_version_that_an_earlier_try_has_moved_is_skipped(lake: Lake, landed: LandedObject) -> None:
    lake.s3.delete_object(Bucket=landed.bucket, Key=landed.key, VersionId=landed.version_id)
    verdicts.mark(lake.s3, [landed])
    verdicts.unmark(lake.s3, [landed])
    assert lake.versions(lake.bronze, landed.key) == []
