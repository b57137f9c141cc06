"""Queue policies and subscriptions of a template."""

from __future__ import annotations

import json

from tests.localaws.cloudformation.conftest import TEMPLATES, Client, update


def without_resource(template: str, name: str) -> str:
    """The template without one resource: its line below Resources, and what is indented below that."""
    kept, is_inside = [], False
    for line in template.splitlines():
        if not line.startswith("   "):
            is_inside = line == f"  {name}:"
        if not is_inside:
            kept.append(line)
    return "\n".join(kept)


def test_only_the_rules_may_send_to_the_queues(client: Client, outputs: dict[str, str]) -> None:
    for output in ("FindingsQueueUrl", "DeadLetterQueueUrl"):
        answer = client("sqs").get_queue_attributes(QueueUrl=outputs[output], AttributeNames=["Policy"])
        (statement,) = json.loads(answer["Attributes"]["Policy"])["Statement"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert {arn.rpartition("/")[2] for arn in statement["Condition"]["ArnEquals"]["aws:SourceArn"]} == {
            "lake-macie-high",
            "lake-macie-low-or-medium",
            "lake-macie-custom-identifiers",
        }


def test_policy_is_taken_off_the_queues_when_it_leaves_the_template(client: Client, outputs: dict[str, str]) -> None:
    update(client, "pipeline", without_resource(TEMPLATES["pipeline"], "FindingsQueuePolicy"))
    answer = client("sqs").get_queue_attributes(QueueUrl=outputs["FindingsQueueUrl"], AttributeNames=["All"])
    assert not answer["Attributes"].get("Policy")


def test_people_are_subscribed_when_the_parameters_name_them(client: Client, outputs: dict[str, str]) -> None:
    update(client, "pipeline", AlertEmail="on-call@example.com", AlertPhone="+15550100")
    found = client("sns").list_subscriptions()["Subscriptions"]
    high, low = outputs["HighTopicArn"], outputs["LowTopicArn"]
    assert {(item["TopicArn"], item["Protocol"], item["Endpoint"]) for item in found} == {
        (high, "sms", "+15550100"),
        (high, "email", "on-call@example.com"),
        (low, "email", "on-call@example.com"),
    }
    update(client, "pipeline", AlertEmail="", AlertPhone="")
    assert client("sns").list_subscriptions()["Subscriptions"] == []
