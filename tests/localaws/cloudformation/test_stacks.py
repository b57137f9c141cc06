"""CreateStack, UpdateStack and DeleteStack: what is left of a stack that fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.localaws.conftest import error_of

CASES = Path(__file__).parents[4] / "shared" / "cases" / "cloudformation"

FIRST = "  First: {Type: AWS::S3::Bucket, Properties: {BucketName: first}}\n"
FAILING = (
    "  Second: {Type: AWS::IAM::ManagedPolicy, DependsOn: First, Properties: {PolicyDocument: {Version: '1999'}}}\n"
)
THIRD = "  Third: {Type: AWS::SSM::Parameter, DependsOn: Second, Properties: {Name: /third, Type: String, Value: a}}\n"
BROKEN = f"Resources:\n{FIRST}{FAILING}{THIRD}"

Client = Callable[..., Any]


def create(client: Client, template: str, name: str = "s", **more: Any) -> dict[str, Any]:
    created = client("cloudformation").create_stack(StackName=name, TemplateBody=template, **more)
    return described(client, created["StackId"])


def described(client: Client, name: str) -> dict[str, Any]:
    (stack,) = client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return dict(stack)


def events(client: Client, name: str = "s") -> list[tuple[str, str]]:
    found = client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in found[::-1]]


def reason(client: Client, status: str, name: str = "s") -> str:
    """The reason of the last event with the status."""
    found = client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return str(next(event["ResourceStatusReason"] for event in found if event["ResourceStatus"] == status))


def buckets(client: Client) -> list[str]:
    return [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")) or [None], ids=lambda path: path and path.stem)
def test_template_does_what_its_comment_says(client: Client, macie: Any, path: Path | None) -> None:
    if path is None:
        pytest.skip("the templates are not part of the repository")
    expected = "ROLLBACK_COMPLETE" if path.stem == "rolls_back" else "CREATE_COMPLETE"
    assert create(client, path.read_text())["StackStatus"] == expected


def test_new_stack_is_rolled_back_and_says_why_when_a_resource_fails(client: Client) -> None:
    stack = create(client, BROKEN)
    assert (stack["StackStatus"], "[Second]" in stack["StackStatusReason"]) == ("ROLLBACK_COMPLETE", True)
    assert events(client) == [
        ("s", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_COMPLETE"),
        ("Second", "CREATE_FAILED"),
        ("s", "ROLLBACK_IN_PROGRESS"),
        ("First", "DELETE_COMPLETE"),
        ("s", "ROLLBACK_COMPLETE"),
    ]
    assert reason(client, "CREATE_FAILED") == "Syntax errors in policy."
    assert buckets(client) == []


def test_stack_that_was_rolled_back_can_be_deleted_and_not_updated(client: Client) -> None:
    create(client, BROKEN)
    cloudformation = client("cloudformation")
    code, _, message = error_of(cloudformation.update_stack, StackName="s", TemplateBody=BROKEN.replace(FAILING, ""))
    assert (code, "ROLLBACK_COMPLETE" in message) == ("ValidationError", True)
    assert error_of(cloudformation.create_stack, StackName="s", TemplateBody=BROKEN)[0] == "AlreadyExistsException"
    cloudformation.delete_stack(StackName="s")
    assert create(client, f"Resources:\n{FIRST}")["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("more", "status", "left"),
    [
        ({"OnFailure": "ROLLBACK"}, "ROLLBACK_COMPLETE", []),
        ({"OnFailure": "DELETE"}, "DELETE_COMPLETE", []),
        ({"OnFailure": "DO_NOTHING"}, "CREATE_FAILED", ["first"]),
        ({"DisableRollback": True}, "CREATE_FAILED", ["first"]),
        ({"DisableRollback": False}, "ROLLBACK_COMPLETE", []),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_failed_stack_is_left_as_the_request_wants(
    client: Client, more: dict[str, Any], status: str, left: list[str]
) -> None:
    stack = create(client, BROKEN, **more)
    assert (stack["StackStatus"], buckets(client)) == (status, left)
    resources = client("cloudformation").describe_stack_resources(StackName=stack["StackId"])["StackResources"]
    assert [resource["LogicalResourceId"] for resource in resources] == (["First"] if left else [])
    client("cloudformation").delete_stack(StackName="s")
    assert buckets(client) == []


@pytest.mark.parametrize(
    ("policy", "left"),
    [("Retain", ["first"]), ("RetainExceptOnCreate", []), ("Delete", [])],
    ids=lambda value: str(value),
)
def test_rollback_keeps_what_the_template_retains(client: Client, policy: str, left: list[str]) -> None:
    create(client, BROKEN.replace("First: {", f"First: {{DeletionPolicy: {policy}, "))
    assert buckets(client) == left


WRONG = {
    "a bucket of another stack": "A: {Type: AWS::S3::Bucket, Properties: {BucketName: taken}}",
    "a topic of another stack": "A: {Type: AWS::SNS::Topic, Properties: {TopicName: taken}}",
    "a list where a map belongs": "A: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: [Enabled]}}",
    "a text that is not JSON": "A: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: '{'}}",
    "a subscription without an endpoint": "A: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: sms}]}}",
    "a target without an ARN": "A: {Type: AWS::Events::Rule, Properties: "
    "{ScheduleExpression: rate(1 day), Targets: [{Id: a}]}}",
    "a rule of another stack": "A: {Type: AWS::Events::Rule, Properties: "
    "{Name: taken, ScheduleExpression: rate(1 day)}}",
    "a number that is none": "A: {Type: AWS::Lambda::Function, Properties: "
    "{Timeout: soon, Role: r, Handler: a.b, Runtime: python3.12, Code: {ZipFile: a}}}",
    "a property that is missing": "A: {Type: AWS::SNS::Subscription, Properties: {Protocol: email}}",
    "a value that Macie refuses": "A: {Type: AWS::Macie::CustomDataIdentifier, Properties: {Name: a, Regex: '('}}",
    "a second session of Macie": "A: {Type: AWS::Macie::Session}",
    "an attribute that does not exist": "A: {Type: AWS::SSM::Parameter, "
    "Properties: {Name: /a, Type: String, Value: !GetAtt First.Colour}}",
    "a policy that does not exist": "A: {Type: AWS::IAM::Role, Properties: "
    "{AssumeRolePolicyDocument: {}, ManagedPolicyArns: ['arn:aws:iam::123456789012:policy/none']}}",
}


@pytest.mark.parametrize("resource", WRONG.values(), ids=WRONG)
def test_stack_is_rolled_back_when_a_property_is_wrong(client: Client, macie: Any, resource: str) -> None:
    client("s3").create_bucket(Bucket="taken")
    topic = client("sns").create_topic(Name="taken")["TopicArn"]
    client("events").put_rule(Name="taken", ScheduleExpression="rate(1 day)")
    assert create(client, f"Resources:\n{FIRST}  {resource}\n")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert ("A", "CREATE_FAILED") in events(client)
    assert reason(client, "CREATE_FAILED")
    assert buckets(client) == ["taken"]
    assert client("sns").list_topics()["Topics"] == [{"TopicArn": topic}]
    assert [rule["Name"] for rule in client("events").list_rules()["Rules"]] == ["taken"]
    assert client("iam").list_roles()["Roles"] == []


def test_stack_is_rolled_back_when_an_output_is_wrong(client: Client) -> None:
    template = f"Resources:\n{FIRST}Outputs: {{O: {{Value: !GetAtt First.Colour}}}}"
    stack = create(client, template)
    assert (stack["StackStatus"], "Colour" in stack["StackStatusReason"]) == ("ROLLBACK_COMPLETE", True)
    assert buckets(client) == []


REFUSED = {
    "an unknown type": ("{A: {Type: AWS::None::Such}}", "[AWS::None::Such]"),
    "a type that cannot be made here": ("{A: {Type: AWS::MWAA::Environment}}", "[AWS::MWAA::Environment]"),
    "no type": ("{A: {Properties: {}}}", "[/Resources/A]"),
    "no resources": ("{}", "At least one Resources member"),
    "a reference to nothing": ("{A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref None}}}", "[None]"),
    "a text with nothing": ("{A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub 'x${None.Arn}'}}}", "[None]"),
    "an attribute of nothing": ("{A: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt None.Arn}}}", "[None]"),
    "a dependency on nothing": ("{A: {Type: AWS::SNS::Topic, DependsOn: None}}", "[None]"),
    "a circle": ("{A: {Type: AWS::SNS::Topic, DependsOn: B}, B: {Type: AWS::SNS::Topic, DependsOn: A}}", "[A, B]"),
    "an undefined condition": ("{A: {Type: AWS::SNS::Topic, Condition: C}}", "dependency C"),
}


@pytest.mark.parametrize(("resources", "named"), REFUSED.values(), ids=REFUSED)
def test_template_is_refused_by_name_before_anything_is_made(client: Client, resources: str, named: str) -> None:
    cloudformation = client("cloudformation")
    code, _, message = error_of(cloudformation.create_stack, StackName="s", TemplateBody=f"Resources: {resources}")
    assert (code, named in message) == ("ValidationError", True)
    assert cloudformation.describe_stacks()["Stacks"] == []


@pytest.mark.parametrize(
    ("values", "named"),
    [({}, "[P]"), ({"P": "c"}, "'P' must be one of"), ({"P": "a", "Q": "b"}, "[Q]")],
    ids=["missing", "not allowed", "unknown"],
)
def test_value_of_a_parameter_is_refused_by_name(client: Client, values: dict[str, str], named: str) -> None:
    template = f"Parameters: {{P: {{Type: String, AllowedValues: [a, b]}}}}\nResources:\n{FIRST}"
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    create_stack = client("cloudformation").create_stack
    code, _, message = error_of(create_stack, StackName="s", TemplateBody=template, Parameters=parameters)
    assert (code, named in message) == ("ValidationError", True)


def test_reference_to_what_a_condition_leaves_out_is_an_error_and_not_an_empty_property(client: Client) -> None:
    template = (
        "Conditions: {Never: !Equals [a, b]}\nResources:\n"
        "  Left: {Type: AWS::SNS::Topic, Condition: Never}\n"
        "  A: {Type: AWS::SSM::Parameter, Properties: {Name: /a, Type: String, Value: !Ref Left}}\n"
    )
    assert create(client, template)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "[Left]" in reason(client, "CREATE_FAILED")
    chosen = template.replace("!Ref Left", "!If [Never, !Ref Left, b]")
    assert create(client, chosen, "t")["StackStatus"] == "CREATE_COMPLETE"


UPDATED = (
    f"Resources:\n{FIRST}  Kept: {{Type: AWS::SSM::Parameter, Properties: {{Name: /kept, Type: String, Value: a}}}}\n"
)


def test_update_that_fails_leaves_the_stack_as_it_was(client: Client) -> None:
    create(client, UPDATED)
    s3, cloudformation = client("s3"), client("cloudformation")
    s3.put_object(Bucket="first", Key="a", Body=b"kept")
    broken = UPDATED.replace(FIRST, FAILING.replace("First", "Kept")).replace("Value: a", "Value: b")
    cloudformation.update_stack(StackName="s", TemplateBody=broken)
    assert described(client, "s")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert client("ssm").get_parameter(Name="/kept")["Parameter"]["Value"] == "a"
    assert s3.get_object(Bucket="first", Key="a")["Body"].read() == b"kept"
    cloudformation.update_stack(StackName="s", TemplateBody=UPDATED.replace("Value: a", "Value: c"))
    assert described(client, "s")["StackStatus"] == "UPDATE_COMPLETE"
    assert client("ssm").get_parameter(Name="/kept")["Parameter"]["Value"] == "c"


IN_PLACE = """
Resources:
  Untouched: {Type: AWS::KMS::Key}
  Key: {Type: AWS::KMS::Key, Properties: {Description: a}}
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}
  Group: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 30, LogGroupName: a}}
  Parameter: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: a}}
  Rule: {Type: AWS::Events::Rule, Properties: {Description: a, ScheduleExpression: rate(1 day)}}
