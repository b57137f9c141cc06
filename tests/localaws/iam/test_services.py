"""What requests to the other services need, and how each says no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from localaws.iam.resource_rules import Where
from localaws.server import LocalAws
from tests.localaws.conftest import error_of
from tests.localaws.iam.conftest import AsRole, Client, allow, deny, policy

HERE = "us-east-1:123456789012"
TOPIC, QUEUE, QUEUE_URL = f"arn:aws:sns:{HERE}:high", f"arn:aws:sqs:{HERE}:hints", "http://localhost/123456789012/hints"
GATE = {"AWS": "arn:aws:iam::123456789012:role/gate"}

type Call = Callable[[Any], Any]

JSON, REST_JSON, QUERY = ("AccessDeniedException", 400), ("AccessDeniedException", 403), ("AccessDenied", 403)
SNS, SQS = ("AuthorizationError", 403), ("AccessDenied", 400)

CASES: list[tuple[str, Call, tuple[str, int], list[str]]] = [
    ("macie2", lambda it: it.get_macie_session(), REST_JSON, ["macie2:GetMacieSession *"]),
    (
        "macie2",
        lambda it: it.describe_classification_job(jobId="j"),
        REST_JSON,
        ["macie2:DescribeClassificationJob classification-job/j"],
    ),
    (
        "macie2",
        lambda it: it.update_classification_job(jobId="j", jobStatus="CANCELLED"),
        REST_JSON,
        ["macie2:UpdateClassificationJob classification-job/j"],
    ),
    (
        "macie2",
        lambda it: it.create_classification_job(clientToken="t", jobType="ONE_TIME", name="n", s3JobDefinition={}),
        REST_JSON,
        ["macie2:CreateClassificationJob classification-job/*"],
    ),
    ("macie2", lambda it: it.list_findings(), REST_JSON, ["macie2:ListFindings *"]),
    (
        "macie2",
        lambda it: it.get_custom_data_identifier(id="i"),
        REST_JSON,
        ["macie2:GetCustomDataIdentifier custom-data-identifier/i"],
    ),
    (
        "macie2",
        lambda it: it.create_custom_data_identifier(name="n", regex="r"),
        REST_JSON,
        ["macie2:CreateCustomDataIdentifier custom-data-identifier/*"],
    ),
    (
        "macie2",
        lambda it: it.batch_get_custom_data_identifiers(ids=["i", "j"]),
        REST_JSON,
        [
            "macie2:BatchGetCustomDataIdentifiers custom-data-identifier/i",
            "macie2:BatchGetCustomDataIdentifiers custom-data-identifier/j",
        ],
    ),
    ("macie2", lambda it: it.get_allow_list(id="a"), REST_JSON, ["macie2:GetAllowList allow-list/a"]),
    (
        "macie2",
        lambda it: it.update_findings_filter(id="f"),
        REST_JSON,
        ["macie2:UpdateFindingsFilter findings-filter/f"],
    ),
    ("macie2", lambda it: it.get_member(id="m"), REST_JSON, ["macie2:GetMember member/m"]),
    ("sns", lambda it: it.publish(TopicArn=TOPIC, Message="m"), SNS, [f"sns:Publish {TOPIC}"]),
    (
        "sns",
        lambda it: it.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=[{"Id": "1", "Message": "m"}]),
        SNS,
        [f"sns:Publish {TOPIC}"],
    ),
    ("sns", lambda it: it.create_topic(Name="high"), SNS, [f"sns:CreateTopic {TOPIC}"]),
    ("sns", lambda it: it.list_topics(), SNS, ["sns:ListTopics *"]),
    ("sqs", lambda it: it.send_message(QueueUrl=QUEUE_URL, MessageBody="m"), SQS, [f"sqs:SendMessage {QUEUE}"]),
    (
        "sqs",
        lambda it: it.send_message_batch(QueueUrl=QUEUE_URL, Entries=[{"Id": "1", "MessageBody": "m"}]),
        SQS,
        [f"sqs:SendMessage {QUEUE}"],
    ),
    ("sqs", lambda it: it.receive_message(QueueUrl=QUEUE_URL), SQS, [f"sqs:ReceiveMessage {QUEUE}"]),
    (
        "sqs",
        lambda it: it.delete_message_batch(QueueUrl=QUEUE_URL, Entries=[{"Id": "1", "ReceiptHandle": "h"}]),
        SQS,
        [f"sqs:DeleteMessage {QUEUE}"],
    ),
    (
        "sqs",
        lambda it: it.change_message_visibility_batch(QueueUrl=QUEUE_URL, Entries=[{"Id": "1", "ReceiptHandle": "h"}]),
        SQS,
        [f"sqs:ChangeMessageVisibility {QUEUE}"],
    ),
    ("sqs", lambda it: it.get_queue_url(QueueName="hints"), SQS, [f"sqs:GetQueueUrl {QUEUE}"]),
    (
        "ssm",
        lambda it: it.get_parameters_by_path(Path="/lake_gate"),
        JSON,
        ["ssm:GetParametersByPath parameter/lake_gate"],
    ),
    ("ssm", lambda it: it.get_parameter(Name="/lake_gate/a:3"), JSON, ["ssm:GetParameter parameter/lake_gate/a"]),
    (
        "ssm",
        lambda it: it.get_parameters(Names=["/a", "b"]),
        JSON,
        ["ssm:GetParameters parameter/a", "ssm:GetParameters parameter/b"],
    ),
    ("ssm", lambda it: it.put_parameter(Name="/a", Value="v"), JSON, ["ssm:PutParameter parameter/a"]),
    ("ssm", lambda it: it.get_document(Name="d"), JSON, ["ssm:GetDocument document/d"]),
    (
        "ssm",
        lambda it: it.list_tags_for_resource(ResourceType="Parameter", ResourceId="/a"),
        JSON,
        ["ssm:ListTagsForResource parameter/a"],
    ),
    ("ssm", lambda it: it.describe_parameters(), JSON, ["ssm:DescribeParameters *"]),
    (
        "ssm",
        lambda it: it.describe_effective_instance_associations(InstanceId="i-1"),
        JSON,
        [f"ssm:DescribeEffectiveInstanceAssociations arn:aws:ec2:{HERE}:instance/i-1"],
    ),
    (
        "logs",
        lambda it: it.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": 1, "message": "m"}]),
        JSON,
        ["logs:PutLogEvents log-group:g:log-stream:s"],
    ),
    ("logs", lambda it: it.create_log_group(logGroupName="g"), JSON, ["logs:CreateLogGroup log-group:g:log-stream:"]),
    (
        "logs",
        lambda it: it.filter_log_events(logGroupIdentifier=f"arn:aws:logs:{HERE}:log-group:/a/g:*"),
        JSON,
        ["logs:FilterLogEvents log-group:/a/g:log-stream:"],
    ),
    ("logs", lambda it: it.describe_log_groups(), JSON, ["logs:DescribeLogGroups *"]),
    (
        "cloudwatch",
        lambda it: it.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m"}]),
        SQS,
        ["cloudwatch:PutMetricData *"],
    ),
    ("cloudwatch", lambda it: it.describe_alarms(AlarmNames=["a"]), SQS, ["cloudwatch:DescribeAlarms alarm:a"]),
    ("cloudwatch", lambda it: it.describe_alarms(), SQS, ["cloudwatch:DescribeAlarms alarm:*"]),
    (
        "cloudwatch",
        lambda it: it.get_dashboard(DashboardName="d"),
        SQS,
        ["cloudwatch:GetDashboard arn:aws:cloudwatch::123456789012:dashboard/d"],
    ),
    ("events", lambda it: it.put_rule(Name="r", EventPattern="{}"), JSON, ["events:PutRule rule/r"]),
    ("events", lambda it: it.put_rule(Name="r", EventBusName="b"), JSON, ["events:PutRule rule/b/r"]),
    ("events", lambda it: it.list_targets_by_rule(Rule="r"), JSON, ["events:ListTargetsByRule rule/r"]),
    (
        "events",
        lambda it: it.put_events(Entries=[{"Source": "s"}, {"EventBusName": f"arn:aws:events:{HERE}:event-bus/b"}]),
        JSON,
        ["events:PutEvents event-bus/b", "events:PutEvents event-bus/default"],
    ),
    ("events", lambda it: it.describe_event_bus(), JSON, ["events:DescribeEventBus event-bus/default"]),
    ("kms", lambda it: it.create_key(), JSON, ["kms:CreateKey *"]),
    ("kms", lambda it: it.describe_key(KeyId="k"), JSON, ["kms:DescribeKey key/k"]),
    (
        "kms",
        lambda it: it.create_alias(AliasName="alias/a", TargetKeyId="k"),
        JSON,
        ["kms:CreateAlias alias/a", "kms:CreateAlias key/k"],
    ),
    (
        "kms",
        lambda it: it.re_encrypt(CiphertextBlob=b"0123456789abcdef0123456789abcdef0123 and more", DestinationKeyId="k"),
        JSON,
        ["kms:ReEncryptFrom key/0123456789abcdef0123456789abcdef0123", "kms:ReEncryptTo key/k"],
    ),
    ("kms", lambda it: it.list_aliases(KeyId="k"), JSON, ["kms:ListAliases *"]),
    ("iam", lambda it: it.list_roles(), QUERY, ["iam:ListRoles *"]),
    ("cloudformation", lambda it: it.describe_stacks(), QUERY, ["cloudformation:DescribeStacks *"]),
    ("dynamodb", lambda it: it.list_tables(), JSON, ["dynamodb:ListTables *"]),
]


def test_each_service_refuses_in_its_own_way_and_names_action_and_resource(as_role: AsRole, client: Client) -> None:
    gate, iam = as_role(), client("iam")
    clients: dict[str, Any] = {}
    for service, call, (code, status), needed in CASES:
        it = clients.setdefault(service, gate(service))
        where = Where("aws", "us-east-1", "123456789012")
        for missing in needed:
            others = [one.split(" ") for one in needed if one != missing]
            left = [allow(action, whole(service, where, name)) for action, name in others] or [deny("s3:Nothing")]
            iam.put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=policy(*left))
            action, name = missing.split(" ")
            arn = whole(service, where, name)
            assert error_of(lambda call=call, it=it: call(it)) == (
                code,
                status,
                f"User: arn:aws:sts::123456789012:assumed-role/gate/run is not authorized to perform: {action} "
                f"on resource: {arn} because no identity-based policy allows the {action} action",
            )


def whole(service: str, where: Where, name: str) -> str:
    return name if name == "*" or name.startswith("arn:") else where.arn(service, name)


def test_who_one_is_may_be_asked_by_anybody(as_role: AsRole) -> None:
    answer = as_role(deny("*"))("sts").get_caller_identity()
    assert answer["Arn"] == "arn:aws:sts::123456789012:assumed-role/gate/run"


# ---- what is allowed goes through to the service


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
    calls: list[tuple[Call, str, str]] = [
        (lambda: gate("sns").publish(TopicArn=TOPIC, Message="m"), "sns", "kms:GenerateDataKey"),
        (lambda: gate("sqs").send_message(QueueUrl=url, MessageBody="m"), "sqs", "kms:GenerateDataKey"),
        (lambda: gate("sqs").receive_message(QueueUrl=url), "sqs", "kms:Decrypt"),
    ]  # type: ignore[list-item]
    for call, service, action in calls:
        client("iam").put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=policy(messaging))
        code, _, message = error_of(call)
        assert f"perform: {action} on resource: {key} " in message
        assert code == ("KMSAccessDenied" if service == "sns" else "AccessDenied")
        via = {"StringEquals": {"kms:ViaService": f"{service}.us-east-1.amazonaws.com"}}
        both = policy(messaging, allow(["kms:GenerateDataKey", "kms:Decrypt"], key, Condition=via))
        client("iam").put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=both)
        call()


def test_a_key_is_used_by_any_of_its_names(as_role: AsRole, client: Client) -> None:
    kms = client("kms")
    arn, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    kms.create_alias(AliasName="alias/lake", TargetKeyId=arn)
    gate = as_role(allow(["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"], arn))("kms")
    for name in (arn, arn.rpartition("/")[2], "alias/lake", f"{arn.rpartition(':')[0]}:alias/lake"):
        blob = gate.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
        assert gate.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert other in error_of(gate.encrypt, KeyId=other, Plaintext=b"x")[2]
    blob = kms.encrypt(KeyId=other, Plaintext=b"x")["CiphertextBlob"]
    assert f"kms:Decrypt on resource: {other} " in error_of(gate.decrypt, CiphertextBlob=blob)[2]


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


def test_a_compressed_request_is_read_too(as_role: AsRole, client: Client) -> None:
    """botocore compresses metrics of more than 10 KB."""
    it = as_role(allow("cloudwatch:PutMetricData", Condition={"StringEquals": {"cloudwatch:namespace": "gate"}}))(
        "cloudwatch"
    )
    many = [{"MetricName": f"metric {number} {'x' * 200}", "Value": 1} for number in range(100)]
    it.put_metric_data(Namespace="gate", MetricData=many)
    assert error_of(it.put_metric_data, Namespace="other", MetricData=many)[0] == "AccessDenied"
    assert client("cloudwatch").list_metrics(Namespace="gate")["Metrics"]


def test_what_cannot_be_told_is_only_for_who_may_do_everything(enforced: LocalAws, as_role: AsRole) -> None:
    credentials = as_role(allow("ssm:Get*"))("sts")._request_signer._credentials.get_frozen_credentials()
    for target, service in (("AmazonSSM.Nothing", "ssm"), ("", "unheard-of")):
        request = AWSRequest("POST", enforced.endpoint_url, {"X-Amz-Target": target}, b"{}")
        SigV4Auth(credentials, service, "us-east-1").add_auth(request)
        answer = requests.post(request.url, data=b"{}", headers=dict(request.headers), timeout=10)
        assert f"perform: {service}:* on resource: * because no identity-based policy" in answer.text
