"""Functions of a stack, their versions and permissions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.localaws.cloudformation.conftest import Stack
from tests.localaws.conftest import error_of

TEMPLATE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: f
      Handler: index.handler
      Runtime: python3.12
      Timeout: "60"
      Role: !GetAtt Role.Arn
      Tags: [{Key: a, Value: b}]
      Code: {ZipFile: "def handler(event, context): return 1"}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Function}}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {Action: lambda:InvokeFunction, FunctionName: !GetAtt Function.Arn, Principal: events.amazonaws.com}
Outputs:
  Version: {Value: !GetAtt Version.Version}
"""


def returned(client: Callable[..., Any]) -> object:
    return json.loads(client("lambda").invoke(FunctionName="f")["Payload"].read())


def test_function_follows_its_template(client: Callable[..., Any], stack: Stack) -> None:
    assert stack.change(TEMPLATE, kind="CREATE") == "CREATE_COMPLETE"
    assert stack.described["Outputs"] == [{"OutputKey": "Version", "OutputValue": "1"}]
    functions = client("lambda")
    found = functions.get_function(FunctionName="f")
    assert (found["Configuration"]["Timeout"], found["Tags"]) == (60, {"a": "b"})
    assert returned(client) == 1
    assert stack.change(TEMPLATE.replace("return 1", "return 2").replace('"60"', "30")) == "UPDATE_COMPLETE"
    assert (returned(client), functions.get_function(FunctionName="f")["Configuration"]["Timeout"]) == (2, 30)


def test_permission_is_in_the_policy_until_it_leaves_the_template(client: Callable[..., Any], stack: Stack) -> None:
    stack.change(TEMPLATE, kind="CREATE")
    functions = client("lambda")
    (statement,) = json.loads(functions.get_policy(FunctionName="f")["Policy"])["Statement"]
    assert (statement["Principal"], statement["Effect"]) == ({"Service": "events.amazonaws.com"}, "Allow")
    start, end = TEMPLATE.index("  Permission:"), TEMPLATE.index("Outputs:")
    assert stack.change(TEMPLATE[:start] + TEMPLATE[end:]) == "UPDATE_COMPLETE"
    assert error_of(functions.get_policy, FunctionName="f")[0] == "ResourceNotFoundException"
    stack.cloudformation.delete_stack(StackName="s")
    assert functions.list_functions()["Functions"] == []
