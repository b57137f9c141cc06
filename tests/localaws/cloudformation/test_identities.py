"""Roles and their policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.localaws.cloudformation.conftest import Stack

TEMPLATE = """
Resources:
  Own:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: s3:GetObject, Resource: "*"}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: role
      AssumeRolePolicyDocument: '{"Version": "2012-10-17", "Statement": []}'
      ManagedPolicyArns: [!Ref Own, "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
      Policies: [{PolicyName: inline, PolicyDocument: '{"Version": "2012-10-17", "Statement": []}'}]
"""


def attached(client: Callable[..., Any]) -> list[str]:
    policies = client("iam").list_attached_role_policies(RoleName="role")["AttachedPolicies"]
    return sorted(policy["PolicyName"].partition("-")[0] for policy in policies)


def test_role_has_the_policies_of_its_template(client: Callable[..., Any], stack: Stack) -> None:
    assert stack.change(TEMPLATE, kind="CREATE") == "CREATE_COMPLETE"
    iam = client("iam")
    assert attached(client) == ["AWSLambdaBasicExecutionRole", "s"]
    document = iam.get_role_policy(RoleName="role", PolicyName="inline")["PolicyDocument"]
    assert document == {"Version": "2012-10-17", "Statement": []}
    assert iam.get_role(RoleName="role")["Role"]["AssumeRolePolicyDocument"] == document


def test_policies_follow_when_the_stack_is_updated(client: Callable[..., Any], stack: Stack) -> None:
    stack.change(TEMPLATE, kind="CREATE")
    assert stack.change(TEMPLATE.replace("[!Ref Own, ", "[").replace("PolicyName: inline", "PolicyName: new")) == (
        "UPDATE_COMPLETE"
    )
    assert attached(client) == ["AWSLambdaBasicExecutionRole"]
    assert client("iam").list_role_policies(RoleName="role")["PolicyNames"] == ["new"]
    stack.cloudformation.delete_stack(StackName="s")
    assert client("iam").list_roles()["Roles"] == []
