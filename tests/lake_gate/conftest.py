"""Fixtures of the gate's tests."""

from __future__ import annotations

import pytest

from lake_gate.moving.transfer import Buckets
from tests.lake import Lake


@pytest.fixture
def buckets(lake: Lake) -> Buckets:
    return Buckets(lake.bronze, lake.silver, lake.quarantine)
