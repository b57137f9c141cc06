"""Objects that no run has landed."""

from __future__ import annotations

from datetime import timedelta

from tests.lake import Lake
from tests.lake_gate.finding_events.deciding.decide import decide, unversioned
from tests.lake_gate.finding_events.world import Gate, finding


def test_object_around_the_gate_leaves_silver_and_stays_in_bronze_unless_it_is_severe(lake: Lake, gate: Gate) -> None:
    cases = [
        ("silver", "High", "move", "quarantine"),
        ("silver", "Medium", "move", "hold"),
        ("bronze", "High", "move", "quarantine"),
        ("bronze", "Medium", "left", None),
    ]
    for key in ("stray.csv", "no/run/stray.csv", gate.key("never landed.csv")):
        for layer, severity, status, outcome in cases:
            bucket = getattr(lake, layer)
            lake.s3.put_object(Bucket=bucket, Key=key, Body=f"{key} {severity}".encode())
            (action,) = decide(lake, finding(lake, bucket, key, severity), run_deadline=timedelta(0))
            decided = action.decision["outcome"] if action.decision else None
            assert (action.status, decided, action.feed) == (status, outcome, ""), (key, layer, severity)


def test_object_that_a_run_may_be_landing_is_left_to_it(lake: Lake) -> None:
    lake.put(lake.bronze, "synthea/2/a.csv", b"x")
    (action,) = decide(lake, finding(lake, lake.bronze, "synthea/2/a.csv"))
    assert action.status == "left_to_its_run"


def test_stray_of_which_neither_version_nor_etag_is_named_leaves_silver(lake: Lake) -> None:
    stray = lake.put(lake.silver, "stray.csv", b"x")
    (action,) = decide(lake, unversioned(finding(lake, lake.silver, "stray.csv"), eTag=""))
    assert (action.status, action.stricter_decision.version_id) == ("move", stray.version_id)


def test_finding_about_a_stray_is_not_hidden_by_one_about_older_bytes_of_its_key(lake: Lake) -> None:
    lake.put(lake.silver, "stray.csv", b"x")
    severe = unversioned(finding(lake, lake.silver, "stray.csv"))
    older = unversioned(finding(lake, lake.silver, "stray.csv", "Low"), eTag="another")
    (action,) = decide(lake, older, severe)
    assert (action.status, action.stricter_decision.outcome) == ("move", "quarantine")


def test_stray_that_stays_is_not_read_and_an_unreadable_one_is_reported(lake: Lake) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key="old.csv", Body=b"x", StorageClass="GLACIER")
    lake.s3.put_object(Bucket=lake.silver, Key="old.csv", Body=b"x", StorageClass="GLACIER")
    cases = [(lake.bronze, "Low", "left"), (lake.bronze, "High", "failed"), (lake.silver, "Low", "failed")]
    for bucket, severity, status in cases:
        (action,) = decide(lake, finding(lake, bucket, "old.csv", severity))
        assert action.status == status
        assert status != "failed" or action.why == "InvalidObjectState"
