"""The switch, who is asked for permissions, and what is told of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from localaws.iam.switch import switch
from localaws.server import LocalAws
from tests.localaws.conftest import error_of, request, run_job
from tests.localaws.iam.conftest import ANYONE_TRUSTED, ROLE_ARN, AsRole, Client, allow, deny, keys_of, policy
from tests.localaws.waiting import until

ROOT = Path(__file__).parents[3]
SWITCH = "/localaws/iam"


def test_nothing_is_refused_until_it_is_switched_on(as_role: AsRole, aws: LocalAws) -> None:
    s3 = as_role()("s3")
    assert request(aws, "PUT", SWITCH, {"enforced": False})[0] == 200
    assert s3.list_buckets()["Buckets"] == []
    assert request(aws, "GET", SWITCH)[1] == {"enforced": False, "asked": []}
    request(aws, "PUT", SWITCH, {"enforced": True})
    assert error_of(s3.list_buckets)[0] == "AccessDenied"


@pytest.mark.parametrize("body", [None, {}, {"enforced": "yes"}, {"enforced": True, "more": 1}, ["enforced"]])
def test_the_switch_takes_nothing_else(enforced: LocalAws, body: Any) -> None:
    assert request(enforced, "PUT", SWITCH, body)[0] == 400
    assert request(enforced, "GET", SWITCH)[1]["enforced"] is True
    assert request(enforced, "POST", SWITCH)[0] == 405


@pytest.mark.parametrize(("method", "path"), [("DELETE", SWITCH), ("POST", "/moto-api/reset")])
def test_a_reset_switches_off_and_forgets(as_role: AsRole, enforced: LocalAws, method: str, path: str) -> None:
    error_of(as_role()("s3").list_buckets)
    assert request(enforced, "GET", SWITCH)[1]["asked"]
    assert request(enforced, method, path)[0] == 200
    assert request(enforced, "GET", SWITCH)[1] == {"enforced": False, "asked": []}


def test_a_server_that_starts_with_it_comes_back_to_it(aws: LocalAws) -> None:
    try:
        switch.start_with(True)
        assert request(aws, "PUT", SWITCH, {"enforced": False})[1]["enforced"] is False
        assert request(aws, "DELETE", SWITCH)[1]["enforced"] is True
    finally:
        switch.start_with(False)


@pytest.mark.parametrize(("said", "is_on"), [("true", True), ("false", False)])
def test_the_environment_of_the_server_says_how_it_starts(tmp_path: Path, said: str, is_on: bool) -> None:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "localaws.server", "--port-file", str(port_file)]
    environment = {**os.environ, "LOCALAWS_ENFORCE_IAM": said}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            port = until(lambda: port_file.exists() and port_file.read_text(), "the port file").strip()
            told = requests.get(f"http://127.0.0.1:{port}{SWITCH}", timeout=10).json()
        finally:
            process.kill()
    assert told == {"enforced": is_on, "asked": []}


def test_what_was_asked_is_told_with_the_statement_that_decided(as_role: AsRole, enforced: LocalAws) -> None:
    topics = allow("sns:ListTopics", Sid="Topics")
    gate = as_role(topics, deny("sqs:*", Sid="NoQueues"))
    for _ in range(2):
        gate("sns").list_topics()
    error_of(gate("sqs").list_queues)
    error_of(gate("ssm").describe_parameters)
    told = request(enforced, "GET", SWITCH)[1]["asked"]
    common = {"principal": ROLE_ARN, "resource": "*"}
    assert told == [
        {**common, "action": "sns:ListTopics", "allowed": True, "by": "Topics", "times": 2},
        {**common, "action": "sqs:ListQueues", "allowed": False, "by": "NoQueues", "times": 1},
        {**common, "action": "ssm:DescribeParameters", "allowed": False, "by": "", "times": 1},
    ]


def test_credentials_that_nobody_made_are_the_root_of_the_account(enforced: LocalAws, client: Client) -> None:
    client("s3").create_bucket(Bucket="bronze")
    refused = deny("s3:*", "arn:aws:s3:::bronze", Principal="*")
    client("s3").put_bucket_policy(Bucket="bronze", Policy=policy(refused))
    client("s3", aws_access_key_id="local-only", aws_secret_access_key="x").list_objects_v2(Bucket="bronze")
    assert request(enforced, "GET", SWITCH)[1]["asked"] == []


# ---- users


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


# ---- roles


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


@pytest.mark.parametrize(
    ("condition", "is_allowed"),
    [
        ({"ArnEquals": {"aws:PrincipalArn": ROLE_ARN}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::*:assumed-role/gate/*"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": "123456789012", "aws:ResourceAccount": "123456789012"}}, True),
        ({"StringEquals": {"aws:PrincipalTag/team": "lake"}}, True),
        ({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, True),
        ({"StringLike": {"aws:userid": "*:run"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
        (
            {
                "Bool": {
                    "aws:SecureTransport": "true",
                    "aws:ViaAWSService": "false",
                    "aws:PrincipalIsAWSService": "false",
                }
            },
            True,
        ),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"StringLike": {"aws:UserAgent": "Boto3/*"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z", "aws:EpochTime": "1577836800"}}, True),
        ({"Null": {"aws:username": "true", "aws:SourceAccount": "true"}}, True),
    ],
)
def test_what_every_request_says_of_itself_is_a_condition(as_role: AsRole, condition: Any, is_allowed: bool) -> None:
    gate = as_role(allow("sns:ListTopics", Condition=condition), Tags=[{"Key": "team", "Value": "lake"}])
    if is_allowed:
        gate("sns").list_topics()
    else:
        assert error_of(gate("sns").list_topics)[0] == "AuthorizationError"


def test_connections_count_as_tls_1_2_signed_with_version_4(client: Client, as_role: AsRole) -> None:
    client("s3").create_bucket(Bucket="bronze")
    modern = {
        "NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"},
        "StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"},
    }
    s3 = as_role(allow("s3:ListAllMyBuckets", Condition=modern))("s3")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["bronze"]
    old = {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    only_old = policy(allow("s3:ListAllMyBuckets", Condition=old))
    client("iam").put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=only_old)
    assert error_of(s3.list_buckets)[0] == "AccessDenied"


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


def test_a_bucket_of_another_account_needs_both(enforced: LocalAws, client: Client, as_role: AsRole) -> None:
    gate = as_role(allow("s3:ListBucket"))("s3")
    there = client("sts").assume_role(RoleArn="arn:aws:iam::210987654321:role/admin", RoleSessionName="run")
    request(enforced, "PUT", SWITCH, {"enforced": False})
    theirs = client("s3", **keys_of(there["Credentials"]))
    theirs.create_bucket(Bucket="theirs")
    request(enforced, "PUT", SWITCH, {"enforced": True})
    assert "no resource-based policy allows" in error_of(gate.list_objects_v2, Bucket="theirs")[2]
    request(enforced, "PUT", SWITCH, {"enforced": False})
    theirs.put_bucket_policy(
        Bucket="theirs", Policy=policy(allow("s3:ListBucket", "arn:aws:s3:::theirs", Principal={"AWS": ROLE_ARN}))
    )
    request(enforced, "PUT", SWITCH, {"enforced": True})
    gate.list_objects_v2(Bucket="theirs")


# ---- what services do by themselves


def test_macie_reads_and_writes_by_itself(repository: None, macie: Any, s3: Any, as_role: AsRole) -> None:
    writes = allow("s3:PutObject", "arn:aws:s3:::results/*", Principal={"Service": "macie.amazonaws.com"})
    s3.put_bucket_policy(Bucket="results", Policy=policy(writes))
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"x")
    gate = as_role(allow("macie2:*"))("macie2")
    run_job(gate)
    assert s3.list_objects_v2(Bucket="results")["KeyCount"] > 0


def test_a_template_makes_a_role_that_is_enforced(enforced: LocalAws, client: Client) -> None:
    properties = {
        "RoleName": "made",
        "AssumeRolePolicyDocument": json.loads(policy(ANYONE_TRUSTED)),
        "Policies": [{"PolicyName": "own", "PolicyDocument": json.loads(policy(allow("sns:ListTopics")))}],
    }
    body = json.dumps({"Resources": {"Gate": {"Type": "AWS::IAM::Role", "Properties": properties}}})
    client("cloudformation").create_stack(StackName="s", TemplateBody=body)
    answer = client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/made", RoleSessionName="run")
    keys = keys_of(answer["Credentials"])
    client("sns", **keys).list_topics()
    assert error_of(client("sqs", **keys).list_queues)[0] == "AccessDenied"
