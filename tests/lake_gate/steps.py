"""The steps of a run by their operators alone, and a delivery for them."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict
from typing import Any

from lake_gate.base import GateOperator
from lake_gate.decision.operators import DecideOperator
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, Run
from lake_gate.moving.operators import MoveOperator
from lake_gate.runs_index import read_rows
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


def step(lake: Lake, operator: type[GateOperator], *, run_id: str = "1", **arguments: Any) -> Any:
    """Execute the step of an operator in a run."""
    return gate(lake, operator, **arguments).step({"run_id": run_id})


def write(lake: Lake, name: str, content: bytes, run: Run = RUN) -> str:
    version: str = lake.s3.put_object(Bucket=lake.bronze, Key=run.document(name), Body=content)["VersionId"]
    return version


def land_files(lake: Lake, run_id: str = "1", **files: bytes) -> list[LandedObject]:
    """Land files (their names without ``.csv``) as a run does, and write its manifest."""
    run = Run("synthea", run_id)
    manifest = [lake.put(lake.bronze, f"{run.prefix}{name}.csv", content) for name, content in sorted(files.items())]
    write(lake, MANIFEST, jsonl.dump(manifest), run)
    return manifest


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


def read_runs(s3: Any, bronze: str, feed: str) -> list[dict[str, Any]]:
    """Rows of the index of a feed's runs, as they are in JSON."""
    return [asdict(row) for row in read_rows(s3, bronze, feed)]
