"""Refusals in each protocol."""

from __future__ import annotations

from typing import Any

from localaws.iam.resource_rules import Location
from tests.localaws.conftest import error_of
from tests.localaws.iam.conftest import AsRole, Client, allow, deny, policy
from tests.localaws.iam.test_services import HERE, QUEUE, QUEUE_URL, TOPIC, Call

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
        where = Location("aws", "us-east-1", "123456789012")
        for missing in needed:
            others = [item.split(" ") for item in needed if item != missing]
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


def whole(service: str, where: Location, name: str) -> str:
    return name if name == "*" or name.startswith("arn:") else where.arn(service, name)
