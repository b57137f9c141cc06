"""The lake's template, deployed on the local AWS over HTTP: what it makes, and what a change of it changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dev.setup import set_up
from tests.localaws.cloudformation.conftest import BUCKETS, PARAMETERS, TEMPLATES, Client, update
from tests.localaws.conftest import ACCOUNT, error_of


def settings(client: Client) -> dict[str, str]:
    pages = client("ssm").get_paginator("get_parameters_by_path").paginate(Path="/lake_gate")
    return {parameter["Name"]: parameter["Value"] for page in pages for parameter in page["Parameters"]}


def topics(client: Client) -> set[str]:
    return {topic["TopicArn"] for topic in client("sns").list_topics()["Topics"]}


def test_buckets_are_those_of_the_outputs_when_the_template_is_deployed(
    client: Client, outputs: dict[str, str]
) -> None:
    found = {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}
    assert found == {outputs[name] for name in BUCKETS}
    assert all(name.endswith(f"-{ACCOUNT}-us-east-1") for name in found)


def test_only_macie_may_write_results_when_the_template_is_deployed(client: Client, outputs: dict[str, str]) -> None:
    s3, bucket = client("s3"), outputs["ResultsBucket"]
    statements = {item["Sid"]: item for item in json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]}
    assert [sid for sid, statement in statements.items() if statement["Effect"] == "Allow"] == [
        "AllowMacieToWriteResults"
    ]
    assert statements["DenyWritesExceptMacie"]["Condition"] == {
        "StringNotEquals": {"aws:PrincipalServiceName": ["macie.amazonaws.com", "macie.us-east-1.amazonaws.com"]}
    }
    assert statements["AllowMacieToWriteResults"] == {
        "Sid": "AllowMacieToWriteResults",
        "Effect": "Allow",
        "Principal": {"Service": "macie.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:GetBucketLocation"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }


def test_settings_name_what_the_stack_made_when_the_template_is_deployed(
    client: Client, outputs: dict[str, str]
) -> None:
    assert settings(client) == {
        "/lake_gate/bronze_bucket": outputs["BronzeBucket"],
        "/lake_gate/silver_bucket": outputs["SilverBucket"],
        "/lake_gate/quarantine_bucket": outputs["QuarantineBucket"],
        "/lake_gate/high_topic_arn": outputs["HighTopicArn"],
        "/lake_gate/low_topic_arn": outputs["LowTopicArn"],
        "/lake_gate/source": f"s3://{outputs['SourceBucket']}/deliveries/",
        "/lake_gate/local_source_root": "/deliveries",
        "/lake_gate/evidence_settle_seconds": "3",
        "/lake_gate/evidence_deadline_seconds": "3600",
        "/lake_gate/results_bucket": outputs["ResultsBucket"],
        "/lake_gate/results_key_arn": outputs["KeyArn"],
        "/lake_gate/masking_key": outputs["MaskingKeyArn"],
        "/lake_gate/dead_letter_queue_url": outputs["DeadLetterQueueUrl"],
        "/lake_gate/ledger_bucket": outputs["BronzeBucket"],
        "/lake_gate/releaser_role_arn": f"arn:aws:iam::{ACCOUNT}:role/lake-releaser",
        "/lake_gate/purger_role_arn": f"arn:aws:iam::{ACCOUNT}:role/lake-purger",
    }
    assert topics(client) == {outputs["HighTopicArn"], outputs["LowTopicArn"]}


def finding_of(bucket: str, severity: str, custom_identifier: str) -> dict[str, Any]:
    """The parts of a finding that the template's rules look at."""
    detections = [{"name": custom_identifier, "count": 1}]
    return {
        "id": f"{bucket}-{severity}",
        "severity": {"description": severity},
        "resourcesAffected": {"s3Bucket": {"name": bucket}},
        "classificationDetails": {"result": {"customDataIdentifiers": {"detections": detections}}},
    }


def in_queue(client: Client, url: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    while batch := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in batch]
    return found


