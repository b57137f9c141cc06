"""Rules that deliver, over HTTP."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, REGION
from tests.localaws.waiting import until

PATTERN = {"source": ["shop"], "detail": {"severity": ["High"]}}


class Bus:
    """The default bus, with one rule whose targets are for the test to choose."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.events, self.sqs, self.sns = client("events"), client("sqs"), client("sns")

    def rule(self, *targets: dict[str, Any], name: str = "rule", **more: Any) -> None:
        self.events.put_rule(Name=name, **{"EventPattern": json.dumps(PATTERN), **more})
        numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
        if numbered:
            self.events.put_targets(Rule=name, Targets=numbered)

    def queue(self, name: str, **attributes: str) -> str:
        """Make a queue; returns its ARN."""
        self.sqs.create_queue(QueueName=name, Attributes=attributes)
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def topic(self, queue: str) -> str:
        """Make a topic whose messages go to a queue; returns its ARN."""
        arn = self.sns.create_topic(Name="topic")["TopicArn"]
        self.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)
        return arn

    def put(self, severity: str = "High") -> None:
        detail = json.dumps({"severity": severity, "name": "x"})
        self.events.put_events(Entries=[{"Source": "shop", "DetailType": "Sale", "Detail": detail}])

    def received(self, name: str) -> list[str]:
        url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        received = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [item["Body"] for item in received]


@pytest.fixture
def bus(client: Callable[..., Any]) -> Bus:
    return Bus(client)


def test_a_queue_gets_the_event_as_eventbridge_writes_it(bus: Bus) -> None:
    bus.rule({"Arn": bus.queue("queue")})
    bus.put()
    [event] = map(json.loads, bus.received("queue"))
    assert event == {
        "version": "0",
        "id": event["id"],
        "detail-type": "Sale",
        "source": "shop",
        "account": ACCOUNT,
        "time": event["time"],
        "region": REGION,
        "resources": [],
        "detail": {"severity": "High", "name": "x"},
    }
    assert event["time"].endswith("Z")


def test_a_topic_gets_the_transformed_text_and_hands_it_to_its_subscriber(bus: Bus) -> None:
    transformer = {"InputPathsMap": {"name": "$.detail.name"}, "InputTemplate": '"<aws.events.rule-name>: <name>"'}
    bus.rule({"Arn": bus.topic(bus.queue("queue")), "InputTransformer": transformer})
    bus.put()
    [envelope] = map(json.loads, bus.received("queue"))
    assert envelope["Message"] == '"rule: x"'


def test_a_queue_for_messages_in_order_gets_them_in_the_group_of_the_target(bus: Bus) -> None:
    queue = bus.queue("queue.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    bus.rule({"Arn": queue, "SqsParameters": {"MessageGroupId": "one"}})
    bus.put()
    assert len(bus.received("queue.fifo")) == 1


def test_what_moto_delivers_to_still_gets_its_events(bus: Bus, client: Callable[..., Any]) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="/events")
    bus.rule({"Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/events"})
    bus.put()
    [logged] = logs.filter_log_events(logGroupName="/events")["events"]
    assert json.loads(logged["message"])["detail"]["name"] == "x"


@pytest.mark.parametrize(
    "more",
    [
        {"State": "DISABLED"},
        {"EventPattern": "", "ScheduleExpression": "rate(1 day)"},
        {"EventPattern": json.dumps({"source": ["bank"]})},
    ],
    ids=["a rule that is disabled", "a rule that only has a schedule", "a rule for something else"],
)
def test_an_event_is_not_delivered_when_it_is_not_the_rules(bus: Bus, more: dict[str, Any]) -> None:
    bus.rule({"Arn": bus.queue("queue")}, **more)
    bus.put()
    assert bus.received("queue") == []


def test_the_other_targets_and_rules_get_the_event_when_one_target_cannot_be_reached(
    bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    missing = f"arn:aws:sns:{REGION}:{ACCOUNT}:missing"
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:mover"
    bus.rule({"Arn": missing}, {"Arn": function}, {"Arn": bus.queue("first")}, name="one")
    bus.rule({"Arn": bus.queue("second")}, name="two")
    bus.put()
    assert (len(bus.received("first")), len(bus.received("second"))) == (1, 1)
    until(lambda: missing in caplog.text and function in caplog.text, "the log")


def test_a_rule_of_a_template_delivers_whether_its_pattern_is_a_text_or_an_object(
    bus: Bus, client: Callable[..., Any]
) -> None:
    def rule(pattern: Any, target_id: str) -> dict[str, Any]:
        transformer = {"InputPathsMap": {"name": "$.detail.name"}, "InputTemplate": f'"{target_id} <name>"\n'}
        target = {"Id": target_id, "Arn": {"Ref": "Topic"}, "InputTransformer": transformer}
        return {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": pattern, "Targets": [target]}}

    bus.queue("queue")
    subscription = {"Protocol": "sqs", "Endpoint": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"}
    resources = {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"Subscription": [subscription]}},
        "Text": rule({"Fn::Sub": json.dumps(PATTERN)}, "text"),
        "Object": rule(PATTERN, "object"),
    }
    stack = {"StackName": "alarms", "TemplateBody": json.dumps({"Resources": resources})}
    client("cloudformation").create_stack(**stack)
    bus.put()
    bus.put("Low")
    assert sorted(json.loads(item)["Message"] for item in bus.received("queue")) == ['"object x"', '"text x"']
    client("cloudformation").delete_stack(StackName="alarms")
    assert bus.events.list_rules()["Rules"] == []
