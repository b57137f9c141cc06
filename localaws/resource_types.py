"""Types of resources that moto 5.2.5 leaves out when it reads a CloudFormation template, without a word.

Each makes its resource by the same backend as the API does, so what a stack has made can be described as always. A
changed resource is made anew: moto tells the old one only when it deletes it.
"""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from typing import Any, ClassVar

from moto.cloudformation.parsing import get_model_map
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.common_models import CloudFormationModel
from moto.core.exceptions import JsonRESTError
from moto.iam.models import ManagedPolicy, iam_backends
from moto.logs.models import LogGroup, logs_backends
from moto.sns.models import sns_backends
from moto.utilities.utils import get_partition

from localaws.macie2.models import macie2_backends


class _Resource(CloudFormationModel):
    """A resource that is known by one text, its physical id."""

    type_name: ClassVar[str] = ""

    def __init__(self, physical_id: str) -> None:
        self.physical_resource_id = physical_id

    @staticmethod
    def cloudformation_name_type() -> str:
        """Say that the template may leave the name out."""
        return ""

    @classmethod
    def cloudformation_type(cls) -> str:
        """Return the type's name in a template."""
        return cls.type_name

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> _Resource:
        """Make the resource."""
        return cls(cls.make(resource_name, cloudformation_json["Properties"], account_id, region_name))

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> _Resource:
        """Make the resource as it is to be now, in the place of the old one."""
        cls.remove(original_resource.physical_resource_id, account_id, region_name)
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Remove the resource."""
        cls.remove(resource_name, account_id, region_name)

    @staticmethod
    @abstractmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Make the resource and return its physical id."""

    @staticmethod
    @abstractmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Remove the resource; one that is gone is no error."""


class MacieSession(_Resource):
    """An ``AWS::Macie::Session``: Macie, enabled in the account and Region."""

    type_name = "AWS::Macie::Session"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Enable Macie; that it is enabled already is an error, as in AWS."""
        frequency = properties.get("FindingPublishingFrequency", "FIFTEEN_MINUTES")
        request = {"status": properties.get("Status", "ENABLED"), "findingPublishingFrequency": frequency}
        macie2_backends[account_id][region_name].enable_macie(request)
        return account_id

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Disable Macie, and forget all that it has."""
        macie2_backends[account_id][region_name].disable_macie({})


class Subscription(_Resource):
    """An ``AWS::SNS::Subscription``."""

    type_name = "AWS::SNS::Subscription"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Subscribe; nobody has to confirm here."""
        topic, endpoint, protocol = (properties[key] for key in ("TopicArn", "Endpoint", "Protocol"))
        return str(sns_backends[account_id][region_name].subscribe(topic, endpoint, protocol).arn)

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Unsubscribe."""
        sns_backends[account_id][region_name].unsubscribe(physical_id)


class MetricFilter(_Resource):
    """An ``AWS::Logs::MetricFilter``; kept and described, and applied to no log."""

    type_name = "AWS::Logs::MetricFilter"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Put the filter on its log group."""
        spell = {"MetricNamespace": "metricNamespace", "MetricName": "metricName", "MetricValue": "metricValue"}
        spell["DefaultValue"] = "defaultValue"
        changes = [{spell[key]: value for key, value in one.items()} for one in properties["MetricTransformations"]]
        group = properties["LogGroupName"]
        backend: Any = logs_backends[account_id][region_name]
        backend.put_metric_filter(name, properties["FilterPattern"], group, changes)
        return f"{group}|{name}"

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Take the filter off."""
        group, _, name = physical_id.partition("|")
        with contextlib.suppress(JsonRESTError):
            logs_backends[account_id][region_name].delete_metric_filter(name, group)


class Alarm(_Resource):
    """An ``AWS::CloudWatch::Alarm`` on one metric."""

    type_name = "AWS::CloudWatch::Alarm"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Put the alarm."""
        name = properties.get("AlarmName", name)
        cloudwatch_backends[account_id][region_name].put_metric_alarm(
            name=name,
            namespace=properties["Namespace"],
            metric_name=properties["MetricName"],
            comparison_operator=properties["ComparisonOperator"],
            evaluation_periods=int(properties["EvaluationPeriods"]),
            period=int(properties["Period"]),
            threshold=float(properties["Threshold"]),
            statistic=properties["Statistic"],
            description=properties.get("AlarmDescription", ""),
            dimensions=properties.get("Dimensions", []),
            alarm_actions=properties.get("AlarmActions", []),
            treat_missing_data=properties.get("TreatMissingData"),
        )
        return name

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Delete the alarm."""
        cloudwatch_backends[account_id][region_name].delete_alarms([physical_id])


class RetainingLogGroup(LogGroup):
    """An ``AWS::Logs::LogGroup`` with its ``RetentionInDays``."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> LogGroup:
        """Create the group; moto's exception says so when it is there."""
        properties = cloudformation_json["Properties"]
        backend = logs_backends[account_id][region_name]
        backend.create_log_group(resource_name, {})
        backend.put_retention_policy(resource_name, properties.get("RetentionInDays", ""))
        return backend.groups[resource_name]


class AttachedPolicy(ManagedPolicy):
    """An ``AWS::IAM::ManagedPolicy`` that leaves its roles when its stack goes; moto's stays, and its roles with it."""

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Detach and delete the policy."""
        backend = iam_backends[account_id][get_partition(region_name)]
        for role in list(backend.roles.values()):
            if resource_name in role.managed_policies:
                backend.detach_role_policy(resource_name, role.name)
        backend.managed_policies.pop(resource_name, None)


def install() -> None:
    """Register the types with moto's CloudFormation; may be called again."""
    types: dict[str, Any] = get_model_map()
    for one in (MacieSession, Subscription, MetricFilter, Alarm):
        types[one.type_name] = one
    types["AWS::Logs::LogGroup"] = RetainingLogGroup
    types["AWS::IAM::ManagedPolicy"] = AttachedPolicy
