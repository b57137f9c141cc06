"""The calls of a known demonstration of Macie, as its template and its scripts make them.

Source: https://github.com/garystafford/macie-demo - three identifiers, rules by severity and by identifier that write a
sentence to a topic, an upload, a job that runs once and one that runs daily.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, REGION, await_findings, await_job
from tests.localaws.waiting import until

BUCKET = f"synthea-data-{ACCOUNT}-{REGION}"
IDENTIFIERS = {
    "Patient ID": ("[a-z,0-9]{8}-[a-z,0-9]{4}-[a-z,0-9]{4}-[a-z,0-9]{4}-[a-z,0-9]{12}", "PATIENT"),
    "US Driver License": (r"[S]{1}\d{8}", "DRIVERS"),
    "US Passport": (r"[X]{1}\d{8}[X]{1}", "PASSPORT"),
}
SENTENCE = (
    '"Amazon Macie Finding Notification: Job Id <id>, AWS Account <account>. '
    "Severity of <severity> for file '<file>'.\"\n"
)
FILES = {
    "patients.csv": "Id,DRIVERS,PASSPORT\n1,S99984236,X19277260X\n",
    "allergies.csv": "PATIENT\n1d604da9-9a81-4ba9-80c2-de3375d59b40\n",
    "staff.csv": "SSN\n536-22-8726\n",
    "supplies.csv": "DATE,PATIENT\n",
    "notes.txt": "PATIENT 1d604da9-9a81-4ba9-80c2-de3375d59b40\n",
}

type Received = Callable[[str], list[str]]


def _pattern(detail: dict[str, Any]) -> dict[str, Any]:
    return {"source": ["aws.macie"], "detail-type": ["Macie Finding"], "detail": detail}


def _rule(name: str, topic: str, detail: dict[str, Any]) -> dict[str, Any]:
    paths = {
        "account": "$.account",
        "type": "$.detail-type",
        "id": "$.detail.classificationDetails.jobId",
        "file": "$.detail.resourcesAffected.s3Object.path",
        "severity": "$.detail.severity.description",
    }
    target = {
        "Arn": {"Ref": topic},
        "Id": "MacieEventRuleSNSTopicId",
        "InputTransformer": {"InputPathsMap": paths, "InputTemplate": SENTENCE},
    }
    pattern = {"Fn::Sub": json.dumps(_pattern(detail), indent=2)}
    properties = {"Name": name, "EventPattern": pattern, "State": "ENABLED", "Targets": [target]}
    return {"Type": "AWS::Events::Rule", "Properties": {**properties, "EventBusName": "default"}}


def _topic(name: str) -> dict[str, Any]:
    subscription = {"Protocol": "sqs", "Endpoint": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}
    properties = {"DisplayName": "", "TopicName": f"macie-eventbridge-topic-{name}", "Subscription": [subscription]}
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


TEMPLATE = {
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}},
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": "/macie_demo/patient_data_bucket", "Type": "String", "Value": {"Ref": "Bucket"}},
        },
        "High": _topic("high"),
        "LowMedium": _topic("low-medium"),
        "RuleHigh": _rule("macie-rule-high", "High", {"severity": {"description": ["High"]}}),
        "RuleLowMedium": _rule("macie-rule-low-medium", "LowMedium", {"severity": {"description": ["Medium", "Low"]}}),
        "RuleCustom": _rule(
            "macie-rule-custom",
            "High",
            {"classificationDetails": {"result": {"customDataIdentifiers": {"detections": {"name": [*IDENTIFIERS]}}}}},
        ),
    }
}


@pytest.fixture
def received(macie: Any, client: Callable[..., Any], tmp_path: Path) -> Received:
    """Set the demonstration up, and upload its files; returns the sentences that a topic's subscriber has got."""
    sqs, s3 = client("sqs"), client("s3")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("high", "low-medium")}
    client("cloudformation").create_stack(StackName="macie-demo", TemplateBody=json.dumps(TEMPLATE))
    for name, (regex, keyword) in IDENTIFIERS.items():
        macie.create_custom_data_identifier(name=name, regex=regex, keywords=[keyword])
    bucket = client("ssm").get_parameter(Name="/macie_demo/patient_data_bucket")["Parameter"]["Value"]
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
        s3.upload_file(str(tmp_path / name), bucket, f"synthea_data/{name}")
    sentences: dict[str, list[str]] = {name: [] for name in urls}

    def receive(name: str) -> list[str]:
        got = sqs.receive_message(QueueUrl=urls[name], MaxNumberOfMessages=10).get("Messages", [])
        sentences[name] += [json.loads(item["Body"])["Message"] for item in got]
        return sorted(sentences[name])

    return receive


