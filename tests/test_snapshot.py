"""What is restored from a snapshot is what clients saw before."""

from __future__ import annotations

from typing import Any

import boto3

from localaws.iam.stored import find_object
from tests.lake import Lake
from tests.snapshot import Snapshot


def seen(lake: Lake) -> dict[str, Any]:
    """What clients see of the services that a lake uses."""
    s3, bucket = lake.s3, {"Bucket": lake.bronze}
    versions = s3.list_object_versions(**bucket)
    (upload,) = s3.list_multipart_uploads(**bucket)["Uploads"]
    answers: dict[str, Any] = {
        "versions": [(item["Key"], item["VersionId"], item["ETag"]) for item in versions["Versions"]],
        "markers": [(item["Key"], item["VersionId"]) for item in versions["DeleteMarkers"]],
        "parts": s3.list_parts(**bucket, Key=upload["Key"], UploadId=upload["UploadId"])["Parts"],
        "tags": s3.get_object_tagging(**bucket, Key="a")["TagSet"],
        "found": find_object(lake.bronze, "a", None).etag,  # type: ignore[union-attr]  # by what enforces IAM
        "policy": s3.get_bucket_policy(**bucket)["Policy"],
        "keys": boto3.client("kms").list_keys()["Keys"],
        "parameters": boto3.client("ssm").get_parameter_history(Name="/mine")["Parameters"],
        "outputs": boto3.client("cloudformation").describe_stacks()["Stacks"],
        "queues": boto3.client("sqs").list_queues()["QueueUrls"],
        "subscriptions": boto3.client("sns").list_subscriptions()["Subscriptions"],
        "rules": boto3.client("events").list_rules()["Rules"],
        "roles": boto3.client("iam").list_roles()["Roles"],
        "macie": boto3.client("macie2").get_classification_export_configuration()["configuration"],
        "identifiers": boto3.client("macie2").list_custom_data_identifiers()["items"],
    }
    return answers


def change(lake: Lake) -> None:
    for content in (b"1", b"22"):
        lake.put(lake.bronze, "a", content)
    lake.s3.put_object_tagging(Bucket=lake.bronze, Key="a", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    lake.put(lake.bronze, "b", b"3")
    lake.s3.delete_object(Bucket=lake.bronze, Key="b")
    upload = lake.s3.create_multipart_upload(Bucket=lake.bronze, Key="c")["UploadId"]
    lake.s3.upload_part(Bucket=lake.bronze, Key="c", UploadId=upload, PartNumber=1, Body=b"4")
    for value in ("x", "y"):
        boto3.client("ssm").put_parameter(Name="/mine", Value=value, Type="String", Overwrite=True)
    boto3.client("macie2").create_custom_data_identifier(name="n", regex="a+")


def test_clients_see_the_state_of_the_snapshot_again_whatever_was_done_since(lake: Lake) -> None:
    change(lake)
    received = lake.messages_of(lake.settings.low_topic_arn)
    before = seen(lake)
    boto3.client("sns").publish(TopicArn=lake.settings.low_topic_arn, Message="waiting")
    snapshot = Snapshot({"lake": lake})
    for _ in range(2):
        assert [message["Message"] for message in received()] == ["waiting"]
        lake.s3.delete_object(Bucket=lake.bronze, Key="a", VersionId=before["versions"][0][1])
        boto3.client("ssm").delete_parameter(Name="/mine")
        boto3.client("kms").create_key()
        assert snapshot.restore()["lake"].bronze == lake.bronze
        assert seen(lake) == before


def test_copies_of_the_value_and_of_the_state_are_independent(lake: Lake) -> None:
    snapshot = Snapshot([1])
    first = snapshot.restore()
    first.append(2)
    lake.put(lake.bronze, "a", b"1")
    assert (snapshot.restore(), lake.keys(lake.bronze)) == ([1], [])
