"""Requests of other accounts, and calls of services by themselves."""

from __future__ import annotations

import json
from typing import Any

from localaws.server import LocalAws
from tests.localaws.conftest import error_of, request, run_job
from tests.localaws.iam.conftest import ANYONE_TRUSTED, ROLE_ARN, AsRole, Client, allow, keys_of, policy

SWITCH = "/localaws/iam"


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
