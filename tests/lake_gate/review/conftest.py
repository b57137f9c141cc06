"""A lake with files in quarantine, and IAM that is enforced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from lake_gate.model.run import Run
from lake_gate.moving.transfer import Buckets, carry_out
from lake_gate.review.request import ReviewedFile
from localaws.iam.switch import switch
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.review.requests import CONTENT, make_file

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
        return boto3.session.Session(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]).client(service)

    switch.turn(True)
    yield client
    switch.turn(False)
