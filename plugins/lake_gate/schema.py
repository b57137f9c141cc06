"""What is wrong with the shape of a file of ``include/``. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def misshapen(schema: Mapping[str, Any], content: Any) -> Iterator[str]:
    """Yield each place that is not as a JSON Schema has it, and what was expected there, in the order of the places."""
    from jsonschema import Draft202012Validator  # costs parse time where it is not needed

    for error in sorted(Draft202012Validator(schema).iter_errors(content), key=lambda error: error.json_path):
        yield f"{error.json_path.removeprefix('$.')}: {error.message}"
