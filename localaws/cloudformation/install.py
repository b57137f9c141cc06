"""Register the resource types and change sets with moto."""

from __future__ import annotations

from typing import Any

from moto.cloudformation.parsing import get_model_map

from localaws.cloudformation import change_sets
from localaws.cloudformation.account import AttachedPolicy, MacieSession, ReadableKey
from localaws.cloudformation.buckets import BucketPolicy, CompleteBucket
from localaws.cloudformation.messages import QueuePolicy, Subscription
from localaws.cloudformation.watch import Alarm, MetricFilter, RetainingLogGroup
from localaws.events.models import Rule


def install() -> None:
    """Register the types with moto's CloudFormation, and its change sets; may be called again."""
    change_sets.install()
    types: dict[str, Any] = get_model_map()
    for resource in (MacieSession, BucketPolicy, QueuePolicy, Subscription, MetricFilter, Alarm):
        types[resource.type_name] = resource
    types["AWS::S3::Bucket"] = CompleteBucket
    types["AWS::Logs::LogGroup"] = RetainingLogGroup
    types["AWS::IAM::ManagedPolicy"] = AttachedPolicy
    types["AWS::KMS::Key"] = ReadableKey
    types["AWS::Events::Rule"] = Rule