@pytest.mark.parametrize(
    ("severity", "identifier", "times"),
    [("High", "another", 1), ("Medium", "another", 1), ("Low", "another", 1), ("High", "Patient ID", 2)],
)
def test_finding_about_bronze_or_silver_becomes_a_hint_once_for_each_rule(
    client: Client, outputs: dict[str, str], severity: str, identifier: str, times: int
) -> None:
    buckets = [outputs[name] for name in ("BronzeBucket", "SilverBucket", "QuarantineBucket")]
    entries = [
        {
            "Source": "aws.macie",
            "DetailType": "Macie Finding",
            "Detail": json.dumps(finding_of(bucket, severity, identifier)),
        }
        for bucket in buckets
    ]
    client("events").put_events(Entries=entries)
    hint = {"account": ACCOUNT, "region": "us-east-1", "severity": severity}
    expected = [{**hint, "finding": f"{bucket}-{severity}"} for bucket in buckets[:2] for _ in range(times)]
    found = in_queue(client, outputs["FindingsQueueUrl"])
    assert sorted(found, key=lambda item: item["finding"]) == expected


def test_nothing_changes_when_the_lake_is_set_up_again(client: Client, outputs: dict[str, str]) -> None:
    version = client("s3").put_object(Bucket=outputs["BronzeBucket"], Key="a.csv", Body=b"kept")["VersionId"]

    def all_there_is() -> list[Any]:
        cloudformation, s3, ssm = client("cloudformation"), client("s3"), client("ssm")
        return [
            cloudformation.describe_stacks()["Stacks"],
            [cloudformation.describe_stack_resources(StackName=f"lake-{name}")["StackResources"] for name in TEMPLATES],
            s3.list_buckets()["Buckets"],
            ssm.get_parameters_by_path(Path="/lake_gate")["Parameters"],
            topics(client),
            client("kms").list_keys()["Keys"],
            client("macie2").get_macie_session()["createdAt"],
            client("macie2").get_classification_export_configuration()["configuration"],
        ]

    before = all_there_is()
    assert set_up(local_source_root=PARAMETERS["LocalSourceRoot"]) == outputs
    assert all_there_is() == before
    assert client("s3").get_object(Bucket=outputs["BronzeBucket"], Key="a.csv")["VersionId"] == version


def test_settings_follow_when_the_stack_is_updated(client: Client, outputs: dict[str, str]) -> None:
    update(client, "pipeline", Source="s3://elsewhere/synthea/", EvidenceSettleSeconds="7")
    found = settings(client)
    assert found["/lake_gate/source"] == "s3://elsewhere/synthea/"
    assert found["/lake_gate/evidence_settle_seconds"] == "7"
    assert found["/lake_gate/bronze_bucket"] == outputs["BronzeBucket"]


def test_only_what_the_templates_retain_is_left_when_the_stacks_are_deleted(
    client: Client, outputs: dict[str, str]
) -> None:
    s3, cloudformation = client("s3"), client("cloudformation")
    s3.put_object(Bucket=outputs["SilverBucket"], Key="a.csv", Body=b"kept")
    for name in reversed(TEMPLATES):
        cloudformation.delete_stack(StackName=f"lake-{name}")
        code, _, message = error_of(cloudformation.describe_stacks, StackName=f"lake-{name}")
        assert (code, f"lake-{name}" in message) == ("ValidationError", True)
    assert settings(client) == {}
    assert topics(client) == set()
    assert client("iam").list_roles()["Roles"] == []
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    # A bucket without its policy could be read by every principal with permission to read buckets; disabling Macie
    # would delete its findings.
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} == {outputs[name] for name in BUCKETS}
    assert all(s3.get_bucket_policy(Bucket=outputs[name])["Policy"] for name in BUCKETS)
    assert s3.get_object(Bucket=outputs["SilverBucket"], Key="a.csv")["Body"].read() == b"kept"
    assert client("macie2").get_macie_session()["status"] == "ENABLED"
