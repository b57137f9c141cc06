"""Measure the local Macie's scanner (`make bench`): the time of a whole job, and the memory of scans.

The job covers all steps: sixteen generated Synthea files of the demonstration's size in the local S3, all managed
identifiers and three custom ones, until its findings and results can be read. It is compared with

* a pass of :mod:`csv` over the same bytes that only counts the rows;
* a plain scanner that searches every cell with :mod:`csv` and :mod:`re` (``bench/plain.py``);
* Presidio with the same patterns (``bench/scan_presidio.py``).

The last two scan a sample of the rows of each file, and their time is extrapolated linearly; on the sample the plain
scanner must have the same counts as the job's scanner. All turns of a comparison are taken in the same run. Exit status
1 means that a target was missed.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from bench import scan_memory
from bench.plain import PlainScanner
from localaws.macie2.detection.scanner import scan
from localaws.macie2.dials import Settings
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier
from localaws.server import LocalAws
from localaws.synthea import SAMPLE_PATIENTS, generate

REPO = Path(__file__).resolve().parent.parent
PRESIDIO = REPO / ".venv/presidio/bin/python"
MANAGED = tuple(CATALOGUE.values())
BODIES = [json.loads(path.read_text()) for path in sorted((REPO / "include/identifiers").glob("*.json"))]
CUSTOM = tuple(CustomIdentifier(body["name"], body["name"], body["regex"], tuple(body["keywords"])) for body in BODIES)
ACCOUNT, REGION = "123456789012", "us-east-1"
KMS_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/bench"
TARGETS = {"bare csv pass": 1.5, "plain csv + re": 1 / 20, "Presidio": 1 / 500}
"""Targets: the job may take at most this multiple of the time."""


def main() -> None:
    """Print the tables; exit with 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.scan", description=__doc__)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--rows", type=int, default=60, help="rows of each file for the slow scanners")
    parser.add_argument("--presidio", type=Path, default=PRESIDIO, help="the Python that has presidio-analyzer")
    parser.add_argument("--only", choices=("speed", "memory"))
    options = parser.parse_args()
    are_met = []
    if options.only != "memory":
        with tempfile.TemporaryDirectory() as folder:
            generate(Path(folder), SAMPLE_PATIENTS)
            files = {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
        are_met.append(_compare(files, options.turns, options.rows, options.presidio))
    if options.only != "speed":
        are_met.append(scan_memory.measure())
    sys.exit(not all(are_met))


def _compare(files: dict[str, bytes], turns: int, rows: int, presidio: Path) -> bool:
    size = sum(map(len, files.values()))
    seconds: dict[str, list[float]] = {"job": [], "bare csv pass": []}
    with LocalAws(settings=Settings(findings_lag_seconds=0)) as aws:
        job = _Job(aws.endpoint_url, files)
        job.run()  # warm-up, as in a server that has run a job before
        for _ in range(turns):
            seconds["bare csv pass"].append(_timed(lambda: _count_rows(files))[0])
            seconds["job"].append(_timed(job.run)[0])
    samples = {name: _sample(content, rows) for name, content in files.items()}
    seconds["plain csv + re"] = [_extrapolate(files, samples, _plain_seconds)]
    if presidio.exists():
        seconds["Presidio"] = [_extrapolate(files, samples, partial(_presidio_seconds, presidio))]
    print(
        f"{len(files)} files, {size / 1e6:.1f} MB, {len(MANAGED) + len(CUSTOM)} identifiers; medians of {turns} turns"
    )
    took = statistics.median(seconds.pop("job"))
    print(f"  {'whole job':16} {took:9.2f} s   {size / took / 1e6:6.0f} MB/s")
    are_met = [_show(name, taken, took) for name, taken in seconds.items()]
    if not presidio.exists():
        print(f"  {'Presidio':16} not measured: {presidio} does not exist")
    return all(are_met) and presidio.exists()


def _show(name: str, seconds: list[float], took: float) -> bool:
    ratio = took / statistics.median(seconds)
    shown, target = (f"{number:.2f}" if number > 0.5 else f"1/{1 / number:,.0f}" for number in (ratio, TARGETS[name]))
    remarks = ["extrapolated"] * (len(seconds) == 1) + ["MISSED"] * (ratio > TARGETS[name])
    comparison = f"ratio {shown} (target: at most {target})"
    print(f"  {name:16} {statistics.median(seconds):9.2f} s   {'   '.join([comparison, *remarks])}")
    return ratio <= TARGETS[name]


def _timed(do: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = do()
    return time.perf_counter() - began, answer


def _count_rows(files: dict[str, bytes]) -> int:
    return sum(sum(1 for _ in _rows(content)) for content in files.values())


def _rows(content: bytes) -> Any:
    return csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""))


