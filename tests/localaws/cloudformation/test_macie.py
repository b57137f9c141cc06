"""Macie's four types: made, read by other resources, changed and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.localaws.cloudformation.conftest import Stack

TEMPLATE = """
Resources:
  Identifier:
    Type: AWS::Macie::CustomDataIdentifier
    Properties:
      Name: Example ID
      Regex: "EX-[0-9]{6}"
      Keywords: [example]
      MaximumMatchDistance: "40"
      Tags: [{Key: a, Value: b}]
  Filter:
    Type: AWS::Macie::FindingsFilter
    Properties:
      Name: example
      Action: ARCHIVE
      Position: 1
      FindingCriteria: {Criterion: {severity.description: {eq: [Low]}, count: {gte: 2}}}
      Tags: [{Key: a, Value: b}]
  List:
    Type: AWS::Macie::AllowList
    Properties: {Name: example, Criteria: {Regex: "EX-000000"}, Tags: [{Key: a, Value: b}]}
Outputs:
  Identifier: {Value: !Join [" ", [!Ref Identifier, !GetAtt Identifier.Id, !GetAtt Identifier.Arn]]}
  Filter: {Value: !Join [" ", [!Ref Filter, !GetAtt Filter.Id, !GetAtt Filter.Arn]]}
  List: {Value: !Join [" ", [!Ref List, !GetAtt List.Id, !GetAtt List.Arn, !GetAtt List.Status]]}
"""
SESSION = """
Resources:
  Session: {Type: AWS::Macie::Session, Properties: {Status: ENABLED}}
  Identifier: {Type: AWS::Macie::CustomDataIdentifier, DependsOn: Session, Properties: {Name: a, Regex: abc}}
Outputs:
  Session: {Value: !Join [" ", [!Ref Session, !GetAtt Session.AwsAccountId, !GetAtt Session.ServiceRole]]}
"""


def outputs(stack: Stack) -> dict[str, list[str]]:
    return {item["OutputKey"]: item["OutputValue"].split(" ") for item in stack.described["Outputs"]}


def test_resources_are_those_of_the_api_when_a_stack_makes_them(macie: Any, stack: Stack) -> None:
    assert stack.change(TEMPLATE, kind="CREATE") == "CREATE_COMPLETE"
    made = outputs(stack)
    identifier = macie.get_custom_data_identifier(id=made["Identifier"][0])
    assert [identifier["id"], identifier["id"], identifier["arn"]] == made["Identifier"]
    assert (identifier["maximumMatchDistance"], identifier["keywords"]) == (40, ["example"])
    found = macie.get_findings_filter(id=made["Filter"][0])
    assert [found["id"], found["id"], found["arn"]] == made["Filter"]
    assert found["findingCriteria"]["criterion"]["severity.description"] == {"eq": ["Low"]}
    allowed = macie.get_allow_list(id=made["List"][0])
    assert [allowed["id"], allowed["id"], allowed["arn"], "OK"] == made["List"]
    assert [item["tags"] for item in (identifier, found, allowed)] == [{"a": "b"}] * 3


def test_filter_and_list_are_changed_in_place_and_an_identifier_is_replaced(macie: Any, stack: Stack) -> None:
    stack.change(TEMPLATE, kind="CREATE")
    before = outputs(stack)
    changed = TEMPLATE.replace("EX-", "EY-").replace("ARCHIVE", "NOOP").replace("{Key: a,", "{Key: c,")
    assert stack.change(changed) == "UPDATE_COMPLETE"
    after = outputs(stack)
    assert (after["Filter"], after["List"]) == (before["Filter"], before["List"])
    assert macie.get_findings_filter(id=after["Filter"][0])["action"] == "NOOP"
    allowed = macie.get_allow_list(id=after["List"][0])
    assert (allowed["criteria"], allowed["tags"]) == ({"regex": "EY-000000"}, {"c": "b"})
    assert macie.get_custom_data_identifier(id=before["Identifier"][0])["deleted"]
    assert macie.get_custom_data_identifier(id=after["Identifier"][0])["regex"] == "EY-[0-9]{6}"


def test_nothing_is_left_when_the_stack_is_deleted(macie: Any, stack: Stack) -> None:
    stack.change(TEMPLATE, kind="CREATE")
    stack.cloudformation.delete_stack(StackName="s")
    assert macie.list_custom_data_identifiers()["items"] == []
    assert macie.list_findings_filters()["findingsFilterListItems"] == []
    assert macie.list_allow_lists()["allowLists"] == []


def test_session_is_changed_without_losing_what_macie_has(disabled_macie: Any, stack: Stack) -> None:
    assert stack.change(SESSION, kind="CREATE") == "CREATE_COMPLETE"
    session = disabled_macie.get_macie_session()
    assert outputs(stack)["Session"] == ["123456789012", "123456789012", session["serviceRole"]]
    assert session["findingPublishingFrequency"] == "SIX_HOURS"
    stack.change(SESSION.replace("Status: ENABLED", "FindingPublishingFrequency: ONE_HOUR"))
    assert disabled_macie.get_macie_session()["findingPublishingFrequency"] == "ONE_HOUR"
    assert len(disabled_macie.list_custom_data_identifiers()["items"]) == 1


def test_stack_fails_when_macie_is_not_enabled(client: Callable[..., Any], stack: Stack) -> None:
    assert stack.change(TEMPLATE, kind="CREATE") == "ROLLBACK_COMPLETE"
    events = client("cloudformation").describe_stack_events(StackName="s")["StackEvents"]
    (reason,) = {event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"}
    assert "Macie is not enabled" in reason
