"""Rules of EventBridge; those that exist are an error, and moto would replace them."""

from __future__ import annotations

from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.events.models import Rule as MotoRule
from moto.events.models import events_backends

from localaws.cloudformation.resource import undone_on_failure
from localaws.events.models import Rule


class NewRule(Rule):
    """An ``AWS::Events::Rule``."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> MotoRule:
        """Create the rule with its targets."""
        backend = events_backends[account_id][region_name]
        bus = cloudformation_json["Properties"].get("EventBusName", "default")
        if resource_name in backend._get_event_bus(bus).rules:
            raise ValidationError(message=f"Rule {resource_name} already exists")
        with undone_on_failure(lambda: backend.delete_rule(resource_name, bus)):
            return Rule.create_from_cloudformation_json(
                resource_name, cloudformation_json, account_id, region_name, **kwargs
            )

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: MotoRule,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> MotoRule:
        """Replace the rule, under its name unless the template has another."""
        name = cloudformation_json["Properties"].get("Name", original_resource.name)
        original_resource.delete(account_id, region_name)
        return cls.create_from_cloudformation_json(name, cloudformation_json, account_id, region_name)
