"""A lake for runs of the gate and of ``finding_events`` in any order, and a Macie that reports what it is given.

The operators and the S3 are real. Only Macie is played: for each run it writes the documents that ``gather_evidence``
writes, and it lists findings. The world keeps for itself what it made Macie report, and when.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lake_gate.assets import changes
from lake_gate.base import GateOperator
from lake_gate.decision.operators import DecideOperator, ReuseVerdictsOperator
from lake_gate.delivery.operators import LandOperator
from lake_gate.errors import FinalGateError, GateError
from lake_gate.finding_events.operators import (
    DecideFindingsOperator,
    RecordEventsOperator,
    TakeEventsOperator,
    WithdrawOperator,
)
from lake_gate.finding_events.places import FEED as EVENTS
from lake_gate.held.operators import ReleaseHeldOperator
from lake_gate.masking.operators import ChooseOperator, DecideTogetherOperator, ListMaskedOperator, MaskFilesOperator
from lake_gate.model.run import FINDINGS, JOB, MANIFEST, RESULTS, REUSED, Run
from lake_gate.moving.operators import MoveOperator
from lake_gate.recording.operators import PublishOperator, RecordOperator, RememberVerdictsOperator
from tests.lake import Lake
from tests.soak.oracle import CATEGORIES, FOUND, Found, Moment, Report
from tests.soak.reviews import Reviews

STEPS = (
    *("land", "reuse", "scan", "choose", "mask", "scan_copies", "decide", "promote", "quarantine", "hold"),
    *("record", "publish", "remember", "release"),
)
SEVERITIES = tuple(FOUND)
IDENTIFIERS = {"Patient ID": {"id": "i", "sha256": "11"}}
SPEC = "synthea_one_time"
MASKING_SPEC = "synthea_safe_harbor"
FACTS = {"identifiers": IDENTIFIERS, "job_spec": {"name": SPEC, "sha256": "22"}}


class Killed(BaseException):
    """The process was killed: nothing catches it."""


@dataclass
class GateRun:
    """One run of a feed.

    :param files: its delivery by name; none: it takes what is held.
    :param lies: what its job reports, by content, see :data:`tests.soak.oracle.FOUND`; otherwise nothing.
    :param masks: its feed is one that masks.
    :param is_strict: its feed masks, and its policy does not: only an exception lets a masked copy pass.
    :param done: how many of the steps it has come through.
    :param is_refused: a step ended for good: a new run is needed.
    """

    run: Run
    source: str
    is_dry: bool = False
    threshold: str = "High"
    reuses: bool = False
    masks: bool = False
    is_strict: bool = False
    lies: Mapping[bytes, str] = field(default_factory=dict)
    done: int = 0
    is_refused: bool = False
    chunks: dict[str, Any] = field(default_factory=dict)
    to_mask: list[list[int]] = field(default_factory=list)

    @property
    def policy(self) -> str:
        """Policy of its feed."""
        return "deidentified" if self.masks and not self.is_strict else "default"


class World:
    """The lake, its runs, and what Macie has reported."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.runs: list[GateRun] = []
        self.findings: list[dict[str, Any]] = []
        self.reports: dict[bytes, list[Report]] = {}
        self.moments: list[Moment] = []
        """All tries to decide, with what was allowed then."""
        self._calls = 0
        self._kill_at = 0
        self.s3 = self._client()
        self.events = 0
        self._scans: dict[str, int] = {}
        self.has_unhealed = False
        """Whether a task was killed that never runs again: what it wrote last may have no line in the ledger."""
        self._clock = datetime(2026, 11, 1, tzinfo=UTC)
        self._folder = Path(tempfile.mkdtemp(prefix="soak-"))
        self.reviews = Reviews(self, self._folder / "include")

    # ---- runs of the gate

    def deliver(self, files: Mapping[str, bytes], **more: Any) -> GateRun:
        """Begin a run on a folder with these files."""
        folder = self._folder / str(len(self.runs))
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return self._begin(str(folder), **more)

    def reprocess(self, **more: Any) -> GateRun:
        """Begin a run on everything that is held of the feed."""
        return self._begin("held://*", **more)

    def _begin(self, source: str, **more: Any) -> GateRun:
        feed = "synthea_deidentified" if more.get("masks") else "synthea"
        started = GateRun(Run(feed, f"run-{len(self.runs)}"), source, **more)
        self.runs.append(started)
        return started

    def repeat(self, before: GateRun, **other: Any) -> GateRun:
        """Begin a run with the id of another one, as when a run is deleted in Airflow and triggered again."""
        facts = {name: getattr(before, name) for name in ("source", "is_dry", "masks", "is_strict")}
        started = GateRun(before.run, **{**facts, **other})
        self.runs.append(started)
        return started

    def reprocess_reviewed(self, about: GateRun, run_id: str, source: str) -> GateRun:
        """Begin the run on the files of a review, by the rules of the run that quarantined them."""
        more = {name: getattr(about, name) for name in ("threshold", "reuses", "masks", "is_strict")}
        started = GateRun(Run(about.run.feed, run_id), source, lies=self.known(), **more)
        self.runs.append(started)
        return started

    def known(self) -> dict[bytes, str]:
        """Return what Macie has said last of all bytes, as another scan would say again."""
        names = {id(found): name for name, found in FOUND.items()}
        return {content: names[id(reports[-1].found)] for content, reports in self.reports.items()}

    def go(self, run: GateRun, *, steps: int = len(STEPS), kill_at: int = 0) -> None:
        """Take a run through its next steps; killed at an S3 call, or refused, it stays where it is."""
        for name in STEPS[run.done : run.done + steps]:
            if run.is_refused or not self._tried(lambda name=name: self._step(run, name), run, kill_at):  # type: ignore[misc]
                return
            run.done += 1

    def clear(self, run: GateRun, step: int = 0) -> None:
        """Let a run begin again at one of its steps."""
        run.done, run.is_refused = min(run.done, step), False

    def _tried(self, act: Callable[[], Any], run: GateRun, kill_at: int = 0) -> bool:
        try:
            with self.killed_at(kill_at):
                act()
        except Killed:
            self.has_unhealed |= run not in self.runs
            return False
        except FinalGateError:
            run.is_refused = self.has_unhealed = True
            return False
        except GateError:
            return False
        return True

    @contextmanager
    def killed_at(self, number: int) -> Iterator[None]:
        """Kill the process at this call of S3; 0: never."""
        self._calls, self._kill_at = 0, number
        try:
            yield
        finally:
            self._kill_at = 0

    def _step(self, run: GateRun, name: str) -> None:
        if name == "decide":
            scan = self._scans.get(run.run.prefix, 0)
            self.moments.append(Moment(run.run.folder, scan, self.reviews.allowed()))
        policy = {"policy": run.policy, "quarantine_threshold": run.threshold}
        match name:
            case "scan":
                self._scan(run.run, run.lies)
            case "choose" | "mask" | "scan_copies":
                if run.masks:
                    self._mask(run, name, policy)
            case "promote" | "quarantine" | "hold":
                for chunk in run.chunks[name]:
                    self._run(run, MoveOperator, outcome=name, chunk=chunk)
            case "decide":
                deciding = self._deciding(run, policy)
                run.chunks = (
                    self._run(
                        run, DecideTogetherOperator, copies_evidence={"settled": True}, spec=MASKING_SPEC, **deciding
                    )
                    if run.masks
                    else self._run(run, DecideOperator, **deciding)
                )
            case _:
                steps: dict[str, tuple[type[GateOperator], dict[str, Any]]] = {
                    "land": (LandOperator, {"source": run.source, "is_dry_run": run.is_dry}),
                    "reuse": (ReuseVerdictsOperator, {"identifiers": IDENTIFIERS, "job_spec": SPEC, **policy}),
                    "record": (RecordOperator, {"facts": {**FACTS, "source": run.source}, "is_dry_run": run.is_dry}),
                    "publish": (PublishOperator, {}),
                    "remember": (RememberVerdictsOperator, {}),
                    "release": (ReleaseHeldOperator, {}),
                }
                operator, arguments = steps[name]
                if name in {"reuse", "remember"}:
                    arguments["enabled"] = run.reuses
                self._run(run, operator, **arguments)

    @staticmethod
    def _deciding(run: GateRun, policy: Mapping[str, str]) -> dict[str, Any]:
        return {"promotion": "each by itself", "evidence": {"settled": True}, "is_dry_run": run.is_dry, **policy}

    def _mask(self, run: GateRun, name: str, policy: Mapping[str, str]) -> None:
        match name:
            case "choose":
                run.to_mask = self._run(run, ChooseOperator, spec=MASKING_SPEC, **self._deciding(run, policy))
            case "mask":
                for chunk in run.to_mask:
                    self._run(run, MaskFilesOperator, spec=MASKING_SPEC, chunk=chunk)
                self._run(run, ListMaskedOperator, chunks=run.to_mask)
            case _:
                self._scan(run.run.masked, {})

    def _run(self, run: GateRun, operator: type[GateOperator], **arguments: Any) -> Any:
        return self.operator(operator, run.run.feed, **arguments).step(self.context(run.run.run_id))

    def operator(self, operator: type[GateOperator], feed: str, **arguments: Any) -> Any:
        made = operator(task_id="t", settings=self.lake.settings.to_json(), feed=feed, **arguments)
        made.__dict__["s3"] = self.s3
        return made

    def _scan(self, run: Run, lies: Mapping[bytes, str]) -> None:
        """Write what Macie reports of the run's objects; it reads all but the ones that are left out."""
        reused = {line["name"] for line in self._lines(run.document(REUSED))}
        results, found = [], []
        scan = self._scans[run.prefix] = max(self._scans.values(), default=0) + 1
        for landed in self._lines(run.document(MANIFEST)):
            if landed["name"] in reused:
                continue
            if landed["version_id"] not in self.lake.versions(self.lake.bronze, landed["key"]):
                continue  # moved already: the run was cleared
            content = self.lake.read(self.lake.bronze, landed["key"], landed["version_id"])
            said = FOUND[lies.get(content, "")]
            results.append(self._record(self.lake.bronze, landed["key"], landed["version_id"], landed["etag"], said))
            if said.severity:
                found.append(self._report(results[-1], content, Report(said, 1, len(self.moments), scan)))
        put = self.lake.s3.put_object
        place = {"Bucket": self.lake.bronze}
        put(**place, Key=run.document(RESULTS), Body=gzip.compress(b"".join(map(_line, results))))
        put(**place, Key=run.document(FINDINGS), Body=b"".join(map(_line, found)))
        job = {"jobId": f"job-{len(self.findings)}", "jobStatus": "COMPLETE", "samplingPercentage": 100}
        more = {"lastRunErrorStatus": {"code": "NONE"}, "createdAt": datetime.now(UTC).isoformat()}
        put(**place, Key=run.document(JOB), Body=json.dumps({**job, **more}).encode())

    # ---- Macie

    def report(self, bucket: str, version: Mapping[str, Any], name: str, column: int = 1) -> None:
        """Let another job find something in a column of a version."""
        content, found = self.lake.read(bucket, version["Key"], version["VersionId"]), FOUND[name]
        record = self._record(bucket, version["Key"], version["VersionId"], version["ETag"].strip('"'), found, column)
        self._report(record, content, Report(found, column, len(self.moments)))

    def _report(self, record: dict[str, Any], content: bytes, report: Report) -> dict[str, Any]:
        self._clock += timedelta(seconds=1)
        self.reports.setdefault(content, []).append(report)
        digest = hashlib.sha256(f"{len(self.findings)}".encode()).hexdigest()[:32]
        times = dict.fromkeys(("createdAt", "updatedAt"), self._clock.isoformat().replace("+00:00", "Z"))
        finding = {"id": digest, "category": "CLASSIFICATION", **times, **record}
        self.findings.append(finding)
        return finding

    def _record(
        self, bucket: str, key: str, version_id: str, etag: str, found: Found, column: int = 1
    ) -> dict[str, Any]:
        result: dict[str, Any] = {"status": {"code": "COMPLETE"}}
        record: dict[str, Any] = {
            "resourcesAffected": {
                "s3Bucket": {"name": bucket},
                "s3Object": {"key": key, "versionId": version_id, "eTag": etag},
            },
            "classificationDetails": {"result": result},
        }
        if found.severity:
            (category,) = {CATEGORIES[identifier] for identifier in found.counts}
            detections = [_detection(*each, column) for each in found.counts.items()]
            total = sum(found.counts.values())
            result["sensitiveData"] = [{"category": category, "totalCount": total, "detections": detections}]
            kind = category.partition("_")[0].capitalize()
            severity = {"score": 1, "description": found.severity}
            record |= {"type": f"SensitiveData:S3Object/{kind}", "severity": severity}
        return record

    # ---- finding_events

    def look(self, *, kill_at: int = 0, run_deadline: timedelta = timedelta(hours=24)) -> None:
        """Make one run of ``finding_events``; killed at an S3 call, it ends there."""
        self.events += 1
        self._tried(
            lambda: self._events(Run(EVENTS, f"events-{self.events}"), run_deadline), GateRun(Run("f", ""), ""), kill_at
        )

    def _events(self, run: Run, run_deadline: timedelta) -> None:
        context = self.context(run.run_id)
        taken = self.operator(TakeEventsOperator, EVENTS).step(context)
        asked = self.lake.read(self.lake.bronze, taken["ids_key"]).decode().split("\n")
        listed = [
            one for one in self.findings if _milliseconds(one["updatedAt"]) >= taken["since_ms"] or one["id"] in asked
        ]
        self.lake.s3.put_object(
            Bucket=self.lake.bronze, Key=run.document("findings.jsonl"), Body=b"".join(map(_line, listed))
        )
        self.moments.append(Moment("", 0, self.reviews.allowed()))
        chunks = self.operator(DecideFindingsOperator, EVENTS, run_deadline=run_deadline).step(context)
        for chunk in chunks:
            self.operator(WithdrawOperator, EVENTS, chunk=chunk, outlets=[changes("t")]).step(context)
        listed_counts = {"findings": len(listed), "unknown": 0}
        self.operator(RecordEventsOperator, EVENTS, chunks=chunks, listed=listed_counts).step(context)

    # ---- what is where

    def versions(self, bucket: str, prefix: str = "") -> Iterator[Mapping[str, Any]]:
        """Yield every version of a data object, latest or not."""
        for page in self.lake.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            yield from (one for one in page.get("Versions", ()) if not one["Key"].startswith("_"))

    def content(self, bucket: str, version: Mapping[str, Any]) -> bytes:
        """Return the bytes of a version."""
        return self.lake.read(bucket, version["Key"], version["VersionId"])

    def _lines(self, key: str) -> list[dict[str, Any]]:
        try:
            return self.lake.lines(key)
        except self.lake.s3.exceptions.NoSuchKey:
            return []

    def _client(self) -> Any:
        """Return a client like the operators', that can be killed before or after any of its calls."""
        s3 = GateOperator(task_id="any", settings={}, feed="synthea").s3
        real = s3._make_api_call  # type: ignore[attr-defined]

        def call(name: str, arguments: Any) -> Any:
            self._calls += 1
            number = self._calls
            if self._kill_at and number >= self._kill_at and self._kill_at % 2:
                raise Killed
            answer = real(name, arguments)
            if self._kill_at and number >= self._kill_at:
                raise Killed
            return answer

        s3._make_api_call = call  # type: ignore[attr-defined]
        return s3

    @staticmethod
    def context(run_id: str) -> Any:
        events = SimpleNamespace(add=lambda *_, **__: None)
        return {
            "run_id": run_id,
            "params": {},
            "dag_run": SimpleNamespace(dag_id="d", run_id=run_id, start_date=None, run_type="manual"),
            "outlet_events": _Any(events),
            "triggering_asset_events": {},
        }


class _Any:
    """Answers to every key."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __getitem__(self, _: Any) -> Any:
        return self._value


def _detection(identifier: str, number: int, column: int) -> dict[str, Any]:
    cells = [{"row": row, "column": column, "columnName": "NAME"} for row in range(2, number + 2)]
    return {"type": identifier, "count": number, "occurrences": {"cells": cells}}


def _line(content: Any) -> bytes:
    return json.dumps(content).encode() + b"\n"


def _milliseconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp() * 1000)
