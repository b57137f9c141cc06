"""Whether the evidence that a run has kept shows a complete analysis: what the decisions say does not count."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from lake_gate.errors import DamagedDocumentError
from lake_gate.feed_reports.proof import iter_promoted
from tests.lake import Lake
from tests.lake_gate.finding_events.world import Gate, result_of
from tests.lake_gate.steps import DESCRIBED

COMPLETE: Any = {**DESCRIBED, "jobId": "own"}


@pytest.fixture
def gate(lake: Lake) -> Gate:
    gate = Gate(lake, {"a.csv": "promote", "b.csv": "quarantine"}).land().decide()
    gate.write("job.json", json.dumps(COMPLETE).encode())
    return gate.move().record().publish()


def promoted(gate: Gate) -> list[tuple[str, bool]]:
    return list(iter_promoted(gate.lake.s3, gate.lake.bronze, gate.run))


def test_a_result_about_the_landed_version_is_evidence(gate: Gate) -> None:
    assert promoted(gate) == [("a.csv", True)]


@pytest.mark.parametrize(
    "job",
    [
        {"jobStatus": "CANCELLED"},
        {"samplingPercentage": 50},
        {"lastRunErrorStatus": {"code": "ERROR"}},
        {"lastRunErrorStatus": None},
    ],
    ids=["cancelled", "sampled", "with errors", "unknown errors"],
)
def test_results_of_a_job_that_did_not_read_everything_are_no_evidence(gate: Gate, job: dict[str, Any]) -> None:
    gate.write("job.json", json.dumps({**COMPLETE, **job}).encode())
    assert promoted(gate) == [("a.csv", False)]


@pytest.mark.parametrize("change", ["none", "another version", "another ETag", "skipped", "another key"])
def test_other_results_are_no_evidence(gate: Gate, change: str) -> None:
    result = result_of(gate.objects["a.csv"])
    s3_object = result["resourcesAffected"]["s3Object"]
    if change == "another version":
        s3_object["versionId"] = "other"
    if change == "another ETag":
        s3_object["eTag"] = "other"
    if change == "another key":
        s3_object["key"] += "x"
    if change == "skipped":
        result["classificationDetails"]["result"]["status"]["code"] = "SKIPPED"
    lines = [] if change == "none" else [result]
    gate.write("results.jsonl.gz", gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))
    assert promoted(gate) == [("a.csv", False)]


def test_a_run_without_a_job_has_no_evidence_of_its_own(lake: Lake) -> None:
    assert promoted(Gate(lake, {"a.csv": "promote"}).over()) == [("a.csv", False)]


def test_damaged_evidence_is_an_error(gate: Gate) -> None:
    gate.write("results.jsonl.gz", b"not compressed")
    with pytest.raises(DamagedDocumentError):
        promoted(gate)
