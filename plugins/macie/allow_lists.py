"""Allow lists: create, update and remove them to match their definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from macie.account import Account, Action, Change
from macie.errors import MacieRequestRefusedError
from macie.translation import translated_errors

_IN_USE = ("ConflictException", "ValidationException")
"""Codes with which Macie may refuse to delete a list that a job uses; the API reference does not say which."""


def reconcile_allow_lists(account: Account, definitions: Sequence[Mapping[str, Any]]) -> Iterator[Change]:
    """
    Make the managed allow lists match the definitions; other lists, which their owners may change, are neither used
    nor changed.

    A list without a definition is removed, at the latest when no job uses it any more.

    :param definitions: each the arguments of CreateAllowList
    """
    listed = sorted(account.list_items("list_allow_lists", "allowLists"), key=_age)
    described = [account.client.get_allow_list(id=item["id"]) for item in listed]
    lists = [found for found in described if account.is_managed(found)]
    names = {definition["name"] for definition in definitions}
    yield from (_remove(account, found, "not defined by any file") for found in lists if found["name"] not in names)
    for definition in definitions:
        namesakes = [found for found in lists if found["name"] == definition["name"]]
        change = _reconcile(account, definition, namesakes)
        yield change
        others = [found for found in namesakes if found["id"] != change["id"]]
        yield from (_remove(account, found, "replaced by another list of this name") for found in others)


def _age(item: Mapping[str, Any]) -> Any:
    return item["createdAt"], item["id"]


def _reconcile(account: Account, definition: Mapping[str, Any], namesakes: Sequence[Any]) -> Change:
    for found in namesakes:
        if found["criteria"] == definition["criteria"]:
            if found.get("description") != definition.get("description"):
                return _update(account, definition, found, "description changed")
            return _change(definition, "keep", _state(found), found["id"])
    for found in namesakes:
        if found["criteria"].keys() == definition["criteria"].keys():
            return _update(account, definition, found, "criteria changed")
    if namesakes:  # Source: API operation UpdateAllowList: the kind of criteria cannot be changed
        return _create(account, definition, "replace", "the kind of its criteria changed")
    return _create(account, definition, "create", "did not exist")


def _state(found: Mapping[str, Any]) -> str:
    """Return the reason to keep the list, with its status if Macie cannot use it: jobs ignore such a list silently."""
    code = found["status"]["code"]
    return "unchanged" if code == "OK" else f"unchanged, but Macie cannot use it now ({code})"


def _create(account: Account, definition: Mapping[str, Any], action: Action, why: str) -> Change:
    if account.is_dry_run:
        return _change(definition, action, why, None)
    created = account.client.create_allow_list(**{**definition, "tags": account.managed_tags(definition)})
    return _change(definition, action, why, created["id"])


def _update(account: Account, definition: Mapping[str, Any], found: Mapping[str, Any], why: str) -> Change:
    if not account.is_dry_run:
        changed: Any = {key: value for key, value in definition.items() if key != "tags"}
        account.client.update_allow_list(id=found["id"], **changed)
    return _change(definition, "update", why, found["id"])


def _remove(account: Account, found: Mapping[str, Any], why: str) -> Change:
    if not account.is_dry_run:
        try:
            with translated_errors():
                account.client.delete_allow_list(id=found["id"])
        except MacieRequestRefusedError as refusal:
            if refusal.args[1] not in _IN_USE:
                raise
            why += "; a job still uses it, a later run removes it"
    return _change(found, "remove", why, found["id"])


def _change(of: Mapping[str, Any], action: Action, why: str, list_id: str | None) -> Change:
    return Change(kind="allow_list", name=of["name"], action=action, why=why, id=list_id)
