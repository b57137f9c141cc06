"""The operators' own care: what stands, what is planned, what AWS's refusals become."""

from __future__ import annotations

import gzip
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lake_gate import jsonl, operators
from lake_gate.base import GateOperator, is_true
from lake_gate.errors import (
    AwsError,
    AwsRefusedError,
    DecisionsStandError,
    NotAccountedError,
    UnknownObjectsError,
    from_client_error,
)
from lake_gate.landing import MANIFEST
from lake_gate.manifest import LandedObject
from lake_gate.operators import DecideOperator, LandOperator, MoveOperator
from lake_gate.reports import RecordOperator
from lake_gate.run import Run
from tests.lake import Lake

RUN = Run("synthea", "1")
CONTEXT: Any = {"run_id": "1"}
DESCRIBED = {
    "jobId": "j",
    "jobStatus": "COMPLETE",
    "lastRunErrorStatus": {"code": "NONE"},
    "samplingPercentage": 100,
}


def gate(lake: Lake, operator: type[GateOperator], **arguments: Any) -> Any:
    return operator(task_id="t", settings=lake.settings.to_json(), feed="synthea", **arguments)


def decide(lake: Lake, threshold: str = "High", *, dry_run: bool = False) -> Any:
    policy = {"policy": "default", "quarantine_threshold": threshold, "promotion": "each by itself"}
    return gate(lake, DecideOperator, evidence={"settled": True}, is_dry_run=dry_run, **policy).step(CONTEXT)


def write(lake: Lake, name: str, content: bytes) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=RUN.document(name), Body=content)


def landed_with_medium(lake: Lake) -> LandedObject:
    """A landed object for which Macie has a result and a finding of Medium severity."""
    landed = lake.put(lake.bronze, "synthea/1/a.csv", b"content")
    said = {
        "id": "f",
        "severity": {"description": "Medium"},
        "classificationDetails": {
            "result": {
                "status": {"code": "COMPLETE"},
                "customDataIdentifiers": {"detections": [{"name": "Patient ID", "count": 1}]},
            }
        },
        "resourcesAffected": {
            "s3Bucket": {"name": lake.bronze},
            "s3Object": {"key": landed.key, "versionId": landed.version_id, "eTag": landed.etag},
        },
    }
    write(lake, MANIFEST, jsonl.dump([landed]))
    write(lake, "results.jsonl.gz", gzip.compress(json.dumps(said).encode()) + gzip.compress(b"\n"))
    write(lake, "findings.jsonl", json.dumps(said).encode())
    write(lake, "job.json", json.dumps(DESCRIBED, indent=1).encode())
    return landed


def test_deciding_again_finds_the_same_decisions(lake: Lake) -> None:
    landed_with_medium(lake)
    assert decide(lake) == decide(lake)
    assert len(lake.versions(lake.bronze, RUN.document("decisions.jsonl"))) == 1


def test_other_decisions_take_their_place_as_long_as_nothing_has_moved(lake: Lake) -> None:
    landed_with_medium(lake)
    decide(lake)
    chunks = decide(lake, "Medium")
    assert (len(chunks["promote"]), len(chunks["quarantine"])) == (0, 1)
    assert b'"quarantine"' in lake.read(lake.bronze, RUN.document("decisions.jsonl"))


def test_first_decisions_stand_once_a_move_has_begun(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    gate(lake, MoveOperator, outcome="promote", chunk=chunk).step(CONTEXT)
    with pytest.raises(DecisionsStandError, match="start a new run"):
        decide(lake, "Medium")
    assert b'"promote"' in lake.read(lake.bronze, RUN.document("decisions.jsonl"))
    assert lake.keys(lake.quarantine) == []
    assert lake.versions(lake.bronze, landed.key) == [landed.version_id]


def test_decisions_stand_even_when_the_first_move_died(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]

    def die(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(operators, "carry_out", die)
    with pytest.raises(ConnectionError):
        gate(lake, MoveOperator, outcome="promote", chunk=chunk).step(CONTEXT)
    with pytest.raises(DecisionsStandError):
        decide(lake, "Medium")


def test_dry_run_plans_no_moves(lake: Lake) -> None:
    landed_with_medium(lake)
    assert decide(lake, dry_run=True) == {"promote": [], "quarantine": [], "hold": []}


def test_result_for_an_object_that_was_not_landed_stops_the_run(lake: Lake) -> None:
    landed_with_medium(lake)
    write(lake, MANIFEST, b"")
    with pytest.raises(UnknownObjectsError, match=r"a\.csv"):
        decide(lake)


def test_record_fails_and_is_written_when_an_object_has_not_moved(lake: Lake) -> None:
    landed_with_medium(lake)
    decide(lake)
    record = gate(lake, RecordOperator, facts={"source": "/x", "identifiers": {}, "job_spec": {}}, is_dry_run="False")
    dag_run = type("DagRun", (), {"dag_id": "d", "run_id": "1", "start_date": None})
    with pytest.raises(NotAccountedError, match=r"a\.csv"):
        record.step({**CONTEXT, "dag_run": dag_run})
    assert lake.document(RUN.document("record.json"))["accounted"] is False


def test_source_of_the_settings_is_landed_when_the_run_names_none(lake: Lake) -> None:
    lake.put(lake.outputs["SourceBucket"], "deliveries/a.csv", b"A\n")
    done = gate(lake, LandOperator, source="").step(CONTEXT)
    assert (done["objects"], done["prefix"]) == (1, "synthea/1/")


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
        gate(lake, LandOperator, source="s3://x/").execute(CONTEXT)


@pytest.mark.parametrize(("rendered", "expected"), [("True", True), ("False", False), (True, True), ("", False)])
def test_templated_booleans_are_read_as_jinja_writes_them(rendered: str | bool, expected: bool) -> None:
    assert is_true(rendered) is expected


def test_clients_see_the_local_aws_by_the_environment_alone(lake: Lake) -> None:
    assert gate(lake, GateOperator).s3.meta.endpoint_url == boto3.client("s3").meta.endpoint_url
