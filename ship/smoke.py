"""Takes a handful of made-up files through a deployed environment, with real Macie, and checks the gate's promises.

The files get a place of their own in the source bucket, the run an id of its own; both are removed again, wherever the
one who runs this may. It costs what Macie bills for some kilobytes; a bound is checked before anything begins.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from dev.airflow_api import AirflowApi
from lake_gate.documents import iter_json_lines, read_document_or_none
from lake_gate.run import HELD_PREFIX, Run
from lake_gate.settings import Settings, load_settings
from ship.changes import Show
from ship.differences import differences, found_by_local_macie, found_by_real_macie
from ship.environments import Environment, read_environment
from ship.mwaa import RestApi
from ship.smoke_cleanup import clean_up
from ship.smoke_files import EXPECTED, SmokeFiles, make_files

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FEED = "synthea"
DAG = f"/dags/{FEED}_gate"
MAX_USD = 0.01
DEADLINE_SECONDS = 3 * 3600
_PLACES = {"promote": "silver", "quarantine": "quarantine", "hold": "held"}


class Airflow(Protocol):
    """Airflow's REST API, below ``/api/v2``."""

    def get(self, path: str) -> dict[str, Any]:
        """Return what it answers."""

    def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return what it answers to what is sent."""


@dataclass(frozen=True, slots=True)
class Smoke:
    """One smoke test.

    :param source: bucket that takes the files.
    """

    s3: S3Client
    airflow: Airflow
    settings: Settings
    source: str
    show: Show = print
    poll_seconds: float = 20
    deadline_seconds: float = DEADLINE_SECONDS

    def run(self) -> list[str]:
        """Run it, clean up, and return what is wrong; nothing when all promises were kept.

        :raises SystemExit: when it cannot begin; nothing was uploaded then.
        """
        smoke_id = f"smoke-{uuid.uuid4()}"
        files = make_files(smoke_id)
        self._check(files)
        prefix, run = f"smoke/{smoke_id}/", Run(FEED, smoke_id)
        try:
            for name, content in files.contents.items():
                self.s3.put_object(Bucket=self.source, Key=prefix + name, Body=content)
            state, run = self._take_through(f"s3://{self.source}/{prefix}", run)
            self.show(f"Run {run.run_id} ended as {state}")
            problems = [] if state == "success" else [f"the run ended as {state}; look at it in Airflow"]
            return [*problems, *self._problems(run, files)]
        finally:
            self._clean_up(prefix, run)

    def _check(self, files: SmokeFiles) -> None:
        usd = files.size_bytes / 1e9 * self.settings.scan_usd_per_gb
        self.show(
            f"{len(files.contents)} files, {files.size_bytes} bytes; Macie's scan: {usd:.8f} USD, bound {MAX_USD}"
        )
        if usd > MAX_USD:
            raise SystemExit("Refused: the scan would cost more than the bound.")
        if self.airflow.get(DAG)["is_paused"]:
            raise SystemExit(f"{FEED}_gate is paused, so a run would never begin. Switch it on in Airflow first.")

    def _take_through(self, source: str, run: Run) -> tuple[str, Run]:
        content = {
            "dag_run_id": run.run_id,
            "logical_date": None,
            "conf": {"source": source, "max_scan_usd": MAX_USD, "policy": "default"},
        }
        run = Run(FEED, self.airflow.post(f"{DAG}/dagRuns", content)["dag_run_id"])
        end = time.monotonic() + self.deadline_seconds
        while (state := str(self.airflow.get(f"{DAG}/dagRuns/{run.run_id}")["state"])) not in {"success", "failed"}:
            if time.monotonic() > end:
                return f"{state} after {self.deadline_seconds:.0f} seconds", run
            time.sleep(self.poll_seconds)
        return state, run

    def _problems(self, run: Run, files: SmokeFiles) -> Iterator[str]:
        bronze = self.settings.bronze_bucket
        if (content := read_document_or_none(self.s3, bronze, run.document("record.json"))) is None:
            yield "the run wrote no record"
            return
        if not json.loads(content)["accounted"]:
            yield "the record does not account for every file"
        entries = {entry["name"]: entry for entry in iter_json_lines(self.s3, bronze, run.document("objects.jsonl"))}
        if entries.keys() != files.contents.keys():
            yield f"the record has {sorted(entries)}, delivered were {sorted(files.contents)}"
        for name, entry in entries.items():
            yield from self._problems_of(name, entry, run)
            self._tell_differences(name, entry, files.contents.get(name, b""))
        yield from self._leaks(run, files)

    def _problems_of(self, name: str, entry: dict[str, Any], run: Run) -> Iterator[str]:
        outcome = entry["outcome"]
        if outcome != EXPECTED.get(name):
            yield f"{name}: {EXPECTED.get(name)} was expected, the decision is {outcome} ({entry['reason']})"
        # Bronze keeps what was promoted.
        due = {_PLACES.get(outcome, "nowhere"), *(["bronze"] if outcome == "promote" else [])}
        found = {place for place, (bucket, prefix) in self._places(run).items() if name in self._names(bucket, prefix)}
        if found != due:
            yield f"{name}: {outcome}, and it lies in {', '.join(sorted(found)) or 'no bucket'}"

    def _tell_differences(self, name: str, entry: dict[str, Any], content: bytes) -> None:
        told = list(differences(found_by_real_macie(entry), found_by_local_macie(name, content)))
        self.show(f"{name}: {entry['outcome']} ({entry['reason']})")
        for line in told or ["the same findings as the local Macie's"]:
            self.show(f"    {line}")

    def _leaks(self, run: Run, files: SmokeFiles) -> Iterator[str]:
        """Look for the files' values in all that the run wrote down."""
        bronze = self.settings.bronze_bucket
        for key in self._keys(bronze, run.documents):
            content = self.s3.get_object(Bucket=bronze, Key=key)["Body"].read()
            text = (gzip.decompress(content) if key.endswith(".gz") else content).decode(errors="replace")
            if count := sum(value in text for value in files.values):
                yield f"LEAK: s3://{bronze}/{key} has {count} values of the files"

    def _places(self, run: Run) -> dict[str, tuple[str, str]]:
        """Where an object of the run may lie: bucket and prefix."""
        return {
            "bronze": (self.settings.bronze_bucket, run.prefix),
            "held": (self.settings.bronze_bucket, HELD_PREFIX + run.prefix),
            "silver": (self.settings.silver_bucket, run.prefix),
            "quarantine": (self.settings.quarantine_bucket, run.prefix),
        }

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def _names(self, bucket: str, prefix: str) -> set[str]:
        return {key.removeprefix(prefix) for key in self._keys(bucket, prefix)}

    def _clean_up(self, prefix: str, run: Run) -> None:
        documents, marker = (self.settings.bronze_bucket, run.documents), (self.settings.silver_bucket, run.marker)
        clean_up(self.s3, [(self.source, prefix), *self._places(run).values(), documents, marker], self.show)


