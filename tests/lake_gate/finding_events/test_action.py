"""Lines of ``actions.jsonl`` and of a ledger that were damaged are refused."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from lake_gate.finding_events.action import Action, Done, Status
from lake_gate.model.manifest import Moved
from tests.builders import decided

MOVE = Action("silver", "synthea/1/a.csv", "v", {"f": "High"}, Status.MOVE.value, "", decision=asdict(decided("a.csv")))


def test_action_is_read_as_it_was_written() -> None:
    action = Action.from_json(asdict(MOVE))
    assert action == MOVE
    assert action.stricter_decision == decided("a.csv")


@pytest.mark.parametrize("change", [{"status": "another"}, {"decision": None}, {"decision": {}}, {"findings": []}])
def test_action_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a"):
        Action.from_json({**asdict(MOVE), **change})


def test_done_is_read_as_it_was_written() -> None:
    for done in (Done(Moved("a.csv", "quarantine", "synthea/1/a.csv", "v")), Done(None, "SlowDown", True)):
        assert Done.from_json(asdict(done)) == done


@pytest.mark.parametrize("line", [[], {"moved": {"name": 1}}, {"failed": 1}])
def test_done_of_another_shape_is_refused(line: Any) -> None:
    with pytest.raises(ValueError, match="not a"):
        Done.from_json(line)
