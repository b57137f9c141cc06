"""Functions that run: what they get, what becomes of their failures, and which do not run."""

from __future__ import annotations

import base64
import io
import json
import os
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, REGION
from tests.localaws.waiting import until

ROLE = f"arn:aws:iam::{ACCOUNT}:role/function"
CODE = """
import json, logging, os, sys, time, urllib.request
import boto3

logging.getLogger().setLevel(logging.INFO)

def handler(event, context):
    logging.info("called")
    match event.get("do"):
        case "fail":
            raise ValueError("no")
        case "exit":
            sys.exit(3)
        case "sleep":
            time.sleep(600)
        case "return what is not JSON":
            return {1, 2}
        case "connect":
            urllib.request.urlopen("http://192.0.2.1/")
        case "look up":
            urllib.request.urlopen("http://example.org/")
        case "use memory":
            return len(bytes(8 * 1024**3))
        case "put":
            boto3.client("s3").put_object(Bucket="made", Key=event["key"], Body=json.dumps(event).encode())
    arn = boto3.client("sts").get_caller_identity()["Arn"]
    return {"environment": dict(os.environ), "caller": arn, "name": context.function_name}
"""

Invoke = Callable[..., dict[str, Any]]


def packed(code: str, name: str = "index.py") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, code)
    return stream.getvalue()


def create(client: Callable[..., Any], **changes: Any) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client("iam").create_role(RoleName="function", AssumeRolePolicyDocument=document)
    whole = {
        "FunctionName": "f",
        "Role": ROLE,
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Timeout": 60,
        "Code": {"ZipFile": packed(CODE)},
        **changes,
    }
    client("lambda").create_function(**whole)


@pytest.fixture
def invoke(client: Callable[..., Any]) -> Invoke:
    """Invoke the function; returns the answer with its payload read."""

    def call(event: object = None, **more: Any) -> dict[str, Any]:
        answer = client("lambda").invoke(FunctionName="f", Payload=json.dumps(event or {}), **more)
        return {**answer, "Payload": json.loads(answer["Payload"].read() or "null")}

    return call


def logs(client: Callable[..., Any]) -> str:
    found = client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    return "\n".join(event["message"] for event in found)


def test_function_gets_its_role_and_nothing_of_the_server(
    client: Callable[..., Any], invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "secret")
    create(client, Environment={"Variables": {"OWN": "value", "AWS_ACCESS_KEY_ID": "no"}})
    payload = invoke(LogType="Tail")["Payload"]
    environment = payload["environment"]
    assert (payload["name"], payload["caller"]) == ("f", f"arn:aws:sts::{ACCOUNT}:assumed-role/function/f")
    assert (environment["OWN"], environment["AWS_REGION"]) == ("value", REGION)
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert not {"SECRET_OF_THE_SERVER", "PYTHONPATH"} & set(environment)
    assert environment["HOME"] != os.environ["HOME"]


def test_output_is_in_the_logs_and_in_the_answer(client: Callable[..., Any], invoke: Invoke) -> None:
    create(client)
    tail = base64.b64decode(invoke(LogType="Tail")["LogResult"]).decode()
    assert "[INFO]" in tail
    assert "\tcalled" in tail
    assert "\tcalled" in logs(client)


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("fail", "ValueError"),
        ("exit", "Runtime.ExitError"),
        ("sleep", "Sandbox.Timedout"),
        ("return what is not JSON", "TypeError"),
        ("connect", "URLError"),
        ("look up", "URLError"),
        ("use memory", "MemoryError"),
    ],
)
def test_failure_of_the_function_is_in_the_answer(
    client: Callable[..., Any], invoke: Invoke, what: str, kind: str
) -> None:
    create(client, Timeout=1 if what == "sleep" else 60)
    answer = invoke({"do": what})
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert answer["Payload"]["errorType"] == kind
    assert kind in logs(client)


def test_event_is_answered_at_once_and_run_later(client: Callable[..., Any], invoke: Invoke) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="made")
    create(client)
    assert invoke({"do": "put", "key": "a"}, InvocationType="Event")["StatusCode"] == 202
    until(lambda: s3.list_objects_v2(Bucket="made").get("Contents"), "the function to put the object")


def test_function_is_run_by_a_topic(client: Callable[..., Any]) -> None:
    s3, sns = client("s3"), client("sns")
    s3.create_bucket(Bucket="made")
    create(client, Code={"ZipFile": packed(CODE.replace('event.get("do")', '"put"').replace('event["key"]', '"a"'))})
    topic = sns.create_topic(Name="topic")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f")
    sns.publish(TopicArn=topic, Message="hello")
    until(lambda: s3.list_objects_v2(Bucket="made").get("Contents"), "the function to put the object")
    event = json.loads(s3.get_object(Bucket="made", Key="a")["Body"].read())
    assert event["Records"][0]["Sns"]["Message"] == "hello"


NOT_RUN = {
    "code in S3": {"Code": {"S3Bucket": "code", "S3Key": "f.zip"}},
    "another runtime": {"Runtime": "nodejs22.x", "Handler": "index.handler"},
    "an image": {"PackageType": "Image", "Code": {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/f:1"}},
}


@pytest.mark.parametrize("changes", NOT_RUN.values(), ids=NOT_RUN)
def test_other_functions_are_recorded_as_not_run(
    client: Callable[..., Any], invoke: Invoke, changes: dict[str, Any]
) -> None:
    client("s3").create_bucket(Bucket="code")
    client("s3").put_object(Bucket="code", Key="f.zip", Body=packed(CODE))
    create(client, **changes)
    assert invoke()["Payload"]["errorType"] == "LocalAws.NotRun"
    assert "not run" in logs(client)


@pytest.mark.parametrize("name", ["../outside.py", "/tmp/outside.py"])
def test_code_is_unpacked_within_its_folder(client: Callable[..., Any], invoke: Invoke, name: str) -> None:
    create(client, Code={"ZipFile": packed(CODE, name)}, Handler="outside.handler")
    payload = invoke()["Payload"]
    assert payload.get("name", payload.get("errorType")) in ("f", "ModuleNotFoundError")


def test_zip_that_is_none_is_an_error_of_the_function(client: Callable[..., Any], invoke: Invoke) -> None:
    create(client, Code={"ZipFile": b"no zip"})
    assert invoke()["Payload"]["errorType"] == "Runtime.InvalidZip"
