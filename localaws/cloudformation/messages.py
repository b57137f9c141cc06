"""Topics with their policies and subscriptions, and policies of queues."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.sns.exceptions import SNSNotFoundError
from moto.sns.models import Topic, sns_backends
from moto.sns.utils import make_arn_for_topic
from moto.sqs.models import sqs_backends
from moto.utilities.arns import parse_arn

from localaws.cloudformation.resource import Resource, undone_on_failure


class QueuePolicy(Resource):
    """An ``AWS::SQS::QueuePolicy``; enforced where IAM is (:mod:`localaws.iam`)."""

    type_name = "AWS::SQS::QueuePolicy"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Put the policy on its queues."""
        names = [url.rpartition("/")[2] for url in properties["Queues"]]
        for queue in names:
            attributes = {"Policy": json.dumps(properties["PolicyDocument"])}
            sqs_backends[account_id][region_name].set_queue_attributes(queue, attributes)
        return ",".join(names)

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Take the policy off the queues that are still there."""
        backend = sqs_backends[account_id][region_name]
        for name in physical_id.split(","):
            if name in backend.queues:
                backend.set_queue_attributes(name, {"Policy": ""})


class NewTopic(Topic):
    """An ``AWS::SNS::Topic`` with its tags; a topic that exists is an error, and moto would take it over."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> Topic:
        """Create the topic."""
        backend = sns_backends[account_id][region_name]
        arn = make_arn_for_topic(account_id, resource_name, region_name)
        if arn in backend.topics:
            raise ValidationError(message=f"Topic {resource_name} already exists")
        properties = dict(cloudformation_json["Properties"])
        tags = {tag["Key"]: tag["Value"] for tag in properties.pop("Tags", [])}
        resource = {**cloudformation_json, "Properties": properties}
        with undone_on_failure(lambda: backend.delete_topic(arn)):
            topic = Topic.create_from_cloudformation_json(resource_name, resource, account_id, region_name, **kwargs)
        topic._tags = tags
        return topic

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Topic,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Topic:
        """Change the topic in place, or replace it when its name changes; subscriptions of the API stay."""
        properties = cloudformation_json["Properties"]
        if properties.get("TopicName", original_resource.name) != original_resource.name:
            made = cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)
            original_resource.delete(account_id, region_name)
            return made
        original_resource.display_name = properties.get("DisplayName", "")
        original_resource.kms_master_key_id = properties.get("KmsMasterKeyId", "")
        original_resource._tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        return original_resource


class TopicPolicy(Resource):
    """An ``AWS::SNS::TopicPolicy``; enforced where IAM is (:mod:`localaws.iam`)."""

    type_name = "AWS::SNS::TopicPolicy"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Put the policy on its topics."""
        for arn in properties["Topics"]:
            _topic(arn).policy = json.dumps(properties["PolicyDocument"])
        return ",".join(properties["Topics"])

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Give the topics that are still there the policy of a new topic."""
        for arn in physical_id.split(","):
            with suppress(SNSNotFoundError):
                topic = _topic(arn)
                default = topic._create_default_topic_policy(region_name, account_id, topic.name)
                topic.policy = json.dumps(default)


class Subscription(Resource):
    """An ``AWS::SNS::Subscription``, also to a topic of another Region."""

    type_name = "AWS::SNS::Subscription"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Subscribe; the local SNS asks for no confirmation."""
        topic, endpoint, protocol = (properties[key] for key in ("TopicArn", "Endpoint", "Protocol"))
        backend = sns_backends[_topic(topic).account_id][parse_arn(topic).region]
        arn = str(backend.subscribe(topic, endpoint, protocol).arn)
        with undone_on_failure(lambda: backend.unsubscribe(arn)):
            for attribute in _ATTRIBUTES:
                if attribute in properties:
                    backend.set_subscription_attributes(arn, attribute, _text(properties[attribute]))
        return arn

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Unsubscribe."""
        arn = parse_arn(physical_id)
        sns_backends[arn.account][arn.region].unsubscribe(physical_id)

    @staticmethod
    def attributes(physical_id: str, account_id: str, region_name: str) -> Mapping[str, Any]:
        """Return the ARN."""
        return {"Arn": physical_id}


#: The scope comes before the policy that it is for.
_ATTRIBUTES = ("FilterPolicyScope", "FilterPolicy", "RawMessageDelivery", "DeliveryPolicy", "RedrivePolicy")


def _topic(arn: str) -> Topic:
    where = parse_arn(arn)
    return sns_backends[where.account][where.region].get_topic(arn)


def _text(value: Any) -> str:
    """Return the value of an attribute, which the API takes as a text."""
    return value if isinstance(value, str) else json.dumps(value)
