"""The parameters that name the resource of a request, by service.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Location:
    """The account and Region in which names are names of resources."""

    partition: str
    region_name: str
    account_id: str

    def arn(self, service: str, name: str, *, has_region: bool = True) -> str:
        """Return the ARN of a resource."""
        return f"arn:{self.partition}:{service}:{self.region_name if has_region else ''}:{self.account_id}:{name}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A parameter, one name or several, and the end of the ARN that a name makes; an ARN stays as it is.

    :param parameter: None for the resources that a request without a name is about.
    :param of: regular expression for the operations that the rule is for; empty: for all.
    """

    parameter: str | None
    name: str = "{}"
    of: str = ""
    has_region: bool = True


_SNS = (Rule("TopicArn"), Rule("ResourceArn"), Rule("TargetArn"), Rule("Name", "{}", "^CreateTopic$"))
_SQS = (Rule("QueueUrl"), Rule("QueueName"), Rule("SourceArn"))
_SSM = (
    Rule("Names", "parameter/{}", "Parameter"),
    Rule("Name", "parameter/{}", "Parameter(?!s$)"),
    Rule("Path", "parameter/{}"),
    Rule("ResourceArn"),
    Rule("OpsMetadataArn"),
    Rule("OpsItemId", "opsitem/{}"),
    Rule("AssociationId", "association/{}"),
    Rule("AssociationIds", "association/{}"),
    Rule("AutomationExecutionId", "automation-execution/{}"),
    Rule("DocumentName", "document/{}"),
    Rule("Name", "document/{}", "Document|Association|Calendar"),
    Rule("CalendarNames", "document/{}"),
    Rule("WindowId", "maintenancewindow/{}"),
    Rule("BaselineId", "patchbaseline/{}"),
    Rule("SessionId", "session/{}"),
    Rule("SettingId", "servicesetting/{}"),
    Rule("SyncName", "resource-data-sync/{}"),
    Rule("InstanceId", "managed-instance/{}"),
    Rule("ResourceId", "managed-instance/{}", "^PutComplianceItems$"),
    Rule("InstanceIds", "managed-instance/{}", "^DescribeInstancePatchStates$"),
)
_CLOUDWATCH = (
    Rule("ResourceARN"),
    Rule("AlarmMuteRuleName", "alarm-mute-rule:{}"),
    Rule("Name", "alarm-mute-rule:{}", "MuteRule"),
    Rule(None, "alarm-mute-rule:*", "^ListAlarmMuteRules$"),
    Rule("AlarmNames", "alarm:{}"),
    Rule("AlarmName", "alarm:{}"),
    Rule(None, "alarm:*", "^DescribeAlarm(s|History)$"),
    Rule("DashboardName", "dashboard/{}", has_region=False),
    Rule("DashboardNames", "dashboard/{}", has_region=False),
    Rule("RuleName", "insight-rule/{}"),
    Rule("RuleNames", "insight-rule/{}"),
    Rule("Name", "metric-stream/{}", "MetricStream"),
    Rule("Names", "metric-stream/{}", "MetricStream"),
)
_EVENTS = (
    Rule("ResourceARN"),
    Rule("ArchiveName", "archive/{}"),
    Rule("ReplayName", "replay/{}"),
    Rule("Name", "event-bus/{}", "EventBus$"),
    Rule(None, "event-bus/default", "^DescribeEventBus$"),
    Rule("Name", "connection/{}", "Connection$"),
    Rule("Name", "api-destination/{}", "ApiDestination$"),
    Rule("Name", "endpoint/{}", "Endpoint$"),
)
_MACIE = (
    Rule("resourceArn"),
    Rule("jobId", "classification-job/{}"),
    Rule(None, "classification-job/*", "^CreateClassificationJob$"),
    Rule("id", "custom-data-identifier/{}", "CustomDataIdentifier$"),
    Rule("ids", "custom-data-identifier/{}", "^BatchGetCustomDataIdentifiers$"),
    Rule(None, "custom-data-identifier/*", "^(Create|BatchGet)CustomDataIdentifiers?$"),
    Rule("id", "allow-list/{}", "AllowList$"),
    Rule("id", "findings-filter/{}", "FindingsFilter$"),
    Rule(None, "findings-filter/*", "^CreateFindingsFilter$"),
    Rule("id", "member/{}", "(Get|Delete|Disassociate)Member$"),
    Rule(None, "member/*", "^CreateMember$"),
)
_LOGS = (
    Rule("resourceArn"),
    Rule("destinationName", "destination:{}", "Destination"),
    Rule("anomalyDetectorArn"),
    Rule("deliverySourceName", "delivery-source:{}"),
    Rule("deliveryDestinationName", "delivery-destination:{}"),
    Rule("name", "delivery-source:{}", "DeliverySource$"),
    Rule("name", "delivery-destination:{}", "DeliveryDestination$"),
    Rule("id", "delivery:{}", "Delivery"),
    Rule("identifier", "scheduled-query:{}", "ScheduledQuery"),
    Rule("name", "scheduled-query:{}", "ScheduledQuery$"),
    Rule("lookupTableName", "lookup-table:{}"),
)
RULES: dict[str, tuple[Rule, ...]] = {
    "sns": _SNS,
    "sqs": _SQS,
    "ssm": _SSM,
    "cloudwatch": _CLOUDWATCH,
    "events": _EVENTS,
    "macie2": _MACIE,
    "logs": _LOGS,
    "sts": (Rule("RoleArn"),),
}


def named_resources(service: str, operation: str, parameters: Mapping[str, Any], where: Location) -> Iterator[str]:
    """Yield the ARNs that the first rule makes which the request fits; none when it fits no rule."""
    for rule in RULES.get(service, ()):
        if rule.of and not re.search(rule.of, operation):
            continue
        if rule.parameter is None:
            yield where.arn(service, rule.name, has_region=rule.has_region)
            return
        if value := parameters.get(rule.parameter):
            for element in value if isinstance(value, list) else [value]:
                yield _arn(service, rule, str(element), where)
            return


def _arn(service: str, rule: Rule, value: str, where: Location) -> str:
    if value.startswith("arn:"):
        return value
    if service == "ssm" and value.startswith("i-"):
        return where.arn("ec2", f"instance/{value}")
    return where.arn(service, rule.name.format(_name(service, value)), has_region=rule.has_region)


def _name(service: str, value: str) -> str:
    """Return the resource's name in a value: a queue's URL ends in it, a parameter's may have a version."""
    match service:
        case "sqs":
            return value.rpartition("/")[2]
        case "ssm":
            return value.removeprefix("/").partition(":")[0]
    return value