def _job(macie: Any, client: Callable[..., Any], **more: Any) -> str:
    """Create a job as the scripts do; returns its id."""
    csv = {"simpleScopeTerm": {"comparator": "EQ", "key": "OBJECT_EXTENSION", "values": ["csv"]}}
    created = macie.create_classification_job(
        customDataIdentifierIds=[item["id"] for item in macie.list_custom_data_identifiers()["items"]],
        initialRun=True,
        s3JobDefinition={
            "bucketDefinitions": [
                {
                    "accountId": client("sts").get_caller_identity()["Account"],
                    "buckets": [
                        client("ssm").get_parameter(Name="/macie_demo/patient_data_bucket")["Parameter"]["Value"]
                    ],
                }
            ],
            "scoping": {"includes": {"and": [csv]}},
        },
        tags={"Project": "Amazon Macie Demo"},
        **more,
    )
    return created["jobId"]


def _sentence(job_id: str, severity: str, name: str) -> str:
    return (
        f'"Amazon Macie Finding Notification: Job Id {job_id}, AWS Account {ACCOUNT}. '
        f"Severity of {severity} for file '{BUCKET}/synthea_data/{name}'.\""
    )


def test_who_subscribes_reads_what_the_job_found(macie: Any, client: Callable[..., Any], received: Received) -> None:
    name = f"SyntheaPatientData_{int(time.time())}"
    job_id = _job(macie, client, jobType="ONE_TIME", name=name, description="Review Synthea patient data (1x)")
    assert await_job(macie, job_id)["jobStatus"] == "COMPLETE"
    found = await_findings(macie, 3)
    assert [item["type"].rpartition("/")[2] for item in found] == ["CustomIdentifier", "CustomIdentifier", "Personal"]
    custom = [_sentence(job_id, "Medium", "allergies.csv"), _sentence(job_id, "Medium", "patients.csv")]
    until(lambda: received("low-medium") == custom, "the sentences of the lower severities")
    high = sorted([*custom, _sentence(job_id, "High", "staff.csv")])
    until(lambda: received("high") == high, "the sentences of the highest severity and the identifiers")


def test_the_daily_job_reads_all_at_first_and_then_what_is_new(
    macie: Any, client: Callable[..., Any], received: Received, turn: Callable[..., None]
) -> None:
    job_id = _job(
        macie,
        client,
        jobType="SCHEDULED",
        scheduleFrequency={"dailySchedule": {}},
        name="SyntheaPatientData_Daily",
        samplingPercentage=100,
    )

    def idle() -> bool:
        return bool(macie.describe_classification_job(jobId=job_id)["jobStatus"] == "IDLE")

    until(idle, "the first run to end")
    await_findings(macie, 3)
    client("s3").put_object(Bucket=BUCKET, Key="synthea_data/new.csv", Body=FILES["allergies.csv"].encode())
    turn(clock_ahead_seconds=24 * 3600)
    until(idle, "the second run to end")
    assert len(await_findings(macie, 4)) == 4
    until(lambda: _sentence(job_id, "Medium", "new.csv") in received("low-medium"), "the sentence about the new file")
