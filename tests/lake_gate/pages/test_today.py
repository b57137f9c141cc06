"""What would be decided today about a file that waits: by the real decision, on what the run has kept; read-only."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lake_gate.content import add_found
from lake_gate.decision.verdict import Rules, Verdict
from lake_gate.exceptions.store import add_exception
from lake_gate.model import jsonl
from lake_gate.model.evidence import CUSTOM_IDENTIFIER, Detection, Evidence, Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import HISTORIES, MANIFEST, PLAN, REUSED
from lake_gate.pages import today
from lake_gate.pages.today import Today, decide_today
from tests.lake import Lake
from tests.lake_gate.exceptions.samples import OF_OBJECT
from tests.lake_gate.steps import RUN, decide, land_files, landed_with_medium, write
from tests.snapshot import SetUpOnce

NOW = datetime.now(UTC)
ENDS = f"{NOW + timedelta(days=9):%Y-%m-%d}"
POLICY = {
    "quarantine_threshold": "High",
    "promotion": "each by itself",
    "rules": [{"name": "patients", "description": "d", "then": "promote", "custom_identifiers": ["Patient ID"]}],
}


def ask(lake: Lake, name: str = "a.csv") -> Today:
    listed = lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix=RUN.documents)["Contents"]
    sizes = {item["Key"].removeprefix(RUN.documents): item["Size"] for item in listed}
    return decide_today(lake.s3, lake.bronze, RUN, name, sizes, NOW)


@pytest.fixture
def quarantined(lake: Lake, once: SetUpOnce) -> LandedObject:
    """A file that its run quarantined because it was started with a stricter threshold than the policy's."""
    return once(partial(quarantine, lake))


def quarantine(lake: Lake) -> LandedObject:
    landed = landed_with_medium(lake)
    (reported,) = lake.lines(RUN.document("findings.jsonl"))
    line = jsonl.to_line({**reported, "type": "SensitiveData:S3Object/CustomIdentifier"})
    write(lake, "results.jsonl.gz", gzip.compress(line))
    write(lake, "findings.jsonl", line)
    decide(lake, "Medium")
    assert lake.lines(RUN.document("decisions.jsonl"))[0]["outcome"] == "quarantine"
    return landed


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that changes the files of today's policy and feed."""

    def change(feed: Any = None, **changes: Any) -> None:
        for folder, name, content in (
            ("policies", "mine", {**POLICY, **changes}),
            ("feeds", "synthea", {"owner": "x", "schedule": None, "policy": "mine", **(feed or {})}),
        ):
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / f"{name}.json").write_text(json.dumps(content))
        monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))

    return change


def test_policy_of_today_decides_on_the_evidence_of_then(lake: Lake, quarantined: LandedObject, rules: Any) -> None:
    rules()
    found = ask(lake)
    assert (found.outcome, found.reason, found.rule, found.policy) == (
        "promote",
        "findings_below_threshold",
        "patients",
        "mine",
    )
    assert (found.needs_evidence, found.exceptions, found.problem) == (False, (), "")
    rules(rules=[])
    assert (ask(lake).outcome, ask(lake).reason, ask(lake).needs_evidence) == ("hold", "no_rule_allows", False)
    rules(quarantine_threshold="Low")
    assert (ask(lake).outcome, ask(lake).reason) == ("quarantine", "findings_at_or_above_threshold")


def test_nothing_is_written_or_moved(lake: Lake, quarantined: LandedObject, rules: Any) -> None:
    def everything() -> list[Any]:
        buckets = (lake.bronze, lake.silver, lake.quarantine)
        listed = (lake.s3.list_object_versions(Bucket=bucket).get("Versions", []) for bucket in buckets)
        return [(item["Key"], item["VersionId"]) for versions in listed for item in versions]

    rules()
    before = everything()
    assert ask(lake).outcome == "promote"
    assert everything() == before


def test_missing_evidence_is_said_and_stays_missing_whatever_the_policy(lake: Lake, rules: Any) -> None:
    land_files(lake, a=b"A\n1\n")
    decide(lake)
    rules()
    found = ask(lake)
    assert (found.outcome, found.needs_evidence) == ("hold", True)


