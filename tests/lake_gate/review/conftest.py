"""A lake with files in quarantine, and IAM that is enforced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from lake_gate.decision.plan import plan
from lake_gate.model.run import Run
from lake_gate.moving.operators import MoveOperator
from lake_gate.moving.transfer import Buckets, carry_out
from lake_gate.recording.operators import RecordOperator
from lake_gate.review.request import ReviewedFile
from localaws.iam.switch import switch
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.review.requests import CONTENT, make_file
from tests.lake_gate.steps import gate, land_files, step, write
from tests.snapshot import SetUpOnce

ROLE = "arn:aws:iam::123456789012:role/lake-{}"


def quarantine(
    lake: Lake, name: str = "organizations.csv", content: bytes = CONTENT, run_id: str = "1"
) -> ReviewedFile:
    """Quarantine a file as a run does, and return it as a request has it."""
    run = Run("synthea", run_id)
    landed = lake.put(lake.bronze, run.prefix + name, content)
    decision = decided(landed, "quarantine", name=name, reason="findings_at_or_above_threshold")
    (moved,) = carry_out(lake.s3, [decision], run, Buckets(lake.bronze, lake.silver, lake.quarantine))
    return make_file(name, content, key=moved.key, version_id=moved.version_id)


@pytest.fixture
def as_gate(lake: Lake) -> Iterator[Any]:
    """A function that makes clients with the credentials of a role, the gate's by default; IAM is enforced."""

    def client(service: str = "s3", role: str = "gate", **more: Any) -> Any:
        made = boto3.client("sts").assume_role(RoleArn=ROLE.format(role), RoleSessionName="test", **more)["Credentials"]
        session: Any = boto3.session.Session(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        return session.client(service)

    switch.turn(True)
    yield client
    switch.turn(False)


RUN = Run("synthea", "1")
FACTS: Any = {"source": "s3://deliveries/", "identifiers": {}, "job_spec": {}}


def quarantined_run(lake: Lake, *, dry_run: bool = False, outcome: str = "quarantine", **files: bytes) -> Run:
    """Take files (their names without ``.csv``) through a run that quarantines all of them, up to its record."""
    landed = land_files(lake, RUN.run_id, **(files or {"organizations": CONTENT}))
    found = {"severity": "High", "detections": {"NAME": 1}, "reason": "findings_at_or_above_threshold"}
    content, chunks = plan(decided(item, outcome, **found) for item in landed)
    version = write(lake, "decisions.jsonl", content, RUN)
    write(lake, "plan.json", json.dumps({"decisions": version, "chunks": chunks}).encode(), RUN)
    if not dry_run:
        step(lake, MoveOperator, outcome=outcome, chunk=chunks[outcome][0])
    context: Any = {"run_id": "1", "dag_run": SimpleNamespace(dag_id="d", run_id="1", start_date=None)}
    gate(lake, RecordOperator, facts=FACTS, is_dry_run=dry_run).step(context)
    return RUN


@pytest.fixture
def quarantined(lake: Lake, once: SetUpOnce) -> Run:
    """A run that has quarantined its one file."""
    return once(partial(quarantined_run, lake))
