"""A run that is over."""

from __future__ import annotations

import pytest

from tests.lake import Lake
from tests.lake_gate.finding_events.deciding.decide import OUTCOMES
from tests.lake_gate.finding_events.world import Gate
from tests.snapshot import SetUpOnce


@pytest.fixture
def gate(lake: Lake, once: SetUpOnce) -> Gate:
    return once(Gate(lake, OUTCOMES).over)
