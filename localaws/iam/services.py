"""The permissions that a request to any service but S3 needs.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from localaws.iam.policy import Permission
from localaws.iam.request import AwsRequest
from localaws.iam.resource_rules import Location, named_resources
from localaws.iam.stored import key_arn, key_of_queue, key_of_topic

#: Operations that another action's permission is for.
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html,
#: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
_ACTIONS = {
    "sns:PublishBatch": "sns:Publish",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
#: What needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_FREE = {"sts:GetCallerIdentity"}
#: Operations that name a resource and are about none of them for IAM: a policy has to allow them on ``*``.
_ABOUT_NONE = {
    "kms:ListAliases",
    *(
        f"logs:{name}"
        for name in (
            "DeleteIndexPolicy",
            "DescribeFieldIndexes",
            "DescribeIndexPolicies",
            "DescribeLogGroups",
            "DescribeQueries",
            "PutIndexPolicy",
            "PutQueryDefinition",
        )
    ),
    *(
        f"ssm:{name}"
        for name in (
            "CreateOpsMetadata",
            "DescribeMaintenanceWindowSchedule",
            "GetCommandInvocation",
            "GetDeployablePatchSnapshotForInstance",
            "ListCommandInvocations",
            "ListCommands",
            "ListInventoryEntries",
            "ListOpsItemRelatedItems",
            "PutInventory",
            "StartExecutionPreview",
        )
    ),
}
_KEY_ID_BYTES = 36  # with which moto begins what it encrypts
#: What who sends to, and who receives from, an encrypted topic or queue needs on its key.
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
#: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
_KEY_ACTIONS = {
    "sns:Publish": ("GenerateDataKey", "Decrypt"),
    "sqs:SendMessage": ("GenerateDataKey", "Decrypt"),
    "sqs:ReceiveMessage": ("Decrypt",),
}


def permissions_of(request: AwsRequest, where: Location) -> Iterator[Permission]:
    """Yield the permissions that a request needs, with ``*`` for an unknown resource."""
    name = f"{request.prefix}:{request.operation}"
    action = _ACTIONS.get(name, name)
    if action in _FREE:
        return
    if request.prefix == "kms" and name not in _ABOUT_NONE:
        yield from _of_kms(request, where)
        return
    keys = _keys(request)
    resources = [] if name in _ABOUT_NONE else list(_resources(request, where))
    resources = resources or ["*"]
    for resource in resources:
        yield Permission(action, resource, keys, _account_of(resource))
    for key in map(_encryption_key, resources):
        if key and action in _KEY_ACTIONS:
            via = {"kms:viaservice": (f"{request.prefix}.{where.region_name}.amazonaws.com",)}
            for key_action in _KEY_ACTIONS[action]:
                yield Permission(f"kms:{key_action}", key, via, _account_of(key))


def _resources(request: AwsRequest, where: Location) -> Iterable[str]:
    parameters = request.parameters
    match request.prefix:
        case "logs" if "ScheduledQuery" not in request.operation and (groups := _log_groups(parameters)):
            return [_log_stream(group, parameters.get("logStreamName", ""), where) for group in groups]
        case "events" if request.operation == "PutEvents":
            buses = {_bus(entry) for entry in parameters.get("Entries", ())}
            return [where.arn("events", f"event-bus/{bus}") for bus in sorted(buses)]
        case "events" if rule := parameters.get("Rule") or ("Rule" in request.operation and parameters.get("Name")):
            bus = _bus(parameters)
            return [where.arn("events", f"rule/{rule}" if bus == "default" else f"rule/{bus}/{rule}")]
        case "ssm" if "Tag" in request.operation and (resource_id := parameters.get("ResourceId")):
            kind = str(parameters.get("ResourceType", "")).lower().replace("managedinstance", "managed-instance")
            return [where.arn("ssm", f"{kind}/{str(resource_id).removeprefix('/')}")]
    return named_resources(request.prefix, request.operation, parameters, where)


def _bus(parameters: Mapping[str, Any]) -> str:
    return str(parameters.get("EventBusName") or "default").rpartition("event-bus/")[2]


def _log_groups(parameters: Mapping[str, Any]) -> list[str]:
    """Return the names of the log groups that a request is about."""
    found: list[str] = []
    for name in ("logGroupName", "logGroupIdentifier", "logGroupNames", "logGroupIdentifiers", "logGroupArnList"):
        if value := parameters.get(name):
            found += value if isinstance(value, list) else [value]
    return [name.partition(":log-group:")[2].partition(":")[0] if name.startswith("arn:") else name for name in found]


def _log_stream(group: str, stream: str, where: Location) -> str:
    """Return the resource that CloudWatch Logs asks for: that of streams, so a policy has to end in ``:*``.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    return where.arn("logs", f"log-group:{group}:log-stream:{stream}")


