"""Callers: users, roles and sessions with their policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from localaws.server import LocalAws
from tests.localaws.conftest import error_of, request
from tests.localaws.iam.conftest import ROLE_ARN, AsRole, Client, allow, deny, keys_of, policy
from tests.localaws.iam.test_enforcement import SWITCH


def test_unknown_credentials_are_the_root_of_the_account(enforced: LocalAws, client: Client) -> None:
    client("s3").create_bucket(Bucket="bronze")
    refused = deny("s3:*", "arn:aws:s3:::bronze", Principal="*")
    client("s3").put_bucket_policy(Bucket="bronze", Policy=policy(refused))
    client("s3", aws_access_key_id="local-only", aws_secret_access_key="x").list_objects_v2(Bucket="bronze")
    assert request(enforced, "GET", SWITCH)[1]["asked"] == []


@pytest.fixture
def as_user(enforced: LocalAws, client: Client) -> Callable[[], Client]:
    """Clients of the user ``bob``, who is in the group ``staff``."""

    def make() -> Client:
        iam = client("iam")
        iam.create_user(UserName="bob", Path="/people/", Tags=[{"Key": "team", "Value": "lake"}])
        iam.create_group(GroupName="staff")
        iam.add_user_to_group(GroupName="staff", UserName="bob")
        key = iam.create_access_key(UserName="bob")["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        return lambda service: client(service, **keys)

    return make


def test_a_user_may_do_what_own_and_group_policies_allow(as_user: Callable[[], Client], client: Client) -> None:
    bob, iam = as_user(), client("iam")
    calls = {
        "own": lambda: bob("sns").list_topics(),
        "attached": lambda: bob("sqs").list_queues(),
        "group": lambda: bob("ssm").describe_parameters(),
        "group attached": lambda: bob("logs").describe_log_groups(),
    }
    for call in calls.values():
        message = error_of(call)[2]
        assert message.startswith("User: arn:aws:iam::123456789012:user/people/bob is not authorized to perform: ")
    managed = {
        name: iam.create_policy(PolicyName=name, PolicyDocument=policy(allow(f"{name}:*")))["Policy"]["Arn"]
        for name in ("sqs", "logs")
    }
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy(allow("sns:*")))
    iam.attach_user_policy(UserName="bob", PolicyArn=managed["sqs"])
    iam.put_group_policy(GroupName="staff", PolicyName="p", PolicyDocument=policy(allow("ssm:*")))
    iam.attach_group_policy(GroupName="staff", PolicyArn=managed["logs"])
    for call in calls.values():
        call()


def test_names_and_tags_of_a_user_are_variables(as_user: Callable[[], Client], client: Client) -> None:
    bob = as_user()
    home = "arn:aws:s3:::home-${aws:PrincipalTag/team}"
    own = allow(
        "s3:CreateBucket", home, Condition={"StringEquals": {"aws:username": "bob", "aws:PrincipalType": "User"}}
    )
    client("iam").put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy(own))
    bob("s3").create_bucket(Bucket="home-lake")
    assert error_of(bob("s3").create_bucket, Bucket="home-sea")[0] == "AccessDenied"


def test_a_role_has_the_version_in_force_of_a_managed_policy(as_role: AsRole, client: Client) -> None:
    iam, gate = client("iam"), as_role()
    arn = iam.create_policy(PolicyName="p", PolicyDocument=policy(allow("sns:*")))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("sqs:*")), SetAsDefault=False)
    iam.attach_role_policy(RoleName="gate", PolicyArn=arn)
    gate("sns").list_topics()
    assert error_of(gate("sqs").list_queues)[0] == "AccessDenied"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    gate("sqs").list_queues()
    assert error_of(gate("sns").list_topics)[0] == "AuthorizationError"


def test_a_permissions_boundary_and_a_session_policy_narrow_a_role(as_role: AsRole, client: Client) -> None:
    iam = client("iam")
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=policy(allow(["sns:*", "sqs:*"])))["Policy"]["Arn"]
    gate = as_role(
        allow(["sns:*", "sqs:*", "ssm:*"]),
        session_policy=policy(allow(["sns:*", "ssm:*"])),
        PermissionsBoundary=boundary,
    )
    gate("sns").list_topics()
    assert error_of(gate("sqs").list_queues)[2].endswith("because no session policy allows the sqs:ListQueues action")
    assert "because no permissions boundary allows the ssm:" in error_of(gate("ssm").describe_parameters)[2]


def test_a_role_is_assumed_by_whom_it_trusts(as_role: AsRole, client: Client) -> None:
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html."""
    iam, sts = client("iam"), as_role(allow("sts:AssumeRole", "arn:aws:iam::123456789012:role/other"))("sts")
    other: dict[str, Any] = {"RoleArn": "arn:aws:iam::123456789012:role/other", "RoleSessionName": "run"}
    assert "no resource-based policy allows" in error_of(sts.assume_role, **other)[2]
    trust = {"Effect": "Allow", "Principal": {"Service": "macie.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="other", AssumeRolePolicyDocument=policy(trust))
    assert "no resource-based policy allows" in error_of(sts.assume_role, **other)[2]
    trust["Principal"] = {"AWS": "arn:aws:iam::123456789012:root"}
    iam.update_assume_role_policy(RoleName="other", PolicyDocument=policy(trust))
    sts.assume_role(**other)
    iam.delete_role_policy(RoleName="gate", PolicyName="own")
    assert "no identity-based policy allows" in error_of(sts.assume_role, **other)[2]
    trust["Principal"] = {"AWS": ROLE_ARN}
    iam.update_assume_role_policy(RoleName="other", PolicyDocument=policy(trust))
    sts.assume_role(**other)


def test_a_session_of_a_role_that_does_not_exist_may_do_nothing(enforced: LocalAws, client: Client) -> None:
    answer = client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/none", RoleSessionName="run")
    assert error_of(client("s3", **keys_of(answer["Credentials"])).list_buckets)[0] == "AccessDenied"
