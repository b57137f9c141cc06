"""Register the resource types and change sets with moto."""

from __future__ import annotations

from typing import Any

import moto.cloudformation.parsing as parsing
from moto.cloudformation.parsing import get_model_map

from localaws.cloudformation import change_sets, intrinsics, macie, stacks, syntax, without_effect
from localaws.cloudformation.account import ReadableKey, TaggedParameter
from localaws.cloudformation.buckets import BucketPolicy, CompleteBucket
from localaws.cloudformation.custom import CustomResource
from localaws.cloudformation.functions import NewFunction, Permission, Version
from localaws.cloudformation.identities import AttachedPolicy, CompleteRole
from localaws.cloudformation.messages import NewTopic, QueuePolicy, Subscription, TopicPolicy
from localaws.cloudformation.rules import NewRule
from localaws.cloudformation.watch import Alarm, MetricFilter, RetainingLogGroup

_OWN = (*macie.TYPES, BucketPolicy, TopicPolicy, QueuePolicy, Subscription, MetricFilter, Alarm, Permission, Version)
_COMPLETED = {
    "AWS::CloudFormation::CustomResource": CustomResource,
    "AWS::Events::Rule": NewRule,
    "AWS::IAM::ManagedPolicy": AttachedPolicy,
    "AWS::IAM::Role": CompleteRole,
    "AWS::KMS::Key": ReadableKey,
    "AWS::Lambda::Function": NewFunction,
    "AWS::Logs::LogGroup": RetainingLogGroup,
    "AWS::S3::Bucket": CompleteBucket,
    "AWS::SNS::Topic": NewTopic,
    "AWS::SSM::Parameter": TaggedParameter,
}


def install() -> None:
    """Register the types with moto's CloudFormation, and its stacks and change sets; may be called again."""
    for module in (syntax, stacks, change_sets, intrinsics):
        module.install()
    types: dict[str, Any] = get_model_map()
    types |= {resource.type_name: resource for resource in _OWN}
    parsing.CustomModel = CustomResource  # type: ignore[assignment, attr-defined]  # for Custom::…
    types |= _COMPLETED | without_effect.TYPES
