"""Verdicts: the objects that they apply to, and their documents."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lake_gate.decision.verdict import Rules, Verdict
from lake_gate.model.evidence import Detection, Evidence, Observation
from lake_gate.model.manifest import LandedObject
from tests.builders import landed

RULES = Rules({"Patient ID": "11"}, "22", "33", "High")
FOUND = Observation(
    *("bronze", "old", "v0", "e0", "COMPLETE", None, "Medium"), (Detection("NAME", 3, "PERSONAL_INFORMATION"),)
)
CLEARED = {"run_id": "r0", "record_uri": "s3://b/r0", "job_id": "j0", "cleared_at": "2026-01-01T00:00:00+00:00"}


def verdict_on(of: LandedObject) -> Verdict:
    return Verdict.on(of, Evidence((FOUND,), (replace(FOUND, finding_id="f"),)), RULES, CLEARED)


def test_verdict_is_read_back_as_it_was_written() -> None:
    verdict = verdict_on(landed())
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict


@pytest.mark.parametrize(
    "wrong",
    [
        *({"schema": "lake-gate/verdict/0"}, {"sha256": None}, {"results": None}, {"results": [{}]}),
        *({"findings": [{"bucket": "b"}]}, {"results": [{"bucket": "b", "detections": []}]}, {"cleared_at": 1}),
    ],
)
def test_content_that_is_not_a_verdict_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a verdict"):
        Verdict.from_json({**verdict_on(landed()).to_json(), **wrong})


@pytest.mark.parametrize("content", [None, [], "text", 1, {}])
def test_content_that_is_not_an_object_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match="not a verdict"):
        Verdict.from_json(content)


@pytest.mark.parametrize(
    ("other", "applies"),
    [
        (landed("a.csv", key="synthea/2/a.csv", version_id="v9", etag="e9"), True),
        (landed("folder/A.csv"), True),
        (landed("a.csv", sha256="11" * 32), False),
        (landed("a.csv", size_bytes=1001), False),
        (landed("b.csv"), False),
        (landed("a.txt"), False),
        (landed("a.CSV"), False),
    ],
)
def test_verdict_applies_to_the_same_bytes_in_a_file_of_the_same_kind(other: LandedObject, applies: bool) -> None:
    assert verdict_on(landed("a.csv")).applies_to(other) is applies


@pytest.mark.parametrize(
    ("rules", "of"),
    [
        (replace(RULES, identifiers={"Patient ID": "12"}), landed()),
        (replace(RULES, identifiers={**RULES.identifiers, "US Passport": "44"}), landed()),
        (replace(RULES, job_spec="23"), landed()),
        (replace(RULES, policy="34"), landed()),
        (replace(RULES, quarantine_threshold="Medium"), landed()),
        (RULES, landed("b.csv")),
        (RULES, landed("a.tsv")),
    ],
)
def test_every_rule_changes_the_key_of_a_verdict(rules: Rules, of: LandedObject) -> None:
    assert rules.fingerprint(of) != RULES.fingerprint(landed())


def test_verdict_lies_below_the_hash_of_its_bytes() -> None:
    assert verdict_on(landed()).key == f"_verdicts/{'00' * 32}/{RULES.fingerprint(landed())}.json"


def test_rules_of_a_record_are_those_a_run_looks_for() -> None:
    recorded = {
        "identifiers": {"Patient ID": {"id": "uuid", "sha256": "11"}},
        "job_spec": {"name": "s", "sha256": "22"},
        "policy": {"name": "p", "sha256": "33", "quarantine_threshold": "High", "promotion": "all or nothing"},
    }
    assert Rules.from_record(recorded) == RULES


def test_evidence_is_about_the_landed_version() -> None:
    evidence = verdict_on(landed()).evidence_about(landed("a.csv", version_id="v7", etag="e7"))
    for observation in (*evidence.results, *evidence.findings):
        version = (observation.key, observation.version_id, observation.etag)
        assert (version, observation.severity) == (("synthea/1/a.csv", "v7", "e7"), "Medium")


def test_rules_of_a_run_with_a_policy_of_its_own_are_those_of_both() -> None:
    feed = {"sha256": "33", "quarantine_threshold": "High"}
    record = {"identifiers": {}, "job_spec": {"sha256": "22"}, "policy": feed}
    alone, both, turned = (
        Rules.from_record({**record, "policy": policy}).fingerprint(landed())
        for policy in (feed, {**feed, "also": {"sha256": "44"}}, {**feed, "sha256": "44", "also": {"sha256": "33"}})
    )
    assert len({alone, both, turned}) == 3
