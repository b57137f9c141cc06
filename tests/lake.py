"""The lake as tests see it: who puts what where, by plain boto3, without any code of ours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property
from typing import Any

import boto3
import requests

from dev.setup import set_up
from lake_gate.model.manifest import LandedObject
from lake_gate.settings import Settings, load_settings


class _Session(boto3.Session):
    """Session that makes one client for each service."""

    @cache  # noqa: B019 - it lives as long as the tests
    def client(self, *names: Any, **settings: Any) -> Any:
        return super().client(*names, **settings)


_session_for = cache(lambda _endpoint_url: _Session())


@contextmanager
def _clients_kept(endpoint_url: str) -> Iterator[None]:
    """Let the clients of boto3's default session be kept: to make them takes a third of setting up a lake."""
    before = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = _session_for(endpoint_url)
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = before


@dataclass(frozen=True)
class Lake:
    endpoint_url: str
    outputs: dict[str, str]
    settings: Settings

    @classmethod
    def set_up(cls, endpoint_url: str) -> Lake:
        with _clients_kept(endpoint_url):
            outputs = set_up(local_source_root="/")
            boto3.client("ssm").put_parameter(Name="/lake_gate/evidence_settle_seconds", Value="1", Overwrite=True)
            return cls(endpoint_url, outputs, load_settings(boto3.client("ssm")))

    @cached_property
    def s3(self) -> Any:
        return boto3.client("s3")

    @property
    def bronze(self) -> str:
        return self.settings.bronze_bucket

    @property
    def silver(self) -> str:
        return self.settings.silver_bucket

    @property
    def quarantine(self) -> str:
        return self.settings.quarantine_bucket

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """Keys of the latest versions below a prefix, but for what runs write down."""
        listed = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return [item["Key"] for item in listed if not item["Key"].startswith(("_runs/", "_content/", "_ledger/"))]

    def versions(self, bucket: str, key: str) -> list[str]:
        """Ids of all versions of a key, latest first."""
        listed = self.s3.list_object_versions(Bucket=bucket, Prefix=key).get("Versions", [])
        return [item["VersionId"] for item in listed if item["Key"] == key]

    def make_older(self, bucket: str, age: timedelta) -> None:
        """Let so much time have passed since the objects in a bucket were stored."""
        body = {"bucket": bucket, "seconds": age.total_seconds()}
        requests.post(f"{self.endpoint_url}/localaws/s3/age", json=body, timeout=10).raise_for_status()

    def read(self, bucket: str, key: str, version_id: str | None = None) -> bytes:
        version = {"VersionId": version_id} if version_id else {}
        content: bytes = self.s3.get_object(Bucket=bucket, Key=key, **version)["Body"].read()
        return content

    def put(self, bucket: str, key: str, content: bytes, **more: Any) -> LandedObject:
        """Put an object and describe it as the manifest would."""
        answer = self.s3.put_object(Bucket=bucket, Key=key, Body=content, ChecksumAlgorithm="SHA256", **more)
        digest = hashlib.sha256(content).hexdigest()
        etag = answer["ETag"].strip('"')
        name, checksum = key.rpartition("/")[2], answer["ChecksumSHA256"]
        return LandedObject(name, bucket, key, answer["VersionId"], etag, len(content), digest, checksum)

    def document(self, key: str) -> Any:
        return json.loads(self.read(self.bronze, key))

    def lines(self, key: str) -> list[Any]:
        """Return the lines of a JSON Lines document of a run."""
        return [json.loads(line) for line in self.read(self.bronze, key).split(b"\n") if line]

    def turn(self, **dials: Any) -> None:
        """Turn the dials of the local Macie."""
        requests.put(f"{self.endpoint_url}/localaws/macie2/dials", json=dials, timeout=10).raise_for_status()

    def messages_of(self, topic_arn: str, **filter_policy: Any) -> Any:
        """A function that returns what was published to the topic since now, or since its last call.

        That is, subject, body and attributes. With a filter policy only the messages whose attributes it lets pass.
        """
        sqs = boto3.client("sqs")
        topic, is_fifo = topic_arn.rpartition(":")[2], topic_arn.endswith(".fifo")
        name = "-".join([topic.removesuffix(".fifo"), *filter_policy]) + ".fifo" * is_fifo
        queue = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"} if is_fifo else {})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {"FilterPolicy": json.dumps(filter_policy)} if filter_policy else {}
        boto3.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes=policy)

        def received() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            while batch := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
                found += [json.loads(message["Body"]) for message in batch]
                handles: list[Any] = [
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(batch)
                ]
                sqs.delete_message_batch(QueueUrl=queue, Entries=handles)
            return found

        return received
