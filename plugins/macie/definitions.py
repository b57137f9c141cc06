"""Definitions of an account's items, one per JSON file, each the arguments of the API call that creates the item."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.validate import ParamValidator

from macie.errors import DefinitionError

if TYPE_CHECKING:
    from botocore.model import Shape


def load_definitions(folder: str, shape: Shape, *, may_be_empty: bool = False) -> list[dict[str, Any]]:
    """
    Read one definition from each ``*.json`` file of a folder.

    :param folder: path of the folder
    :param shape: botocore's input shape of the call: the keys and types that a definition may contain
    :param may_be_empty: whether the folder may have no file
    :return: the definitions, in the order of their file names
    :raises DefinitionError: with the file and the key that is wrong
    """
    paths = sorted(Path(folder).glob("*.json"))
    if not paths and not may_be_empty:
        raise DefinitionError(folder, _operation(shape), "no .json file")
    definitions: dict[str, dict[str, Any]] = {}
    for path in paths:
        definition = _load(path, shape)
        if definition["name"] in definitions:
            problem = f"name {definition['name']!r} is used by another file"
            raise DefinitionError(str(path), _operation(shape), problem)
        definitions[definition["name"]] = definition
    return list(definitions.values())


def fingerprint(definition: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a definition: its JSON with sorted keys and no white space."""
    canonical = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _load(path: Path, shape: Shape) -> dict[str, Any]:
    try:
        definition = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DefinitionError(str(path), _operation(shape), f"invalid JSON ({error})") from None
    if not isinstance(definition, dict):
        problem = f"a JSON {type(definition).__name__} instead of an object"
        raise DefinitionError(str(path), _operation(shape), problem)
    if "clientToken" in definition:
        raise DefinitionError(str(path), _operation(shape), "clientToken, which is not part of a definition")
    # Some calls require a token; botocore adds it when they are sent.
    report = ParamValidator().validate({**definition, "clientToken": "filled-in-later"}, shape)
    if report.has_errors():
        raise DefinitionError(str(path), _operation(shape), "; ".join(report.generate_report().splitlines()))
    return definition


def _operation(shape: Shape) -> str:
    return shape.name.removesuffix("Request")
