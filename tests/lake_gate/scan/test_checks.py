"""The operators around a job: what a delivery must have, what is not scanned again, what a scan may cost."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lake_gate import jsonl
from lake_gate.base import GateOperator
from lake_gate.content import add_found
from lake_gate.delivery.landing import MANIFEST
from lake_gate.delivery.manifest import LandedObject
from lake_gate.errors import CostLimitError, JobScopeError, TablesMissingError
from lake_gate.include import fingerprint, read_job_spec
from lake_gate.judging.evidence import Observation
from lake_gate.judging.operators import DecideOperator
from lake_gate.run import Run
from lake_gate.scan.checks import (
    CheckExpectedOperator,
    EstimateCostOperator,
    RememberVerdictsOperator,
    ReuseVerdictsOperator,
)
from lake_gate.scan.scope import REUSED_TAG, without_reused
from tests.builders import landed as made_up
from tests.lake import Lake

HIGH = Observation("silver", "k", "v", "e", "COMPLETE", None, "High", (), "SensitiveData:S3Object/Personal", "f")
IDENTIFIERS = {"Patient ID": {"id": "uuid", "sha256": "11"}}
SPEC = "synthea_one_time"


def gate(lake: Lake, operator: type[GateOperator], *, run_id: str = "1", **arguments: Any) -> Any:
    made = operator(task_id="t", settings=lake.settings.to_json(), feed="synthea", **arguments)
    return made.step({"run_id": run_id})  # type: ignore[arg-type]


def write(lake: Lake, run: Run, name: str, content: bytes) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=run.document(name), Body=content)


def land(lake: Lake, run_id: str = "1", **files: bytes) -> list[LandedObject]:
    """Land files (their names without ``.csv``) as a run does, and write its manifest."""
    run = Run("synthea", run_id)
    manifest = [lake.put(lake.bronze, f"{run.prefix}{name}.csv", content) for name, content in sorted(files.items())]
    write(lake, run, MANIFEST, jsonl.dump(manifest))
    return manifest


def check(lake: Lake, *tables: str, missing: str = "fail", source: str = "s3://b/in/") -> Any:
    return gate(lake, CheckExpectedOperator, expect={"tables": list(tables), "missing": missing}, source=source)


def test_delivery_with_all_tables_passes(lake: Lake) -> None:
    land(lake, patients=b"A\n", claims=b"A\n", more=b"A\n")
    assert check(lake, "patients", "claims") == {"expected": 2, "missing_tables": []}


def test_table_is_there_whatever_its_folder_case_and_extension(lake: Lake) -> None:
    manifest = [made_up(name) for name in ("2026/Patients.CSV", "claims.csv.gz")]
    write(lake, Run("synthea", "1"), MANIFEST, jsonl.dump(manifest))
    assert check(lake, "patients", "claims")["missing_tables"] == []


def test_missing_tables_are_named_and_stop_the_run_when_they_must_not_be(lake: Lake) -> None:
    land(lake, patients=b"A\n")
    with pytest.raises(TablesMissingError, match=r"lacks 2 of the 3 table.*synthea.*: claims, payers\. .*new run"):
        check(lake, "patients", "claims", "payers")


def test_missing_tables_are_returned_when_they_may_be(lake: Lake) -> None:
    land(lake, patients=b"A\n")
    assert check(lake, "patients", "claims", missing="warn") == {"expected": 2, "missing_tables": ["claims"]}


def test_empty_delivery_lacks_what_is_expected(lake: Lake) -> None:
    land(lake)
    with pytest.raises(TablesMissingError):
        check(lake, "patients")


@pytest.mark.parametrize(("tables", "source"), [((), "s3://b/in/"), (("patients",), "held://not_analysed")])
def test_nothing_is_missing_when_nothing_is_expected_or_held_objects_come_again(
    lake: Lake, tables: tuple[str, ...], source: str
) -> None:
    land(lake)
    assert check(lake, *tables, source=source) == {"expected": 0, "missing_tables": []}


def reuse(lake: Lake, run_id: str = "2", **changes: Any) -> int:
    arguments = {
        "enabled": True,
        "identifiers": IDENTIFIERS,
        "job_spec": SPEC,
        "policy": "default",
        "quarantine_threshold": "High",
        **changes,
    }
    count: int = gate(lake, ReuseVerdictsOperator, run_id=run_id, **arguments)
    return count


def said_of(landed: LandedObject, severity: str | None) -> bytes:
    """A discovery result (and, but for its id, a finding), as Macie writes it."""
    found = {"detections": [{"name": "Patient ID", "count": 1}], "totalCount": 1} if severity else {}
    said = {
        "id": f"f-{landed.name}",
        **({"severity": {"description": severity}} if severity else {}),
        "classificationDetails": {"result": {"status": {"code": "COMPLETE"}, "customDataIdentifiers": found}},
        "resourcesAffected": {
            "s3Bucket": {"name": landed.bucket},
            "s3Object": {"key": landed.key, "versionId": landed.version_id, "eTag": landed.etag},
        },
    }
    return json.dumps(said).encode() + b"\n"


def analysed(
    lake: Lake, manifest: list[LandedObject], run_id: str = "1", severities: tuple[str | None, ...] = (), **job: Any
) -> None:
    """Let a job of the run have read these objects, and found something in them or nothing."""
    run = Run("synthea", run_id)
    by_object = list(zip(manifest, severities or (None,) * len(manifest), strict=True))
    results = b"".join(said_of(*one) for one in by_object)
    write(lake, run, "results.jsonl.gz", gzip.compress(results))
    write(lake, run, "findings.jsonl", b"".join(said_of(*one) for one in by_object if one[1]))
    described = {
        "jobId": f"j{run_id}",
        "jobStatus": "COMPLETE",
        "lastRunErrorStatus": {"code": "NONE"},
        "samplingPercentage": 100,
        "createdAt": datetime.now(UTC).isoformat(),
        **job,
    }
    write(lake, run, "job.json", json.dumps(described).encode())


def decide(lake: Lake, run_id: str = "1", *, threshold: str = "High", evidence: Any = None) -> dict[str, Any]:
    """Decide, and return each object's decision."""
    gate(
        lake,
        DecideOperator,
        run_id=run_id,
        evidence=evidence,
        policy="default",
        quarantine_threshold=threshold,
        promotion="each by itself",
        is_dry_run=False,
    )
    return {one["name"]: one for one in lake.lines(Run("synthea", run_id).document("decisions.jsonl"))}


