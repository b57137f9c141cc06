"""Functions that run: what they get, what becomes of their failures, and which do not run."""

from __future__ import annotations

import base64
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
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


def zipped(*names: str, method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name in names:
            archive.writestr(name, "def handler(event, context): return 1\n" * 9)
    return stream.getvalue()


def damaged(method: int) -> bytes:
    code = bytearray(zipped("index.py", method=method))
    code[45:60] = bytes(15)
    return bytes(code)


BAD_ZIPS = {
    "a long name": zipped("index.py", "a" * 300),
    "a file that is a folder": zipped("index.py", "index.py/a"),
    "a folder that is a file": zipped("a/index.py", "a"),
    "deflate": damaged(zipfile.ZIP_DEFLATED),
    "bzip2": damaged(zipfile.ZIP_BZIP2),
    "lzma": damaged(zipfile.ZIP_LZMA),
    "an unknown method": zipped("index.py").replace(b"\x14\0\0\0\0\0", b"\x14\0\0\0\x63\0"),
}


@pytest.mark.parametrize("code", BAD_ZIPS.values(), ids=BAD_ZIPS)
def test_zip_that_cannot_be_unpacked_is_an_error_of_the_function(
    client: Callable[..., Any], invoke: Invoke, code: bytes
) -> None:
    create(client, Code={"ZipFile": code})
    answer = invoke()
    assert (answer["FunctionError"], answer["Payload"]["errorType"]) == ("Unhandled", "Runtime.InvalidZip")


def test_empty_zip_has_no_handler(client: Callable[..., Any], invoke: Invoke) -> None:
    create(client, Code={"ZipFile": zipped()})
    assert invoke()["Payload"]["errorType"] == "ModuleNotFoundError"


@pytest.mark.parametrize("value", ["a\0b", "a" * 2**20], ids=["NUL", "long"])
def test_environment_that_no_process_can_have_is_an_error_of_the_function(
    client: Callable[..., Any], invoke: Invoke, value: str
) -> None:
    create(client, Environment={"Variables": {"OWN": value}})
    assert invoke()["Payload"]["errorType"] == "LocalAws.NotRun"


#: Each with the value that the function returns then, or the type of its error.
HOSTILE = {
    "a FIFO for each file": ("for n in os.listdir(home) + ['output', 'response.json']: fifo(n)", 1),
    "a symbolic link": ("os.symlink('/etc/hostname', home + '/response.json')", 1),
    "no files": ("[os.remove(e.path) for e in os.scandir(home) if e.is_file()]", 1),
    "no home": ("shutil.rmtree(home)", 1),
    "a file as its home": ("shutil.rmtree(home); open(home, 'w').close()", 1),
    "a locked folder": ("os.makedirs(home + '/a/b'); os.chmod(home + '/a', 0)", 1),
    "deep folders": ("for _ in range(1500): os.mkdir('d'); os.chdir('d')", 1),
    "no open files": ("os.closerange(0, 1000)", "Runtime.ExitError"),
    "a forked process that returns": ("os.fork() or time.sleep(0.1)", 1),
    "half an object": ("answer(b'{')", "Runtime.ExitError"),
    "a list": ("answer(b'[]')", "Runtime.ExitError"),
    "an object without members": ("answer(b'{}')", "Runtime.ExitError"),
    "an error that is none": ("answer(b'{\"error\": 1}')", "Runtime.ExitError"),
    "a payload that is none": ("answer(b'{\"payload\": 1}')", "Runtime.ExitError"),
    "a payload that is no text": ('answer(b\'{"payload": "\\\\ud800"}\')', "Runtime.ExitError"),
    "nesting": ("answer(b'[' * 200_000)", "Runtime.ExitError"),
    "bytes": ("answer(bytes([255, 254, 0]))", "Runtime.ExitError"),
    "nothing": ("answer(b'')", "Runtime.ExitError"),
    "much": ("answer(b'[' * 7 * 1024**2)", "Function.ResponseSizeTooLarge"),
}
HOSTILE_CODE = """
import os, shutil, stat, sys, time
home = os.environ["HOME"]

def fifo(name):
    if not os.path.isdir(home + "/" + name):
        if os.path.lexists(home + "/" + name):
            os.remove(home + "/" + name)
        os.mkfifo(home + "/" + name)

def answer(content):
    with os.fdopen(int(sys.argv[2]), "wb") as stream:
        stream.write(content)
    os._exit(0)

def handler(event, context):
    STATEMENT
    return 1
"""


@pytest.mark.parametrize(("statement", "expected"), HOSTILE.values(), ids=HOSTILE)
def test_what_a_function_does_to_its_files_stops_only_itself(
    client: Callable[..., Any],
    invoke: Invoke,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    statement: str,
    expected: object,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    create(client, Code={"ZipFile": packed(HOSTILE_CODE.replace("STATEMENT", statement))})
    answer = invoke()
    payload = answer["Payload"]
    assert answer["StatusCode"] == 200
    assert list(tmp_path.iterdir()) == []
    assert expected == (payload if payload == 1 else payload["errorType"])


def test_asynchronous_invocation_of_a_bad_zip_is_in_the_logs(client: Callable[..., Any], invoke: Invoke) -> None:
    create(client, Code={"ZipFile": BAD_ZIPS["a long name"]})
    invoke(InvocationType="Event")
    groups = client("logs").describe_log_groups
    until(lambda: groups(logGroupNamePrefix="/aws/lambda/f")["logGroups"], "the invocation")
    until(lambda: "Runtime.InvalidZip" in logs(client), "the error in the logs")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="found by /proc")
def test_process_that_has_left_its_group_ends_with_the_function(client: Callable[..., Any], invoke: Invoke) -> None:
    code = """
import os, subprocess, sys, time

def handler(event, context):
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        os.write(write, f"{os.getpid()} {child.pid}".encode())
        time.sleep(600)
    return os.read(read, 100).decode()
"""
    create(client, Code={"ZipFile": packed(code)})
    for number in map(int, invoke()["Payload"].split()):
        until(partial(has_ended, number), "the process to end")


def has_ended(number: int) -> bool:
    return not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE
