"""The permissions of requests to the other services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import error_of
from tests.localaws.iam.conftest import AsRole, Client, allow, deny, policy

HERE = "us-east-1:123456789012"


TOPIC, QUEUE, QUEUE_URL = f"arn:aws:sns:{HERE}:high", f"arn:aws:sqs:{HERE}:hints", "http://localhost/123456789012/hints"


GATE = {"AWS": "arn:aws:iam::123456789012:role/gate"}


type Call = Callable[[Any], Any]


def test_get_caller_identity_needs_no_permission(as_role: AsRole) -> None:
    answer = as_role(deny("*"))("sts").get_caller_identity()
    assert answer["Arn"] == "arn:aws:sts::123456789012:assumed-role/gate/run"


def test_a_topic_and_a_queue_are_used_with_the_permissions_for_them(as_role: AsRole, client: Client) -> None:
    client("sns").create_topic(Name="high")
    url = client("sqs").create_queue(QueueName="hints")["QueueUrl"]
    gate = as_role(allow("sns:Publish", TOPIC), allow(["sqs:SendMessage", "sqs:ReceiveMessage"], QUEUE))
    gate("sns").publish(TopicArn=TOPIC, Message="m")
    gate("sqs").send_message(QueueUrl=url, MessageBody="m")
    assert gate("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == "m"
    assert error_of(gate("sqs").purge_queue, QueueUrl=url)[0] == "AccessDenied"


def test_the_policies_of_a_queue_and_of_a_topic_allow_and_refuse(as_role: AsRole, client: Client) -> None:
    sns, sqs = client("sns"), client("sqs")
    sns.create_topic(Name="high")
    url = sqs.create_queue(QueueName="hints")["QueueUrl"]
    gate = as_role(allow("sqs:ReceiveMessage", QUEUE), allow("sns:Subscribe", TOPIC))
    assert error_of(gate("sns").publish, TopicArn=TOPIC, Message="m")[0] == "AuthorizationError"
    own = policy(allow("sqs:SendMessage", QUEUE, Principal=GATE), deny("sqs:ReceiveMessage", QUEUE, Principal=GATE))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": own})
    gate("sqs").send_message(QueueUrl=url, MessageBody="m")
    refused = error_of(gate("sqs").receive_message, QueueUrl=url)[2]
    assert refused.endswith("hints with an explicit deny in a resource-based policy")
    own = policy(allow("sns:Publish", TOPIC, Principal=GATE), deny("sns:Subscribe", TOPIC, Principal=GATE))
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=own)
    gate("sns").publish(TopicArn=TOPIC, Message="m")
    refused = error_of(gate("sns").subscribe, TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE)[2]
    assert refused.endswith("high with an explicit deny in a resource-based policy")


def test_a_topic_and_a_key_of_another_account_need_its_word_too(as_role: AsRole) -> None:
    gate = as_role(allow(["sns:Publish", "kms:Encrypt"]))
    topic, key = "arn:aws:sns:us-east-1:210987654321:t", "arn:aws:kms:us-east-1:210987654321:key/k"
    assert "no resource-based policy allows" in error_of(gate("sns").publish, TopicArn=topic, Message="m")[2]
    assert "no resource-based policy allows" in error_of(gate("kms").encrypt, KeyId=key, Plaintext=b"x")[2]


def test_what_is_encrypted_needs_the_key_too(as_role: AsRole, client: Client) -> None:
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    client("sns").create_topic(Name="high", Attributes={"KmsMasterKeyId": key})
    url = client("sqs").create_queue(QueueName="hints", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    messaging = allow(["sns:Publish", "sqs:SendMessage", "sqs:ReceiveMessage"])
    gate = as_role(messaging)
    calls: list[tuple[Callable[[], Any], str, str]] = [
        (lambda: gate("sns").publish(TopicArn=TOPIC, Message="m"), "sns", "kms:GenerateDataKey"),
        (lambda: gate("sqs").send_message(QueueUrl=url, MessageBody="m"), "sqs", "kms:GenerateDataKey"),
        (lambda: gate("sqs").receive_message(QueueUrl=url), "sqs", "kms:Decrypt"),
    ]
    for call, service, action in calls:
        client("iam").put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=policy(messaging))
        code, _, message = error_of(call)
        assert f"perform: {action} on resource: {key} " in message
        assert code == ("KMSAccessDenied" if service == "sns" else "AccessDenied")
        via = {"StringEquals": {"kms:ViaService": f"{service}.us-east-1.amazonaws.com"}}
        both = policy(messaging, allow(["kms:GenerateDataKey", "kms:Decrypt"], key, Condition=via))
        client("iam").put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=both)
        call()


def test_the_policy_of_a_key_says_whether_policies_of_identities_count(as_role: AsRole, client: Client) -> None:
    admin = allow("kms:*", Principal={"AWS": "arn:aws:iam::123456789012:role/admin"})
    kms = client("kms")
    key = kms.create_key(Policy=policy(admin))["KeyMetadata"]["Arn"]
    gate = as_role(allow("kms:*"))("kms")
    message = error_of(gate.encrypt, KeyId=key, Plaintext=b"x")[2]
    assert message.endswith("because no resource-based policy allows the kms:Encrypt action")
    root = allow("kms:*", Principal={"AWS": "arn:aws:iam::123456789012:root"})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(admin, root))
    gate.encrypt(KeyId=key, Plaintext=b"x")
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(root, deny("kms:Encrypt", Principal=GATE)))
    assert "explicit deny in a resource-based policy" in error_of(gate.encrypt, KeyId=key, Plaintext=b"x")[2]


def test_the_context_of_an_encryption_is_a_condition(as_role: AsRole, client: Client) -> None:
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    only = {
        "StringEquals": {"kms:EncryptionContext:Run": "1"},
        "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "Run"},
    }
    gate = as_role(allow("kms:Encrypt", key, Condition=only))("kms")
    gate.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"Run": "1"})
    for context in ({}, {"Run": "2"}, {"Run": "1", "More": "1"}):
        assert (
            error_of(gate.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext=context)[0] == "AccessDeniedException"
        )


@pytest.mark.parametrize(
    ("service", "action", "condition", "allowed", "refused"),
    [
        (
            "cloudwatch",
            "cloudwatch:PutMetricData",
            {"StringEquals": {"cloudwatch:namespace": "gate"}},
            lambda it: it.put_metric_data(Namespace="gate", MetricData=[{"MetricName": "m", "Value": 1}]),
            lambda it: it.put_metric_data(Namespace="other", MetricData=[{"MetricName": "m", "Value": 1}]),
        ),
        (
            "ssm",
            "ssm:GetParametersByPath",
            {"Bool": {"ssm:Recursive": "false"}},
            lambda it: it.get_parameters_by_path(Path="/a", Recursive=False),
            lambda it: it.get_parameters_by_path(Path="/a", Recursive=True),
        ),
        (
            "sqs",
            "sqs:CreateQueue",
            {"StringEquals": {"aws:RequestTag/team": "lake"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
            lambda it: it.create_queue(QueueName="q", tags={"team": "lake"}),
            lambda it: it.create_queue(QueueName="q", tags={"team": "lake", "more": "x"}),
        ),
        (
            "ssm",
            "ssm:PutParameter",
            {"StringEquals": {"aws:RequestTag/team": "lake"}},
            lambda it: it.put_parameter(Name="a", Value="v", Type="String", Tags=[{"Key": "team", "Value": "lake"}]),
            lambda it: it.put_parameter(Name="b", Value="v", Type="String", Tags=[{"Key": "team", "Value": "sea"}]),
        ),
    ],
)
def test_what_a_request_says_is_a_condition(
    as_role: AsRole, service: str, action: str, condition: Any, allowed: Call, refused: Call
) -> None:
    it = as_role(allow(action, Condition=condition))(service)
    allowed(it)
    assert error_of(lambda: refused(it))[0] in {"AccessDenied", "AccessDeniedException"}
