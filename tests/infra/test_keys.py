"""Keys as the templates make them: who opens what, by the key's own word."""

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
    """Whether a role without any policy of its own may decrypt: Macie's has none about keys, and takes none."""
    arn = lake.outputs[key]
    policy = read_policy(json.loads(boto3.client("kms").get_key_policy(KeyId=arn, PolicyName="default")["Policy"]))
    session = f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/session"
    who = Caller(session, role, account, "aws", "id", None, (), (), None, None)
    keys = {"aws:principalarn": (role,), "kms:calleraccount": (account,)}
    return decide(
        who, Permission("kms:Decrypt", arn, {}, ACCOUNT), keys, ResourcePolicy(policy, must_allow=True)
    ).is_allowed


def test_macie_opens_what_it_has_to_read(lake: Lake) -> None:
    assert may_decrypt(lake, "KeyArn", MACIE)


@pytest.mark.parametrize(
    ("key", "role", "account"),
    [
        ("QuarantineKeyArn", MACIE, ACCOUNT),
        ("KeyArn", f"arn:aws:iam::{ACCOUNT}:role/somebody", ACCOUNT),
        ("KeyArn", MACIE.replace(ACCOUNT, "210987654321"), "210987654321"),
    ],
    ids=["quarantine", "another role", "another account's Macie"],
)
def test_nobody_else_opens_anything_by_the_keys_word_alone(lake: Lake, key: str, role: str, account: str) -> None:
    assert not may_decrypt(lake, key, role, account)
