"""Verdicts from the run that keeps them to the run that reuses them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lake_gate.content import add_found
from lake_gate.decision.operators import DecideOperator, ReuseVerdictsOperator
from lake_gate.errors import DamagedDocumentError
from lake_gate.exceptions.store import add_exception
from lake_gate.include import fingerprint, read_job_spec
from lake_gate.model.evidence import Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, Run
from lake_gate.recording.operators import RememberVerdictsOperator
from lake_gate.scan.scope import REUSED_TAG, without_reused
from tests.lake import Lake
from tests.lake_gate.exceptions.nights import CARD, EXCUSED, NAME, Night
from tests.lake_gate.scan.test_operators import asked, estimate
from tests.lake_gate.steps import land_files, step, write

HIGH = Observation("silver", "k", "v", "e", "COMPLETE", None, "High", (), "SensitiveData:S3Object/Personal", "f")
IDENTIFIERS = {"Patient ID": {"id": "uuid", "sha256": "11"}}
SPEC = "synthea_one_time"


def reuse(lake: Lake, run_id: str = "2", **changes: Any) -> int:
    arguments = {
        "enabled": True,
        "identifiers": IDENTIFIERS,
        "job_spec": SPEC,
        "policy": "default",
        "quarantine_threshold": "High",
        **changes,
    }
    count: int = step(lake, ReuseVerdictsOperator, run_id=run_id, **arguments)
    return count


def result_of(landed: LandedObject, severity: str | None) -> bytes:
    """A discovery result (and, but for its id, a finding), as Macie writes it."""
    found = {"detections": [{"name": "Patient ID", "count": 1}], "totalCount": 1} if severity else {}
    result = {
        "id": f"f-{landed.name}",
        **({"severity": {"description": severity}} if severity else {}),
        "classificationDetails": {"result": {"status": {"code": "COMPLETE"}, "customDataIdentifiers": found}},
        "resourcesAffected": {
            "s3Bucket": {"name": landed.bucket},
            "s3Object": {"key": landed.key, "versionId": landed.version_id, "eTag": landed.etag},
        },
    }
    return json.dumps(result).encode() + b"\n"


def analysed(
    lake: Lake, manifest: list[LandedObject], run_id: str = "1", severities: tuple[str | None, ...] = (), **job: Any
) -> None:
    """Let a job of the run have read these objects, and found something in them or nothing."""
    run = Run("synthea", run_id)
    by_object = list(zip(manifest, severities or (None,) * len(manifest), strict=True))
    results = b"".join(result_of(*item) for item in by_object)
    write(lake, "results.jsonl.gz", gzip.compress(results), run)
    write(lake, "findings.jsonl", b"".join(result_of(*item) for item in by_object if item[1]), run)
    described = {
        "jobId": f"j{run_id}",
        "jobStatus": "COMPLETE",
        "lastRunErrorStatus": {"code": "NONE"},
        "samplingPercentage": 100,
        "createdAt": datetime.now(UTC).isoformat(),
        **job,
    }
    write(lake, "job.json", json.dumps(described).encode(), run)


def decide(lake: Lake, run_id: str = "1", *, threshold: str = "High", evidence: Any = None) -> dict[str, Any]:
    """Decide, and return each object's decision."""
    step(
        lake,
        DecideOperator,
        run_id=run_id,
        evidence=evidence,
        policy="default",
        quarantine_threshold=threshold,
        promotion="each by itself",
        is_dry_run=False,
    )
    return {item["name"]: item for item in lake.lines(Run("synthea", run_id).document("decisions.jsonl"))}


def recorded(lake: Lake, run_id: str = "1", **changes: Any) -> None:
    """Write the record of a run as decided, in the order of its manifest."""
    run = Run("synthea", run_id)
    decisions = {item["name"]: item for item in lake.lines(run.document("decisions.jsonl"))}
    names = [item["name"] for item in lake.lines(run.document(MANIFEST))]
    write(lake, "objects.jsonl", b"".join(json.dumps(decisions[name]).encode() + b"\n" for name in names), run)
    rules = {
        "identifiers": IDENTIFIERS,
        "job_spec": {"name": SPEC, "sha256": fingerprint(read_job_spec(SPEC))},
        "policy": lake.document(run.document("plan.json"))["policy"],
    }
    record = {"accounted": True, "dry_run": False, "rules": rules, **changes}
    write(lake, "record.json", json.dumps(record).encode(), run)


def remember(lake: Lake, run_id: str = "1", *, enabled: bool = True) -> int:
    kept: int = step(lake, RememberVerdictsOperator, run_id=run_id, enabled=enabled)
    return kept


def cleared(lake: Lake, severities: tuple[str | None, ...] = (), **files: bytes) -> list[LandedObject]:
    """Take files through a first run, as far as its verdicts."""
    manifest = land_files(lake, "1", **files)
    analysed(lake, manifest, severities=severities)
    decide(lake, evidence={"settled": True})
    recorded(lake)
    remember(lake)
    return manifest


def tagged(lake: Lake, manifest: list[LandedObject]) -> list[str]:
    shown = ((item.name, lake.s3.get_object_tagging(Bucket=item.bucket, Key=item.key)["TagSet"]) for item in manifest)
    return [name for name, tags in shown if REUSED_TAG in {tag["Key"] for tag in tags}]


def test_object_that_was_cleared_before_is_marked_and_promoted_without_a_job(lake: Lake) -> None:
    cleared(lake, (None, "Medium"), a=b"1\n", b=b"2\n")
    again = land_files(lake, "2", a=b"1\n", b=b"2\n")
    assert reuse(lake) == 2
    assert tagged(lake, again) == ["a.csv", "b.csv"]
    decisions = decide(lake, "2")
    assert {decision["reason"] for decision in decisions.values()} == {"verdict_reused"}
    assert decisions["b.csv"]["severity"] == "Medium"
    assert decisions["b.csv"]["verdict"]["run_id"] == "1"
    assert decisions["b.csv"]["verdict"]["record_uri"].endswith("/_runs/synthea/1/record.json")
    assert lake.document(Run("synthea", "2").document("plan.json"))["job"] is None


def test_verdict_on_bytes_that_an_exception_let_pass_is_judged_by_the_exceptions_of_that_time(
    lake: Lake, revoke: Callable[[str], None]
) -> None:
    add_exception(lake.s3, lake.bronze, EXCUSED)
    night = Night(lake, {CARD: {3: 2}}, "1").over()
    recorded(lake)
    assert remember(lake) == 1
    land_files(lake, "2", organizations=night.content)
    assert reuse(lake) == 1
    decision = decide(lake, "2")[NAME]
    assert (decision["outcome"], decision["reason"]) == ("promote", "allowed_by_exception")
    assert (decision["verdict"]["run_id"], decision["exceptions"]) == ("1", [EXCUSED.id])
    revoke(EXCUSED.id)
    land_files(lake, "3", organizations=night.content)
    assert reuse(lake, "3") == 1
    assert decide(lake, "3")[NAME]["outcome"] == "quarantine"


def test_promotion_by_a_verdict_and_an_exception_makes_no_new_verdict(lake: Lake) -> None:
    analysed(lake, land_files(lake, a=b"1\n"))
    decide(lake, evidence={"settled": True})
    recorded(lake)
    (line,) = lake.lines(Run("synthea", "1").document("objects.jsonl"))
    reused = {**line, "reason": "allowed_by_exception", "verdict": {"run_id": "0"}}
    write(lake, "objects.jsonl", json.dumps(reused).encode() + b"\n")
    assert remember(lake) == 0


@pytest.mark.parametrize("reason", ["masked_by_rule", "masked_by_spec", "masked_by_exception"])
def test_original_of_a_masked_copy_gets_a_verdict_that_is_not_renewed(lake: Lake, reason: str) -> None:
    manifest = land_files(lake, "1", a=b"1\n", b=b"2\n", c=b"3\n")
    analysed(lake, manifest, severities=("Medium",) * 3)
    decide(lake, evidence={"settled": True})
    recorded(lake)
    key = Run("synthea", "1").document("objects.jsonl")
    masked, reused, other = ({**line, "outcome": "mask", "reason": reason} for line in lake.lines(key))
    reused["verdict"] = {"run_id": "0"}
    other["reason"] = "found_in_same_bytes"
    write(lake, "objects.jsonl", b"".join(json.dumps(line).encode() + b"\n" for line in (masked, reused, other)))
    assert remember(lake) == 1
    land_files(lake, "2", a=b"1\n", b=b"2\n", c=b"3\n")
    assert reuse(lake) == 1


def test_new_and_changed_objects_are_left_to_the_job(lake: Lake) -> None:
    cleared(lake, a=b"1\n", b=b"2\n")
    again = land_files(lake, "2", a=b"1\n", b=b"changed\n", c=b"new\n")
    assert reuse(lake) == 1
    assert tagged(lake, again) == ["a.csv"]
    analysed(lake, again[1:], "2")
    reasons = {name: decision["reason"] for name, decision in decide(lake, "2", evidence={"settled": True}).items()}
    assert reasons == {"a.csv": "verdict_reused", "b.csv": "clean", "c.csv": "clean"}


