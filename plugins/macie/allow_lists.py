"""Allow lists: made, changed and removed so that they are what the definitions say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from macie.account import Account, Action, Change
from macie.errors import MacieRequestRefusedError
from macie.translation import translated_errors

_IN_USE = ("ConflictException", "ValidationException")
"""Codes with which a list may be refused to be deleted because a job uses it; the API does not say which it is."""


def reconcile_allow_lists(account: Account, definitions: Sequence[Mapping[str, Any]]) -> Iterator[Change]:
    """
    Make our allow lists in the account those of the definitions; those of somebody else, who may change them, are
    neither used nor touched.

    One that no definition names is removed, at the latest when no job uses it any more.

    :param definitions: each the arguments of CreateAllowList
    """
    listed = sorted(account.list_items("list_allow_lists", "allowLists"), key=_age)
    lists = [one for item in listed if account.is_ours(one := account.client.get_allow_list(id=item["id"]))]
    names = {definition["name"] for definition in definitions}
    yield from (_remove(account, one, "no file defines it") for one in lists if one["name"] not in names)
    for definition in definitions:
        namesakes = [one for one in lists if one["name"] == definition["name"]]
        change = _reconcile(account, definition, namesakes)
        yield change
        others = [one for one in namesakes if one["id"] != change["id"]]
        yield from (_remove(account, one, "another one has taken its place") for one in others)


def _age(item: Mapping[str, Any]) -> Any:
    return item["createdAt"], item["id"]


def _reconcile(account: Account, definition: Mapping[str, Any], namesakes: Sequence[Any]) -> Change:
    for found in namesakes:
        if found["criteria"] == definition["criteria"]:
            if found.get("description") != definition.get("description"):
                return _update(account, definition, found, "its description changed")
            return _change(definition, "keep", _state(found), found["id"])
    for found in namesakes:
        if found["criteria"].keys() == definition["criteria"].keys():
            return _update(account, definition, found, "its criteria changed")
    if namesakes:  # Source: API operation UpdateAllowList: the kind of criteria cannot be changed
        return _create(account, definition, "replace", "it became a list of the other kind")
    return _create(account, definition, "create", "there was none")


def _state(found: Mapping[str, Any]) -> str:
    """Say whether Macie can use the list: it leaves out one that it cannot, without a word."""
    code = found["status"]["code"]
    return "as it is wanted" if code == "OK" else f"as it is wanted, but Macie cannot use it now ({code})"


def _create(account: Account, definition: Mapping[str, Any], action: Action, why: str) -> Change:
    if account.is_dry_run:
        return _change(definition, action, why, None)
    created = account.client.create_allow_list(**{**definition, "tags": account.our_tags(definition)})
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
            why += "; a job uses it until it is replaced, and a later run removes it"
    return _change(found, "remove", why, found["id"])


def _change(of: Mapping[str, Any], action: Action, why: str, list_id: str | None) -> Change:
    return Change(kind="allow_list", name=of["name"], action=action, why=why, id=list_id)
