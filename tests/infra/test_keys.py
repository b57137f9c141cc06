"""Policies of the keys in the templates: the principals that may decrypt."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localaws.iam.callers import Caller
from localaws.iam.decision import ResourcePolicy, decide
from localaws.iam.policy import Permission, read_policy
from localaws.iam.switch import switch
from localaws.server import LocalAws
from ops import stacks
from tests.lake import Lake

ACCOUNT = "123456789012"
MACIE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie"


def may_decrypt(lake: Lake, key: str, role: str, account: str = ACCOUNT) -> bool:
    """Return whether a role without IAM policies for keys may decrypt; Macie's role has none, and can have none."""
    arn = lake.outputs[key]
    policy = read_policy(json.loads(boto3.client("kms").get_key_policy(KeyId=arn, PolicyName="default")["Policy"]))
    session = f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/session"
    who = Caller(session, role, account, "aws", "id", None, (), (), None, None)
    keys = {"aws:principalarn": (role,), "kms:calleraccount": (account,)}
    return decide(
        who, Permission("kms:Decrypt", arn, {}, ACCOUNT), keys, ResourcePolicy(policy, must_allow=True)
    ).is_allowed


def test_macie_may_decrypt_objects_of_the_lake(lake: Lake) -> None:
    assert may_decrypt(lake, "KeyArn", MACIE)


@pytest.mark.parametrize(
    ("key", "role", "account"),
    [
        ("QuarantineKeyArn", MACIE, ACCOUNT),
        ("KeyArn", f"arn:aws:iam::{ACCOUNT}:role/other", ACCOUNT),
        ("KeyArn", MACIE.replace(ACCOUNT, "210987654321"), "210987654321"),
    ],
    ids=["quarantine", "another role", "another account's Macie"],
)
def test_key_policies_alone_allow_no_other_principal_to_decrypt(lake: Lake, key: str, role: str, account: str) -> None:
    assert not may_decrypt(lake, key, role, account)


@pytest.mark.parametrize("role", ["lake-reviewer", "other"])
def test_macs_of_masking_are_denied_to_every_role_but_the_gates(lake: Lake, role: str) -> None:
    """An IAM policy that allows everything does not help."""
    iam = boto3.client("iam")
    mac: dict[str, Any] = {"KeyId": lake.outputs["MaskingKeyArn"], "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}

    def document(statement: dict[str, Any]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    if role == "other":
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=document(everything))
    switch.turn(True)

    def client_of(name: str) -> Any:
        assume: Any = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "RoleSessionName": "test"}
        keys = boto3.client("sts").assume_role(**assume)["Credentials"]
        secrets: Any = {"aws_secret_access_key": keys["SecretAccessKey"], "aws_session_token": keys["SessionToken"]}
        return boto3.client("kms", aws_access_key_id=keys["AccessKeyId"], **secrets)

    with pytest.raises(ClientError, match="AccessDenied"):
        client_of(role).generate_mac(**mac)
    assert client_of("lake-gate").generate_mac(**mac)["Mac"]
    with pytest.raises(ClientError, match="AccessDenied"):
        client_of("lake-gate").verify_mac(**mac, Mac=b"m" * 32)


def statement_in(policy: str) -> dict[str, Any]:
    """The statement that lets Macie write results."""
    (found,) = [item for item in json.loads(policy)["Statement"] if item["Sid"] == "AllowMacieToWriteResults"]
    return dict(found)


@pytest.mark.parametrize(
    ("region", "macie"),
    [
        ("eu-central-1", "macie.amazonaws.com"),
        ("eu-south-1", "macie.eu-south-1.amazonaws.com"),
        ("af-south-1", "macie.af-south-1.amazonaws.com"),
        ("ap-east-1", "macie.ap-east-1.amazonaws.com"),
        ("il-central-1", "macie.il-central-1.amazonaws.com"),
        ("me-south-1", "macie.me-south-1.amazonaws.com"),
    ],
)
def test_macie_has_the_name_of_its_region_where_an_account_has_to_enable_it(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, region: str, macie: str
) -> None:
    """The policies name only this Macie, and it may then write its results there."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    (template,) = stacks.read_templates(["storage"])
    cloudformation, s3, client = boto3.client("cloudformation"), boto3.client("s3"), boto3.client("macie2")
    cloudformation.create_stack(StackName="s", TemplateBody=template.body)
    outputs = stacks.outputs_of(stacks.find_stack(cloudformation, "s"))
    bucket, key = outputs["ResultsBucket"], outputs["KeyArn"]
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    policy_of_key = boto3.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    assert statement_in(policy)["Principal"] == statement_in(policy_of_key)["Principal"] == {"Service": macie}
    switch.turn(True)
    client.enable_macie()
    put = partial(
        client.put_classification_export_configuration,
        configuration={"s3Destination": {"bucketName": bucket, "kmsKeyArn": key}},
    )
    put()
    other = "macie.amazonaws.com" if region in macie else "macie.eu-south-1.amazonaws.com"
    s3.put_bucket_policy(Bucket=bucket, Policy=policy.replace(macie, other))
    with pytest.raises(ClientError, match="Macie may not write"):
        put()


@pytest.mark.parametrize("named", ["macie.eu-south-1.amazonaws.com", "macie.us-east-1.amazonaws.com"])
def test_key_is_not_made_when_its_policy_names_macie_of_another_region(aws: LocalAws, named: str) -> None:
    (template,) = stacks.read_templates(["storage"])
    body = template.body.replace('!Sub "macie.${AWS::Region}.amazonaws.com", macie.amazonaws.com]', f"x, {named}]")
    assert body != template.body
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody=body)
    (stack,) = cloudformation.describe_stacks(StackName="s")["Stacks"]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
