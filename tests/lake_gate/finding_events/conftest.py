"""Runs that are over."""

from __future__ import annotations

import pytest

from tests.lake import Lake
from tests.lake_gate.finding_events.world import Gate
from tests.snapshot import SetUpOnce


@pytest.fixture
def promoted(lake: Lake, once: SetUpOnce) -> Gate:
    """A run that is over, with one object, which is in silver."""
    return once(Gate(lake, {"a.csv": "promote"}).over)
