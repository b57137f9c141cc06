"""What is wrong with the shape of a file of ``include/``, or of a document. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_MOST_CHARACTERS = 100


def misshapen(schema: Mapping[str, Any], content: Any) -> Iterator[str]:
    """Yield each place that is not as a JSON Schema has it, and what was expected there, in the order of the places."""
    from jsonschema import Draft202012Validator  # costs parse time where it is not needed

    for error in sorted(Draft202012Validator(schema).iter_errors(content), key=lambda error: error.json_path):
        yield f"{error.json_path.removeprefix('$.')}: {error.message}"


def misfits(schema: Mapping[str, Any], content: Any) -> Iterator[str]:
    """Yield the same without anything of the content but where it is: for documents that another writer may damage."""
    from jsonschema import Draft202012Validator

    for error in sorted(Draft202012Validator(schema).iter_errors(content), key=lambda error: error.json_path):
        yield f"{error.json_path[:_MOST_CHARACTERS]}: expected {error.validator} {error.validator_value!r}"
