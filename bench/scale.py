"""Measure decisions about deliveries of 1,000, 10,000 and 100,000 objects, and their records (`make bench`).

Each step runs in a separate process, as a task does, on documents in the local AWS. Its time, the peak growth of its
memory, and the size of its XCom are printed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3

from bench.endpoints import endpoints
from dev.paths import aws_environment
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject, Moved
from lake_gate.model.run import MANIFEST, Run

REPO = Path(__file__).resolve().parent.parent
RUN = Run("bench", "1")
SETTINGS = {
    "bronze_bucket": "bench-bronze",
    "silver_bucket": "bench-silver",
    "quarantine_bucket": "bench-quarantine",
    "high_topic_arn": "arn:aws:sns:us-east-1:123456789012:bench",
    "low_topic_arn": "arn:aws:sns:us-east-1:123456789012:bench",
}
STEPS = ("decide", "record", "publish", "notify")
MEMORY_BYTES = 300 * 10**6
XCOM_BYTES = 8 * 1024


def main() -> None:
    """Print a line for each step and size."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--step", choices=STEPS, help="run this step only, and print its measurements as JSON")
    parser.add_argument("--objects", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    options = parser.parse_args()
    if options.step:
        print(json.dumps(_run_step(options.step)))
        return
    logging.getLogger("botocore").setLevel(logging.ERROR)  # Airflow turns its INFO on
    print(f"{'step':8} {'objects':>8} {'seconds':>8} {'µs/object':>10} {'memory':>10} {'XCom':>8}")
    for objects in options.objects:
        with endpoints(0) as aws:
            os.environ.update(_environment(aws.direct))
            _write_documents(objects)
            for step in STEPS:
                _show(step, objects, _in_process(step))
                if step == "decide":
                    _write_ledgers()


def _show(step: str, objects: int, took: dict[str, Any]) -> None:
    memory, xcom = took["memory_bytes"], took["xcom_bytes"]
    beyond = "" if memory < MEMORY_BYTES and xcom < XCOM_BYTES else "   OVER THE LIMIT"
    each = took["seconds"] / objects * 1e6
    print(
        f"{step:8} {objects:8} {took['seconds']:8.1f} {each:10.0f} {memory / 1e6:7.0f} MB {xcom:6} B{beyond}",
        flush=True,
    )


def _environment(endpoint_url: str) -> dict[str, str]:
    return {
        **aws_environment(endpoint_url),
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }


def _in_process(step: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.scale", "--step", step]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    took: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return took


def _run_step(name: str) -> dict[str, Any]:
    from lake_gate.decision.operators import DecideOperator
    from lake_gate.notifications.operators import NotifyOperator
    from lake_gate.recording.operators import PublishOperator, RecordOperator

    gate: dict[str, Any] = {"task_id": "t", "settings": SETTINGS, "feed": RUN.feed}
    strict = {"policy": "default", "quarantine_threshold": "High", "promotion": "each by itself"}
    facts = {"source": "s3://bench", "identifiers": {}, "job_spec": {}}
    operators: dict[str, tuple[Any, dict[str, Any]]] = {
        "decide": (DecideOperator, {"evidence": {"settled": True}, "is_dry_run": "False", **strict}),
        "record": (RecordOperator, {"facts": facts, "is_dry_run": "False"}),
        "publish": (PublishOperator, {}),
        "notify": (NotifyOperator, {}),
    }
    cls, arguments = operators[name]
    operator = cls(**gate, **arguments)
    operator.s3.list_buckets()  # imports and connections are the same for any size
    before = status_bytes("VmRSS")
    began = time.perf_counter()
    dag_run = SimpleNamespace(dag_id="bench", run_id=RUN.run_id, start_date=None)
    pushed = operator.step({"run_id": RUN.run_id, "dag_run": dag_run})
    seconds = time.perf_counter() - began
    grown = status_bytes("VmHWM") - before
    return {"seconds": seconds, "memory_bytes": grown, "xcom_bytes": len(json.dumps(pushed))}


def status_bytes(name: str) -> int:
    """Return current (VmRSS) or peak (VmHWM) resident memory; getrusage's peak includes the parent's.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
    """
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[name].split()[0]) * 1024


def _write_documents(objects: int) -> None:
    """Create buckets, topic, and the documents of landing and evidence: nine of ten objects have a Medium finding."""
    s3 = boto3.client("s3")
    for bucket in ("bench-bronze", "bench-silver"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    boto3.client("sns").create_topic(Name="bench")
    manifest = sorted((_landed(number) for number in range(objects)), key=lambda landed: landed.name)
    _put(MANIFEST, jsonl.dump(manifest))
    records = [_record(landed, number) for number, landed in enumerate(manifest)]
    _put("results.jsonl.gz", gzip.compress(b"\n".join(json.dumps(record).encode() for record in records), 1))
    _put("findings.jsonl", b"\n".join(json.dumps(record).encode() for record in records if "severity" in record))
    job = {"jobId": "j", "jobStatus": "COMPLETE", "lastRunErrorStatus": {"code": "NONE"}, "samplingPercentage": 100}
    _put("job.json", json.dumps(job).encode())


def _landed(number: int) -> LandedObject:
    name = f"clinic-{number % 97:02}/visits_{number:07}.csv"
    version = f"{number:032x}"
    return LandedObject(name, "bench-bronze", RUN.prefix + name, version, version, 1000, "00" * 32, "A" * 44)


def _record(landed: LandedObject, number: int) -> dict[str, Any]:
    """Return a record in Macie's form, with fifteen places; every tenth object is clean."""
    cells = [{"row": str(row), "column": "1", "columnName": "PATIENT"} for row in range(2, 17)]
    occurrences = {"lineRanges": [], "pages": [], "records": [], "cells": cells}
    found = {"arn": "u", "count": "15", "name": "Patient ID", "occurrences": occurrences}
    is_clean = number % 10 == 0
    result = {
        "status": {"code": "COMPLETE"},
        "sizeClassified": "1000",
        "mimeType": "text/csv",
        "sensitiveData": [],
        **({} if is_clean else {"customDataIdentifiers": {"totalCount": "15", "detections": [found]}}),
    }
    verdict = {"severity": {"score": "2", "description": "Medium"}, "type": "SensitiveData:S3Object/CustomIdentifier"}
    return {
        "id": f"{number:032x}",
        "schemaVersion": "1.0",
        **({} if is_clean else verdict),
        "resourcesAffected": {
            "s3Bucket": {"name": landed.bucket, "arn": f"arn:aws:s3:::{landed.bucket}"},
            "s3Object": {"key": landed.key, "versionId": landed.version_id, "eTag": landed.etag, "size": "1000"},
        },
        "classificationDetails": {"jobId": "j", "result": result},
    }


def _write_ledgers() -> None:
    """Write the documents of the moving tasks, from the plan."""
    s3 = boto3.client("s3")
    decisions, plan = (
        s3.get_object(Bucket="bench-bronze", Key=RUN.document(name))["Body"].read()
        for name in ("decisions.jsonl", "plan.json")
    )
    for outcome, chunks in json.loads(plan)["chunks"].items():
        for start, size in chunks:
            lines = [json.loads(line) for line in decisions[start : start + size].splitlines()]
            moved = [Moved(line["name"], "bench-silver", line["key"], line["version_id"]) for line in lines]
            _put(f"moves/{outcome}-{start}.jsonl", jsonl.dump(moved))


def _put(name: str, content: bytes) -> None:
    boto3.client("s3").put_object(Bucket="bench-bronze", Key=RUN.document(name), Body=content)


if __name__ == "__main__":
    main()
