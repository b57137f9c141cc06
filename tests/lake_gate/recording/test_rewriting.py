"""The record that is written again: only of a run that has moved objects."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.recording.rewriting import is_dry
from tests.lake import Lake
from tests.lake_gate.finding_events.world import Gate

OUTCOMES = {"a.csv": "promote", "b.csv": "hold"}


@pytest.mark.parametrize(
    ("begun", "record", "has_moved", "expected"),
    [
        (b'{"dry_run": true}', None, False, True),
        (b'{"dry_run": true}', None, True, False),
        (b'{"dry_run": false}', {"dry_run": True}, False, False),
        (b'{"dry_run": "true"}', None, False, False),
        (b"{", {"dry_run": True}, False, False),
        (None, {"dry_run": True}, False, True),
        (None, {"dry_run": True}, True, False),
        (None, {"dry_run": False}, False, False),
        (None, None, False, False),
    ],
)
def test_run_is_dry_only_if_it_began_as_one_and_has_moved_nothing(
    lake: Lake, begun: bytes | None, record: dict[str, Any] | None, has_moved: bool, expected: bool
) -> None:
    gate = Gate(lake, OUTCOMES)
    if begun is not None:
        gate.write("run.json", begun)
    if has_moved:
        gate.write("moves/promote-0.jsonl.begun", b"{}")
    assert is_dry(lake.s3, lake.bronze, gate.run, record) is expected
