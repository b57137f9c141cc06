"""The deployed templates of the lake, and stacks with change sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dev.setup import set_up
from localaws.server import LocalAws
from ops import stacks
from ship.changes import Changer

TEMPLATE = """
Parameters:
  Value: {Type: String, Default: a}
  Extra: {Type: String, Default: "no"}
Conditions:
  HasExtra: !Equals [!Ref Extra, "yes"]
Resources:
  Plain: {Type: AWS::SSM::Parameter, Properties: {Name: /plain, Type: String, Value: !Ref Value}}
  Filled: {Type: AWS::SSM::Parameter, Properties: {Name: /filled, Type: String, Value: !Sub "${Value}!"}}
  Chosen: {Type: AWS::SSM::Parameter, Properties: {Name: /chosen, Type: String, Value: !If [HasExtra, b, c]}}
  Added: {Type: AWS::SSM::Parameter, Condition: HasExtra, Properties: {Name: /added, Type: String, Value: d}}
  Kept: {Type: AWS::S3::Bucket, DeletionPolicy: RetainExceptOnCreate, Properties: {BucketName: kept}}
Outputs:
  Bucket: {Value: !Ref Kept}
"""


class Stack:
    def __init__(self, client: Callable[..., Any]) -> None:
        self.cloudformation, self.ssm, self.s3 = client("cloudformation"), client("ssm"), client("s3")

    def announce(self, template: str = TEMPLATE, kind: str = "UPDATE", **values: str) -> dict[str, Any]:
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
        made = self.cloudformation.create_change_set(
            StackName="s", ChangeSetName="c", TemplateBody=template, ChangeSetType=kind, Parameters=parameters
        )
        described: dict[str, Any] = self.cloudformation.describe_change_set(ChangeSetName=made["Id"])
        return described

    def change(self, template: str = TEMPLATE, kind: str = "UPDATE", **values: str) -> str:
        self.cloudformation.execute_change_set(ChangeSetName=self.announce(template, kind, **values)["ChangeSetId"])
        return str(self.described["StackStatus"])

    @property
    def described(self) -> dict[str, Any]:
        (stack,) = self.cloudformation.describe_stacks(StackName="s")["Stacks"]
        return dict(stack)

    @property
    def settings(self) -> dict[str, str]:
        names = ["/plain", "/filled", "/chosen", "/added"]
        return {
            parameter["Name"]: parameter["Value"] for parameter in self.ssm.get_parameters(Names=names)["Parameters"]
        }

    @property
    def buckets(self) -> list[str]:
        return [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]

    @property
    def events(self) -> list[tuple[str, str]]:
        """The first one first, as CloudFormation does not list them."""
        events = self.cloudformation.describe_stack_events(StackName="s")["StackEvents"]
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in events[::-1]]


@pytest.fixture
def stack(aws: LocalAws, client: Callable[..., Any]) -> Stack:
    return Stack(client)


def changes(change_set: dict[str, Any]) -> dict[str, str]:
    return {
        item["ResourceChange"]["LogicalResourceId"]: item["ResourceChange"]["Action"] for item in change_set["Changes"]
    }


BUCKETS = ["BronzeBucket", "SilverBucket", "QuarantineBucket", "SourceBucket", "ResultsBucket", "AirflowBucket"]


PARAMETERS = {"LocalSourceRoot": "/deliveries", "EvidenceSettleSeconds": "3"}


TEMPLATES = {template.name: template.body for template in stacks.read_templates(stacks.LOCAL)}


Client = Callable[..., Any]


@pytest.fixture
def outputs(aws: LocalAws) -> dict[str, str]:
    """What the stack says of itself, deployed as on a laptop."""
    return set_up(local_source_root=PARAMETERS["LocalSourceRoot"])


def update(client: Client, stack: str, template: str | None = None, **parameters: str) -> None:
    """Change a stack as it is done in AWS: by a change set."""
    cloudformation, name = client("cloudformation"), f"lake-{stack}"
    before = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Parameters"]
    values = {item["ParameterKey"]: item["ParameterValue"] for item in before} | parameters
    changer = Changer(cloudformation, show=lambda _: None)
    changer.apply(name, stacks.Template(stack, template or TEMPLATES[stack]), values)
