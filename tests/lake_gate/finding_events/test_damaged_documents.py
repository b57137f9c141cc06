"""Damaged documents that ``finding_events`` reads: those of a run of the gate stop no other run, its own are named."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lake_gate.errors import DamagedDocumentError, FinalGateError, GateError
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, Run
from lake_gate.s3.documents import load_lines
from tests.examples import examples
from tests.lake import Lake
from tests.lake_gate.damage import NO_SHRINKING, Damage, damaged, damages, showing_no_cell
from tests.lake_gate.finding_events.world import Events, Gate, finding

_NUMBERS = count()


def over(lake: Lake, name: str) -> Gate:
    contents = {"a.csv": f"a of {name}".encode(), "b.csv": f"b of {name}".encode()}
    run = Run("synthea", name)
    return Gate(lake, {"a.csv": "promote", "b.csv": "hold"}, contents, run).over()


def is_manifest(content: bytes) -> bool:
    """Whether it can be read: with another SHA-256 it is a forged manifest, and nothing can be verified by it."""
    try:
        load_lines(LandedObject, content, "b", "k")
    except DamagedDocumentError:
        return False
    return True


@pytest.mark.slow
@settings(suppress_health_check=list(HealthCheck), max_examples=6, deadline=None, phases=NO_SHRINKING)
@given(
    name=st.sampled_from(
        [
            *("manifest.jsonl", "decisions.jsonl", "plan.json", "record.json", "objects.jsonl", "findings.jsonl"),
            *("results.jsonl.gz", "moves/promote-0.jsonl"),
        ]
    ),
    damage=damages(),
)
def test_damaged_run_stops_the_withdrawal_of_no_other(lake: Lake, name: str, damage: Damage) -> None:
    number = next(_NUMBERS)
    bad, good = over(lake, f"bad{number}"), over(lake, f"good{number}")
    content = damaged(name, lake.read(lake.bronze, bad.run.document(name)), damage)
    assume(name != MANIFEST or not is_manifest(content))
    bad.write(name, content)
    found = [finding(lake, lake.silver, gate.key("a.csv")) for gate in (bad, good)]
    events = Events(lake, found, f"events-{number}").go()
    assert good.trusted == set()
    assert good.key("a.csv") in lake.keys(lake.quarantine, good.run.prefix)
    assert bad.key("a.csv") in lake.keys(lake.quarantine, bad.run.prefix)
    assert {entry["key"] for entry in events.entries} >= {gate.key("a.csv") for gate in (bad, good)}


class Written:
    """A run of ``finding_events`` that is over, whose documents are damaged and restored."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        gate = over(lake, "1")
        self.events = Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))])
        self.events.take()
        self.events.list_findings()
        self.chunks = self.events.decide()
        self.events.withdraw(self.chunks)
        self.events.record(self.chunks)
        listed = lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix="_runs/finding_events/")["Contents"]
        self.documents = {item["Key"]: lake.read(lake.bronze, item["Key"]) for item in listed}

    def put(self, key: str, content: bytes) -> None:
        self.lake.s3.put_object(Bucket=self.lake.bronze, Key=key, Body=content)

    def do(self, step: str) -> Any:
        arguments = [self.chunks] if step in {"withdraw", "record"} else []
        return getattr(self.events, step)(*arguments)


@pytest.fixture
def written(lake: Lake) -> Written:
    return Written(lake)


@settings(suppress_health_check=list(HealthCheck), max_examples=examples(40), deadline=None, phases=NO_SHRINKING)
@given(
    data=st.data(),
    step=st.sampled_from(["take", "decide", "withdraw", "record", "check", "notify"]),
    damage=damages(),
)
def test_step_works_or_names_the_damaged_document(
    written: Written, data: st.DataObject, step: str, damage: Damage
) -> None:
    for key, content in written.documents.items():
        written.put(key, content)
    key = data.draw(st.sampled_from(sorted(written.documents)).filter(lambda key: not key.endswith("ids.txt")))
    written.put(key, damaged(key, written.documents[key], damage))
    with suppress(GateError, FinalGateError), showing_no_cell(DamagedDocumentError):
        written.do(step)
