"""Messages about a run: their ids are in the index of runs."""

from __future__ import annotations

from lake_gate.notifications.operators import NotifyOperator
from lake_gate.notifications.run_messages import notify
from tests.lake import Lake
from tests.lake_gate.notifications.test_operators import record
from tests.lake_gate.steps import RUN, gate, read_runs


def test_message_of_a_run_is_in_the_index_of_its_feed(lake: Lake) -> None:
    record(lake, "promote")
    message_id = notify(gate(lake, NotifyOperator), RUN)
    rows = {row["run_id"]: row for row in read_runs(lake.s3, lake.bronze, "synthea")}
    assert rows[RUN.run_id]["messages"] == [message_id]
