"""What the operators share: how AWS's refusals are sorted, templated booleans, clients."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lake_gate.base import GateOperator, is_true
from lake_gate.delivery.operators import LandOperator
from lake_gate.errors import AwsError, AwsRefusedError, DamagedDocumentError, from_aws_error
from lake_gate.model import jsonl
from lake_gate.model.run import Run
from tests.builders import landed
from tests.lake import Lake


def gate(lake: Lake, operator: type[GateOperator] = GateOperator, **arguments: Any) -> Any:
    return operator(task_id="t", settings=lake.settings.to_json(), feed="synthea", **arguments)


@pytest.mark.parametrize(
    ("code", "expected"), [("AccessDenied", AwsRefusedError), ("SlowDown", AwsError), ("NoSuchBucket", AwsRefusedError)]
)
def test_what_aws_refuses_is_sorted_by_whether_retrying_helps(code: str, expected: type[Exception]) -> None:
    error = from_aws_error(ClientError({"Error": {"Code": code, "Message": "with a value"}}, "PutObject"))
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


RUN = Run("synthea", "1")


def write(lake: Lake, name: str, content: bytes) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=RUN.document(name), Body=content)


def test_dry_is_what_the_run_was_when_it_began_and_what_was_chosen_where_nothing_was_written_down(lake: Lake) -> None:
    assert [gate(lake).is_dry(RUN, chosen) for chosen in ("True", "False")] == [True, False]
    write(lake, "run.json", b'{"run_id": "1", "dry_run": true}')
    assert [gate(lake).is_dry(RUN, chosen) for chosen in ("True", "False")] == [True, True]


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"run_id": "1"}', b'{"run_id": "1", "dry_run": "no"}'])
def test_damaged_pin_of_a_run_is_named_and_not_taken_for_none(lake: Lake, damage: bytes) -> None:
    write(lake, "run.json", damage)
    with pytest.raises(DamagedDocumentError, match=r"_runs/synthea/1/run\.json"):
        gate(lake).is_dry(RUN, "True")


def test_only_chunks_that_have_begun_count_as_begun(lake: Lake) -> None:
    write(lake, "moves/promote-0.jsonl", b"")
    assert gate(lake).begun(RUN) == []
    write(lake, "moves/promote-0.jsonl.begun", b'{"decisions": "v1"}')
    assert gate(lake).begun(RUN) == [{"decisions": "v1"}]


@pytest.mark.parametrize("line", [b"{}", b"[]", b'{"name": "a.csv", "secret-cell-4711": 1}'])
def test_line_of_the_manifest_that_is_not_an_object_is_named_without_its_content(lake: Lake, line: bytes) -> None:
    write(lake, "manifest.jsonl", jsonl.dump([landed()]) + line)
    with pytest.raises(DamagedDocumentError, match=r"manifest\.jsonl .*line 2: not a LandedObject") as failed:
        list(gate(lake).manifest(RUN))
    assert "4711" not in str(failed.value)
