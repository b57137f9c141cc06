"""Fixtures of the gate's tests."""

from __future__ import annotations

import pytest

from lake_gate import s3_answers
from lake_gate.moving.transfer import Buckets
from tests.lake import Lake


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conditional writes are tried again at once."""
    monkeypatch.setattr(s3_answers, "CONFLICT_WAITS_SECONDS", (0.0, 0.0))


@pytest.fixture
def buckets(lake: Lake) -> Buckets:
    return Buckets(lake.bronze, lake.silver, lake.quarantine)
