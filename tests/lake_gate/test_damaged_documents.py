"""Documents that another writer has damaged: each step works, or ends in an error that names the document."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_gate.decision import basis
from lake_gate.decision.operators import DecideOperator, GatherHistoriesOperator, ReuseVerdictsOperator
from lake_gate.delivery.held_source import TakenObject
from lake_gate.errors import DamagedDocumentError, FinalGateError, GateError
from lake_gate.held.operators import ReleaseHeldOperator
from lake_gate.model import jsonl
from lake_gate.model.run import DECISIONS, JOB, PLAN, REPROCESSED
from lake_gate.model.run import RUN as PINNED
from lake_gate.moving.operators import MoveOperator
from lake_gate.notifications.operators import NotifyOperator
from lake_gate.recording.operators import PublishOperator, RecordOperator, RememberVerdictsOperator
from tests.examples import examples
from tests.lake import Lake
from tests.lake_gate.damage import NO_SHRINKING, Damage, damaged, damages, showing_no_cell
from tests.lake_gate.steps import DESCRIBED, RUN, decide, gate, landed_with_medium, write

FACTS = {
    "source": "/x",
    "identifiers": {"Patient ID": {"id": "i", "sha256": "s"}},
    "job_spec": {"name": "spec", "sha256": "s"},
    "delivery": {"missing_tables": ["a"]},
    "cost": {"objects": 1, "size_bytes": 7, "usd": 0.1, "maybe_compressed": 0},
}
ASKED = {"policy": "default", "quarantine_threshold": "High"}
STEPS: dict[str, tuple[Any, dict[str, Any]]] = {
    "reuse_verdicts": (
        ReuseVerdictsOperator,
        {"enabled": True, "identifiers": {}, "job_spec": "synthea_one_time", **ASKED},
    ),
    "gather_histories": (GatherHistoriesOperator, {}),
    "decide": (
        DecideOperator,
        {"evidence": {"settled": True}, "promotion": "each by itself", "is_dry_run": False, **ASKED},
    ),
    "promote": (MoveOperator, {"outcome": "promote"}),
    "record": (RecordOperator, {"facts": FACTS, "is_dry_run": False}),
    "publish": (PublishOperator, {}),
    "remember_verdicts": (RememberVerdictsOperator, {"enabled": True}),
    "notify": (NotifyOperator, {"messages": "each finding"}),
    "release_held": (ReleaseHeldOperator, {}),
}


def context() -> Any:
    dag_run = SimpleNamespace(dag_id="synthea_gate", run_id="1", start_date=datetime.now(UTC))
    return {"run_id": "1", "dag_run": dag_run, "outlet_events": {}}


class Documents:
    """The documents of a run that is over, which are damaged and restored."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        landed = landed_with_medium(lake)
        write(lake, PINNED, json.dumps({"run_id": "1", "dry_run": False}).encode())
        write(lake, JOB, json.dumps({**DESCRIBED, "createdAt": "2026-01-01T00:00:00Z"}).encode())
        self.do("gather_histories")
        (self.chunk,) = decide(lake)["promote"]
        for name in ("promote", "record", "publish", "remember_verdicts", "notify"):
            self.do(name)
        taken = TakenObject(landed.name, "held/synthea/0/a.csv", "v", landed.size_bytes, "not_analysed")
        write(lake, REPROCESSED, jsonl.dump([taken]))
        prefixes = ((lake.bronze, RUN.documents), (lake.bronze, "_content/"), (lake.silver, "_runs/"))
        self.written = {
            (bucket, item["Key"]): lake.read(bucket, item["Key"])
            for bucket, prefix in prefixes
            for item in lake.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())
            if not item["Key"].endswith(".html")  # no step reads a report
        }

    def do(self, name: str) -> Any:
        operator, arguments = STEPS[name]
        chunk = {"chunk": self.chunk} if operator is MoveOperator else {}
        return gate(self.lake, operator, **arguments, **chunk).execute(context())

    def restore(self) -> None:
        for (bucket, key), content in self.written.items():
            self.lake.s3.put_object(Bucket=bucket, Key=key, Body=content)

    def damage(self, bucket: str, key: str, damage: Damage) -> None:
        """Write another version of a document; where versions of it are named, the new one is."""
        content = damaged(key, self.written[bucket, key], damage)
        version = self.lake.s3.put_object(Bucket=bucket, Key=key, Body=content)["VersionId"]
        name = key.removeprefix(RUN.documents)
        planned = json.loads(self.written[self.lake.bronze, RUN.document(PLAN)])
        if name == DECISIONS:
            planned["decisions"] = version
            write(self.lake, f"moves/promote-{self.chunk[0]}.jsonl.begun", json.dumps({"decisions": version}).encode())
        if name in basis.EVIDENCE:
            planned["evidence"][name] = version
        if name == DECISIONS or name in basis.EVIDENCE:
            write(self.lake, PLAN, json.dumps(planned).encode())

    def forget_moves(self) -> None:
        self.lake.s3.delete_object(Bucket=self.lake.bronze, Key=RUN.document(f"moves/promote-{self.chunk[0]}.jsonl"))


@pytest.fixture
def documents(lake: Lake) -> Documents:
    return Documents(lake)


@settings(suppress_health_check=list(HealthCheck), max_examples=examples(50), deadline=None, phases=NO_SHRINKING)
@given(data=st.data(), name=st.sampled_from(sorted(STEPS)), damage=damages(), forgets=st.booleans())
def test_step_works_or_names_the_damaged_document(
    documents: Documents, data: st.DataObject, name: str, damage: Damage, forgets: bool
) -> None:
    documents.restore()
    if forgets:
        documents.forget_moves()
    bucket, key = data.draw(st.sampled_from(sorted(documents.written)))
    documents.damage(bucket, key, damage)
    with suppress(GateError, FinalGateError), showing_no_cell(DamagedDocumentError):
        documents.do(name)
