"""The condition keys of every request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localaws.conftest import error_of
from tests.localaws.iam.conftest import ROLE_ARN, AsRole, Client, allow, policy


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
