"""Paths into records, as JSONPath expressions.

Source: shape Record of the macie2 API.
"""

from __future__ import annotations

import re

LONGEST_NAME = 240
LONGEST_PATH = 250

#: Names of members and indexes of elements, from the outermost on.
type Path = tuple[str | int, ...]

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def json_path(path: Path) -> str:
    """Return the path as a JSONPath expression; a long name, and a long path, lose their beginning."""
    return "".join(["$", *map(_element, path)])[-LONGEST_PATH:]


def _element(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    name = key[-LONGEST_NAME:]
    if _PLAIN_NAME.fullmatch(name):
        return f".{name}"
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"