def test_later_evidence_of_a_cleared_task_does_not_count(lake: Lake, rules: Any) -> None:
    land_files(lake, a=b"A\n1\n")
    decide(lake)
    landed_with_medium(lake)
    rules()
    assert ask(lake).needs_evidence


def test_what_was_reported_in_the_same_bytes_since_counts(lake: Lake, quarantined: LandedObject, rules: Any) -> None:
    rules()
    detection = Detection("USA_PASSPORT_NUMBER", 1, "PERSONAL_INFORMATION")
    seen = Observation("b", "k", "v", "e", "COMPLETE", None, "High", (detection,), "SensitiveData:S3Object/Personal")
    add_found(lake.s3, lake.bronze, quarantined.sha256, [seen])
    assert (ask(lake).outcome, ask(lake).reason) == ("quarantine", "found_in_same_bytes")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("promote", ("reviewed-file",))),
        ({"until": "2026-01-01", "created_at": "2025-12-01T00:00:00+00:00"}, ("quarantine", ())),
        ({"detections": {"Other": 1}}, ("quarantine", ())),
        ({"release": "masked"}, ("quarantine", ())),
    ],
    ids=["in force", "ended", "beyond its most", "for masked copies only"],
)
def test_exceptions_in_force_today_apply(
    lake: Lake, quarantined: LandedObject, rules: Any, changes: dict[str, Any], expected: Any
) -> None:
    rules(quarantine_threshold="Medium", rules=[{"name": "clean", "then": "promote", "max_count": 0}])
    facts = {"sha256": quarantined.sha256, "detections": {"Patient ID": 1}, "until": ENDS, **changes}
    exception = replace(OF_OBJECT, **facts)
    add_exception(lake.s3, lake.bronze, exception)
    found = ask(lake)
    assert (found.outcome, found.exceptions) == expected


@pytest.mark.parametrize(
    ("content", "outcome", "expected"),
    [
        ({"exceptions": [], "revoked": ["mistyped"]}, "promote", "revokes mistyped, but no exception"),
        ({"exceptions": ["219-09-9999"]}, "quarantine", "exceptions/synthea.json is not a valid list of exceptions"),
        ({"exceptions": []}, "promote", None),
    ],
)
def test_problems_with_exceptions_are_said(
    lake: Lake, quarantined: LandedObject, rules: Any, tmp_path: Path, content: Any, outcome: str, expected: str | None
) -> None:
    rules(quarantine_threshold="Medium", rules=[{"name": "clean", "then": "promote", "max_count": 0}])
    facts = {"sha256": quarantined.sha256, "detections": {"Patient ID": 1}, "until": ENDS}
    add_exception(lake.s3, lake.bronze, replace(OF_OBJECT, **facts))  # type: ignore[arg-type]
    (tmp_path / "exceptions").mkdir()
    (tmp_path / "exceptions/synthea.json").write_text(json.dumps(content))
    found = ask(lake)
    assert found.outcome == outcome
    assert "219-09-9999" not in str(found)
    assert [expected in problem for problem in found.exception_problems if expected] == ([True] if expected else [])


def test_a_feed_that_masks_says_that_a_copy_is_scanned_first(lake: Lake, quarantined: LandedObject, rules: Any) -> None:
    masking = [{"name": "patients", "description": "d", "then": "mask", "custom_identifiers": ["Patient ID"]}]
    rules({"masking": "synthea_safe_harbor"}, rules=masking)
    assert (ask(lake).outcome, ask(lake).is_masking) == ("mask", True)
    rules(rules=masking)
    assert (ask(lake).outcome, ask(lake).reason, ask(lake).is_masking) == ("hold", "masked_by_rule", False)


def test_a_policy_of_all_or_nothing_is_named(lake: Lake, quarantined: LandedObject, rules: Any) -> None:
    rules(promotion="all or nothing")
    assert (ask(lake).outcome, ask(lake).is_all_or_nothing) == ("promote", True)


