"""An account that is made to match what is wanted: what is there, whose it is, and the changes that it takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from macie.hook import MacieHook

if TYPE_CHECKING:
    from mypy_boto3_macie2 import Macie2Client
    from mypy_boto3_macie2.type_defs import S3DestinationTypeDef

type Action = Literal["create", "keep", "update", "replace", "remove", "cancel", "resume", "enable"]

MANAGED_BY = "ManagedBy"
"""Tag of what was made here: who manages it. What does not have it is somebody else's, and is left alone."""

FINGERPRINT = "Fingerprint"
"""Tag that says from which definition something was made: see :func:`macie.definitions.fingerprint`."""


class Change(TypedDict):
    """What one thing of an account takes to be as it is wanted.

    * ``kind``: session, results_repository, custom_data_identifier, allow_list, suppression_rule or scheduled_job
    * ``id``: what Macie calls it; None where it has no id, and in a dry run for what would be made
    """

    kind: str
    name: str
    action: Action
    why: str
    id: str | None


def ids_of(changes: Iterable[Change]) -> dict[str, str]:
    """Return the id of each name that stays or comes; a dry run has none yet for what would be made, and says so."""
    return {one["name"]: one["id"] or f"new {one['kind']}" for one in changes if one["action"] != "remove"}


class Account:
    """
    One account's Macie in one Region.

    :param hook: the hook of all calls
    :param is_dry_run: whether nothing may be changed
    :param managed_by: value of the tag of what is ours
    """

    def __init__(self, hook: MacieHook, *, is_dry_run: bool, managed_by: str = "") -> None:
        self.hook = hook
        self.is_dry_run = is_dry_run
        self.managed_by = managed_by
        # A dry run does not enable Macie, which answers nothing then: there is nothing yet.
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
        """Return where Macie writes discovery results to, None if nowhere."""
        return None if self._is_empty else self.hook.get_export_configuration()

    def is_ours(self, found: Mapping[str, Any]) -> bool:
        """Say whether something that Macie describes has our tag."""
        return bool((found.get("tags") or {}).get(MANAGED_BY) == self.managed_by)

    def our_tags(self, definition: Mapping[str, Any], **more: str) -> dict[str, str]:
        """Return a definition's own tags, and those by which it is ours."""
        return {**definition.get("tags", {}), **more, MANAGED_BY: self.managed_by}
