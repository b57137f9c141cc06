"""KMS keys and parameters of an account."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.kms.models import Key
from moto.ssm.models import Parameter
from moto.utilities.utils import get_partition

from localaws.macie2.jobs.classifier import service_principal

_MACIE_OF_A_REGION = re.compile(r"\bmacie\.[a-z]+-[a-z]+-\d\.amazonaws\.com")


class ReadableKey(Key):
    """An ``AWS::KMS::Key`` whose policy GetKeyPolicy answers as a text, as AWS does; moto's is an object of JSON."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **more: Any
    ) -> Key:
        """Make the key, by default with KMS's own policy."""
        properties = cloudformation_json["Properties"]
        policy = properties.get("KeyPolicy") or _default_policy(account_id, region_name)
        _check_principals(policy, region_name)
        resource = {**cloudformation_json, "Properties": {**properties, "KeyPolicy": json.dumps(policy)}}
        made: Key = super().create_from_cloudformation_json(resource_name, resource, account_id, region_name, **more)
        if usage := properties.get("KeyUsage"):  # moto makes every key one for encryption
            made.key_usage, made.key_spec = usage, properties["KeySpec"]
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Key,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Key:
        """Change the key in place: what it has encrypted needs it."""
        properties = cloudformation_json["Properties"]
        policy = properties.get("KeyPolicy") or _default_policy(account_id, region_name)
        _check_principals(policy, region_name)
        original_resource.policy = json.dumps(policy)
        original_resource.description = properties.get("Description")
        original_resource.key_rotation_status = properties.get("EnableKeyRotation", False)
        original_resource.enabled = properties.get("Enabled", True)
        return original_resource


class TaggedParameter(Parameter):
    """An ``AWS::SSM::Parameter``, whose tags are a map in templates."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> Parameter:
        """Put the parameter; without a name it gets one."""
        properties = {"Name": resource_name, **cloudformation_json["Properties"]}
        if isinstance(tags := properties.get("Tags"), dict):
            properties["Tags"] = [{"Key": key, "Value": str(value)} for key, value in tags.items()]
        resource = {**cloudformation_json, "Properties": properties}
        return Parameter.create_from_cloudformation_json(resource_name, resource, account_id, region_name, **kwargs)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Parameter,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Parameter:
        """Replace the parameter, under its name."""
        return Parameter.update_from_cloudformation_json.__func__(  # type: ignore[attr-defined, no-any-return]
            cls, original_resource, original_resource.name, cloudformation_json, account_id, region_name
        )


def _check_principals(policy: Any, region_name: str) -> None:
    """Refuse Macie of another Region, or with a Region in those that need not be enabled: no such principal exists."""
    named = set(_MACIE_OF_A_REGION.findall(json.dumps(policy)))
    if named - {service_principal(region_name)}:
        raise ValidationError(message="Policy contains a statement with one or more invalid principals.")


def _default_policy(account_id: str, region_name: str) -> dict[str, Any]:
    """Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{get_partition(region_name)}:iam::{account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}