"""


def test_resources_keep_their_ids_and_contents_when_they_are_changed_in_place(client: Client) -> None:
    create(client, IN_PLACE)
    cloudformation, logs, sns = client("cloudformation"), client("logs"), client("sns")

    def ids() -> dict[str, str]:
        found = cloudformation.describe_stack_resources(StackName="s")["StackResources"]
        return {item["LogicalResourceId"]: item["PhysicalResourceId"] for item in found}

    before = ids()
    logs.create_log_stream(logGroupName="a", logStreamName="kept")
    client("sqs").create_queue(QueueName="q")
    sns.subscribe(TopicArn=before["Topic"], Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:q")
    changed = IN_PLACE.replace("Description: a", "Description: b").replace("DisplayName: a", "DisplayName: b")
    changed = changed.replace("30", "7").replace("Value: a", "Value: b")
    cloudformation.update_stack(StackName="s", TemplateBody=changed)
    assert described(client, "s")["StackStatus"] == "UPDATE_COMPLETE"
    assert ids() == before
    assert ("Untouched", "UPDATE_COMPLETE") not in events(client)
    assert client("kms").describe_key(KeyId=before["Key"])["KeyMetadata"]["Description"] == "b"
    (group,) = logs.describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 7
    assert [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName="a")["logStreams"]] == ["kept"]
    assert len(sns.list_subscriptions_by_topic(TopicArn=before["Topic"])["Subscriptions"]) == 1


def test_update_without_changes_is_refused(client: Client) -> None:
    create(client, UPDATED)
    code, _, message = error_of(client("cloudformation").update_stack, StackName="s", TemplateBody=UPDATED)
    assert (code, message) == ("ValidationError", "No updates are to be performed.")


def test_stack_that_cannot_be_deleted_stays_and_says_why(client: Client) -> None:
    create(client, UPDATED)
    s3, cloudformation = client("s3"), client("cloudformation")
    s3.put_object(Bucket="first", Key="a", Body=b"a")
    cloudformation.delete_stack(StackName="s")
    assert described(client, "s")["StackStatus"] == "DELETE_FAILED"
    assert ("First", "DELETE_FAILED") in events(client)
    s3.delete_object(Bucket="first", Key="a")
    cloudformation.delete_stack(StackName="s")
    assert (cloudformation.describe_stacks()["Stacks"], buckets(client)) == ([], [])


def test_stack_is_deleted_when_its_resources_are_gone_already(client: Client, macie: Any) -> None:
    template = (
        "Resources:\n" + FIRST + "  Own: {Type: AWS::Macie::AllowList, Properties: {Name: a, Criteria: {Regex: a}}}"
    )
    create(client, template)
    client("s3").delete_bucket(Bucket="first")
    macie.disable_macie()
    stack_id = described(client, "s")["StackId"]
    client("cloudformation").delete_stack(StackName="s")
    assert described(client, stack_id)["StackStatus"] == "DELETE_COMPLETE"


def test_stack_with_termination_protection_is_not_deleted(client: Client) -> None:
    create(client, UPDATED, EnableTerminationProtection=True)
    assert error_of(client("cloudformation").delete_stack, StackName="s")[0] == "ValidationError"
    assert buckets(client) == ["first"]


def test_resources_are_deleted_in_the_reverse_of_the_order_of_their_dependencies(client: Client) -> None:
    template = "Resources:\n" + "".join(
        f"  {name}: {{Type: AWS::SNS::Topic, DependsOn: [{needed}]}}\n"
        for name, needed in (("A", "B"), ("B", "C"), ("C", ""))
    )
    stack_id = create(client, template)["StackId"]
    client("cloudformation").delete_stack(StackName="s")
    made = [name for name, status in events(client, stack_id) if status == "CREATE_COMPLETE"]
    gone = [name for name, status in events(client, stack_id) if status == "DELETE_COMPLETE"]
    assert (made, gone) == (["C", "B", "A", "s"], ["A", "B", "C", "s"])


def test_nested_stack_that_fails_fails_the_stack_around_it(client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="broken.yaml", Body=BROKEN.encode())
    url = "https://templates.s3.amazonaws.com/broken.yaml"
    template = f"Resources:\n  Inner: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}\n"
    assert create(client, template)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert buckets(client) == ["templates"]


def test_stack_that_is_its_own_template_ends_at_a_depth(client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="templates")
    url = "https://templates.s3.amazonaws.com/itself.yaml"
    template = f"Resources:\n  Inner: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}\n"
    s3.put_object(Bucket="templates", Key="itself.yaml", Body=template.encode())
    assert create(client, template)["StackStatus"] == "ROLLBACK_COMPLETE"
    stacks = client("cloudformation").describe_stacks()["Stacks"]
    assert any("nested 8 deep" in reason(client, "CREATE_FAILED", stack["StackId"]) for stack in stacks)
    assert len(stacks) == 9


def parameter(value: object, **more: object) -> str:
    properties = {"Name": "/a", "Type": "String", "Value": value}
    return json.dumps({"Resources": {"A": {"Type": "AWS::SSM::Parameter", "Properties": properties}}, **more})


def nested(function: Callable[[object], object], depth: int) -> object:
    value: object = "a"
    for _ in range(depth):
        value = function(value)
    return value


CHAIN = {f"C{number}": {"Fn::Not": [{"Condition": f"C{number + 1}"}]} for number in range(900)}
TRUE = {"Fn::Equals": ["a", "a"]}
BAD_TEMPLATES = {
    "conditions that need each other": parameter(
        "a", Conditions={"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Fn::And": [TRUE, {"Condition": "A"}]}}
    ),
    "a condition that needs itself": parameter("a", Conditions={"A": {"Fn::Or": [TRUE, {"Condition": "A"}]}}),
    "a condition that there is not": parameter("a", Conditions={"A": {"Fn::Not": [{"Condition": "B"}]}}),
    "a condition that is none": parameter("a", Conditions={"A": 1}),
    "an empty condition": parameter("a", Conditions={"A": {}}),
    "a condition without its list": parameter("a", Conditions={"A": {"Fn::Not": 3}}),
    "conditions that are a list": parameter("a", Conditions=[TRUE]),
    "outputs that are a list": parameter("a", Outputs=["a"]),
    "an output that is a text": parameter("a", Outputs={"A": "a"}),
    "parameters that are a list": parameter("a", Parameters=["a"]),
    "a parameter that is a text": parameter("a", Parameters={"A": "a"}),
    "deep JSON": parameter(nested(lambda value: [value], 300)),
    "a large request": parameter("a" * 51_200),
    "a long value": parameter("a", Parameters={"P": {"Type": "String"}}),
}


@pytest.mark.parametrize("template", BAD_TEMPLATES.values(), ids=BAD_TEMPLATES)
@pytest.mark.parametrize("action", ["create_stack", "create_change_set"])
def test_template_is_refused_and_nothing_is_made(client: Client, action: str, template: str) -> None:
    more: dict[str, Any] = {"ChangeSetName": "c", "ChangeSetType": "CREATE"} if action == "create_change_set" else {}
    if '"P"' in template:
        more["Parameters"] = [{"ParameterKey": "P", "ParameterValue": "a" * 4097}]
    call = getattr(client("cloudformation"), action)
    code, status, message = error_of(call, StackName="s", TemplateBody=template, **more)
    assert (code, status) == ("ValidationError", 400)
    assert "aaaaa" not in message
    assert client("cloudformation").describe_stacks()["Stacks"] == []


def test_template_in_s3_may_be_larger_but_not_without_bound(client: Client) -> None:
    s3, cloudformation = client("s3"), client("cloudformation")
    s3.create_bucket(Bucket="templates")
    for key, size in (("large", 2**19), ("larger", 2**20)):
        s3.put_object(Bucket="templates", Key=key, Body=parameter("a", Metadata={"M": "a" * size}).encode())
    url = "https://templates.s3.amazonaws.com/"
    cloudformation.create_stack(StackName="large", TemplateURL=url + "large")
    assert described(client, "large")["StackStatus"] == "CREATE_COMPLETE"
    code, status, _ = error_of(cloudformation.create_stack, StackName="larger", TemplateURL=url + "larger")
    assert (code, status) == ("ValidationError", 400)


def test_conditions_in_a_long_chain_are_evaluated(client: Client) -> None:
    template = parameter("a", Conditions=CHAIN | {"C900": TRUE})
    assert create(client, template)["StackStatus"] == "CREATE_COMPLETE"


SUBSTITUTED = {
    "${AWS::Region}-${A}": "us-east-1-/a",
    "${A.Value}": "a",
    "${!A}-${!B.C}": "${A}-${B.C}",
    "$A $$ ${} ${": "$A $$ ${} ${",
    "${" * 15_000: "${" * 15_000,
    "${a" * 15_000: "${a" * 15_000,
    "${!" * 15_000: "${!" * 15_000,
    "${A}" * 10_000: "/a" * 10_000,
}


@pytest.mark.parametrize(("text", "expected"), SUBSTITUTED.items(), ids=lambda text: text[:20])
def test_text_is_filled_in(client: Client, text: str, expected: str) -> None:
    stack = create(client, parameter("a", Outputs={"Text": {"Value": {"Fn::Sub": text}}}))
    assert (stack["StackStatus"], stack["Outputs"][0]["OutputValue"] == expected) == ("CREATE_COMPLETE", True)


def test_value_that_is_filled_in_is_not_filled_in_again(client: Client) -> None:
    text = {"Fn::Sub": ["${X}-${Y}-${A}", {"X": "${Y}", "Y": {"Ref": "AWS::Region"}, "A": "own"}]}
    stack = create(client, parameter("a", Outputs={"Text": {"Value": text}}))
    assert stack["Outputs"][0]["OutputValue"] == "${Y}-us-east-1-own"


GROWING = {
    "Sub": nested(lambda value: {"Fn::Sub": ["${X}${X}", {"X": value}]}, 30),
    "Join": {"Fn::Join": ["a" * 4096, ["a"] * 1000]},
    "Join of Sub": {"Fn::Join": ["", [nested(lambda value: {"Fn::Sub": ["${X}${X}", {"X": value}]}, 19)] * 3]},
}


@pytest.mark.parametrize("value", GROWING.values(), ids=GROWING)
def test_text_that_grows_without_bound_fails_the_stack(client: Client, value: object) -> None:
    assert create(client, parameter(value))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "exceeds 1048576 bytes" in reason(client, "CREATE_FAILED")


def test_stack_is_not_deleted_while_another_one_imports_from_it(client: Client) -> None:
    exporting = f"Resources:\n{FIRST}Outputs:\n  B: {{Value: !Ref First, Export: {{Name: net-first}}}}\n"
    value = "{'Fn::ImportValue': {'Fn::Sub': '${Of}-first'}}"
    importing = (
        "Parameters: {Of: {Type: String}}\nResources:\n"
        f"  P: {{Type: AWS::SSM::Parameter, Properties: {{Name: /p, Type: String, Value: {value}}}}}\n"
    )
    create(client, exporting, "net")
    create(client, importing, "app", Parameters=[{"ParameterKey": "Of", "ParameterValue": "net"}])
    cloudformation = client("cloudformation")
    code, _, message = error_of(cloudformation.delete_stack, StackName="net")
    assert (code, message) == ("ValidationError", "Export net-first cannot be deleted as it is in use by app")
    assert (described(client, "net")["StackStatus"], buckets(client)) == ("CREATE_COMPLETE", ["first"])
    cloudformation.delete_stack(StackName="app")
    cloudformation.delete_stack(StackName="net")
    assert buckets(client) == []
