"""Update of an existing MWAA environment. The local AWS has no MWAA: a stub of botocore checks the requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from ship.mwaa import RestApi, update

VERSIONS = {"PluginsObjectVersion": "p2", "RequirementsObjectVersion": "r2"}
UPDATE = {
    "Name": "theirs",
    "PluginsS3Path": "plugins.zip",
    "PluginsS3ObjectVersion": "p2",
    "RequirementsS3Path": "requirements.txt",
    "RequirementsS3ObjectVersion": "r2",
}
LAST = {"CreatedAt": datetime(2026, 1, 1, tzinfo=UTC), "Status": "SUCCESS"}
FAILED = {**LAST, "Status": "FAILED", "Error": {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": "no subnet"}}


@pytest.fixture
def mwaa() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client("mwaa", region_name="us-east-1")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()
    client.close()


def add_environment(stubber: Stubber, version: str, status: str = "AVAILABLE", last: dict[str, Any] = LAST) -> None:
    current = {**UPDATE, "PluginsS3ObjectVersion": f"p{version}", "RequirementsS3ObjectVersion": f"r{version}"}
    more = {"Status": status, "SourceBucketArn": "arn:aws:s3:::airflow", "LastUpdate": last}
    stubber.add_response("get_environment", {"Environment": {**current, **more}}, {"Name": "theirs"})


def test_environment_is_updated_and_awaited(mwaa: tuple[Any, Stubber]) -> None:
    client, stubber = mwaa
    add_environment(stubber, "1")
    stubber.add_response(
        "update_environment", {"Arn": "arn:aws:airflow:us-east-1:123456789012:environment/theirs"}, UPDATE
    )
    for version, status in (("1", "AVAILABLE"), ("1", "UPDATING"), ("2", "UPDATING"), ("2", "AVAILABLE")):
        add_environment(stubber, version, status)
    shown: list[str] = []
    update(client, "theirs", "airflow", VERSIONS, shown.append, poll_seconds=0)
    assert shown == ["theirs: updating, which takes 10 to 30 minutes"]
    stubber.assert_no_pending_responses()


def test_environment_is_left_alone_when_it_has_these_versions(mwaa: tuple[Any, Stubber]) -> None:
    client, stubber = mwaa
    add_environment(stubber, "2")
    shown: list[str] = []
    update(client, "theirs", "airflow", VERSIONS, shown.append)
    assert shown == ["theirs: unchanged"]


def test_environment_of_another_bucket_is_refused(mwaa: tuple[Any, Stubber]) -> None:
    client, stubber = mwaa
    add_environment(stubber, "1")
    with pytest.raises(SystemExit, match="uses arn:aws:s3:::airflow; set AirflowBucket to that bucket"):
        update(client, "theirs", "other", VERSIONS)


@pytest.mark.parametrize(
    ("status", "last", "seconds"),
    [("AVAILABLE", FAILED, 60), ("UPDATE_FAILED", LAST, 60), ("UPDATING", LAST, -1)],
    ids=["rolled back", "failed", "too long"],
)
def test_reason_is_shown_when_the_update_fails(
    mwaa: tuple[Any, Stubber], status: str, last: dict[str, Any], seconds: float
) -> None:
    client, stubber = mwaa
    add_environment(stubber, "1")
    stubber.add_response("update_environment", {}, UPDATE)
    add_environment(stubber, "1", status, last)
    with pytest.raises(SystemExit, match=rf"theirs is {status}, not updated.*\nThe DAGs were not uploaded"):
        update(client, "theirs", "airflow", VERSIONS, deadline_seconds=seconds, poll_seconds=0)


def test_missing_environment_is_not_an_error(mwaa: tuple[Any, Stubber]) -> None:
    client, stubber = mwaa
    stubber.add_client_error("get_environment", "ResourceNotFoundException")
    shown: list[str] = []
    update(client, "theirs", "airflow", VERSIONS, shown.append)
    assert shown[0].startswith("MWAA environment theirs does not exist yet")


def test_rest_api_is_called_through_mwaa(mwaa: tuple[Any, Stubber]) -> None:
    client, stubber = mwaa
    expected = {"Name": "theirs", "Path": "/dags/synthea_gate", "Method": "GET"}
    stubber.add_response(
        "invoke_rest_api", {"RestApiStatusCode": 200, "RestApiResponse": {"is_paused": False}}, expected
    )
    sent = {"Name": "theirs", "Path": "/dags/synthea_gate/dagRuns", "Method": "POST", "Body": {"conf": {}}}
    stubber.add_response("invoke_rest_api", {"RestApiStatusCode": 200, "RestApiResponse": {"dag_run_id": "a"}}, sent)
    api = RestApi(client, "theirs")
    assert api.get("/dags/synthea_gate") == {"is_paused": False}
    assert api.post("/dags/synthea_gate/dagRuns", {"conf": {}}) == {"dag_run_id": "a"}


def test_path_that_mwaa_would_refuse_is_never_sent(mwaa: tuple[Any, Stubber]) -> None:
    with pytest.raises(ValueError, match="64 characters, this has 65"):
        RestApi(mwaa[0], "theirs").get(f"/{'a' * 64}")
