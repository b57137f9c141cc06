"""The local AWS sees the same requests, and boto3 the same answers, with sockets and without."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, HTTPClientError

from localaws.server import Application, LocalAws
from tests.without_sockets import served

KEYS = ["a b+c", "a//b", "../x", "./y/", "%2F%zz", "ü/日本.csv", "?q=1&b=2#c", "~!*'()"]
VOLATILE = {
    "REMOTE_PORT",
    "HTTP_AMZ_SDK_INVOCATION_ID",
    "HTTP_AUTHORIZATION",
    "HTTP_X_AMZ_DATE",
    "SERVER_NAME",
    "SERVER_SOFTWARE",
}
OF_THE_CONNECTION = {"connection", "server", "transfer-encoding"}


class Recorder:
    """The local AWS, and the requests that it has seen; each hides its port."""

    def __init__(self) -> None:
        self._application = Application()
        self.requests: list[dict[str, str]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        kept = {name: value for name, value in environ.items() if name not in VOLATILE and "wsgi." not in name}
        port = environ["SERVER_PORT"]
        self.requests.append({name: str(value).replace(port, "PORT") for name, value in kept.items()})
        return self._application(environ, start_response)


def use(client: Any) -> list[Any]:
    """Put, read and delete objects; return the answers."""
    answers = []
    for number, key in enumerate(KEYS):
        put = {"Metadata": {"Some-Name": " a  b "}, "ContentType": "text/x", "Body": b"x" * number}
        client.put_object(Bucket="bucket", Key=key, **put)
        answers.append(client.get_object(Bucket="bucket", Key=key))
    client.put_object(Bucket="bucket", Key="file", Body=io.BytesIO(b"of a file"), ChecksumAlgorithm="SHA256")
    client.copy_object(Bucket="bucket", Key="copy", CopySource={"Bucket": "bucket", "Key": KEYS[0]})
    answers.append(client.get_object(Bucket="bucket", Key="file", Range="bytes=2-3"))
    answers.append(client.head_object(Bucket="bucket", Key=KEYS[5]))
    answers.append(client.list_objects_v2(Bucket="bucket", Prefix="%"))
    answers.append(client.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": key} for key in KEYS[:3]]}))
    for call in (client.head_object, client.get_object):
        with pytest.raises(ClientError) as missing:
            call(Bucket="bucket", Key="missing")
        answers.append(missing.value.response)
    return [comparable(answer) for answer in answers]


def comparable(answer: Any) -> str:
    """An answer as text, with its body, and without ids and dates."""
    if "Body" in answer:
        answer["Body"] = answer["Body"].read().decode()
    about = answer.pop("ResponseMetadata")
    headers = {name: text for name, text in about["HTTPHeaders"].items() if name not in OF_THE_CONNECTION}
    of_the_moment = {name for name in headers if name.endswith("id") or name in {"date", "last-modified"}}
    headers.update(dict.fromkeys(of_the_moment, ""))
    return json.dumps([about["HTTPStatusCode"], headers, answer], sort_keys=True, default=lambda _: "a date")


@pytest.fixture
def use_again(aws: LocalAws) -> Any:
    def use_again(*, sockets: bool) -> tuple[list[Any], list[Any]]:
        recorder = Recorder()
        with LocalAws(application=recorder) as server:
            client = boto3.client("s3", endpoint_url=server.endpoint_url)
            with nullcontext() if sockets else served(server.endpoint_url, recorder):
                return use(client), recorder.requests

    boto3.client("s3").create_bucket(Bucket="bucket")
    return use_again


def test_requests_and_answers_are_the_same(use_again: Any) -> None:
    with_sockets, without = use_again(sockets=True), use_again(sockets=False)
    assert without[0] == with_sockets[0]
    assert without[1] == with_sockets[1]


@pytest.mark.parametrize("is_served", [True, False])
def test_header_with_a_line_break_is_not_sent(aws: LocalAws, is_served: bool) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    url = aws.endpoint_url if is_served else aws.endpoint_url.replace("127.0.0.1", "localhost")
    client = boto3.client("s3", endpoint_url=url)
    client.meta.events.register("before-send", lambda request, **_: request.headers.update({"X-A": "a\r\nX-B: b"}))
    with pytest.raises(HTTPClientError):
        client.list_buckets()