def test_only_objects_promoted_on_full_evidence_are_remembered(lake: Lake) -> None:
    manifest = land_files(lake, a=b"1\n", b=b"2\n", c=b"3\n", d=b"4\n")
    analysed(lake, manifest[:3], severities=(None, "High", "Low"))
    decide(lake, evidence={"settled": True})
    recorded(lake)
    assert remember(lake) == 2
    land_files(lake, "2", a=b"1\n", b=b"2\n", c=b"3\n", d=b"4\n")
    assert reuse(lake) == 2
    assert [line["name"] for line in lake.lines(Run("synthea", "2").document("reused.jsonl"))] == ["a.csv", "c.csv"]


@pytest.mark.parametrize(("enabled", "changes"), [(False, {}), (True, {"dry_run": True}), (True, {"accounted": False})])
def test_nothing_is_remembered_unless_wanted_and_really_promoted(
    lake: Lake, enabled: bool, changes: dict[str, Any]
) -> None:
    analysed(lake, land_files(lake, a=b"1\n"))
    decide(lake, evidence={"settled": True})
    recorded(lake, **changes)
    assert remember(lake, enabled=enabled) == 0
    assert lake.keys(lake.bronze, "_verdicts/") == []


def test_reused_verdict_makes_no_new_one_so_that_none_outlives_its_scan(lake: Lake) -> None:
    cleared(lake, a=b"1\n")
    (kept,) = lake.keys(lake.bronze, "_verdicts/")
    before = lake.versions(lake.bronze, kept)
    again = land_files(lake, "2", a=b"1\n", b=b"2\n")
    reuse(lake)
    analysed(lake, again[1:], "2")
    decide(lake, "2", evidence={"settled": True})
    recorded(lake, "2")
    assert remember(lake, "2") == 1
    assert lake.versions(lake.bronze, kept) == before


def test_empty_run_without_a_job_remembers_nothing(lake: Lake) -> None:
    empty = {"accounted": True, "dry_run": False, "rules": {"identifiers": None, "job_spec": None, "policy": None}}
    write(lake, "record.json", json.dumps(empty).encode())
    assert remember(lake) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"enabled": False},
        {"identifiers": {"Patient ID": {"id": "uuid", "sha256": "12"}}},
        {"identifiers": {**IDENTIFIERS, "US Passport": {"id": "uuid", "sha256": "44"}}},
        {"policy": "clean_only"},
        {"quarantine_threshold": "Medium"},
    ],
)
def test_nothing_is_reused_when_any_rule_is_another(lake: Lake, changes: dict[str, Any]) -> None:
    cleared(lake, a=b"1\n")
    again = land_files(lake, "2", a=b"1\n")
    assert reuse(lake, **changes) == 0
    assert tagged(lake, again) == []


