"""Custom data identifiers: find them by their definition, or create them. None is changed or removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from macie.account import Account, Change
from macie.errors import IdentifierTokensExhaustedError
from macie.tokens import create_once

DEFAULT_MATCH_DISTANCE = 50
"""Source: API shape CreateCustomDataIdentifierRequest, maximumMatchDistance."""

DEFAULT_SEVERITY_LEVELS = ({"occurrencesThreshold": 1, "severity": "MEDIUM"},)
"""Source: API shape CreateCustomDataIdentifierRequest, severityLevels."""


def reconcile_custom_data_identifiers(account: Account, definitions: Iterable[Mapping[str, Any]]) -> Iterator[Change]:
    """
    Find each custom data identifier by its name and its whole definition, or create it.

    An identifier of the same name that detects something else is left alone, because other jobs may use it.

    :param definitions: each the arguments of CreateCustomDataIdentifier
    """
    listed = account.list_items("list_custom_data_identifiers", "items")
    for definition in definitions:
        change = Change(kind="custom_data_identifier", name=definition["name"], action="keep", why="unchanged", id=None)
        change["id"] = _find(account, definition, listed)
        if change["id"] is None:
            change["action"] = "create"
            change["why"] = "no identifier has this definition"
            if not account.is_dry_run:
                change["id"] = _create(account, definition)
        yield change


def _find(account: Account, definition: Mapping[str, Any], listed: Iterable[Any]) -> str | None:
    """Return the id of the oldest identifier that detects what the definition asks for, None if there is none."""
    namesakes = sorted((item["createdAt"], item["id"]) for item in listed if item["name"] == definition["name"])
    for _, identifier_id in namesakes:
        if is_same(definition, account.client.get_custom_data_identifier(id=identifier_id)):
            return str(identifier_id)
    return None


def _create(account: Account, definition: Mapping[str, Any]) -> str:
    """Create an identifier and return its id; one that was deleted is not usable."""
    client = account.client
    identifier_id = create_once(
        [definition],
        create=lambda token: client.create_custom_data_identifier(**definition, clientToken=token)[
            "customDataIdentifierId"
        ],
        is_usable=lambda created: not client.get_custom_data_identifier(id=created).get("deleted"),
        exhausted=lambda _, attempts: IdentifierTokensExhaustedError(definition["name"], attempts),
    )
    account.hook.log.info("Created custom data identifier %s as %s", definition["name"], identifier_id)
    return identifier_id


def is_same(definition: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """
    Return whether an identifier in Macie detects what a definition asks for.

    The order of words, the description and the tags are not compared. Severity levels are: with a threshold of 100,
    an identifier creates no finding for 99 occurrences.

    :param found: the answer of GetCustomDataIdentifier
    """
    return not found.get("deleted") and _essence(definition) == _essence(found)


def _essence(definition: Mapping[str, Any]) -> tuple[Any, ...]:
    levels = definition.get("severityLevels") or DEFAULT_SEVERITY_LEVELS
    return (
        definition["name"],
        definition["regex"],
        sorted(definition.get("keywords") or ()),
        sorted(definition.get("ignoreWords") or ()),
        definition.get("maximumMatchDistance") or DEFAULT_MATCH_DISTANCE,
        sorted((level["occurrencesThreshold"], level["severity"]) for level in levels),
    )
