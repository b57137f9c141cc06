"""Reads whole JSON Lines of dataclasses; the gate reads them in byte ranges."""

from __future__ import annotations

from lake_gate.model import jsonl


def load[T](cls: type[T], data: bytes) -> list[T]:
    """Return the dataclasses that ``jsonl.dump`` wrote."""
    # Not str.splitlines(): it also splits at U+2028 and the like, which may occur inside a JSON string.
    return [jsonl.from_dict(cls, jsonl.parse(line)) for line in data.split(b"\n") if line]