def source_bucket(ssm: Any) -> str:
    """Return the bucket of the settings' source.

    :raises SystemExit: when deliveries come from elsewhere.
    """
    source = str(ssm.get_parameter(Name="/lake_gate/source")["Parameter"]["Value"])
    if urlsplit(source).scheme != "s3":
        raise SystemExit(
            "The environment's source is no S3 bucket; name one that the gate may read with --source-bucket."
        )
    return urlsplit(source).netloc


def _airflow(environment: Environment, address: str) -> Airflow:
    if not address:
        return RestApi(environment.client("mwaa"), environment.given["EnvironmentName"])
    api = AirflowApi(address)
    if not api.is_up():
        raise SystemExit(f"No Airflow answers at {address}")
    return api


def main() -> None:
    """Take some made-up files through a deployed environment, with real Macie, and check the gate's promises."""
    parser = argparse.ArgumentParser(prog="python -m ship.smoke", description=main.__doc__)
    parser.add_argument("environment", help="name of a file in infra/environments, without .json")
    parser.add_argument("--airflow", default="", help="address of an Airflow that is no MWAA environment")
    parser.add_argument("--source-bucket", default="", help="bucket for the files; default: that of the settings")
    arguments = parser.parse_args()
    environment = read_environment(arguments.environment)
    environment.check_account()
    ssm = environment.client("ssm")
    try:
        source = arguments.source_bucket or source_bucket(ssm)
        airflow = _airflow(environment, arguments.airflow)
        problems = Smoke(environment.client("s3"), airflow, load_settings(ssm), source).run()
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"{error}\nWhat the smoke test may do: docs/platform.md.") from None
    print("\n".join(["WRONG:", *problems]) if problems else "All promises kept.")
    raise SystemExit(1 if problems else 0)


if __name__ == "__main__":
    main()
