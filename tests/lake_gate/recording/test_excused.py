"""Exceptions in the run record. Whole runs are in ``tests/lake_gate/decision/test_standing.py``."""

from __future__ import annotations

from collections import Counter

from lake_gate.recording.excused import exceptions_in_record
from lake_gate.recording.record import Totals
from tests.lake_gate.exceptions.samples import OF_OBJECT, OF_TABLE


def test_exceptions_that_were_used_are_named_with_the_number_of_objects() -> None:
    planned = {"exceptions": {"ending": ["x (2026-12-01)"], "never_used": [OF_TABLE.id, "x"], "problems": ["damaged"]}}
    written = exceptions_in_record([OF_TABLE, OF_OBJECT], planned, Totals(exceptions=Counter({OF_TABLE.id: 3})))
    facts = {name: getattr(OF_TABLE, name) for name in ("id", "kind", "release", "until")}
    assert written["exceptions"] == [{**facts, "objects": 3}]
    assert written["standing_exceptions"] == {
        "ending": ["x (2026-12-01)"],
        "never_used": ["x"],
        "problems": ["damaged"],
    }


def test_plan_of_an_older_run_has_no_exceptions() -> None:
    nothing: dict[str, list[str]] = {"ending": [], "never_used": [], "problems": []}
    assert exceptions_in_record((), {}, Totals()) == {"exceptions": [], "standing_exceptions": nothing}
