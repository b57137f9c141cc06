"""Base class of resource types that moto does not have, and what all types need."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from moto.core.common_models import CloudFormationModel


@contextmanager
def undone_on_failure(undo: Callable[[], object]) -> Iterator[None]:
    """Undo the first part of making a resource when a later part fails: a rollback does not know of the resource."""
    try:
        yield
    except Exception:
        with suppress(Exception):
            undo()
        raise


class Resource(CloudFormationModel):
    """A resource that is known by one text, its physical id, which ``Ref`` returns.

    moto finds the subclasses by itself.
    """

    type_name: ClassVar[str] = ""

    def __init__(self, physical_id: str, account_id: str, region_name: str) -> None:
        self.physical_resource_id = physical_id
        self._account_id = account_id
        self._region_name = region_name

    @staticmethod
    def cloudformation_name_type() -> str:
        """Say that the template may leave the name out."""
        return ""

    @classmethod
    def cloudformation_type(cls) -> str:
        """Return the type's name in a template."""
        return cls.type_name

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        """Return what ``Fn::GetAtt`` returns; None for an attribute that the type does not have."""
        return self.attributes(self.physical_resource_id, self._account_id, self._region_name).get(attribute_name)

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> Resource:
        """Make the resource."""
        physical_id = cls.make(resource_name, cloudformation_json["Properties"], account_id, region_name)
        return cls(physical_id, account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Resource:
        """Change the resource."""
        physical_id, properties = original_resource.physical_resource_id, cloudformation_json["Properties"]
        return cls(
            cls.change(physical_id, new_resource_name, properties, account_id, region_name), account_id, region_name
        )

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Remove the resource."""
        cls.remove(resource_name, account_id, region_name)

    @staticmethod
    def attributes(physical_id: str, account_id: str, region_name: str) -> Mapping[str, Any]:
        """Return the attributes for ``Fn::GetAtt``."""
        return {}

    @staticmethod
    @abstractmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Make the resource and return its physical id.

        :param name: a name for a resource whose properties have none.
        """

    @classmethod
    def change(cls, physical_id: str, name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Change the resource and return its physical id; here, replace it."""
        cls.remove(physical_id, account_id, region_name)
        return cls.make(name, properties, account_id, region_name)

    @staticmethod
    @abstractmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Remove the resource if it still exists."""
