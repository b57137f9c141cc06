"""Change sets of the local CloudFormation, where moto's own differ from those of AWS."""

from __future__ import annotations

from tests.localaws.cloudformation.conftest import TEMPLATE, Stack, changes
from tests.localaws.conftest import error_of

BAD = "  Bad: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: none}}\nOutputs:"


def test_new_stack_has_outputs_and_describes_its_resources(stack: Stack) -> None:
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


def test_stack_cannot_be_created_again(stack: Stack) -> None:
    stack.change(kind="CREATE")
    arguments = {"StackName": "s", "ChangeSetName": "c", "TemplateBody": TEMPLATE, "ChangeSetType": "CREATE"}
    assert error_of(stack.cloudformation.create_change_set, **arguments)[0] == "ValidationError"


def test_new_stack_is_rolled_back_when_a_resource_fails(stack: Stack) -> None:
    assert stack.change(TEMPLATE.replace("Outputs:", BAD), kind="CREATE") == "ROLLBACK_COMPLETE"
    assert ("Bad", "CREATE_FAILED") in stack.events
    assert (stack.settings, stack.buckets) == ({}, [])


def test_stack_is_as_it_was_when_an_update_fails(stack: Stack) -> None:
    stack.change(kind="CREATE")
    before = (stack.settings, stack.described["Outputs"])
    bad = TEMPLATE.replace("Outputs:", BAD).replace("  Plain:", "  Other:").replace("Name: /plain", "Name: /other")
    assert stack.change(bad.replace("!Ref Plain", "x"), Value="new") == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.events[-4:] == [
        ("Bad", "CREATE_FAILED"),
        ("s", "UPDATE_ROLLBACK_IN_PROGRESS"),
        ("Other", "DELETE_COMPLETE"),
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
