"""What is wrong with the shape of a file of ``include/``, or of a document. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any


def misshapen(schema: Mapping[str, Any], content: Any) -> Iterator[str]:
    """Yield each place that is not as a JSON Schema has it, and what was expected there, in the order of the places."""
    from jsonschema import Draft202012Validator  # costs parse time where it is not needed

    for error in sorted(Draft202012Validator(schema).iter_errors(content), key=lambda error: error.json_path):
        yield f"{error.json_path.removeprefix('$.')}: {error.message}"


def misfits(schema: Mapping[str, Any], content: Any) -> Iterator[str]:
    """Yield the same without anything of the content: for documents that another writer may damage.

    Of a place only the names that the schema has are shown, and ``*`` for any other.
    """
    from jsonschema import Draft202012Validator

    names = set(_names(schema))
    for error in sorted(Draft202012Validator(schema).iter_errors(content), key=lambda error: error.json_path):
        yield f"{_place(error.absolute_path, names)}: expected {error.validator} {error.validator_value!r}"


def _place(path: Iterable[str | int], names: Collection[str]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part if part in names else '*'}" for part in path)
    return "$" + "".join(parts)


def _names(schema: Any) -> Iterator[str]:
    """Yield the names of the members that a schema describes, at every depth."""
    if isinstance(schema, Mapping):
        yield from schema.get("properties", ())
    for part in schema.values() if isinstance(schema, Mapping) else schema if isinstance(schema, (list, tuple)) else ():
        yield from _names(part)