def recorded(lake: Lake, run_id: str = "1", **changes: Any) -> None:
    """Write the record of a run as decided, in the order of its manifest."""
    run = Run("synthea", run_id)
    decisions = {one["name"]: one for one in lake.lines(run.document("decisions.jsonl"))}
    names = [one["name"] for one in lake.lines(run.document(MANIFEST))]
    write(lake, run, "objects.jsonl", b"".join(json.dumps(decisions[name]).encode() + b"\n" for name in names))
    rules = {
        "identifiers": IDENTIFIERS,
        "job_spec": {"name": SPEC, "sha256": fingerprint(read_job_spec(SPEC))},
        "policy": lake.document(run.document("plan.json"))["policy"],
    }
    record = {"accounted": True, "dry_run": False, "rules": rules, **changes}
    write(lake, run, "record.json", json.dumps(record).encode())


def remember(lake: Lake, run_id: str = "1", *, enabled: bool = True) -> int:
    kept: int = gate(lake, RememberVerdictsOperator, run_id=run_id, enabled=enabled)
    return kept


def cleared(lake: Lake, severities: tuple[str | None, ...] = (), **files: bytes) -> list[LandedObject]:
    """Take files through a first run, as far as its verdicts."""
    manifest = land(lake, **files)
    analysed(lake, manifest, severities=severities)
    decide(lake, evidence={"settled": True})
    recorded(lake)
    remember(lake)
    return manifest


