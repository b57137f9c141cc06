"""State of one account's Macie: its items, which of them are managed here, and the changes to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from macie.hook import MacieHook

if TYPE_CHECKING:
    from mypy_boto3_macie2 import Macie2Client
    from mypy_boto3_macie2.type_defs import S3DestinationTypeDef

type Action = Literal["create", "keep", "update", "replace", "remove", "cancel", "resume", "enable"]

MANAGED_BY = "ManagedBy"
"""Tag with the name of the manager. Items with another value, or without the tag, are left alone."""

FINGERPRINT = "Fingerprint"
"""Tag with the hash of the definition that an item was created from, see :func:`macie.definitions.fingerprint`."""


class Change(TypedDict):
    """
    One change that makes an item of the account match its definition.

    * ``kind``: session, results_repository, custom_data_identifier, allow_list, suppression_rule or scheduled_job
    * ``id``: id in Macie; None for kinds without an id, and in a dry run for items that would be created
    """

    kind: str
    name: str
    action: Action
    why: str
    id: str | None


def ids_of(changes: Iterable[Change]) -> dict[str, str]:
    """Return the id of each name that is not removed; ``new <kind>`` for what a dry run would create."""
    return {
        change["name"]: change["id"] or f"new {change['kind']}" for change in changes if change["action"] != "remove"
    }


class Account:
    """
    One account's Macie in one Region.

    :param hook: the hook of all calls
    :param is_dry_run: whether nothing may be changed
    :param managed_by: value of the tag :data:`MANAGED_BY`; empty: no item is managed
    """

    def __init__(self, hook: MacieHook, *, is_dry_run: bool, managed_by: str = "") -> None:
        self.hook = hook
        self.is_dry_run = is_dry_run
        self.managed_by = managed_by
        # A dry run does not enable Macie, which refuses all calls until then: the account has no items yet.
        self._is_empty = is_dry_run and hook.get_session_status() == "DISABLED"

    @property
    def client(self) -> Macie2Client:
        """The client of Macie."""
        return self.hook.client

    def list_items(self, operation: str, member: str, **arguments: Any) -> list[Any]:
        """Return all items of all pages of a list."""
        if self._is_empty:
            return []
        pages: Any = self.client.get_paginator(operation).paginate(**arguments)  # type: ignore[call-overload]
        return [item for page in pages for item in page[member]]

    def results_repository(self) -> S3DestinationTypeDef | None:
        """Return the repository for discovery results, None if none is set."""
        return None if self._is_empty else self.hook.get_export_configuration()

    def is_managed(self, found: Mapping[str, Any]) -> bool:
        """Return whether an item that Macie describes has the tag of this manager."""
        return bool((found.get("tags") or {}).get(MANAGED_BY) == self.managed_by)

    def managed_tags(self, definition: Mapping[str, Any], **more: str) -> dict[str, str]:
        """Return a definition's own tags, and those of a managed item."""
        return {**definition.get("tags", {}), **more, MANAGED_BY: self.managed_by}
