"""Which faults a call can meet, and which of all scenarios a sample takes: the same ones for the same seed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from tests.faults.names import without_number
from tests.faults.proxy import Fault
from tests.faults.scenario import FAULTS, OVERWRITE

SEED = os.environ.get("FAULTS_SEED", "1")
MOVING = ("promote", "quarantine", "hold")
_LANDED = "land s3:PutObject bronze "


def stable(calls: Sequence[str]) -> list[str]:
    """Return the calls that come in every run: how often something is polled differs from run to run."""
    return [call for call in calls if not ("/trigger" in call and without_number(call) != call)]


def faults_of(call: str, calls: Sequence[str]) -> tuple[str, ...]:
    """Return the faults for a call.

    Before anything is landed there is nothing to be overwritten; an outage of what is polled is waited for, for hours.
    """
    first = next(index for index, one in enumerate(calls) if one.startswith(_LANDED))
    without = {OVERWRITE} if calls.index(call) <= first else set()
    without |= {Fault.OUTAGE} if "/trigger" in call or without_number(call) != call else set()
    return tuple(fault for fault in FAULTS if fault not in without)


def sample[Scenario: tuple[str, ...]](scenarios: Sequence[Scenario], size: int, seed: str = "") -> list[Scenario]:
    """Return that many, chosen by their names and the seed alone, in the order given."""
    chosen = set(shuffled(scenarios, seed)[:size])
    return [scenario for scenario in scenarios if scenario in chosen]


def shuffled[Scenario: tuple[str, ...]](scenarios: Sequence[Scenario], seed: str = "") -> list[Scenario]:
    """Return them in an order of no meaning, so that the first ones are of every kind."""
    return sorted(scenarios, key=lambda scenario: _rank(seed, scenario))


def slot(calls: Sequence[str], fault: str, number: int, seed: str) -> str:
    """Return the call that the n-th scenario of a fault harms; kills after a call harm the moves."""
    candidates = [
        call
        for call in stable(calls)
        if fault in faults_of(call, calls) and (fault != "killed_after" or call.startswith(MOVING))
    ]
    return sorted(candidates, key=lambda call: _rank(seed, (call, fault)))[number]


def _rank(seed: str, scenario: tuple[str, ...]) -> bytes:
    return hashlib.sha256("\0".join((seed, *scenario)).encode()).digest()
