"""A lake in which runs of the gate are over, and runs of ``finding_events`` that are made step by step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from lake_gate.base import GateOperator
from lake_gate.content import add_landed
from lake_gate.decision.plan import plan
from lake_gate.finding_events.deciding.lake import RUN_DEADLINE
from lake_gate.finding_events.operators import (
    CheckEventsOperator,
    DecideFindingsOperator,
    NotifyEventsOperator,
    RecordEventsOperator,
    TakeEventsOperator,
    WithdrawOperator,
)
from lake_gate.finding_events.places import FEED, WATERMARK
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, Run
from lake_gate.moving.operators import MoveOperator
from lake_gate.recording.operators import PublishOperator, RecordOperator
from tests.builders import decided
from tests.lake import Lake

FACTS = {"source": "/x", "identifiers": {"Patient ID": {"id": "i", "sha256": "s"}}, "job_spec": {"name": "spec"}}
JOB = {
    "job_id": "own",
    "status": "COMPLETE",
    "last_run_error": "NONE",
    "sampling_percentage": 100,
    "settled": True,
    "findings": 0,
    "findings_capped": False,
    "arn": None,
}
POLICY = {"name": "default", "sha256": "s", "quarantine_threshold": "High", "promotion": "each by itself"}


@dataclass
class Outlets:
    """Events that a task has added in Airflow: name of the asset, and the extra."""

    added: list[tuple[str, Any]] = field(default_factory=list)

    def __getitem__(self, alias: Any) -> Outlets:
        return self

    def add(self, asset: Any, extra: Any) -> None:
        self.added.append((asset.name, extra))


def context_of(run_id: str, bodies: list[str] | None = None) -> Any:
    extra = {"payload": {"message_batch": [{"Body": body} for body in bodies or ()]}}
    return {
        "run_id": run_id,
        "dag_run": SimpleNamespace(dag_id="d", run_id=run_id, start_date=None),
        "outlet_events": Outlets(),
        "triggering_asset_events": {"macie_findings": [SimpleNamespace(extra=extra)]} if bodies else {},
    }


@dataclass
class Gate:
    """One run of the gate with given decisions, advanced step by step.

    :param outcomes: by name of the object.
    :param contents: of the objects; the name by default.
    """

    lake: Lake
    outcomes: Mapping[str, str]
    contents: Mapping[str, bytes] = field(default_factory=dict)
    run: Run = field(default_factory=lambda: Run("synthea", "1"))
    policy: Mapping[str, str] = field(default_factory=lambda: POLICY)
    objects: dict[str, LandedObject] = field(default_factory=dict)

    def step(self, operator: type[GateOperator], **arguments: Any) -> Any:
        made = operator(task_id="t", settings=self.lake.settings.to_json(), feed=self.run.feed, **arguments)
        return made.step(context_of(self.run.run_id))

    def write(self, name: str, content: bytes) -> str:
        key = self.run.document(name)
        version: str = self.lake.s3.put_object(Bucket=self.lake.bronze, Key=key, Body=content)["VersionId"]
        return version

    def land(self) -> Gate:
        for name in sorted(self.outcomes):
            content = self.contents.get(name, name.encode())
            landed = self.lake.put(self.lake.bronze, self.run.prefix + name, content)
            self.objects[name] = replace(landed, name=name)
            add_landed(self.lake.s3, self.lake.bronze, self.run, self.objects[name])
        self.write(MANIFEST, jsonl.dump(self.objects.values()))
        return self

    def decide(self) -> Gate:
        self.write("results.jsonl.gz", self._results())
        self.write("findings.jsonl", b"")
        content, self.chunks = plan(decided(one, self.outcomes[name]) for name, one in self.objects.items())
        version = self.write("decisions.jsonl", content)
        basis = {"decisions": version, "policy": self.policy, "job": JOB, "chunks": self.chunks}
        self.write("plan.json", json.dumps(basis).encode())
        return self

    def move(self) -> Gate:
        for outcome, chunks in self.chunks.items():
            for chunk in chunks:
                self.step(MoveOperator, outcome=outcome, chunk=chunk)
        return self

    def step_chunk(self, outcome: str, chunk: list[Any]) -> None:
        self.step(MoveOperator, outcome=outcome, chunk=chunk)

    def record(self) -> Gate:
        self.step(RecordOperator, facts=FACTS, is_dry_run="False")
        return self

    def publish(self) -> Gate:
        self.step(PublishOperator)
        return self

    def over(self) -> Gate:
        return self.land().decide().move().record().publish()

    def _results(self) -> bytes:
        """Say that Macie has read everything that is promoted, and has found nothing."""
        import gzip

        read = [one for name, one in self.objects.items() if self.outcomes[name] == "promote"]
        return gzip.compress(b"".join(json.dumps(result_of(one)).encode() + b"\n" for one in read))

    @property
    def marker(self) -> dict[str, Any]:
        return json.loads(self.lake.read(self.lake.silver, self.run.marker))

    @property
    def trusted(self) -> set[str]:
        """Names of the objects that readers trust."""
        return {one["key"].removeprefix(self.run.prefix) for one in self.marker["objects"]}

    @property
    def withdrawn(self) -> set[str]:
        return {one["key"].removeprefix(self.run.prefix) for one in self.marker.get("withdrawn", ())}

    @property
    def entries(self) -> dict[str, Any]:
        return {one["name"]: one for one in self.lake.lines(self.run.document("objects.jsonl"))}

    @property
    def record_json(self) -> dict[str, Any]:
        return self.lake.document(self.run.document("record.json"))

    def key(self, name: str) -> str:
        return self.run.prefix + name


def result_of(landed: LandedObject) -> dict[str, Any]:
    s3_object = {"key": landed.key, "versionId": landed.version_id, "eTag": landed.etag}
    return {
        "resourcesAffected": {"s3Bucket": {"name": landed.bucket}, "s3Object": s3_object},
        "classificationDetails": {"result": {"status": {"code": "COMPLETE"}}},
    }


def finding(
    lake: Lake, bucket: str, key: str, severity: str = "High", *, version: str = "", **more: Any
) -> dict[str, Any]:
    """What Macie says of the latest version of an object, or of another one."""
    head = lake.s3.head_object(Bucket=bucket, Key=key) if not version else {"VersionId": version, "ETag": '"x"'}
    finding_id = hashlib.sha256(f"{bucket}/{key}/{head['VersionId']}/{severity}".encode()).hexdigest()[:32]
    kind = [{"category": "PERSONAL_INFORMATION", "totalCount": 1, "detections": [{"type": "NAME", "count": 1}]}]
    return {
        "id": finding_id,
        "category": "CLASSIFICATION",
        "updatedAt": "2026-11-25T10:00:00.000Z",
        "severity": {"score": 1, "description": severity},
        "type": "SensitiveData:S3Object/Personal",
        "resourcesAffected": {
            "s3Bucket": {"name": bucket},
            "s3Object": {"key": key, "versionId": head["VersionId"], "eTag": head["ETag"].strip('"')},
        },
        "classificationDetails": {"jobId": "other", "result": {"status": {"code": "COMPLETE"}, "sensitiveData": kind}},
        **more,
    }


@dataclass
class Events:
    """One run of ``finding_events``; what Macie lists is given."""

    lake: Lake
    findings: list[dict[str, Any]]
    run_id: str = "events-1"
    bodies: list[str] = field(default_factory=list)
    run_deadline: timedelta = RUN_DEADLINE
    s3: Any = None

    def __post_init__(self) -> None:
        self.run = Run(FEED, self.run_id)
        self.context = context_of(self.run_id, self.bodies)

    def step(self, operator: type[GateOperator], s3: Any = None, **arguments: Any) -> Any:
        made = operator(task_id="t", settings=self.lake.settings.to_json(), feed=FEED, **arguments)
        if s3 or self.s3:
            made.s3 = s3 or self.s3
        return made.step(self.context)

    def take(self) -> Any:
        return self.step(TakeEventsOperator)

    def list_findings(self) -> None:
        content = b"".join(json.dumps(one).encode() + b"\n" for one in self.findings)
        self.lake.s3.put_object(Bucket=self.lake.bronze, Key=self.run.document("findings.jsonl"), Body=content)

    def decide(self) -> list[Any]:
        chunks: list[Any] = self.step(DecideFindingsOperator, run_deadline=self.run_deadline)
        return chunks

    def withdraw(self, chunks: list[Any], **more: Any) -> int:
        from lake_gate.assets import changes

        return sum(self.step(WithdrawOperator, chunk=one, outlets=[changes("t")], **more) for one in chunks)

    def record(self, chunks: list[Any]) -> Any:
        listed = {"findings": len(self.findings), "unknown": 0}
        return self.step(RecordEventsOperator, chunks=chunks, listed=listed)

    def go(self) -> Events:
        """Make the whole run."""
        self.take()
        self.list_findings()
        chunks = self.decide()
        self.withdraw(chunks)
        self.record(chunks)
        return self

    def check(self) -> None:
        self.step(CheckEventsOperator)

    def notify(self) -> Any:
        return self.step(NotifyEventsOperator)

    @property
    def entries(self) -> list[dict[str, Any]]:
        return self.lake.lines(self.run.document("objects.jsonl"))

    @property
    def statuses(self) -> list[str]:
        return [one["status"] for one in self.entries]

    @property
    def record_json(self) -> dict[str, Any]:
        return self.lake.document(self.run.document("record.json"))

    @property
    def announced(self) -> dict[str, Any]:
        """Extras of the asset events, by asset."""
        return dict(self.context["outlet_events"].added)

    @property
    def watermark(self) -> dict[str, Any]:
        return self.lake.document(WATERMARK)