def tagged(lake: Lake, manifest: list[LandedObject]) -> list[str]:
    shown = ((one.name, lake.s3.get_object_tagging(Bucket=one.bucket, Key=one.key)["TagSet"]) for one in manifest)
    return [name for name, tags in shown if REUSED_TAG in {tag["Key"] for tag in tags}]


def test_what_was_cleared_before_is_marked_and_promoted_without_a_job(lake: Lake) -> None:
    cleared(lake, (None, "Medium"), a=b"1\n", b=b"2\n")
    again = land(lake, "2", a=b"1\n", b=b"2\n")
    assert reuse(lake) == 2
    assert tagged(lake, again) == ["a.csv", "b.csv"]
    decisions = decide(lake, "2")
    assert {one["reason"] for one in decisions.values()} == {"verdict_reused"}
    assert decisions["b.csv"]["severity"] == "Medium"
    assert decisions["b.csv"]["verdict"]["run_id"] == "1"
    assert decisions["b.csv"]["verdict"]["record_uri"].endswith("/_runs/synthea/1/record.json")
    assert lake.document(Run("synthea", "2").document("plan.json"))["job"] is None


def test_what_is_new_or_changed_is_left_to_the_job(lake: Lake) -> None:
    cleared(lake, a=b"1\n", b=b"2\n")
    again = land(lake, "2", a=b"1\n", b=b"changed\n", c=b"new\n")
    assert reuse(lake) == 1
    assert tagged(lake, again) == ["a.csv"]
    analysed(lake, again[1:], "2")
    reasons = {name: one["reason"] for name, one in decide(lake, "2", evidence={"settled": True}).items()}
    assert reasons == {"a.csv": "verdict_reused", "b.csv": "clean", "c.csv": "clean"}


def test_only_what_was_promoted_on_full_evidence_is_remembered(lake: Lake) -> None:
    manifest = land(lake, a=b"1\n", b=b"2\n", c=b"3\n", d=b"4\n")
    analysed(lake, manifest[:3], severities=(None, "High", "Low"))
    decide(lake, evidence={"settled": True})
    recorded(lake)
    assert remember(lake) == 2
    land(lake, "2", a=b"1\n", b=b"2\n", c=b"3\n", d=b"4\n")
    assert reuse(lake) == 2
    assert [line["name"] for line in lake.lines(Run("synthea", "2").document("reused.jsonl"))] == ["a.csv", "c.csv"]


@pytest.mark.parametrize(("enabled", "changes"), [(False, {}), (True, {"dry_run": True}), (True, {"accounted": False})])
def test_nothing_is_remembered_unless_wanted_and_really_promoted(
    lake: Lake, enabled: bool, changes: dict[str, Any]
) -> None:
    analysed(lake, land(lake, a=b"1\n"))
    decide(lake, evidence={"settled": True})
    recorded(lake, **changes)
    assert remember(lake, enabled=enabled) == 0
    assert lake.keys(lake.bronze, "_verdicts/") == []


def test_reused_verdict_makes_no_new_one_so_that_none_outlives_its_scan(lake: Lake) -> None:
    cleared(lake, a=b"1\n")
    (kept,) = lake.keys(lake.bronze, "_verdicts/")
    before = lake.versions(lake.bronze, kept)
    again = land(lake, "2", a=b"1\n", b=b"2\n")
    reuse(lake)
    analysed(lake, again[1:], "2")
    decide(lake, "2", evidence={"settled": True})
    recorded(lake, "2")
    assert remember(lake, "2") == 1
    assert lake.versions(lake.bronze, kept) == before


def test_empty_run_without_a_job_remembers_nothing(lake: Lake) -> None:
    empty = {"accounted": True, "dry_run": False, "rules": {"identifiers": None, "job_spec": None, "policy": None}}
    write(lake, Run("synthea", "1"), "record.json", json.dumps(empty).encode())
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
    again = land(lake, "2", a=b"1\n")
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
    land(lake, "2", a=b"1\n")
    with_spec(tmp_path, monkeypatch, managedDataIdentifierSelector="RECOMMENDED")
    assert reuse(lake) == 0


