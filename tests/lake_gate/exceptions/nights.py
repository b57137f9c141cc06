"""Nights of a feed by their operators alone: a table of organizations, and what Macie says about it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lake_gate.decision.operators import DecideOperator
from lake_gate.model import jsonl
from lake_gate.model.exception import PolicyException
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, Run
from lake_gate.moving.operators import MoveOperator
from lake_gate.recording.operators import PublishOperator, RecordOperator
from tests.lake import Lake
from tests.lake_gate.exceptions.samples import OF_TABLE
from tests.lake_gate.finding_events.world import FACTS, context_of
from tests.lake_gate.steps import DESCRIBED, gate, write

NAME = "organizations.csv"
HEADER = ("Id", "NAME", "NPI")
CARD, PASSPORT = "CREDIT_CARD_NUMBER", "USA_PASSPORT_NUMBER"
CATEGORIES = {CARD: "FINANCIAL_INFORMATION", PASSPORT: "PERSONAL_INFORMATION"}
_NOW = datetime.now(UTC)
TODAY, YESTERDAY, NEXT_WEEK = ((_NOW + timedelta(days=days)).date().isoformat() for days in (0, -1, 6))
EXCUSED = replace(
    OF_TABLE,
    identifier=CARD,
    most=5,
    created_at=(_NOW - timedelta(days=9)).isoformat(timespec="seconds"),
    until=(_NOW + timedelta(days=90)).date().isoformat(),
    reason="Ids of providers have the check digit of cards",
)

type Cells = Mapping[str, Mapping[int, int]]
"""Occurrences by identifier and column."""


def details(cells: Cells) -> dict[str, Any]:
    """What Macie says it has found, with all occurrences located."""
    found = []
    for identifier, columns in cells.items():
        located = [{"row": row, "column": column} for column, count in columns.items() for row in range(count)]
        detection = {"type": identifier, "count": len(located), "occurrences": {"cells": located}}
        found.append({"category": CATEGORIES[identifier], "totalCount": len(located), "detections": [detection]})
    return {"jobId": "j", "result": {"status": {"code": "COMPLETE"}, "sensitiveData": found}}


def record_about(landed: LandedObject, cells: Cells, severity: str = "High") -> dict[str, Any]:
    kinds = {CATEGORIES[identifier].partition("_")[0].capitalize() for identifier in cells}
    s3_object = {"key": landed.key, "versionId": landed.version_id, "eTag": landed.etag}
    record = {
        "id": f"f-{landed.key.replace('/', '-')}-{'-'.join(cells)}",
        "classificationDetails": details(cells),
        "resourcesAffected": {"s3Bucket": {"name": landed.bucket}, "s3Object": s3_object},
    }
    if not cells:
        return record
    kind = kinds.pop() if len(kinds) == 1 else "Multiple"
    return {**record, "severity": {"description": severity}, "type": f"SensitiveData:S3Object/{kind}"}


@dataclass
class Night:
    """One run of the feed.

    :param deciding: further arguments of the decision.
    """

    lake: Lake
    cells: Cells
    run_id: str = "night-1"
    content: bytes = b"Id,NAME,NPI\n"
    deciding: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        self.run = Run("synthea", self.run_id)
        landed = self.lake.put(self.lake.bronze, self.run.prefix + NAME, self.content)
        self.landed = replace(landed, name=NAME, header=HEADER)
        write(self.lake, MANIFEST, jsonl.dump([self.landed]), self.run)
        said = json.dumps(record_about(self.landed, self.cells)).encode()
        write(self.lake, "results.jsonl.gz", gzip.compress(said), self.run)
        write(self.lake, "findings.jsonl", said if self.cells else b"", self.run)
        write(self.lake, "job.json", json.dumps({**DESCRIBED, "createdAt": _NOW.isoformat()}).encode(), self.run)

    def step(self, operator: Any, **arguments: Any) -> Any:
        return gate(self.lake, operator, **arguments).step(context_of(self.run_id))

    def decide(self) -> Night:
        rules = {"policy": "default", "quarantine_threshold": "High", "promotion": "each by itself"}
        facts = {"evidence": {"settled": True}, "is_dry_run": False, **rules, **(self.deciding or {})}
        self.chunks = self.step(DecideOperator, **facts)
        return self

    def over(self) -> Night:
        """Make the whole run."""
        self.decide()
        for outcome, chunks in self.chunks.items():
            for chunk in chunks:
                self.step(MoveOperator, outcome=outcome, chunk=chunk)
        self.step(RecordOperator, facts=FACTS, is_dry_run="False")
        self.step(PublishOperator)
        return self

    @property
    def outcome(self) -> tuple[str, str]:
        """Outcome and reason of the table."""
        (entry,) = self.lake.lines(self.run.document("objects.jsonl"))
        return entry["outcome"], entry["reason"]

    @property
    def named(self) -> list[str]:
        """Ids of the exceptions that the entry of the table names."""
        (entry,) = self.lake.lines(self.run.document("objects.jsonl"))
        return list(entry["exceptions"])

    @property
    def rules(self) -> dict[str, Any]:
        """The rules in the record."""
        rules: dict[str, Any] = self.lake.document(self.run.document("record.json"))["rules"]
        return rules

    @property
    def is_in_silver(self) -> bool:
        return self.run.prefix + NAME in self.lake.keys(self.lake.silver)


def excused(**changes: Any) -> PolicyException:
    return replace(EXCUSED, **changes)
