"""Queue policies and topic subscriptions."""

from __future__ import annotations

import json
from typing import Any

from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from localaws.cloudformation.resource import Resource


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


class Subscription(Resource):
    """An ``AWS::SNS::Subscription``."""

    type_name = "AWS::SNS::Subscription"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Subscribe; the local SNS asks for no confirmation."""
        topic, endpoint, protocol = (properties[key] for key in ("TopicArn", "Endpoint", "Protocol"))
        return str(sns_backends[account_id][region_name].subscribe(topic, endpoint, protocol).arn)

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Unsubscribe."""
        sns_backends[account_id][region_name].unsubscribe(physical_id)
