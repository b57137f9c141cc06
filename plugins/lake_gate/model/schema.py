"""Validation of files of ``include/`` and of documents against JSON Schemas. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any


def iter_problems(schema: Mapping[str, Any], content: Any) -> Iterator[str]:
    """Yield each violation of the schema with its path, in the order of the paths."""
    from jsonschema import Draft202012Validator  # slow to import while DAGs are parsed

    for error in sorted(Draft202012Validator(schema).iter_errors(content), key=lambda error: error.json_path):
        yield f"{error.json_path.removeprefix('$.')}: {error.message}"


def iter_redacted_problems(schema: Mapping[str, Any], content: Any) -> Iterator[str]:
    """Yield the same without anything of the content, for documents that another writer may damage.

    Paths show only names that the schema has, and ``*`` for all others.
    """
    from jsonschema import Draft202012Validator

    names = set(_names(schema))
    for error in sorted(Draft202012Validator(schema).iter_errors(content), key=lambda error: error.json_path):
        yield f"{_path(error.absolute_path, names)}: expected {error.validator} {error.validator_value!r}"


def _path(path: Iterable[str | int], names: Collection[str]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part if part in names else '*'}" for part in path)
    return "$" + "".join(parts)


def _names(schema: Any) -> Iterator[str]:
    """Yield the names of the members in a schema, at every depth."""
    if isinstance(schema, Mapping):
        yield from schema.get("properties", ())
    for part in schema.values() if isinstance(schema, Mapping) else schema if isinstance(schema, (list, tuple)) else ():
        yield from _names(part)