def test_nothing_is_reused_when_the_job_spec_names_allow_lists(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_spec(tmp_path, monkeypatch, allowListIds=["Known names"])
    cleared(lake, a=b"1\n")
    land(lake, "2", a=b"1\n")
    assert reuse(lake) == 0


def test_mark_of_a_first_try_is_taken_off_when_its_verdict_is_void_by_now(lake: Lake) -> None:
    first = cleared(lake, a=b"1\n", b=b"2\n")
    again = land(lake, "2", a=b"1\n", b=b"2\n")
    assert reuse(lake) == 2
    add_found(lake.s3, lake.bronze, first[0].sha256, [HIGH])
    assert reuse(lake) == 1
    assert tagged(lake, again) == ["b.csv"]
    assert [line["name"] for line in lake.lines(Run("synthea", "2").document("reused.jsonl"))] == ["b.csv"]


def test_no_object_is_marked_without_being_named_when_a_try_dies(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    cleared(lake, a=b"1\n")
    again = land(lake, "2", a=b"1\n")
    with monkeypatch.context() as broken:
        broken.setattr("lake_gate.scan.checks.write_document", _die)
        with pytest.raises(ConnectionError):
            reuse(lake)
    assert tagged(lake, again) == []


def _die(*_: Any, **__: Any) -> None:
    raise ConnectionError


def test_verdict_that_is_void_before_the_decision_holds_the_object(lake: Lake) -> None:
    (first,) = cleared(lake, a=b"1\n")
    land(lake, "2", a=b"1\n")
    assert reuse(lake) == 1
    add_found(lake.s3, lake.bronze, first.sha256, [replace(HIGH, severity="Low")])
    decision = decide(lake, "2")["a.csv"]
    assert (decision["outcome"], decision["reason"], decision["verdict"]) == ("hold", "verdict_revoked", None)


def test_verdict_is_judged_by_the_policy_of_the_run_anew(lake: Lake) -> None:
    cleared(lake, ("Medium",), a=b"1\n")
    land(lake, "2", a=b"1\n")
    assert reuse(lake) == 1
    assert decide(lake, "2", threshold="Medium")["a.csv"]["outcome"] == "quarantine"


def test_run_that_is_done_reuses_none_of_its_own_verdicts(lake: Lake) -> None:
    cleared(lake, a=b"1\n")
    assert reuse(lake, "1") == 0


def asked(lake: Lake, run_id: str = "1", **scoping: Any) -> dict[str, Any]:
    term = {"comparator": "STARTS_WITH", "key": "OBJECT_KEY", "values": [Run("synthea", run_id).prefix]}
    csv = {"comparator": "EQ", "key": "OBJECT_EXTENSION", "values": ["csv"]}
    terms = [{"simpleScopeTerm": term}, {"simpleScopeTerm": csv}]
    return {
        "s3JobDefinition": {
            "bucketDefinitions": [{"accountId": "1", "buckets": [lake.bronze]}],
            "scoping": {"includes": {"and": terms}, **scoping},
        }
    }


def estimate(
    lake: Lake, request: dict[str, Any], limit: str | float | None = None, run_id: str = "1"
) -> dict[str, Any]:
    cost: dict[str, Any] = gate(lake, EstimateCostOperator, run_id=run_id, job_request=request, max_scan_usd=limit)
    return cost


def of_gigabytes(lake: Lake, **gigabytes: int) -> None:
    """Write a manifest of objects that nobody has to read."""
    manifest = [made_up(name.replace("_", "."), size_bytes=n * 10**9) for name, n in sorted(gigabytes.items())]
    write(lake, Run("synthea", "1"), MANIFEST, jsonl.dump(manifest))


def test_cost_is_that_of_the_bytes_in_scope(lake: Lake) -> None:
    of_gigabytes(lake, a_csv=2, b_csv=3, c_pdf=100)
    cost = estimate(lake, asked(lake))
    assert cost == {"objects": 2, "size_bytes": 5 * 10**9, "usd": 5.0, "maybe_compressed": 0}


def test_price_is_a_setting(lake: Lake) -> None:
    of_gigabytes(lake, a_csv=2)
    cheap = replace(lake, settings=replace(lake.settings, scan_usd_per_gb=0.5))
    assert estimate(cheap, asked(lake))["usd"] == 1


@pytest.mark.parametrize("limit", ["None", "", None, "5.0", 5, "5.01", "1e9"])
def test_run_goes_on_up_to_the_limit(lake: Lake, limit: Any) -> None:
    of_gigabytes(lake, a_csv=5)
    assert estimate(lake, asked(lake), limit)["usd"] == 5


@pytest.mark.parametrize("limit", ["4.99", 4.99, "0", 0])
def test_run_stops_above_the_limit_and_says_what_it_would_have_cost(lake: Lake, limit: Any) -> None:
    of_gigabytes(lake, a_csv=5)
    with pytest.raises(CostLimitError, match=r"1 object\(s\), 5000000000 bytes.*5\.00 USD.*max_scan_usd.*new run"):
        estimate(lake, asked(lake), limit)


def test_estimate_says_how_many_objects_may_hold_more_than_they_have(lake: Lake) -> None:
    manifest = [made_up("a.csv.gz"), made_up("b.csv")]
    write(lake, Run("synthea", "1"), MANIFEST, jsonl.dump(manifest))
    request = asked(lake)
    request["s3JobDefinition"]["scoping"]["includes"]["and"].pop()  # the extension
    assert estimate(lake, request)["maybe_compressed"] == 1


def test_what_a_verdict_speaks_for_costs_nothing(lake: Lake) -> None:
    cleared(lake, a=b"1\n")
    land(lake, "2", a=b"1\n", b=b"12345\n")
    reuse(lake)
    cost = estimate(lake, without_reused(asked(lake, "2")), run_id="2")
    assert (cost["objects"], cost["size_bytes"]) == (1, 6)


def test_job_that_would_read_more_than_the_run_is_not_estimated_but_refused(lake: Lake) -> None:
    of_gigabytes(lake, a_csv=1)
    with pytest.raises(JobScopeError, match=r"OBJECT_KEY STARTS_WITH \$\{prefix\}"):
        estimate(lake, asked(lake, "2"))


@pytest.mark.parametrize("feed_policy", ["default", "clean_only"])
def test_verdict_by_the_policies_of_feed_and_run_is_of_both(lake: Lake, feed_policy: str) -> None:
    """A run that names another policy than its feed's clears by both, and so is not the same as by one."""
    cleared(lake, a=b"1\n")
    land(lake, "2", a=b"1\n")
    assert reuse(lake, feed_policy=feed_policy) == (1 if feed_policy == "default" else 0)


def test_verdict_is_made_of_the_evidence_that_the_run_has_decided_on(lake: Lake) -> None:
    manifest = land(lake, a=b"1\n")
    analysed(lake, manifest, severities=("Medium",))
    decide(lake, evidence={"settled": True})
    recorded(lake)
    analysed(lake, manifest)  # the run was cleared, and its new job has found nothing
    assert remember(lake) == 1
    (key,) = lake.keys(lake.bronze, "_verdicts/")
    assert lake.document(key)["results"][0]["severity"] == "Medium"


def test_high_in_the_same_bytes_under_another_name_voids_the_verdict(lake: Lake) -> None:
    cleared(lake, a=b"1\n")
    analysed(lake, land(lake, "2", other=b"1\n"), "2", severities=("High",))
    assert decide(lake, "2", evidence={"settled": True})["other.csv"]["outcome"] == "quarantine"
    land(lake, "3", a=b"1\n")
    assert reuse(lake, "3") == 0
    assert decide(lake, "3")["a.csv"]["reason"] == "found_in_same_bytes"
