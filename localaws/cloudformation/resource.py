"""Base class of resource types that moto does not have."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from moto.core.common_models import CloudFormationModel


class Resource(CloudFormationModel):
    """A resource that is known by one text, its physical id.

    A changed resource is replaced. moto finds the subclasses by itself.
    """

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
    ) -> Resource:
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
    ) -> Resource:
        """Replace the resource."""
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
        """Remove the resource if it still exists."""