def with_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Change the job spec under its name."""
    spec = {**read_job_spec(SPEC), **changes}
    (tmp_path / "job_specs").mkdir()
    (tmp_path / "job_specs" / f"{SPEC}.json").write_text(json.dumps(spec))
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))


def test_nothing_is_reused_when_the_job_spec_is_another(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared(lake, a=b"1\n")
    land_files(lake, "2", a=b"1\n")
    with_spec(tmp_path, monkeypatch, managedDataIdentifierSelector="RECOMMENDED")
    assert reuse(lake) == 0


def test_nothing_is_reused_when_the_job_spec_names_allow_lists(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_spec(tmp_path, monkeypatch, allowListIds=["Known names"])
    cleared(lake, a=b"1\n")
    land_files(lake, "2", a=b"1\n")
    assert reuse(lake) == 0


def test_mark_of_a_first_try_is_taken_off_when_its_verdict_has_become_void(lake: Lake) -> None:
    first = cleared(lake, a=b"1\n", b=b"2\n")
    again = land_files(lake, "2", a=b"1\n", b=b"2\n")
    assert reuse(lake) == 2
    add_found(lake.s3, lake.bronze, first[0].sha256, [HIGH])
    assert reuse(lake) == 1
    assert tagged(lake, again) == ["b.csv"]
    assert [line["name"] for line in lake.lines(Run("synthea", "2").document("reused.jsonl"))] == ["b.csv"]


def test_no_object_is_marked_without_being_named_when_a_try_dies(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    cleared(lake, a=b"1\n")
    again = land_files(lake, "2", a=b"1\n")
    with monkeypatch.context() as broken:
        broken.setattr("lake_gate.decision.reusing.write_document", _die)
        with pytest.raises(ConnectionError):
            reuse(lake)
    assert tagged(lake, again) == []


def _die(*_: Any, **__: Any) -> None:
    raise ConnectionError


def test_verdict_that_is_void_before_the_decision_holds_the_object(lake: Lake) -> None:
    (first,) = cleared(lake, a=b"1\n")
    land_files(lake, "2", a=b"1\n")
    assert reuse(lake) == 1
    add_found(lake.s3, lake.bronze, first.sha256, [replace(HIGH, severity="Low")])
    decision = decide(lake, "2")["a.csv"]
    assert (decision["outcome"], decision["reason"], decision["verdict"]) == ("hold", "verdict_revoked", None)


def test_verdict_is_judged_again_by_the_policy_of_the_run(lake: Lake) -> None:
    cleared(lake, ("Medium",), a=b"1\n")
    land_files(lake, "2", a=b"1\n")
    assert reuse(lake) == 1
    assert decide(lake, "2", threshold="Medium")["a.csv"]["outcome"] == "quarantine"


def test_run_that_is_done_reuses_none_of_its_own_verdicts(lake: Lake) -> None:
    cleared(lake, a=b"1\n")
    assert reuse(lake, "1") == 0


def test_objects_with_a_verdict_cost_nothing(lake: Lake) -> None:
    cleared(lake, a=b"1\n")
    land_files(lake, "2", a=b"1\n", b=b"12345\n")
    reuse(lake)
    cost = estimate(lake, without_reused(asked(lake, "2")), run_id="2")
    assert (cost["objects"], cost["size_bytes"]) == (1, 6)


@pytest.mark.parametrize("feed_policy", ["default", "clean_only"])
def test_verdict_by_the_policies_of_feed_and_run_is_of_both(lake: Lake, feed_policy: str) -> None:
    """A run that names another policy than its feed's clears by both, and so is not the same as by one."""
    cleared(lake, a=b"1\n")
    land_files(lake, "2", a=b"1\n")
    assert reuse(lake, feed_policy=feed_policy) == (1 if feed_policy == "default" else 0)


def test_verdict_is_made_of_the_evidence_that_the_run_has_decided_on(lake: Lake) -> None:
    manifest = land_files(lake, a=b"1\n")
    analysed(lake, manifest, severities=("Medium",))
    decide(lake, evidence={"settled": True})
    recorded(lake)
    analysed(lake, manifest)  # the run was cleared, and its new job has found nothing
    assert remember(lake) == 1
    (key,) = lake.keys(lake.bronze, "_verdicts/")
    assert lake.document(key)["results"][0]["severity"] == "Medium"


def test_high_in_the_same_bytes_under_another_name_voids_the_verdict(lake: Lake) -> None:
    cleared(lake, a=b"1\n")
    analysed(lake, land_files(lake, "2", other=b"1\n"), "2", severities=("High",))
    assert decide(lake, "2", evidence={"settled": True})["other.csv"]["outcome"] == "quarantine"
    land_files(lake, "3", a=b"1\n")
    assert reuse(lake, "3") == 0
    assert decide(lake, "3")["a.csv"]["reason"] == "found_in_same_bytes"


@pytest.mark.parametrize(
    "rules",
    [
        *({}, {"identifiers": {"a": "cell 4711"}, "job_spec": {"sha256": "1"}, "policy": {"sha256": "1"}}),
        {"identifiers": {}, "job_spec": {}, "policy": {"sha256": "1", "quarantine_threshold": "High"}},
        {"identifiers": {}, "job_spec": {"sha256": "1"}, "policy": None},
        {"identifiers": {}, "job_spec": {"sha256": "1"}, "policy": {"sha256": "1", "quarantine_threshold": ["4711"]}},
    ],
)
def test_no_verdict_is_made_by_damaged_rules(lake: Lake, rules: dict[str, Any]) -> None:
    analysed(lake, land_files(lake, a=b"x"))
    decide(lake, evidence={"settled": True})
    recorded(lake, rules=rules)
    with pytest.raises(DamagedDocumentError, match=r"record\.json is damaged: rules: ") as damage:
        remember(lake)
    assert "4711" not in str(damage.value)


@pytest.mark.parametrize("created_at", ["yesterday", "0001-01-01T00:00:00+14:00"])
def test_no_verdict_is_made_when_the_time_of_the_job_is_damaged(lake: Lake, created_at: str) -> None:
    analysed(lake, land_files(lake, a=b"x"), createdAt=created_at)
    decide(lake, evidence={"settled": True})
    recorded(lake)
    with pytest.raises(DamagedDocumentError, match=r"job\.json is damaged: createdAt is not a time"):
        remember(lake)
