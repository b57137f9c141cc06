"""The proxy: transparent for what is not harmed, and each fault as a client meets it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from localaws.server import LocalAws
from tests.faults.proxy import Armed, Fault, Proxy

pytestmark = pytest.mark.slow

ONCE_MORE = Config(read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
ASKS: dict[str, Callable[[Any], Any]] = {
    "s3": lambda s3: s3.list_buckets(),
    "ssm": lambda ssm: ssm.describe_parameters(),
    "sns": lambda sns: sns.list_topics(),
    "sts": lambda sts: sts.get_caller_identity(),
    "macie2": lambda macie: macie.list_classification_jobs(),
}


@pytest.fixture
def proxy(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy that boto3 finds in the environment, before an empty local AWS with a bucket."""
    boto3.client("s3").create_bucket(Bucket="bronze")
    boto3.client("macie2").enable_macie()
    with Proxy(aws.endpoint_url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint_url)
        yield proxy


def arm(proxy: Proxy, service: Any, fault: Fault) -> Armed:
    """Harm the next call of the service."""
    proxy.begin()
    ASKS[service](boto3.client(service))
    armed = Armed(proxy.calls[0], fault)
    proxy.begin(armed)
    return armed


@pytest.mark.parametrize("key", ["a b/c+d.csv", "é/ü.csv", "50%.csv", "a%2Fb.csv", "a//b", "x&y=1.csv"])
def test_objects_pass_unchanged_whatever_their_key(proxy: Proxy, key: str) -> None:
    s3, content = boto3.client("s3"), os.urandom(100_000)
    s3.put_object(Bucket="bronze", Key=key, Body=content, ChecksumAlgorithm="SHA256", Metadata={"with_line": "1"})
    assert s3.head_object(Bucket="bronze", Key=key)["ContentLength"] == len(content)
    answer = s3.get_object(Bucket="bronze", Key=key)
    assert (answer["Body"].read(), answer["Metadata"]) == (content, {"with_line": "1"})
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="bronze")["Contents"]] == [key]


def test_body_in_chunks_passes_unchanged(proxy: Proxy) -> None:
    connection = HTTPConnection(str(urlsplit(proxy.endpoint_url).netloc), timeout=10)
    connection.request("PUT", "/bronze/a.csv", iter([b"first,", b"second"]), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
    assert boto3.client("s3").get_object(Bucket="bronze", Key="a.csv")["Body"].read() == b"first,second"


@pytest.mark.parametrize("service", ASKS)
@pytest.mark.parametrize(
    ("fault", "words"), [(Fault.ERROR_BEFORE, "Internal"), (Fault.ERROR_AFTER, "Internal"), (Fault.THROTTLE, "")]
)
def test_every_attempt_of_a_call_meets_the_error_of_its_service(
    proxy: Proxy, service: Any, fault: Fault, words: str
) -> None:
    armed, client = arm(proxy, service, fault), boto3.client(service, config=ONCE_MORE)
    with pytest.raises(ClientError) as caught:
        ASKS[service](client)
    code = caught.value.response["Error"]["Code"]
    assert code.startswith(words or ("SlowDown" if service == "s3" else "Throttling"))
    assert armed.hits == 2
    assert ASKS[service](client)
    assert [name for name in proxy.calls if "#" in name] == [f"{armed.call} #2"]


@pytest.mark.parametrize("fault", [Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.TIMEOUT])
def test_only_some_faults_let_a_call_take_effect(proxy: Proxy, fault: Fault) -> None:
    s3 = boto3.client("s3", config=ONCE_MORE)
    armed = Armed("- s3:PutObject bronze a.csv", fault)
    proxy.begin(armed)
    with pytest.raises(ReadTimeoutError if fault is Fault.TIMEOUT else ClientError):
        s3.put_object(Bucket="bronze", Key="a.csv", Body=b"a")
    took_effect = s3.list_objects_v2(Bucket="bronze")["KeyCount"] == 1
    assert (armed.hits, took_effect) == (2, fault is not Fault.ERROR_BEFORE)


@pytest.mark.parametrize("fault", [Fault.KILLED_BEFORE, Fault.KILLED_AFTER])
def test_process_that_was_announced_is_killed(proxy: Proxy, fault: Fault) -> None:
    proxy.begin(Armed("land s3:PutObject bronze a.csv", fault))
    script = (
        "import boto3, http.client, os, sys\n"
        "proxy = http.client.HTTPConnection(sys.argv[1])\n"
        "proxy.request('PUT', f'/faults/task/land?pid={os.getpid()}')\n"
        "proxy.getresponse().read()\n"
        "boto3.client('s3').put_object(Bucket='bronze', Key='a.csv', Body=b'a')\n"
    )
    command = [sys.executable, "-c", script, str(urlsplit(proxy.endpoint_url).netloc)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    count = boto3.client("s3").list_objects_v2(Bucket="bronze")["KeyCount"]
    assert count == (1 if fault is Fault.KILLED_AFTER else 0)


def test_something_else_happens_before_the_call_once(proxy: Proxy) -> None:
    seen: list[str] = []
    proxy.begin(Armed("- s3:ListBuckets", Fault.MEANWHILE, lambda: seen.append("it")))
    for _ in range(2):
        boto3.client("s3").list_buckets()
    assert seen == ["it"]


def test_outage_lasts_until_it_is_over(proxy: Proxy) -> None:
    s3 = boto3.client("s3", config=ONCE_MORE)
    outage = Armed("- s3:ListBuckets", Fault.OUTAGE)
    proxy.begin(outage)
    for _ in range(2):
        with pytest.raises(ClientError):
            s3.list_buckets()
    outage.is_over = True
    assert s3.list_buckets()["Buckets"]
    assert outage.hits == 4
