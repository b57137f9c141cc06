"""Sessions of the releaser and the purger, with IAM enforced: each reads or deletes one version, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.exceptions import ClientError

from lake_gate.errors import ReviewError
from lake_gate.review.request import ReviewedFile
from lake_gate.review.sessions import MOST_POLICY_CHARACTERS, Purger, Releaser
from tests.lake import Lake
from tests.lake_gate.review.conftest import ROLE, quarantine
from tests.lake_gate.review.requests import CONTENT, make_file


@pytest.fixture
def releaser(lake: Lake, as_gate: Any, monkeypatch: pytest.MonkeyPatch) -> Releaser:
    """The releaser role as the gate assumes it."""
    monkeypatch.setattr(AwsBaseHook, "conn", property(lambda hook: as_gate(hook.client_type)))
    return Releaser(as_gate(), lake.settings.releaser_role_arn, lake.quarantine, "review-0123456789abcdef")


@pytest.fixture
def purger(lake: Lake, as_gate: Any, monkeypatch: pytest.MonkeyPatch) -> Purger:
    """The purger role as the gate assumes it."""
    monkeypatch.setattr(AwsBaseHook, "conn", property(lambda hook: as_gate(hook.client_type)))
    return Purger(as_gate(), lake.settings.purger_role_arn, lake.quarantine, "review-0123456789abcdef")


def reads(s3: Any, bucket: str, key: str, version_id: str = "") -> bool:
    version = {"VersionId": version_id} if version_id else {}
    try:
        return bool(s3.get_object(Bucket=bucket, Key=key, **version)["Body"].read())
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDenied"


def allow_everything(role: str) -> None:
    """Give a role an IAM policy that allows everything."""
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    boto3.client("iam").put_role_policy(
        RoleName=f"lake-{role}", PolicyName="all", PolicyDocument=json.dumps(everything)
    )


def test_session_reads_the_reviewed_version_and_nothing_else(lake: Lake, releaser: Releaser) -> None:
    file, other = quarantine(lake), quarantine(lake, "other.csv")
    later = lake.s3.put_object(Bucket=lake.quarantine, Key=file.key, Body=b"later")["VersionId"]
    lake.s3.put_object(Bucket=lake.bronze, Key="synthea/2/a.csv", Body=b"a", IfNoneMatch="*")
    session = releaser.client_for(file)
    place = lake.quarantine, file.key
    assert session.get_object(Bucket=place[0], Key=place[1], VersionId=file.version_id)["Body"].read() == CONTENT
    assert not reads(session, *place, later)
    assert not reads(session, *place)
    assert not reads(session, lake.quarantine, other.key, other.version_id)
    assert not reads(session, lake.bronze, "synthea/2/a.csv")
    for change in (
        lambda: session.put_object(Bucket=lake.quarantine, Key=file.key, Body=b""),
        lambda: session.delete_object(Bucket=lake.quarantine, Key=file.key, VersionId=file.version_id),
        lambda: session.put_object(Bucket=lake.bronze, Key="held/synthea/1/a.csv", Body=b""),
        lambda: session.list_objects_v2(Bucket=lake.quarantine),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            change()


@pytest.mark.parametrize("may_more", [False, True])
def test_session_deletes_the_reviewed_version_and_nothing_else(lake: Lake, purger: Purger, may_more: bool) -> None:
    """Also if the role may do more than its template says."""
    if may_more:
        allow_everything("purger")
    file, other = quarantine(lake), quarantine(lake, "other.csv")
    later = lake.s3.put_object(Bucket=lake.quarantine, Key=file.key, Body=b"later")["VersionId"]
    lake.s3.put_object(Bucket=lake.bronze, Key="synthea/2/a.csv", Body=b"a", IfNoneMatch="*")
    session: Any = purger.client_for(file)
    place = {"Bucket": lake.quarantine, "Key": file.key}
    changes: Any = (
        lambda: session.delete_object(**place),
        lambda: session.delete_object(**place, VersionId=later),
        lambda: session.delete_object(Bucket=lake.quarantine, Key=other.key, VersionId=other.version_id),
        lambda: session.delete_object(Bucket=lake.bronze, Key="synthea/2/a.csv"),
        lambda: session.get_object(**place, VersionId=file.version_id),
        lambda: session.get_object_tagging(**place, VersionId=file.version_id),
        lambda: session.put_object(**place, Body=b""),
        lambda: session.list_object_versions(Bucket=lake.quarantine),
    )
    for change in changes:
        with pytest.raises(ClientError, match="AccessDenied"):
            change()
    purger.delete(file)
    purger.delete(file)
    assert lake.versions(lake.quarantine, file.key) == [later]
    marker = lake.s3.delete_object(Bucket=lake.quarantine, Key=file.key)["VersionId"]
    purger.delete(replace(file, version_id=marker))
    assert "DeleteMarkers" not in lake.s3.list_object_versions(Bucket=lake.quarantine)


def test_purge_needs_the_statement_of_the_role(lake: Lake, purger: Purger) -> None:
    file, iam = quarantine(lake), boto3.client("iam")
    arn = "arn:aws:iam::123456789012:policy/lake-purge"
    nothing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [nothing]})
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    with pytest.raises(ClientError, match="AccessDenied"):
        purger.delete(file)


def test_gate_reads_no_version_without_the_role(lake: Lake, releaser: Releaser) -> None:
    file = quarantine(lake)
    assert not reads(releaser.s3, lake.quarantine, file.key, file.version_id)


@pytest.mark.parametrize("assumed", ["releaser", "purger"])
@pytest.mark.parametrize("role", ["gate", "reviewer", "releaser"])
def test_releaser_and_purger_are_assumed_by_the_gate_alone(lake: Lake, as_gate: Any, role: str, assumed: str) -> None:
    """An IAM policy that allows everything does not help."""
    allow_everything(role)
    assume = as_gate("sts", role).assume_role
    wanted = {"RoleArn": ROLE.format(assumed), "RoleSessionName": "test"}
    if role == "gate":
        assert assume(**wanted)["Credentials"]
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            assume(**wanted)


@pytest.mark.parametrize("sid", ["ReadVersions", "Decrypt"])
def test_every_statement_is_needed(lake: Lake, releaser: Releaser, sid: str) -> None:
    file, iam = quarantine(lake), boto3.client("iam")
    arn = "arn:aws:iam::123456789012:policy/lake-release"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document: Any = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    (other,) = (statement for statement in document["Statement"] if statement["Sid"] != sid)
    left = json.dumps({**document, "Statement": [other]})
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=left, SetAsDefault=True)
    with pytest.raises(ClientError, match="AccessDenied"):
        releaser.client_for(file).get_object(Bucket=lake.quarantine, Key=file.key, VersionId=file.version_id)


@pytest.mark.parametrize("name", ["a*.csv", "a?.csv", "${aws:username}.csv", "Zürich 東京 $.csv", 'quote".csv'])
def test_name_is_a_name_and_never_a_pattern(lake: Lake, releaser: Releaser, name: str) -> None:
    file = quarantine(lake, name)
    session = releaser.client_for(file)
    assert session.get_object(Bucket=lake.quarantine, Key=file.key, VersionId=file.version_id)["Body"].read() == CONTENT
    matching = replace(file, key="synthea/1/ab.csv", version_id=file.version_id)
    assert not reads(session, lake.quarantine, matching.key, matching.version_id)


def test_policy_has_only_characters_that_sts_takes_and_one_version() -> None:
    role = Releaser(boto3.client("s3"), "arn:aws-cn:iam::123456789012:role/r", "b", "review-0123456789abcdef")
    policy = role.policy_for(make_file(key="k/東京\x7f*.csv"))
    assert policy.isascii()
    (read, _) = json.loads(policy)["Statement"]
    assert read["Resource"] == "arn:aws-cn:s3:::b/k/東京\x7f${*}.csv"
    assert read["Condition"] == {"StringEquals": {"s3:VersionId": "v1"}}


def test_key_that_does_not_fit_into_a_policy_is_refused(releaser: Releaser) -> None:
    file: ReviewedFile = make_file(key="k/" + "東" * (MOST_POLICY_CHARACTERS // 6))
    with pytest.raises(ReviewError, match="too long"):
        releaser.client_for(file)


def test_role_is_the_one_of_the_template(lake: Lake) -> None:
    roles = lake.settings.releaser_role_arn, lake.settings.purger_role_arn
    assert roles == (ROLE.format("releaser"), ROLE.format("purger"))


def test_reviewer_reads_the_documents_of_a_request(lake: Lake, as_gate: Any) -> None:
    key = "_reviews/synthea/review-0123456789abcdef/request.json"
    lake.s3.put_object(Bucket=lake.bronze, Key=key, Body=b"{}", IfNoneMatch="*")
    assert reads(as_gate(role="reviewer"), lake.bronze, key)
