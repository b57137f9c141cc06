"""Run generated files through a deployed environment, with real Macie, and check the gate's promises.

The files have a unique prefix and are removed afterwards as far as the caller has the permissions; the documents of the
run stay. Macie bills some kilobytes; an upper bound of the cost is checked before the run.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lake_gate.content import CONTENT, PENDING
from lake_gate.model.run import Run
from lake_gate.settings import Settings
from ship.changes import Show
from ship.smoke.checks import Checks, places
from ship.smoke.cleanup import clean_up
from ship.smoke.files import SmokeFiles, make_files

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FEED = "synthea"
DAG = f"/dags/{FEED}_gate"
MAX_USD = 0.01
DEADLINE_SECONDS = 3 * 3600


class Airflow(Protocol):
    """Airflow's REST API, below ``/api/v2``."""

    def get(self, path: str) -> dict[str, Any]:
        """Return the response to a GET."""

    def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return the response to a POST."""


@dataclass(frozen=True, slots=True)
class Smoke:
    """One smoke test.

    :param source: bucket for the files.
    """

    s3: S3Client
    airflow: Airflow
    settings: Settings
    source: str
    show: Show = print
    poll_seconds: float = 20
    deadline_seconds: float = DEADLINE_SECONDS

    def run(self) -> list[str]:
        """Run the test, clean up, and return the problems; empty when all checks passed.

        :raises SystemExit: when the test cannot start; nothing was uploaded then.
        """
        smoke_id = f"smoke-{uuid.uuid4().hex[:16]}"  # short: see MOST_PATH_CHARACTERS of ship.mwaa
        files = make_files(smoke_id)
        self._check(files)
        prefix, run = f"smoke/{smoke_id}/", Run(FEED, smoke_id)
        try:
            for name, content in files.contents.items():
                self.s3.put_object(Bucket=self.source, Key=prefix + name, Body=content)
            state, run = self._run_dag(f"s3://{self.source}/{prefix}", run)
            self.show(f"Run {run.run_id} ended as {state}")
            problems = [] if state == "success" else [f"the run ended as {state}; see it in Airflow"]
            return [*problems, *Checks(self.s3, self.settings, run, files, self.show).problems()]
        finally:
            self._clean_up(prefix, run, files)

    def _check(self, files: SmokeFiles) -> None:
        usd = files.size_bytes / 1e9 * self.settings.scan_usd_per_gb
        self.show(
            f"{len(files.contents)} files, {files.size_bytes} bytes; Macie's scan costs {usd:.8f} USD, limit {MAX_USD}"
        )
        if usd > MAX_USD:
            raise SystemExit("Refused: the scan would cost more than the limit.")
        if self.airflow.get(DAG)["is_paused"]:
            raise SystemExit(f"{FEED}_gate is paused, so a run would never start. Unpause it in Airflow first.")

    def _run_dag(self, source: str, run: Run) -> tuple[str, Run]:
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

    def _clean_up(self, prefix: str, run: Run, files: SmokeFiles) -> None:
        bronze = self.settings.bronze_bucket
        hashes = (hashlib.sha256(content).hexdigest() for content in files.contents.values())
        known = [(bronze, place) for sha256 in hashes for place in (f"{CONTENT}{sha256}/", f"{PENDING}{sha256}.json")]
        marker = self.settings.silver_bucket, run.marker
        # The documents of the run stay: the ledger has their hashes.
        clean_up(self.s3, [(self.source, prefix), *places(self.settings, run).values(), *known, marker], self.show)
