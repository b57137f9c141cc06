"""The lake that findings are decided in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lake_gate.finding_events.deciding.lake import Lake
from lake_gate.model.run import Run
from tests.builders import decided


@pytest.mark.parametrize(
    ("outcome", "held"), [("quarantine", [("bronze-bucket", "held/synthea/1/a.csv")]), ("hold", [])]
)
def test_copies_of_a_run_are_searched_in_bronze_and_silver_and_never_in_quarantine(
    outcome: str, held: list[tuple[str, str]]
) -> None:
    s3: Any = None
    places = Lake(s3, "bronze-bucket", "silver-bucket", datetime.now(UTC)).places_of(Run("synthea", "1"))
    key = "synthea/1/a.csv"
    expected = [("bronze-bucket", key), *held, ("silver-bucket", key)]
    assert list(places.sources(decided(outcome=outcome, bucket="bronze-bucket", key=key))) == expected
