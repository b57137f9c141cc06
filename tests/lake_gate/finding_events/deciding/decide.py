"""Decide about findings in a lake of tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lake_gate.finding_events.action import Action
from lake_gate.finding_events.deciding.findings import decide_all
from lake_gate.finding_events.deciding.lake import Lake as Where
from lake_gate.model.evidence import Observation
from tests.lake import Lake

OUTCOMES = {"a.csv": "promote", "b.csv": "promote", "c.csv": "hold", "d.csv": "quarantine"}


def decide(lake: Lake, *findings: dict[str, Any], **more: Any) -> list[Action]:
    where = Where(lake.s3, lake.bronze, lake.silver, datetime.now(UTC), **more)
    return list(decide_all(where, [Observation.from_api(one, is_finding=True) for one in findings]))


def unversioned(found: dict[str, Any], **s3_object: Any) -> dict[str, Any]:
    """The same finding, which names no version."""
    affected = found["resourcesAffected"]
    about = {**affected["s3Object"], "versionId": "", **s3_object}
    return {**found, "resourcesAffected": {**affected, "s3Object": about}}
