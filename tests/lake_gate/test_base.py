"""What the operators share: how AWS's refusals are sorted, templated booleans, clients."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lake_gate.base import GateOperator, is_true
from lake_gate.delivery.operators import LandOperator
from lake_gate.errors import AwsError, AwsRefusedError, from_client_error
from tests.lake import Lake


def gate(lake: Lake, operator: type[GateOperator] = GateOperator, **arguments: Any) -> Any:
    return operator(task_id="t", settings=lake.settings.to_json(), feed="synthea", **arguments)


@pytest.mark.parametrize(
    ("code", "expected"), [("AccessDenied", AwsRefusedError), ("SlowDown", AwsError), ("NoSuchBucket", AwsRefusedError)]
)
def test_what_aws_refuses_is_sorted_by_whether_retrying_helps(code: str, expected: type[Exception]) -> None:
    error = from_client_error(ClientError({"Error": {"Code": code, "Message": "with a value"}}, "PutObject"))
    assert type(error) is expected
    assert "PutObject" in str(error)
    assert "value" not in str(error)


def test_missing_bucket_ends_the_task_for_good(lake: Lake) -> None:
    lake.s3.delete_bucket(Bucket=lake.silver)
    with pytest.raises(AwsRefusedError, match="NoSuchBucket"):
        gate(lake, LandOperator, source="s3://x/").execute({"run_id": "1"})


@pytest.mark.parametrize(("rendered", "expected"), [("True", True), ("False", False), (True, True), ("", False)])
def test_templated_booleans_are_read_as_jinja_writes_them(rendered: str | bool, expected: bool) -> None:
    assert is_true(rendered) is expected


def test_clients_see_the_local_aws_by_the_environment_alone(lake: Lake) -> None:
    assert gate(lake).s3.meta.endpoint_url == boto3.client("s3").meta.endpoint_url


def test_retries_and_timeouts_of_the_connection_go_before_our_own(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"read_timeout": 3, "retries": {"mode": "standard", "max_attempts": 2}}
    connection = {"conn_type": "aws", "extra": {"config_kwargs": config}}
    assert gate(lake).s3.meta.config.retries["mode"] == "adaptive"
    assert gate(lake).s3.meta.config.read_timeout >= 300  # a CopyObject of 5 GiB may take that long
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))
    used = gate(lake).s3.meta.config
    assert (used.read_timeout, used.retries["mode"], used.max_pool_connections) == (3, "standard", 32)


def test_answer_that_does_not_come_is_an_error_that_a_retry_may_mend(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens there; the text of botocore's own error has the whole address."""
    config = {"retries": {"mode": "standard", "max_attempts": 1}}
    extra = {"config_kwargs": config, "endpoint_url": "http://127.0.0.1:9"}
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps({"conn_type": "aws", "extra": extra}))
    with pytest.raises(AwsError, match="EndpointConnectionError") as failed:
        gate(lake, LandOperator, source="s3://x/?signature=secret").execute({"run_id": "1"})
    assert "127.0.0.1" not in str(failed.value)