class _Job:
    """The same job over the same objects, any number of times."""

    def __init__(self, endpoint_url: str, files: dict[str, bytes]) -> None:
        session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name=REGION)
        self._s3: Any = session.client("s3", endpoint_url=endpoint_url)
        self._macie: Any = session.client("macie2", endpoint_url=endpoint_url)
        self._objects = len(files)
        for bucket in ("bench", "results"):
            self._s3.create_bucket(Bucket=bucket)
        for name, content in files.items():
            self._s3.put_object(Bucket="bench", Key=name, Body=content)
        self._macie.enable_macie()
        destination: Any = {"bucketName": "results", "kmsKeyArn": KMS_KEY}
        self._macie.put_classification_export_configuration(configuration={"s3Destination": destination})
        create = self._macie.create_custom_data_identifier
        self._custom = [
            create(name=body["name"], regex=body["regex"], keywords=body["keywords"])["customDataIdentifierId"]
            for body in BODIES
        ]

    def run(self) -> None:
        """Run it until its findings and its results can be read."""
        buckets = [{"accountId": ACCOUNT, "buckets": ["bench"]}]
        job_id = self._macie.create_classification_job(
            name="bench",
            jobType="ONE_TIME",
            managedDataIdentifierSelector="ALL",
            customDataIdentifierIds=self._custom,
            s3JobDefinition={"bucketDefinitions": buckets},
        )["jobId"]
        criterion = {"classificationDetails.jobId": {"eq": [job_id]}}
        while self._macie.describe_classification_job(jobId=job_id)["jobStatus"] != "COMPLETE":
            time.sleep(0.05)
        while (
            len(self._macie.list_findings(findingCriteria={"criterion": criterion})["findingIds"]) < self._objects - 1
        ):
            time.sleep(0.005)  # one file has a header only
        written = self._s3.list_objects_v2(Bucket="results", Prefix=f"AWSLogs/{ACCOUNT}/Macie/{REGION}/{job_id}/")
        assert written["KeyCount"] == self._objects


def _sample(content: bytes, rows: int) -> bytes:
    """Return the header and rows spread over the file."""
    lines = content.splitlines(keepends=True)
    return b"".join([*lines[:1], *lines[1 :: max(1, len(lines) // rows)]])


def _extrapolate(
    files: dict[str, bytes], samples: dict[str, bytes], seconds_of: Callable[[str, bytes], float]
) -> float:
    """Extrapolate the time of the samples to the size of all files."""
    return sum(seconds_of(name, sample) * len(files[name]) / len(sample) for name, sample in samples.items())


def _plain_seconds(name: str, sample: bytes) -> float:
    plain = PlainScanner(MANAGED, CUSTOM)
    seconds, counted = _timed(lambda: plain.count(io.StringIO(sample.decode(), newline="")))
    result = scan(io.BytesIO(sample), "csv", len(sample), MANAGED, CUSTOM)
    ours = {detection.identifier: detection.count for detection in result.detections}
    assert ours == dict(counted), f"{name}: the counts differ: {ours} and {dict(counted)}"
    return seconds


def _presidio_seconds(python: Path, _: str, sample: bytes) -> float:
    patterns = {
        f"{managed.id}{kind}": regex
        for managed in MANAGED
        for kind, regex in (("", managed.pattern), ("_UNKEYED", managed.unkeyed_pattern))
        if regex
    } | {custom.id: custom.regex for custom in CUSTOM}
    request = json.dumps({"patterns": patterns, "rows": list(_rows(sample))[1:]})
    script = [str(python), str(Path(__file__).with_name("scan_presidio.py"))]
    done = subprocess.run(script, input=request, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"Presidio failed:\n{done.stderr[-2000:]}")
    return float(json.loads(done.stdout)["seconds"])


if __name__ == "__main__":
    main()
