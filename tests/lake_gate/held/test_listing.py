"""The daily list of an empty lake."""

from __future__ import annotations

from lake_gate.held.listing import list_held
from lake_gate.held.operators import ListHeldOperator
from lake_gate.model.run import HELD, QUARANTINED, RECORD, REQUESTS, Run
from tests.lake import Lake
from tests.lake_gate.held.test_operators import CONTEXT


def test_list_of_an_empty_lake_has_all_its_documents(lake: Lake) -> None:
    ages = {"older_than_hours": "72", "quarantined_older_than_days": "7"}
    operator = ListHeldOperator(task_id="t", settings=lake.settings.to_json(), feed="held_objects", **ages)
    listed = list_held(operator, CONTEXT)
    assert (listed["objects"], listed["overdue"], listed["overdue_feeds"]) == (0, 0, [])
    run = Run("held_objects", "2")
    assert [lake.lines(run.document(name)) for name in (HELD, QUARANTINED, REQUESTS)] == [[], [], []]
    assert lake.document(run.document(RECORD))["objects"] == 0
