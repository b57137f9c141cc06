"""Fixtures: a scripted AWS, and the local AWS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest

from localaws.server import LocalAws
from tests.macie.local_aws import Aws
from tests.macie.scripted_aws import REGION, ScriptedAws


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use another Region than the default, so that a lost setting is noticed."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


@pytest.fixture
def scripted_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedAws]:
    with ScriptedAws() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()


@pytest.fixture
def aws(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Return the empty local AWS, with findings that appear at once."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", local_aws.endpoint_url)
    aws = Aws(local_aws.endpoint_url)
    aws.call("POST", "/moto-api/reset")
    aws.turn(findings_lag_seconds=0)
    return aws


@pytest.fixture
def ready_aws(aws: Aws) -> Aws:
    """Return the local AWS with Macie enabled, a repository for its results, and a bucket to analyse."""
    aws.macie.enable_macie()
    for bucket in ("bronze", "evidence", "results"):
        aws.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    aws.put_export_configuration()
    return aws


@pytest.fixture
def context() -> Any:
    return {"ti": MagicMock(dag_id="gate", run_id="manual__1")}
