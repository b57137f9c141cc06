"""Marker and record of a run that was amended: whether they say so, and what makes them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lake_gate.decision.amendments import Amendment, Amendments
from lake_gate.decision.overlay import read_amendments
from lake_gate.errors import DamagedDocumentError
from lake_gate.finding_events.reconciling import (
    is_marker_of,
    is_settled,
    iter_unfinished,
    rewrite_marker,
)
from lake_gate.model.manifest import Moved
from lake_gate.model.run import Run
from lake_gate.recording.marker import Marker
from lake_gate.recording.record import marker_head
from lake_gate.recording.rewriting import rewrite_record
from lake_gate.runs_index import upsert
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.finding_events.world import Events, Gate, finding
from tests.lake_gate.steps import read_runs
from tests.snapshot import SetUpOnce

OUTCOMES = {"a.csv": "promote", "b.csv": "promote"}


@pytest.fixture
def gate(lake: Lake, once: SetUpOnce) -> Gate:
    """A run of which one object was withdrawn."""

    def set_up() -> Gate:
        gate = Gate(lake, OUTCOMES).over()
        Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))]).go()
        return gate

    return once(set_up)


def settled(lake: Lake, gate: Gate) -> bool:
    amendments = read_amendments(lake.s3, lake.bronze, gate.run)
    basis, record = (lake.document(gate.run.document(name)) for name in ("plan.json", "record.json"))
    where = (lake.s3, lake.bronze, lake.silver, gate.run)
    return is_settled(*where, basis, record, amendments, dry_run=False)


def before(lake: Lake, gate: Gate, bucket: str, key: str) -> None:
    """Write the first version of a document again, as if the later writes had not been made."""
    lake.s3.put_object(Bucket=bucket, Key=key, Body=lake.read(bucket, key, lake.versions(bucket, key)[-1]))


def test_run_is_settled_when_marker_and_record_match_its_amendments(lake: Lake, gate: Gate) -> None:
    assert settled(lake, gate)


@pytest.mark.parametrize("name", ["objects.jsonl", "record.json", "marker"])
def test_run_is_not_settled_while_one_of_them_lags_behind_and_is_made_to_be(lake: Lake, gate: Gate, name: str) -> None:
    place = (lake.silver, gate.run.marker) if name == "marker" else (lake.bronze, gate.run.document(name))
    before(lake, gate, *place)
    assert not settled(lake, gate)
    rewrite_marker(lake.s3, lake.bronze, lake.silver, gate.run, ())
    rewrite_record(lake.s3, lake.settings, gate.run)
    assert settled(lake, gate)
    assert (gate.trusted, gate.entries["a.csv"]["outcome"], gate.record_json["accounted"]) == (
        {"b.csv"},
        "quarantine",
        True,
    )


@pytest.mark.parametrize("content", [b"{", b"", b"[]", b'{"name": "a.csv"}'])
def test_list_of_objects_that_is_damaged_is_written_again(lake: Lake, gate: Gate, content: bytes) -> None:
    gate.write("objects.jsonl", content)
    assert not settled(lake, gate)
    rewrite_record(lake.s3, lake.settings, gate.run)
    assert settled(lake, gate)


def test_marker_is_rewritten_although_other_amendments_are_damaged(lake: Lake, gate: Gate) -> None:
    gate.write("amendments/other.jsonl", b"{")
    now = Amendment(decided(gate.objects["b.csv"], "quarantine"), ["f"], "now", "e")
    rewrite_marker(lake.s3, lake.bronze, lake.silver, gate.run, [now])
    assert gate.trusted == set()


def test_index_of_the_runs_has_the_amended_outcomes(lake: Lake, gate: Gate) -> None:
    upsert(lake.s3, lake.bronze, gate.run, state="recorded", outcomes={"promote": 99})
    upsert(lake.s3, lake.bronze, Run("synthea", "other"), state="recorded", outcomes={"promote": 1})
    rewrite_record(lake.s3, lake.settings, gate.run)
    rows = {row["run_id"]: row["outcomes"] for row in read_runs(lake.s3, lake.bronze, "synthea")}
    assert rows == {gate.run.run_id: gate.record_json["totals"]["outcomes"], "other": {"promote": 1}}


def test_record_of_a_run_that_has_moved_is_not_dry_whatever_was_written_over_it(lake: Lake, gate: Gate) -> None:
    gate.write("record.json", json.dumps({**gate.record_json, "dry_run": True}).encode())
    rewrite_record(lake.s3, lake.settings, gate.run)
    assert gate.record_json["dry_run"] is False


def is_marker(lake: Lake, run: Run, content: bytes) -> bool:
    return is_marker_of(lake.s3, lake.bronze, run, content)


def test_marker_is_recognized_by_its_content(lake: Lake, gate: Gate) -> None:
    written = lake.read(lake.silver, gate.run.marker)
    content: dict[str, Any] = json.loads(written)
    assert is_marker(lake, gate.run, written)
    assert is_marker(
        lake, gate.run, lake.read(lake.silver, gate.run.marker, lake.versions(lake.silver, gate.run.marker)[-1])
    )
    other = Gate(lake, OUTCOMES, run=Run("synthea", "2")).over()
    assert not is_marker(lake, other.run, written)
    for spoilt in ({**content, "notes": "x"}, [content], "x"):
        assert not is_marker(lake, gate.run, json.dumps(spoilt).encode())
    assert not is_marker(lake, gate.run, written + b"\n219-09-9999")
    # A member that stands twice: only the last one is parsed.
    assert not is_marker(lake, gate.run, written.replace(b"{", b'{"schema": "219-09-9999", ', 1))
    assert not is_marker(lake, gate.run, b"SSN\n")


@pytest.mark.parametrize("member", ["schema", "feed", "run_id"])
def test_marker_names_its_own_run_and_schema(lake: Lake, gate: Gate, member: str) -> None:
    marker = marker_in(lake, gate)
    assert not is_marker(lake, gate.run, replace(marker, head={**marker.head, member: "2"}).to_bytes())


@pytest.mark.parametrize("member", ["key", "version_id", "size_bytes", "sha256", "note", "masked"])
def test_text_in_the_shape_of_a_marker_is_none_if_its_run_has_not_promoted_it(
    lake: Lake, gate: Gate, member: str
) -> None:
    marker = marker_in(lake, gate)
    (listed,) = marker.objects
    for value in ("219-09-9999", f"{listed.get(member)}, 219-09-9999"):
        assert not is_marker(lake, gate.run, replace(marker, objects=[{**listed, member: value}]).to_bytes())


def test_marker_withdraws_versions_of_its_run_only_and_for_a_known_reason(lake: Lake, gate: Gate) -> None:
    marker = marker_in(lake, gate)
    (((key, version_id), reason),) = marker.withdrawn.items()
    for forged in (
        {("219-09-9999", version_id): reason},
        {(key, "219-09-9999"): reason},
        {(key, version_id): "219-09"},
    ):
        assert not is_marker(lake, gate.run, replace(marker, withdrawn=forged).to_bytes())


def test_marker_of_a_run_without_a_record_is_not_recognized(lake: Lake, gate: Gate) -> None:
    run = Run("synthea", "never")
    forged = replace(marker_in(lake, gate), head=marker_head({"feed": run.feed, "run_id": run.run_id}), objects=[])
    with pytest.raises(DamagedDocumentError):
        is_marker(lake, run, forged.to_bytes())


def marker_in(lake: Lake, gate: Gate) -> Marker:
    marker = Marker.parse(lake.read(lake.silver, gate.run.marker))
    assert marker is not None
    return marker


def test_unfinished_objects_were_not_moved_or_came_back_and_are_all_when_the_documents_lag_behind() -> None:
    made = [Amendment(decided(name, "quarantine"), ["f"], "now", "e") for name in ("a.csv", "b.csv", "c.csv")]
    amendments = Amendments()
    amendments.add(made, [Moved(name, "quarantine", name, "v") for name in ("a.csv", "b.csv")])
    assert list(iter_unfinished(amendments, ["a.csv"], settled=True)) == ["a.csv", "c.csv"]
    amendments.add(made, [Moved("c.csv", "quarantine", "c.csv", "v")])
    assert list(iter_unfinished(amendments, [], settled=True)) == []
    assert list(iter_unfinished(amendments, [], settled=False)) == ["a.csv", "b.csv", "c.csv"]
