"""Types without effect: templates that have them work, and the docs say so."""

from __future__ import annotations

from pathlib import Path

from localaws.cloudformation.without_effect import NAMES
from tests.localaws.cloudformation.conftest import Stack

DOCS = Path(__file__).parents[3] / "docs" / "local_aws.md"
TEMPLATE = """
Resources:
  Desk: {Type: AWS::Cloud9::EnvironmentEC2, Properties: {InstanceType: t3.small}}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: vpc-1, ServiceName: com.amazonaws.us-east-1.s3}}
Outputs:
  Desk: {Value: !GetAtt Desk.Arn}
  Endpoint: {Value: !Ref Endpoint}
"""


def test_stack_with_types_without_effect_is_made_changed_and_deleted(stack: Stack) -> None:
    assert stack.change(TEMPLATE, kind="CREATE") == "CREATE_COMPLETE"
    values = {item["OutputKey"]: item["OutputValue"] for item in stack.described["Outputs"]}
    assert values["Desk"].startswith("arn:aws:cloud9:us-east-1:123456789012:environmentec2/")
    assert stack.change(TEMPLATE.replace("small", "large")) == "UPDATE_COMPLETE"
    assert {item["OutputKey"]: item["OutputValue"] for item in stack.described["Outputs"]} == values
    stack.cloudformation.delete_stack(StackName="s")
    assert stack.cloudformation.describe_stacks()["Stacks"] == []


def test_docs_list_every_type_without_effect() -> None:
    text = DOCS.read_text()
    assert [name for name in NAMES if f"`{name}`" not in text] == []