def test_a_verdict_that_the_run_has_reused_counts_unless_it_is_void(lake: Lake, rules: Any) -> None:
    (landed,) = land_files(lake, a=b"A\n1\n")
    result = Observation(lake.bronze, landed.key, landed.version_id, landed.etag, "COMPLETE", None, None, ())
    facts = {"run_id": "0", "record_uri": "s3://b/r", "job_id": "j", "cleared_at": NOW.isoformat()}
    verdict = Verdict.on(landed, Evidence((result,)), Rules({}, "s", "p", "High"), facts)
    write(lake, REUSED, jsonl.to_line({"name": "other.csv", **verdict.to_json()}))
    write(lake, REUSED, jsonl.to_line({"name": landed.name, **verdict.to_json()}))
    decide(lake)
    rules()
    assert (ask(lake).outcome, ask(lake).reason) == ("promote", "verdict_reused")
    seen = replace(result, severity="Low", detections=(Detection("Patient ID", 1, CUSTOM_IDENTIFIER),))
    add_found(lake.s3, lake.bronze, landed.sha256, [seen])
    assert (ask(lake).outcome, ask(lake).needs_evidence) == ("hold", True)


def damaged(lake: Lake, name: str) -> None:
    write(lake, name, b"{damaged")


def gone(lake: Lake, name: str) -> None:
    for version_id in lake.versions(lake.bronze, RUN.document(name)):
        lake.s3.delete_object(Bucket=lake.bronze, Key=RUN.document(name), VersionId=version_id)


@pytest.mark.parametrize(
    ("change", "name", "problem"),
    [
        (damaged, MANIFEST, "damaged"),
        (damaged, PLAN, "damaged"),
        (gone, "results.jsonl.gz", "gone"),
        (gone, PLAN, "has not decided"),
    ],
)
def test_evidence_that_cannot_be_read_is_said(
    lake: Lake, quarantined: LandedObject, rules: Any, change: Any, name: str, problem: str
) -> None:
    rules()
    change(lake, name)
    assert problem in ask(lake).problem


@pytest.mark.parametrize("name", [MANIFEST, PLAN, "results.jsonl.gz", "findings.jsonl"])
def test_large_documents_are_not_read(
    lake: Lake, quarantined: LandedObject, rules: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    rules()
    monkeypatch.setattr(today, "MOST_BYTES", {**today.MOST_BYTES, name: 10})
    assert ask(lake).problem == f"{name} of the run is larger than a page reads."
    assert HISTORIES in today.MOST_BYTES


def test_a_large_list_of_what_was_found_is_not_read(
    lake: Lake, quarantined: LandedObject, rules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules()
    monkeypatch.setattr(today, "MOST_FOUND_BYTES", 10)
    assert "larger than a page reads" in ask(lake).problem


def test_too_many_exceptions_are_not_read(
    lake: Lake, quarantined: LandedObject, rules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules()
    monkeypatch.setattr(today, "MOST_EXCEPTIONS", 0)
    assert ask(lake).problem == ""
    add_exception(lake.s3, lake.bronze, OF_OBJECT)
    assert "documents of exceptions, more than" in ask(lake).problem


def test_a_file_that_the_run_has_not_landed_is_said(lake: Lake, quarantined: LandedObject, rules: Any) -> None:
    rules()
    assert "does not have the file" in ask(lake, "other.csv").problem


def test_a_server_without_the_policies_says_so(
    lake: Lake, quarantined: LandedObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(today, "include_path", _missing)
    assert "does not have the policies" in ask(lake).problem


def _missing(name: str) -> str:
    from lake_gate.errors import FinalGateError

    raise FinalGateError(name)


@pytest.mark.parametrize(("feed", "policy"), [({"owner": ""}, {}), ({"policy": "none"}, {}), ({}, {"rules": 3})])
def test_rules_of_today_that_are_not_valid_are_said(
    lake: Lake, quarantined: LandedObject, rules: Any, feed: Any, policy: Any
) -> None:
    rules(feed, **policy)
    assert "not valid" in ask(lake).problem
