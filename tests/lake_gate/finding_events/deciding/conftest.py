"""A run that is over."""

from __future__ import annotations

import pytest

from tests.lake import Lake
from tests.lake_gate.finding_events.deciding.decide import OUTCOMES
from tests.lake_gate.finding_events.world import Gate


@pytest.fixture
def gate(lake: Lake) -> Gate:
    return Gate(lake, OUTCOMES).over()
