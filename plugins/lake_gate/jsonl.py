"""JSON Lines of flat dataclasses: one object a line, so that a file can be read in byte ranges. Pure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def dump_line(item: DataclassInstance) -> bytes:
    """Return the dataclass as one line of compact JSON, newline included."""
    return to_line(dataclasses.asdict(item))


def to_line(content: Any) -> bytes:
    """Return what JSON can hold as one line of it, compact, newline included."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def dump(items: Iterable[DataclassInstance]) -> bytes:
    """Return one line per dataclass, in the order given."""
    return b"".join(map(dump_line, items))


def load[T](cls: type[T], data: bytes) -> list[T]:
    """Return the dataclasses that :func:`dump` wrote."""
    # Not str.splitlines(): it also splits at U+2028 and its kind, which may stand inside a JSON string.
    return [cls(**json.loads(line)) for line in data.split(b"\n") if line]
