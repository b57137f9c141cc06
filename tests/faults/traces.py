"""Everything that a run leaves behind outside the data itself, as bytes to be searched."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.faults.harness import Harness

QUEUE = "everything-said"
DOCUMENTS = ("_runs/", "_content/", "_ledger/", "_verdicts/", "/Macie/")
"""Where documents are: the gate's, and Macie's discovery results."""


def listen(harness: Harness) -> None:
    """Keep what is published to the lake's topics from now on."""
    sqs, sns = harness.client("sqs"), harness.client("sns")
    queue = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for topic in ("HighTopicArn", "LowTopicArn"):
        sns.subscribe(TopicArn=harness.lake[topic], Protocol="sqs", Endpoint=arn)


def traces(harness: Harness, logs: Path) -> dict[str, bytes]:
    """Return all of it by its place.

    :param logs: folder of what the tasks logged and printed.
    """
    found = {f"log {path.name}": path.read_bytes() for path in logs.iterdir() if path.is_file()}
    found |= {f"file {path}": path.read_bytes() for path in harness.airflow_home.rglob("*") if path.is_file()}
    found |= dict(_database(harness.airflow_home / "airflow.db"))
    found["messages"] = json.dumps(_messages(harness)).encode()
    found |= dict(_objects(harness))
    found["Macie"] = json.dumps(_macie(harness), default=str).encode()
    found["calls"] = "\n".join(harness.proxy.calls).encode()
    return found


def without_macie(found: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what is not Macie's own: it keeps the names of columns, in its findings and in its discovery results."""
    return {place: text for place, text in found.items() if place != "Macie" and "/AWSLogs/" not in place}


def _database(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every table of Airflow's database as text: in its file, long values are split over pages."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.text_factory = bytes
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            rows = database.execute(f'SELECT * FROM "{name.decode()}"').fetchall()
            cells = (cell if isinstance(cell, bytes) else str(cell).encode() for row in rows for cell in row)
            yield f"table {name.decode()}", b"\n".join(cells)


def _messages(harness: Harness) -> list[Any]:
    sqs = harness.client("sqs")
    queue = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    found: list[Any] = []
    while batch := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in batch]
    return found


def _objects(harness: Harness) -> Iterator[tuple[str, bytes]]:
    """Yield documents with their content; of data only what S3 says about it: key, tags, metadata, headers."""
    s3 = harness.client("s3")
    for bucket in (one["Name"] for one in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", ()):
                place = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
                head, tags = s3.head_object(**place), s3.get_object_tagging(**place)["TagSet"]
                name = f"s3://{bucket}/{version['Key']}"
                yield f"about {name} {version['VersionId']}", json.dumps([place, head, tags], default=str).encode()
                if any(place in version["Key"] for place in DOCUMENTS):
                    content = s3.get_object(**place)["Body"].read()
                    yield name, gzip.decompress(content) if version["Key"].endswith(".gz") else content


def _macie(harness: Harness) -> list[Any]:
    macie = harness.client("macie2")
    ids = [one for page in macie.get_paginator("list_findings").paginate() for one in page["findingIds"]]
    findings = [macie.get_findings(findingIds=ids[first : first + 25])["findings"] for first in range(0, len(ids), 25)]
    jobs = macie.list_classification_jobs()["items"]
    return [findings, jobs, [macie.describe_classification_job(jobId=job["jobId"]) for job in jobs]]
