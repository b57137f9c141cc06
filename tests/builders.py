"""Builders of the gate's objects with defaults, so that a test gives only the relevant facts."""

from __future__ import annotations

from typing import Any

from lake_gate.decision.decision import Decision
from lake_gate.model.manifest import LandedObject


def landed(name: str = "a.csv", **changes: Any) -> LandedObject:
    """An object as it was landed, of 1,000 bytes."""
    facts = {
        "name": name,
        "bucket": "bronze",
        "key": f"synthea/1/{name}",
        "version_id": "v1",
        "etag": "e1",
        "size_bytes": 1000,
        "sha256": "00" * 32,
        "checksum": "AAAA=",
    }
    return LandedObject(**{**facts, **changes})


def decided(of: LandedObject | str = "a.csv", outcome: str = "promote", **changes: Any) -> Decision:
    """A decision about an object; clean, but for the changes."""
    item = landed(of) if isinstance(of, str) else of
    facts: dict[str, Any] = {
        **{name: getattr(item, name) for name in ("name", "bucket", "key", "version_id", "size_bytes", "sha256")},
        **{name: getattr(item, name) for name in ("checksum", "part_bytes")},
        "outcome": outcome,
        "reason": "clean",
        "rule": None,
        "status_reason": None,
        "severity": None,
        "findings": {},
        "archived_findings": 0,
        "detections": {},
    }
    return Decision(**{**facts, **changes})
