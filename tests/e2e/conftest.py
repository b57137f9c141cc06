"""Fixture of the tests with a real Airflow."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from dev import services
from dev.local import local_aws
from dev.paths import aws_environment
from tests.e2e.stack import Stack, start_airflow
from tests.lake import Lake


@pytest.fixture
def stack(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A lake in a local AWS of its own, with a scheduler, triggerer and DAG processor.

    A test can change its start by keyword arguments of :func:`tests.e2e.stack.start_airflow` as parameter.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("AIRFLOW_PORT", str(free.getsockname()[1]))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    aws = local_aws()
    for name, value in aws_environment(aws.url).items():
        monkeypatch.setenv(name, value)
    try:
        lake = Lake.set_up(aws.url)
        # A deferral that is over before a busy scheduler has heard of it costs a try: Airflow takes it for a lost task.
        boto3.client("ssm").put_parameter(Name="/lake_gate/evidence_settle_seconds", Value="10", Overwrite=True)
        with start_airflow(lake, tmp_path, **getattr(request, "param", {})) as stack:
            yield stack
            stack.log_unsuccessful_runs()
    finally:
        services.stop(aws)
