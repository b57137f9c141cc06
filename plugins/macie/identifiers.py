"""Definitions of custom data identifiers: read from files, compared. No AWS call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.validate import ParamValidator

from macie.errors import IdentifierDefinitionError

if TYPE_CHECKING:
    from botocore.model import Shape

DEFAULT_MATCH_DISTANCE = 50
"""Source: API shape CreateCustomDataIdentifierRequest, maximumMatchDistance."""

DEFAULT_SEVERITY_LEVELS = ({"occurrencesThreshold": 1, "severity": "MEDIUM"},)
"""Source: API shape CreateCustomDataIdentifierRequest, severityLevels."""


def load_definitions(folder: str, shape: Shape) -> list[dict[str, Any]]:
    """
    Read one definition from each ``*.json`` file of a folder.

    :param folder: path of the folder
    :param shape: botocore's input shape of CreateCustomDataIdentifier, which says what a definition may contain
    :return: the definitions, in the order of their file names
    :raises IdentifierDefinitionError: naming the file and the key that is wrong
    """
    paths = sorted(Path(folder).glob("*.json"))
    if not paths:
        raise IdentifierDefinitionError(folder, "no .json file")
    definitions: dict[str, dict[str, Any]] = {}
    for path in paths:
        definition = _load(path, shape)
        if definition["name"] in definitions:
            raise IdentifierDefinitionError(str(path), f"name {definition['name']!r} is used by another file, too")
        definitions[definition["name"]] = definition
    return list(definitions.values())


def _load(path: Path, shape: Shape) -> dict[str, Any]:
    try:
        definition = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise IdentifierDefinitionError(str(path), f"no valid JSON ({error})") from None
    if not isinstance(definition, dict):
        raise IdentifierDefinitionError(str(path), f"a JSON {type(definition).__name__} instead of an object")
    if "clientToken" in definition:
        raise IdentifierDefinitionError(str(path), "clientToken, which is derived from the definition")
    report = ParamValidator().validate(definition, shape)
    if report.has_errors():
        raise IdentifierDefinitionError(str(path), "; ".join(report.generate_report().splitlines()))
    return definition


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
