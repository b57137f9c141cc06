"""Findings as EventBridge gets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, REGION, await_findings, run_job
from tests.localaws.waiting import until

type Received = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def received(client: Callable[..., Any]) -> Received:
    """Have a queue for all events of Macie; returns what has come into it until now."""
    events, sqs = client("events"), client("sqs")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.macie"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:events"}])
    came: list[dict[str, Any]] = []

    def receive() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        came.extend(json.loads(message["Body"]) for message in messages)
        return came

    return receive


@pytest.fixture
def job(macie: Any, s3: Any) -> dict[str, Any]:
    for key in ("a.csv", "b.csv"):
        s3.put_object(Bucket="bronze", Key=key, Body=b"code\nABC-1234\n")
    created = macie.create_custom_data_identifier(name="code", regex="[A-Z]{3}-[0-9]{4}")
    return {"customDataIdentifierIds": [created["customDataIdentifierId"]], "managedDataIdentifierSelector": "NONE"}


def _keys(events: list[dict[str, Any]]) -> list[str]:
    return sorted(event["detail"]["resourcesAffected"]["s3Object"]["key"] for event in events)


def test_a_finding_is_an_event_of_the_account_with_the_finding_as_its_detail(
    macie: Any, job: dict[str, Any], received: Received
) -> None:
    job_id = run_job(macie, **job)
    until(lambda: _keys(received()) == ["a.csv", "b.csv"], "the events")
    event = next(item for item in received() if _keys([item]) == ["a.csv"])
    detail = event.pop("detail")
    assert event == {
        "version": "0",
        "id": event["id"],
        "detail-type": "Macie Finding",
        "source": "aws.macie",
        "account": ACCOUNT,
        "time": event["time"],
        "region": REGION,
        "resources": [],
    }
    finding, _ = await_findings(macie, 2)
    assert detail["id"] == finding["id"]
    assert detail["classificationDetails"]["jobId"] == job_id
    assert detail["severity"] == finding["severity"]
    assert detail["updatedAt"] == detail["createdAt"] == f"{finding['createdAt']:%Y-%m-%dT%H:%M:%S}.{_millis(finding)}Z"
    assert event["time"] == f"{finding['createdAt']:%Y-%m-%dT%H:%M:%SZ}"


def _millis(finding: dict[str, Any]) -> str:
    return f"{finding['createdAt'].microsecond // 1000:03}"


def test_an_archived_finding_sends_no_event(
    macie: Any, job: dict[str, Any], received: Received, turn: Callable[..., None]
) -> None:
    criteria = {"criterion": {"resourcesAffected.s3Object.key": {"eq": ["a.csv"]}}}
    macie.create_findings_filter(name="suppressed", action="ARCHIVE", findingCriteria=criteria)
    run_job(macie, **job)
    await_findings(macie, 2)
    until(lambda: _keys(received()) == ["b.csv"], "the event")
    run_job(macie, **job, clientToken="next")
    until(lambda: len(received()) == 2, "the next event")
    assert _keys(received()) == ["b.csv", "b.csv"]


def test_the_job_and_its_findings_are_as_ever_when_the_bus_cannot_deliver(
    macie: Any, job: dict[str, Any], client: Callable[..., Any]
) -> None:
    events = client("events")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.macie"]}))
    missing = f"arn:aws:sns:{REGION}:{ACCOUNT}:missing"
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": missing}])
    run_job(macie, **job)
    await_findings(macie, 2)
