"""Policies of the keys in the templates: the principals that may decrypt."""

from __future__ import annotations

import json

import boto3
import pytest

from localaws.iam.callers import Caller
from localaws.iam.decision import ResourcePolicy, decide
from localaws.iam.policy import Permission, read_policy
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
