"""The server as a process and as a thread."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from localaws.macie2.dials import Settings, dials
from localaws.server import LocalAws, settings_from_environment
from tests.localaws.conftest import request
from tests.localaws.waiting import until

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_prints_its_url_serves_and_stops_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "localaws.server", "--port-file", str(port_file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = until(lambda: port_file.exists() and port_file.read_text(), "the port file").strip()
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url == f"http://127.0.0.1:{port}"
            keys: dict[str, Any] = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
            s3 = boto3.client("s3", "us-east-1", endpoint_url=url, **keys)
            s3.create_bucket(Bucket="bronze")
            assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["bronze"]
            s3.close()
            process.send_signal(number)
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("key", ["a b/c+d.csv", "é/ü.csv", "50%.csv", "a%2Fb.csv", "a//b", "run=1/x&y.csv", "?#"])
def test_a_key_is_kept_as_it_is_whatever_is_in_it(s3: Any, key: str) -> None:
    s3.put_object(Bucket="bronze", Key=key, Body=b"bytes", Metadata={"with_underscore": "1", "with-dash": "2"})
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="bronze")["Contents"]] == [key]
    answer = s3.get_object(Bucket="bronze", Key=key)
    assert answer["Body"].read() == b"bytes"
    assert answer["Metadata"] == {"with_underscore": "1", "with-dash": "2"}


def test_the_other_services_are_served(client: Callable[..., Any]) -> None:
    topic = client("sns").create_topic(Name="gate")["TopicArn"]
    client("ssm").put_parameter(Name="/gate/topic", Value=topic, Type="String")
    assert client("ssm").get_parameter(Name="/gate/topic")["Parameter"]["Value"] == topic
    assert client("sts").get_caller_identity()["Account"] == "123456789012"
    assert client("sqs").create_queue(QueueName="gate")["QueueUrl"]
    assert client("kms").create_key()["KeyMetadata"]["Enabled"]
    assert client("events").list_rules()["Rules"] == []


def test_moto_itself_answers_and_resets(aws: LocalAws, s3: Any) -> None:
    assert request(aws, "GET", "/moto-api/data.json")[0] == 200
    assert request(aws, "POST", "/moto-api/reset") == (200, {"status": "ok"})
    assert s3.list_buckets()["Buckets"] == []


def test_a_connection_is_kept_for_the_next_request(s3: Any) -> None:
    headers = s3.list_buckets()["ResponseMetadata"]["HTTPHeaders"]
    assert headers.get("connection", "keep-alive").lower() != "close"


def test_the_initial_dials_are_those_that_the_server_was_started_with() -> None:
    before = dials.current
    try:
        with LocalAws(settings=Settings(job_held=True)) as aws:
            assert request(aws, "GET", "/localaws/macie2/dials")[1]["job_held"] is True
            request(aws, "PUT", "/localaws/macie2/dials", {"job_held": False})
            request(aws, "POST", "/moto-api/reset")
            assert request(aws, "GET", "/localaws/macie2/dials")[1]["job_held"] is True
    finally:
        dials.start_with(before)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Settings()),
        ({"LOCALAWS_FINDINGS_LAG_SECONDS": "0.5", "LOCALAWS_JOB_SECONDS": "3"}, Settings(0.5, 3)),
        ({"LOCALAWS_JOB_HELD": "true"}, Settings(job_held=True)),
    ],
    ids=str,
)
def test_settings_come_from_the_environment(environment: dict[str, str], expected: Settings) -> None:
    assert settings_from_environment(environment) == expected


def test_a_setting_of_the_environment_is_refused_when_the_dial_cannot_take_it() -> None:
    with pytest.raises(ValueError, match="findings_lag_seconds"):
        settings_from_environment({"LOCALAWS_FINDINGS_LAG_SECONDS": "-1"})


def test_a_bucket_of_a_template_is_versioned_when_the_template_says_so(client: Callable[..., Any]) -> None:
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": "silver", "VersioningConfiguration": {"Status": "Enabled"}},
    }
    client("cloudformation").create_stack(StackName="lake", TemplateBody=json.dumps({"Resources": {"Silver": bucket}}))
    assert client("s3").get_bucket_versioning(Bucket="silver")["Status"] == "Enabled"
