"""Macie's four types, made by the operations of the API.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Macie.html
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from botocore import xform_name
from moto.core.utils import get_service_model
from moto.moto_api._internal import mock_random

from localaws.cloudformation.resource import Resource
from localaws.macie2.exceptions import AccessDeniedException, ResourceNotFoundException
from localaws.macie2.models import macie2_backends
from localaws.macie2.validation import validated

_NUMBERS = {"maximumMatchDistance", "position", "gt", "gte", "lt", "lte"}


class MacieSession(Resource):
    """An ``AWS::Macie::Session``: Macie, enabled in the account and Region."""

    type_name = "AWS::Macie::Session"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Enable Macie; as in AWS, an error if it is enabled already."""
        _call("EnableMacie", _settings(properties), account_id, region_name)
        return account_id

    @classmethod
    def change(cls, physical_id: str, name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Change the status and the frequency; disabling Macie instead would delete all its findings."""
        _call("UpdateMacieSession", _settings(properties), account_id, region_name)
        return physical_id

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Disable Macie and drop its state."""
        macie2_backends[account_id][region_name].disable_macie({})

    @staticmethod
    def attributes(physical_id: str, account_id: str, region_name: str) -> Mapping[str, Any]:
        """Return the account and the role of the service."""
        session = _call("GetMacieSession", {}, account_id, region_name)
        return {"AwsAccountId": account_id, "ServiceRole": session["serviceRole"]}


class _ByApi(Resource):
    """A resource with an id, an ARN and tags, made by ``Create…`` of the API and described by ``Get…``."""

    noun: ClassVar[str]
    id_in_answer: ClassVar[str] = "id"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Create the resource."""
        request = {**_request(properties), "clientToken": str(mock_random.uuid4())}
        return str(_call(f"Create{cls.noun}", request, account_id, region_name)[cls.id_in_answer])

    @classmethod
    def remove(cls, physical_id: str, account_id: str, region_name: str) -> None:
        """Delete the resource, unless it went with the session."""
        with suppress(AccessDeniedException, ResourceNotFoundException):
            _call(f"Delete{cls.noun}", {"id": physical_id}, account_id, region_name)

    @classmethod
    def attributes(cls, physical_id: str, account_id: str, region_name: str) -> Mapping[str, Any]:
        """Return the attributes that the type has."""
        found = _call(f"Get{cls.noun}", {"id": physical_id}, account_id, region_name)
        return {"Id": found["id"], "Arn": found["arn"]}


class CustomDataIdentifier(_ByApi):
    """An ``AWS::Macie::CustomDataIdentifier``, which has no severity levels; a change replaces it."""

    type_name = "AWS::Macie::CustomDataIdentifier"
    noun = "CustomDataIdentifier"
    id_in_answer = "customDataIdentifierId"


class _Changed(_ByApi):
    """A resource that is changed in place, by ``Update…`` of the API."""

    @classmethod
    def change(cls, physical_id: str, name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Update the resource and its tags."""
        request = _request(properties)
        tags = request.pop("tags", {})
        _call(f"Update{cls.noun}", {**request, "id": physical_id}, account_id, region_name)
        found = _call(f"Get{cls.noun}", {"id": physical_id}, account_id, region_name)
        gone = [key for key in found.get("tags") or {} if key not in tags]
        for operation, change in (("UntagResource", {"tagKeys": gone}), ("TagResource", {"tags": tags})):
            if any(change.values()):
                _call(operation, {"resourceArn": found["arn"], **change}, account_id, region_name)
        return physical_id


class FindingsFilter(_Changed):
    """An ``AWS::Macie::FindingsFilter``."""

    type_name = "AWS::Macie::FindingsFilter"
    noun = "FindingsFilter"


class AllowList(_Changed):
    """An ``AWS::Macie::AllowList``; its status is what the list is worth now."""

    type_name = "AWS::Macie::AllowList"
    noun = "AllowList"

    @classmethod
    def attributes(cls, physical_id: str, account_id: str, region_name: str) -> Mapping[str, Any]:
        """Return the attributes; the status as its code."""
        found = _call("GetAllowList", {"id": physical_id}, account_id, region_name)
        return {**super().attributes(physical_id, account_id, region_name), "Status": found["status"]["code"]}


TYPES = (MacieSession, CustomDataIdentifier, FindingsFilter, AllowList)


def _call(operation: str, request: dict[str, Any], account_id: str, region_name: str) -> Mapping[str, Any]:
    """Call an operation as a client would."""
    backend = macie2_backends[account_id][region_name]
    if operation != "EnableMacie":
        backend.assert_enabled()
    request = validated(get_service_model("macie2").operation_model(operation), request)
    answer: Mapping[str, Any] = getattr(backend, xform_name(operation))(request)
    return answer


def _settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a session, with the defaults of the type's schema."""
    return {
        "status": properties.get("Status", "ENABLED"),
        "findingPublishingFrequency": properties.get("FindingPublishingFrequency", "SIX_HOURS"),
    }


def _request(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties in the words of the API, where tags are a map."""
    request: dict[str, Any] = _in_api({name: value for name, value in properties.items() if name != "Tags"})
    if "Tags" in properties:
        request["tags"] = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
    return request


def _in_api(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {(key := name[:1].lower() + name[1:]): _number(key, _in_api(item)) for name, item in value.items()}


def _number(key: str, value: Any) -> Any:
    """Return a number that the template has as a text, which CloudFormation takes, too."""
    return int(value) if key in _NUMBERS and isinstance(value, str) and value.lstrip("-").isdigit() else value
