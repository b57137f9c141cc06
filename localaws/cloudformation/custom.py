"""Custom resources, made by their functions: those that the local AWS runs.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html. moto leaves a
stack in progress when the function fails, and does not tell the function of updates and deletions.
"""

from __future__ import annotations

from typing import Any

from moto.awslambda.utils import get_backend
from moto.cloudformation.exceptions import ValidationError
from moto.core.common_models import CloudFormationModel
from moto.moto_api._internal import mock_random

from localaws import endpoint
from localaws.awslambda.functions import invoke_now
from localaws.cloudformation.callbacks import PATH, callbacks


class CustomResource(CloudFormationModel):
    """A ``Custom::…`` or an ``AWS::CloudFormation::CustomResource``.

    :param identity: the members of each request that stay the same.
    """

    def __init__(self, account_id: str, region_name: str, identity: dict[str, Any], properties: dict[str, Any]) -> None:
        self._account_id = account_id
        self._region_name = region_name
        self._identity = identity
        self._properties = properties
        answer = self._ask("Create", properties)
        self._keep(answer)

    @staticmethod
    def cloudformation_name_type() -> str:
        """Say that the template has no name."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """Return the type's name in a template."""
        return "AWS::CloudFormation::CustomResource"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> CustomResource:
        """Let the function make the resource."""
        identity = {
            "StackId": kwargs["StackId"],
            "LogicalResourceId": kwargs["LogicalId"],
            "ResourceType": kwargs["ResourceType"],
        }
        return cls(account_id, region_name, identity, cloudformation_json["Properties"])

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> CustomResource:
        """Let the function change the resource; one with another id replaces it, and the old one is deleted."""
        made: CustomResource = original_resource
        old_id, old, new = made.physical_resource_id, made._properties, cloudformation_json["Properties"]
        answer = made._ask("Update", new, PhysicalResourceId=old_id, OldResourceProperties=_as_text(old))
        made._properties = new
        made._keep(answer)
        if made.physical_resource_id != old_id:
            made._ask("Delete", old, PhysicalResourceId=old_id)
        return made

    def delete(self, account_id: str, region_name: str) -> None:
        """Let the function delete the resource."""
        self._ask("Delete", self._properties, PhysicalResourceId=self.physical_resource_id)

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        """Return what the function has put into ``Data``."""
        return self._data.get(attribute_name)

    def _keep(self, answer: dict[str, Any]) -> None:
        self.physical_resource_id = str(answer.get("PhysicalResourceId"))
        self._data: dict[str, Any] = answer.get("Data") or {}

    def _ask(self, request_type: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Invoke the function and return its answer.

        :raises ValidationError: if it answers FAILED, or not at all.
        """
        function = get_backend(self._account_id, self._region_name).get_function(properties["ServiceToken"])
        token = callbacks.expect()
        event = {
            **self._identity,
            **more,
            "RequestType": request_type,
            "RequestId": str(mock_random.uuid4()),
            "ResponseURL": f"{endpoint.loopback_url()}{PATH}{token}",
            "ServiceToken": properties["ServiceToken"],
            "ResourceProperties": _as_text(properties),
        }
        outcome = invoke_now(function, event)
        answer = callbacks.take(token)
        if answer is None:
            why = outcome.payload if outcome.is_error else "The function has not sent a response."
            raise ValidationError(message=f"Custom Resource failed to respond. {why}")
        if answer.get("Status") != "SUCCESS":
            reason = answer.get("Reason")
            raise ValidationError(message=f"Received response status [FAILED] from custom resource. {reason}")
        return answer


def _as_text(value: Any) -> Any:
    """Return properties as functions get them: all values are texts."""
    if isinstance(value, dict):
        return {name: _as_text(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
