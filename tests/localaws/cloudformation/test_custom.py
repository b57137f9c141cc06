"""Custom resources and their functions."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from localaws.cloudformation.callbacks import PATH, callbacks
from localaws.server import LocalAws
from tests.localaws.cloudformation.conftest import Stack

TEMPLATE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: filled}}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: f
      Handler: index.handler
      Runtime: python3.12
      Timeout: 60
      Role: !GetAtt Role.Arn
      Code:
        ZipFile: |
          import boto3, cfnresponse
          def handler(event, context):
              wanted = event["ResourceProperties"]
              if wanted["Does"] == "fail":
                  return cfnresponse.send(event, context, cfnresponse.FAILED, {}, reason="not today")
              if wanted["Does"] == "not answer":
                  return
              s3 = boto3.client("s3")
              if event["RequestType"] == "Delete":
                  s3.delete_object(Bucket=wanted["Bucket"], Key=event["PhysicalResourceId"])
              else:
                  s3.put_object(Bucket=wanted["Bucket"], Key=wanted["Key"], Body=event["RequestType"].encode())
              cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Size": wanted["Size"]}, wanted["Key"])
  Filled:
    Type: Custom::Filled
    Properties: {ServiceToken: !GetAtt Function.Arn, Bucket: !Ref Bucket, Key: a, Size: 3, Does: work}
Outputs:
  Filled: {Value: !Join [" ", [!Ref Filled, !GetAtt Filled.Size]]}
"""


def keys(client: Callable[..., Any]) -> list[str]:
    return [item["Key"] for item in client("s3").list_objects_v2(Bucket="filled").get("Contents", [])]


def test_function_makes_changes_replaces_and_deletes_the_resource(client: Callable[..., Any], stack: Stack) -> None:
    assert stack.change(TEMPLATE, kind="CREATE") == "CREATE_COMPLETE"
    assert (stack.described["Outputs"][0]["OutputValue"], keys(client)) == ("a 3", ["a"])
    assert stack.change(TEMPLATE.replace("Size: 3", "Size: 4")) == "UPDATE_COMPLETE"
    assert (stack.described["Outputs"][0]["OutputValue"], keys(client)) == ("a 4", ["a"])
    assert stack.change(TEMPLATE.replace("Key: a", "Key: b")) == "UPDATE_COMPLETE"
    assert keys(client) == ["b"]
    stack.cloudformation.delete_stack(StackName="s")
    assert client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize(("does", "reason"), [("fail", "not today"), ("not answer", "failed to respond")])
def test_stack_is_rolled_back_when_the_function_does_not_make_the_resource(
    client: Callable[..., Any], stack: Stack, does: str, reason: str
) -> None:
    assert stack.change(TEMPLATE.replace("Does: work", f"Does: {does}"), kind="CREATE") == "ROLLBACK_COMPLETE"
    events = stack.cloudformation.describe_stack_events(StackName="s")["StackEvents"]
    (found,) = [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
    assert reason in found
    assert client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize(
    ("token", "body"),
    [("unknown", b"{}"), (None, b"no json"), (None, b"[]"), (None, b"x" * 5000)],
    ids=["not waited for", "not JSON", "not an object", "too large"],
)
def test_answer_is_refused(aws: LocalAws, token: str | None, body: bytes) -> None:
    token = token or callbacks.expect()
    asked = urllib.request.Request(f"{aws.endpoint_url}{PATH}{token}", body, method="PUT")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)
    refused.value.close()
    assert refused.value.code == 403


BREAKS = {
    "half a response": "import os, sys; os.write(int(sys.argv[2]), b'{'); os._exit(0)",
    "no home": "import os, shutil; shutil.rmtree(os.environ['HOME']); os._exit(0)",
    "nesting": "import urllib.request as u; u.urlopen(u.Request(event['ResponseURL'], b'[' * 4000, method='PUT'))",
}


@pytest.mark.parametrize("statement", BREAKS.values(), ids=BREAKS)
def test_function_that_damages_its_files_fails_the_stack(stack: Stack, statement: str) -> None:
    template = TEMPLATE.replace("import boto3, cfnresponse\n", "\n").replace(
        'wanted = event["ResourceProperties"]', statement
    )
    assert stack.change(template, kind="CREATE") == "ROLLBACK_COMPLETE"
    assert stack.buckets == []
