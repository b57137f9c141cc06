"""A sample of all faults at all calls; ``make faults`` runs them all. FAULTS_SEED chooses other ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.choice import SEED, sample, slot, stable
from tests.faults.deliveries import MASKED
from tests.faults.harness import Harness
from tests.faults.scenario import FAULTS, Outcome, play

SLOTS = {"killed_after": 3, "overwrite": 2, "error_after": 2}
"""Scenarios of each fault: one, but for those that have the most to break."""
QUICK = {("killed_after", 0), ("overwrite", 0)}
"""Those that are not slow together."""
LOOKS = "gather_histories s3:ListObjectVersions bronze"
UNNAMED = [
    ("both", LOOKS, "overwrite"),
    ("both", "", "killed_after"),
    ("results", "land s3:PutObject bronze clean.csv", "error_after"),
    ("findings", "gather_histories s3:PutObject bronze _runs histories.jsonl", "killed_after"),
]
"""World, call (none: one of the moves) and fault: what is only there, or matters more, when Macie names no version."""


def test_promises_hold_when_nothing_happens(recorded: Outcome) -> None:
    assert recorded.problems == []


@pytest.mark.parametrize(
    ("fault", "number"),
    [
        pytest.param(fault, number, marks=() if (fault, number) in QUICK else pytest.mark.slow)
        for fault in FAULTS
        for number in range(SLOTS.get(fault, 1))
    ],
)
def test_promises_hold_whatever_happens_to_a_call(
    harness: Harness, recorded: Outcome, tmp_path: Path, fault: str, number: int
) -> None:
    outcome = play(harness, tmp_path, slot(recorded.calls, fault, number, SEED), fault)
    assert outcome.problems == [], str(outcome)
    assert outcome.how != "nothing landed yet"


@pytest.mark.slow
@pytest.mark.parametrize(("world", "call", "fault"), UNNAMED)
def test_promises_hold_when_macie_names_no_version(
    harness: Harness, recorded: Outcome, tmp_path: Path, world: str, call: str, fault: str
) -> None:
    outcome = play(harness, tmp_path, call or slot(recorded.calls, fault, 0, SEED), fault, world=world)
    assert outcome.problems == [], str(outcome)
    assert outcome.how != "nothing landed yet"


MASKING_TASKS = ("choose", "mask_files", "list_masked", "reuse_copies", "decide", "promote", "quarantine")


@pytest.mark.slow
def test_promises_hold_whatever_happens_to_a_call_of_a_run_that_masks(masking_harness: Harness, tmp_path: Path) -> None:
    """One scenario for each fault, at a call of the tasks that mask or move what is masked."""
    recorded = play(masking_harness, tmp_path, delivery=MASKED)
    assert recorded.problems == []
    calls = [call for call in stable(recorded.calls) if call.startswith(MASKING_TASKS)]
    assert {re.split(r"[ []", call)[0] for call in calls} == set(MASKING_TASKS)
    for fault in FAULTS:
        ((call,),) = sample([(call,) for call in calls], 1, f"{SEED} {fault}")
        outcome = play(masking_harness, tmp_path, call, fault, MASKED)
        assert outcome.problems == [], str(outcome)
