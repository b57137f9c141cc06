"""The steps of a run by their operators alone, and a delivery for them."""

from __future__ import annotations

import gzip
import json
from typing import Any

from lake_gate import jsonl
from lake_gate.base import GateOperator
from lake_gate.delivery.landing import MANIFEST
from lake_gate.delivery.manifest import LandedObject
from lake_gate.judging.operators import DecideOperator
from lake_gate.moving.operators import MoveOperator
from lake_gate.run import Run
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


def raiser(error: type[Exception]) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail
