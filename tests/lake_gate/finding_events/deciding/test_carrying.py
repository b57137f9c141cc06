"""Findings follow the bytes to every run that has landed them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lake_gate.content import read_found
from lake_gate.finding_events.deciding.findings import decide_all
from lake_gate.finding_events.deciding.lake import Lake as Where
from lake_gate.model.evidence import Observation
from lake_gate.model.run import Run
from tests.lake import Lake
from tests.lake_gate.finding_events.deciding.decide import decide
from tests.lake_gate.finding_events.world import Gate, finding


def test_finding_follows_the_bytes_to_every_run_and_key_that_silver_has_them_under(lake: Lake) -> None:
    first = Gate(lake, {"a.csv": "hold"}, {"a.csv": b"same"}).over()
    others = [
        Gate(lake, {"x/b.csv": "promote", "c.csv": "promote"}, {"x/b.csv": b"same"}, Run("other", "manual__1+00:00")),
        Gate(lake, {"a.csv": "promote"}, {"a.csv": b"same"}, Run("synthea", "2")),
        Gate(lake, {"d.csv": "quarantine"}, {"d.csv": b"same"}, Run("synthea", "3")),
    ]
    for one in others:
        one.over()
    actions = decide(lake, finding(lake, lake.bronze, f"held/{first.key('a.csv')}"))
    moved = {(one.feed, one.folder, one.stricter_decision.name, one.stricter_decision.outcome) for one in actions}
    assert moved == {
        ("synthea", "1", "a.csv", "quarantine"),
        ("other", others[0].run.folder, "x/b.csv", "quarantine"),
        ("synthea", "2", "a.csv", "quarantine"),
    }
    assert [one.severity for one in read_found(lake.s3, lake.bronze, first.objects["a.csv"].sha256)] == ["High"]


def test_finding_in_a_stray_follows_its_bytes_too(lake: Lake) -> None:
    gate = Gate(lake, {"a.csv": "promote"}, {"a.csv": b"same"}).over()
    lake.s3.put_object(Bucket=lake.bronze, Key="dropbox/x.csv", Body=b"same")
    actions = decide(lake, finding(lake, lake.bronze, "dropbox/x.csv"))
    assert {(one.folder, one.status) for one in actions} == {("", "move"), (gate.run.folder, "move")}


def test_running_run_with_the_same_bytes_is_left_pending(lake: Lake, gate: Gate) -> None:
    going = Gate(lake, {"z.csv": "promote"}, {"z.csv": b"a.csv"}, Run("synthea", "2")).land().decide().move()
    found = finding(lake, lake.bronze, gate.key("a.csv"))
    statuses = {one.folder: one.status for one in decide(lake, found)}
    assert statuses == {"1": "move", "2": "left_to_its_run"}
    statuses = {one.folder: one.status for one in decide(lake, found, run_deadline=timedelta(0))}
    assert statuses == {"1": "move", "2": "move"}
    assert going.objects


def test_each_run_decides_about_the_same_bytes_by_its_own_policy(lake: Lake, gate: Gate) -> None:
    strict = {"name": "default", "sha256": "s", "quarantine_threshold": "Low", "promotion": "all or nothing"}
    Gate(lake, {"a.csv": "promote", "y.csv": "promote"}, run=Run("synthea", "2"), policy=strict).over()
    actions = decide(lake, finding(lake, lake.silver, gate.key("a.csv"), "Medium"))
    assert {(one.folder, one.status, one.key[-5:]) for one in actions} == {
        *(("1", "stands", "a.csv"), ("2", "move", "a.csv"), ("2", "move", "y.csv")),
    }
    assert all(one.because for one in actions if one.status == "move")


def test_run_of_which_neither_landing_nor_manifest_can_be_read_stops_no_other_and_is_reported(
    lake: Lake, gate: Gate
) -> None:
    other = Gate(lake, {"x.csv": "promote"}, {"x.csv": b"a.csv"}, Run("synthea", "2")).over()
    damaged = Gate(lake, {"y.csv": "promote"}, {"y.csv": b"a.csv"}, Run("synthea", "0")).over()
    damaged.write("manifest.jsonl", b"x")
    landed = f"_content/{damaged.objects['y.csv'].sha256}/landed/synthea/0/"
    (item,) = lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix=landed)["Contents"]
    lake.s3.put_object(Bucket=lake.bronze, Key=item["Key"], Body=b"x")
    settled: dict[str, str] = {}
    actions = decide_all(
        Where(lake.s3, lake.bronze, lake.silver, datetime.now(UTC)),
        [Observation.from_api(finding(lake, lake.silver, gate.key("a.csv")), is_finding=True)],
        (),
        settled,
    )
    statuses = sorted((one.folder, one.status) for one in actions)
    assert statuses == [("", "failed"), ("1", "move"), ("2", "move")]
    assert not settled
    assert other.objects
