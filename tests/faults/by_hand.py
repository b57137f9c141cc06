"""The steps of a run one by one, by their operators alone: no Airflow around them, so a step can run twice at once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lake_gate.base import GateOperator
from lake_gate.decision.operators import DecideOperator, GatherHistoriesOperator
from lake_gate.delivery.operators import LandOperator
from lake_gate.include import include_path, read_job_spec
from lake_gate.model.kept import without_values
from lake_gate.model.run import Run
from lake_gate.moving.operators import MoveOperator
from lake_gate.recording.operators import PublishOperator, RecordOperator
from lake_gate.scan import job_spec
from macie.hook import MacieHook
from macie.operators import (
    MacieCreateClassificationJobOperator,
    MacieEnsureCustomDataIdentifiersOperator,
    MacieJobResultsToS3Operator,
)
from tests.lake import Lake

type Step = Callable[[], Any]

STEPS = (
    *("land", "ensure_identifiers", "create_job", "gather_evidence", "gather_histories", "decide"),
    *("promote", "quarantine", "hold", "record", "publish"),
)
JOB_SECONDS = 30


class ByHand:
    """One run over a folder.

    :ivar results: what each step has returned.
    """

    def __init__(self, lake: Lake, source: Path, run_id: str = "manual__1") -> None:
        self.lake, self.source = lake, source
        self.run = Run("synthea", run_id)
        self.results: dict[str, Any] = {}
        lake.turn(findings_lag_seconds=0)

    def go(self, *, after: str = "", until: str = "") -> None:
        """Run the steps that come after one and before another."""
        first = STEPS.index(after) + 1 if after else 0
        for step in STEPS[first : STEPS.index(until) if until else len(STEPS)]:
            self.results[step] = self.make(step)()

    def make(self, step: str, endpoint_url: str = "") -> Step:
        """Return the step, ready to run, with clients for this address."""
        context: Any = {
            "run_id": self.run.run_id,
            "dag_run": SimpleNamespace(dag_id="synthea_gate", run_id=self.run.run_id, start_date=None),
            "ti": SimpleNamespace(dag_id="synthea_gate", run_id=self.run.run_id, xcom_push=lambda **_: None),
        }
        operator, clients = self._operator(step), _clients(endpoint_url or self.lake.endpoint_url)
        if isinstance(operator, GateOperator):
            operator.__dict__["s3"] = clients["s3"]  # its cached property: each would make a client of its own
        else:
            operator.__dict__["hook"] = clients["macie"]
        return lambda: operator.execute(context)

    def _operator(self, step: str) -> Any:
        gate: dict[str, Any] = {"task_id": step, "settings": self.lake.settings.to_json(), "feed": "synthea"}
        match step:
            case "land":
                return LandOperator(source=str(self.source), **gate)
            case "ensure_identifiers":
                return MacieEnsureCustomDataIdentifiersOperator(
                    task_id=step, definitions_path=include_path("identifiers")
                )
            case "create_job":
                return MacieCreateClassificationJobOperator(task_id=step, job_request=self._job_request())
            case "gather_evidence":
                self._wait_for_job()
                place = {"bucket": self.lake.bronze, "prefix": self.run.documents}
                return MacieJobResultsToS3Operator(
                    task_id=step, job_id=self.results["create_job"], transform=without_values, **place
                )
            case "gather_histories":
                return GatherHistoriesOperator(**gate)
            case "decide":
                policy: dict[str, Any] = {
                    "policy": "default",
                    "quarantine_threshold": "High",
                    "promotion": "each by itself",
                }
                return DecideOperator(evidence={"settled": True}, is_dry_run=False, **policy, **gate)
            case "record":
                facts = {"source": str(self.source), "identifiers": {}, "job_spec": {}}
                return RecordOperator(facts=facts, is_dry_run=False, **gate)
            case "publish":
                return PublishOperator(**gate)
        (chunk,) = self.results["decide"][step]
        return MoveOperator(outcome=step, chunk=chunk, **gate)

    def _job_request(self) -> dict[str, Any]:
        ids = {name: identifier["id"] for name, identifier in self.results["ensure_identifiers"].items()}
        values: dict[str, Any] = {
            "bronze_bucket": self.lake.bronze,
            "prefix": self.run.prefix,
            "account_id": "123456789012",
            "feed": "synthea",
        }
        spec = read_job_spec("synthea_one_time")
        return job_spec.render(spec, identifier_ids=ids, run_id=self.run.run_id, **values)

    def _wait_for_job(self) -> None:
        macie = _clients(self.lake.endpoint_url)["macie"].client
        deadline = time.monotonic() + JOB_SECONDS
        while macie.describe_classification_job(jobId=self.results["create_job"])["jobStatus"] != "COMPLETE":
            assert time.monotonic() < deadline
            time.sleep(0.02)


@cache
def _clients(endpoint_url: str) -> dict[str, Any]:
    """Return what the operators have clients in, as they make it, for an address."""
    before = os.environ["AWS_ENDPOINT_URL"]
    os.environ["AWS_ENDPOINT_URL"] = endpoint_url
    try:
        hook = MacieHook()
        assert hook.client
        assert hook.s3_client  # made here and now: later the environment names another address
        return {"s3": GateOperator(task_id="any", settings={}, feed="synthea").s3, "macie": hook}
    finally:
        os.environ["AWS_ENDPOINT_URL"] = before
