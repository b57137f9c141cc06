"""Definitions of custom data identifiers, compared. No AWS call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DEFAULT_MATCH_DISTANCE = 50
"""Source: API shape CreateCustomDataIdentifierRequest, maximumMatchDistance."""

DEFAULT_SEVERITY_LEVELS = ({"occurrencesThreshold": 1, "severity": "MEDIUM"},)
"""Source: API shape CreateCustomDataIdentifierRequest, severityLevels."""


def fingerprint(definition: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a definition: its JSON with sorted keys and no white space."""
    canonical = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def is_same(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """
    Say whether an identifier in Macie detects what a definition asks for.

    Order of words does not count, description and tags neither. Severity levels do: with a threshold of 100, an
    identifier makes no finding of 99 occurrences.

    :param wanted: a definition
    :param found: the answer of GetCustomDataIdentifier
    """
    return not found.get("deleted") and _essence(wanted) == _essence(found)


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
