"""A sample of all faults at all calls; ``make faults`` runs them all. FAULTS_SEED chooses other ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.choice import SEED, slot
from tests.faults.harness import Harness
from tests.faults.scenario import FAULTS, Outcome, play

SLOTS = {"killed_after": 3, "overwrite": 2, "error_after": 2}
"""Scenarios of each fault: one, but for those that have the most to break."""


def test_promises_hold_when_nothing_happens(recorded: Outcome) -> None:
    assert recorded.problems == []


@pytest.mark.parametrize(
    ("fault", "number"), [(fault, number) for fault in FAULTS for number in range(SLOTS.get(fault, 1))]
)
def test_promises_hold_whatever_happens_to_a_call(
    harness: Harness, recorded: Outcome, tmp_path: Path, fault: str, number: int
) -> None:
    outcome = play(harness, tmp_path, slot(recorded.calls, fault, number, SEED), fault)
    assert outcome.problems == [], str(outcome)
    assert outcome.how not in {"the call did not come", "nothing landed yet"}
