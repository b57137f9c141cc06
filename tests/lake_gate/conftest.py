"""Fixtures of the gate's tests."""

from __future__ import annotations

import pytest

from lake_gate.moving.transfer import Buckets
from lake_gate.s3 import answers
from tests.lake import Lake


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conditional writes are tried again at once."""
    monkeypatch.setattr(answers, "CONFLICT_WAITS_SECONDS", (0.0, 0.0))


@pytest.fixture
def buckets(lake: Lake) -> Buckets:
    return Buckets(lake.bronze, lake.silver, lake.quarantine)
