"""Change sets of the local CloudFormation, where moto's own differ from those of AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from localaws.server import LocalAws
from tests.localaws.conftest import error_of

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
BAD = "  Bad: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: none}}\nOutputs:"


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
        return {one["Name"]: one["Value"] for one in self.ssm.get_parameters(Names=names)["Parameters"]}

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
        one["ResourceChange"]["LogicalResourceId"]: one["ResourceChange"]["Action"] for one in change_set["Changes"]
    }


def test_new_stack_has_outputs_and_tells_its_resources(stack: Stack) -> None:
    assert stack.change(kind="CREATE") == "CREATE_COMPLETE"
    assert stack.described["Outputs"] == [{"OutputKey": "Bucket", "OutputValue": "kept"}]
    assert stack.settings == {"/plain": "a", "/filled": "a!", "/chosen": "c"}
    resources = ["Plain", "Filled", "Chosen", "Kept"]
    assert stack.events == [
        ("s", "REVIEW_IN_PROGRESS"),
        ("s", "CREATE_IN_PROGRESS"),
        *((name, "CREATE_COMPLETE") for name in resources),
        ("s", "CREATE_COMPLETE"),
    ]


def test_stack_that_is_not_there_is_announced_once_when_it_has_two_change_sets(stack: Stack) -> None:
    assert changes(stack.announce(kind="CREATE")) == dict.fromkeys(["Plain", "Filled", "Chosen", "Kept"], "Add")
    assert stack.change(kind="CREATE", Extra="yes") == "CREATE_COMPLETE"
    assert len(stack.cloudformation.describe_stacks()["Stacks"]) == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"Value": "new"}, {"Plain": "Modify", "Filled": "Modify"}),
        ({"Extra": "yes"}, {"Chosen": "Modify", "Added": "Add"}),
    ],
    ids=["by a reference and in a text", "by a condition"],
)
def test_change_of_a_parameter_changes_what_reads_it(
    stack: Stack, values: dict[str, str], expected: dict[str, str]
) -> None:
    stack.change(kind="CREATE")
    before = stack.settings
    assert changes(stack.announce(**values)) == expected
    assert stack.settings == before
    assert stack.change(**values) == "UPDATE_COMPLETE"
    assert stack.settings != before
    assert stack.change() == "UPDATE_COMPLETE"
    assert stack.settings == before


def test_change_set_has_failed_when_nothing_changes(stack: Stack) -> None:
    stack.change(kind="CREATE")
    change_set = stack.announce(Value="a")
    assert (change_set["Status"], change_set["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in change_set["StatusReason"]
    code, _, _ = error_of(stack.cloudformation.execute_change_set, ChangeSetName=change_set["ChangeSetId"])
    assert code == "ValidationError"


def test_change_set_may_be_executed_when_only_outputs_change(stack: Stack) -> None:
    stack.change(kind="CREATE")
    assert stack.change(TEMPLATE + "  Other: {Value: !Ref Plain}\n") == "UPDATE_COMPLETE"
    assert {"OutputKey": "Other", "OutputValue": "/plain"} in stack.described["Outputs"]


def test_stack_cannot_be_created_again(stack: Stack) -> None:
    stack.change(kind="CREATE")
    arguments = {"StackName": "s", "ChangeSetName": "c", "TemplateBody": TEMPLATE, "ChangeSetType": "CREATE"}
    assert error_of(stack.cloudformation.create_change_set, **arguments)[0] == "ValidationError"


def test_template_is_refused_when_nobody_makes_its_types_here(stack: Stack) -> None:
    template = "Resources: {E: {Type: AWS::MWAA::Environment}}"
    arguments = {"StackName": "s", "ChangeSetName": "c", "TemplateBody": template, "ChangeSetType": "CREATE"}
    code, _, message = error_of(stack.cloudformation.create_change_set, **arguments)
    assert (code, "[AWS::MWAA::Environment]" in message) == ("ValidationError", True)


def test_new_stack_is_rolled_back_when_a_resource_fails(stack: Stack) -> None:
    assert stack.change(TEMPLATE.replace("Outputs:", BAD), kind="CREATE") == "ROLLBACK_COMPLETE"
    assert ("Bad", "CREATE_FAILED") in stack.events
    assert (stack.settings, stack.buckets) == ({}, [])


def test_stack_is_as_it_was_when_an_update_fails(stack: Stack) -> None:
    stack.change(kind="CREATE")
    before = (stack.settings, stack.described["Outputs"])
    bad = TEMPLATE.replace("Outputs:", BAD).replace("  Plain:", "  Other:").replace("Name: /plain", "Name: /other")
    assert stack.change(bad.replace("!Ref Plain", "x"), Value="new") == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.events[-3:] == [
        ("Bad", "UPDATE_FAILED"),
        ("s", "UPDATE_ROLLBACK_IN_PROGRESS"),
        ("s", "UPDATE_ROLLBACK_COMPLETE"),
    ]
    assert (stack.settings, stack.described["Outputs"]) == before
    assert stack.announce()["Status"] == "FAILED"


def test_retained_bucket_stays_when_it_is_taken_out_of_the_template(stack: Stack) -> None:
    stack.change(kind="CREATE")
    without = TEMPLATE[: TEMPLATE.index("  Kept:")]
    assert stack.change(without) == "UPDATE_COMPLETE"
    assert stack.buckets == ["kept"]


def test_retained_bucket_stays_when_the_stack_is_deleted(stack: Stack) -> None:
    stack.change(kind="CREATE")
    stack.cloudformation.delete_stack(StackName="s")
    assert (stack.settings, stack.buckets) == ({}, ["kept"])
