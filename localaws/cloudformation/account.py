"""Macie, managed policies and KMS keys of an account."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.models import ManagedPolicy, iam_backends
from moto.kms.models import Key
from moto.utilities.utils import get_partition

from localaws.cloudformation.resource import Resource
from localaws.macie2.models import macie2_backends


class MacieSession(Resource):
    """An ``AWS::Macie::Session``: Macie, enabled in the account and Region."""

    type_name = "AWS::Macie::Session"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Enable Macie; as in AWS, an error if it is enabled already."""
        frequency = properties.get("FindingPublishingFrequency", "FIFTEEN_MINUTES")
        request = {"status": properties.get("Status", "ENABLED"), "findingPublishingFrequency": frequency}
        macie2_backends[account_id][region_name].enable_macie(request)
        return account_id

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Disable Macie and drop its state."""
        macie2_backends[account_id][region_name].disable_macie({})


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


class ReadableKey(Key):
    """An ``AWS::KMS::Key`` whose policy GetKeyPolicy answers as a text, as AWS does; moto's is an object of JSON."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **more: Any
    ) -> Key:
        """Make the key."""
        properties = cloudformation_json["Properties"]
        in_text = {**properties, "KeyPolicy": json.dumps(properties["KeyPolicy"])}
        resource = {**cloudformation_json, "Properties": in_text}
        made: Key = super().create_from_cloudformation_json(resource_name, resource, account_id, region_name, **more)
        return made
