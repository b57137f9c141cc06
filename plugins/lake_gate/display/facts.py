"""Tolerant access to the members of documents: a wrong type counts as a missing member. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def member(content: Any, *path: str) -> Any:
    """Return a member of nested objects; None if one of them is missing or not an object."""
    for name in path:
        if not isinstance(content, Mapping):
            return None
        content = content.get(name)
    return content


def text(content: Any, *path: str) -> str:
    """Return a member that is a text, else an empty text."""
    found = member(content, *path)
    return found if isinstance(found, str) else ""


def number(content: Any, *path: str) -> int | None:
    """Return a member that is a whole number, else None."""
    found = member(content, *path)
    return found if type(found) is int else None


def amount(content: Any, *path: str) -> float | None:
    """Return a member that is a number, else None."""
    found = member(content, *path)
    return float(found) if type(found) in {int, float} else None


def counts(content: Any, *path: str) -> dict[str, int]:
    """Return the members of an object that are whole numbers."""
    found = member(content, *path)
    if not isinstance(found, Mapping):
        return {}
    return {str(name): count for name, count in found.items() if type(count) is int}


def texts(content: Any, *path: str) -> list[str]:
    """Return the items of a list that are texts."""
    found = member(content, *path)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def mappings(content: Any, *path: str) -> list[Mapping[str, Any]]:
    """Return the items of a list that are objects."""
    found = member(content, *path)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []
