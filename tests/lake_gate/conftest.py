"""Fixtures of the gate's tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

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


@pytest.fixture
def revoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that revokes an exception of the feed synthea in its file."""
    folder = tmp_path / "revoking"

    def revoke(exception_id: str) -> None:
        monkeypatch.setenv("LAKE_GATE_INCLUDE", str(folder))
        (folder / "exceptions").mkdir(parents=True, exist_ok=True)
        content = {"exceptions": [], "revoked": [exception_id]}
        (folder / "exceptions/synthea.json").write_text(json.dumps(content))

    return revoke
