"""The local AWS sees the same requests, and boto3 the same answers, with sockets and without."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

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


ODD: dict[str, dict[str, Any]] = {
    "body shorter than it says": {"Body": b"abc", "ContentLength": 30},
    "body longer than it says": {"Body": b"abcdef", "ContentLength": 3},
    "name of a header": {"Metadata": {"a:b": "x"}},
}


@pytest.mark.parametrize("put", ODD.values(), ids=ODD)
@pytest.mark.parametrize("sockets", [True, False])
def test_request_that_http_refuses_is_refused(odd: Any, put: dict[str, Any], sockets: bool) -> None:
    with pytest.raises((ClientError, BotoCoreError)):
        odd(sockets).put_object(Bucket="bucket", Key="k", **put)


@pytest.mark.parametrize("text", ["日本", "a\r\nb"])
@pytest.mark.parametrize("sockets", [True, False])
def test_answer_that_http_does_not_send_is_an_error(odd: Any, text: str, sockets: bool) -> None:
    client = odd(sockets)
    client.put_object(Bucket="bucket", Key="k", Body=b"")
    with pytest.raises((ClientError, BotoCoreError)):
        client.get_object(Bucket="bucket", Key="k", ResponseContentDisposition=text)


@pytest.mark.parametrize("more", [{"use_ssl": True}, {"config": Config(proxies={"http": "http://127.0.0.1:9"})}])
def test_address_that_is_not_served_is_not_reached(aws: LocalAws, more: dict[str, Any]) -> None:
    url = aws.endpoint_url.replace("http:", "https:") if "use_ssl" in more else aws.endpoint_url
    with pytest.raises(BotoCoreError):
        boto3.client("s3", endpoint_url=url, **more).list_buckets()


@pytest.fixture
def odd(aws: LocalAws) -> Any:
    """Clients without tries, by whether there are sockets."""
    boto3.client("s3").create_bucket(Bucket="bucket")
    plain = aws.endpoint_url.replace("127.0.0.1", "localhost")
    config = Config(retries={"total_max_attempts": 1}, read_timeout=2, s3={"addressing_style": "path"})
    return lambda sockets: boto3.client("s3", endpoint_url=plain if sockets else aws.endpoint_url, config=config)
