"""Silver and quarantine as assets, and their events."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset

from lake_gate.assets import announce, changes, quarantine, silver
from tests.lake import Lake
from tests.lake_gate.finding_events.world import Gate, Outlets, context_of


def test_each_feed_has_assets_of_its_own_that_name_no_bucket() -> None:
    made = [layer(feed) for layer in (silver, quarantine) for feed in ("synthea", "claims")]
    assert [asset.name for asset in made] == [
        *("silver_synthea", "silver_claims", "quarantine_synthea", "quarantine_claims"),
    ]
    assert len({asset.uri for asset in made}) == 4
    assert silver("synthea").uri == "x-lake-gate://silver/synthea"


def test_events_go_through_the_alias_of_the_task_only() -> None:
    context: Any = {"outlet_events": Outlets()}
    announce(context, [Asset("other")], silver("synthea"), run_id="1")
    assert context["outlet_events"].added == []
    announce(context, [changes("publish")], silver("synthea"), run_id="1")
    assert context["outlet_events"].added == [("silver_synthea", {"run_id": "1"})]


def published(lake: Lake, outcomes: dict[str, str]) -> dict[str, Any]:
    from lake_gate.recording.operators import PublishOperator

    gate = Gate(lake, outcomes).land().decide().move().record()
    context = context_of(gate.run.run_id)
    operator = PublishOperator(
        task_id="t", settings=lake.settings.to_json(), feed="synthea", outlets=[changes("publish")]
    )
    operator.step(context)
    return dict(context["outlet_events"].added)


def test_events_are_sent_only_for_assets_that_a_run_has_changed(lake: Lake) -> None:
    events = published(lake, {"a.csv": "promote", "b.csv": "hold"})
    assert set(events) == {"silver_synthea"}
    assert events["silver_synthea"] == {
        "run_id": "1",
        "outcomes": {"promote": 1, "hold": 1},
        "severities": {},
        "record": f"s3://{lake.bronze}/_runs/synthea/1/record.json",
        "marker": f"s3://{lake.silver}/_runs/synthea/1.json",
    }


def test_event_of_quarantine_is_sent_when_nothing_was_promoted(lake: Lake) -> None:
    assert set(published(lake, {"a.csv": "quarantine"})) == {"quarantine_synthea"}


def test_no_event_is_sent_for_an_empty_delivery(lake: Lake) -> None:
    assert published(lake, {}) == {}
