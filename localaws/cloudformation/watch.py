"""Logs and alarms."""

from __future__ import annotations

import contextlib
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import JsonRESTError
from moto.logs.models import LogGroup, logs_backends

from localaws.cloudformation.resource import Resource


class MetricFilter(Resource):
    """An ``AWS::Logs::MetricFilter``; stored and described, but not applied to logs."""

    type_name = "AWS::Logs::MetricFilter"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Put the filter on its log group."""
        spell = {"MetricNamespace": "metricNamespace", "MetricName": "metricName", "MetricValue": "metricValue"}
        spell["DefaultValue"] = "defaultValue"
        changes = [
            {spell[key]: value for key, value in transformation.items()}
            for transformation in properties["MetricTransformations"]
        ]
        group = properties["LogGroupName"]
        backend: Any = logs_backends[account_id][region_name]
        backend.put_metric_filter(name, properties["FilterPattern"], group, changes)
        return f"{group}|{name}"

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Remove the filter."""
        group, _, name = physical_id.partition("|")
        with contextlib.suppress(JsonRESTError):
            logs_backends[account_id][region_name].delete_metric_filter(name, group)


class Alarm(Resource):
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
        """Create the group; an existing group is moto's error."""
        properties = cloudformation_json["Properties"]
        backend = logs_backends[account_id][region_name]
        backend.create_log_group(resource_name, {})
        backend.put_retention_policy(resource_name, properties.get("RetentionInDays", ""))
        return backend.groups[resource_name]

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: LogGroup,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> LogGroup:
        """Change the retention, and keep the logs; a group with another name replaces it."""
        properties = cloudformation_json["Properties"]
        if properties.get("LogGroupName", original_resource.name) != original_resource.name:
            made = cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)
            cls.delete_from_cloudformation_json(original_resource.name, cloudformation_json, account_id, region_name)
            return made
        backend = logs_backends[account_id][region_name]
        backend.put_retention_policy(original_resource.name, properties.get("RetentionInDays", ""))
        return original_resource