def _of_kms(request: AwsRequest, where: Location) -> Iterator[Permission]:
    """Yield the permissions of a request to KMS: its keys, by ARN, and the aliases that it changes.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
    """
    parameters, keys = request.parameters, _kms_keys(request.parameters)
    key_ids = [parameters.get("KeyId") or parameters.get("TargetKeyId") or _key_of_ciphertext(parameters)]
    actions = [request.operation]
    if request.operation == "ReEncrypt":
        key_ids = [parameters.get("SourceKeyId") or key_ids[0], parameters.get("DestinationKeyId")]
        actions = ["ReEncryptFrom", "ReEncryptTo"]
    if alias := parameters.get("AliasName"):
        yield Permission(f"kms:{request.operation}", where.arn("kms", alias.rpartition(":")[2]), keys)
        if request.operation == "DeleteAlias":
            key_ids = [alias]
    for action, key_id in zip(actions, key_ids, strict=True):
        arn = key_arn(key_id, where.account_id, where.region_name)
        if arn or not alias:
            yield Permission(f"kms:{action}", arn or "*", keys, _account_of(arn or ""))


def _key_of_ciphertext(parameters: Mapping[str, Any]) -> str | None:
    blob = parameters.get("CiphertextBlob")
    try:
        raw = base64.b64decode(blob) if isinstance(blob, str) else blob
    except binascii.Error:
        return None
    return raw[:_KEY_ID_BYTES].decode("ascii", "replace") if raw else None


def _kms_keys(parameters: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    context = parameters.get("EncryptionContext") or {}
    keys = {f"kms:encryptioncontext:{name.lower()}": (value,) for name, value in context.items()}
    return {**keys, "kms:encryptioncontextkeys": tuple(context)} if context else {}


def _encryption_key(resource: str) -> str | None:
    """Return the KMS key of an encrypted topic or queue."""
    match resource.split(":"):
        case [_, _, "sns", _, _, _]:
            return key_of_topic(resource)
        case [_, _, "sqs", _, _, _]:
            return key_of_queue(resource)
    return None


def _keys(request: AwsRequest) -> dict[str, tuple[str, ...]]:
    """Return the tags that a request gives, and the few keys of services that policies about them use."""
    given = request.parameters.get("Tags") or request.parameters.get("tags") or {}
    pairs = given.items() if isinstance(given, Mapping) else [_pair(tag) for tag in given if isinstance(tag, Mapping)]
    keys: dict[str, tuple[str, ...]] = {f"aws:requesttag/{str(name).lower()}": (str(value),) for name, value in pairs}
    if pairs:
        keys["aws:tagkeys"] = tuple(str(name) for name, _ in pairs)
    for name, parameter in (("cloudwatch:namespace", "Namespace"), ("ssm:recursive", "Recursive")):
        if (value := request.parameters.get(parameter)) is not None and name.startswith(request.prefix):
            keys[name] = (str(value).lower() if isinstance(value, bool) else str(value),)
    return keys


def _pair(tag: Mapping[str, Any]) -> tuple[Any, Any]:
    return tag.get("Key", tag.get("TagKey", "")), tag.get("Value", tag.get("TagValue", ""))


def _account_of(resource: str) -> str | None:
    _, _, after = resource.partition("arn:")
    return ":".join(after.split(":")[3:4]) or None
