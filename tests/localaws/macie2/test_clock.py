"""Macie's clock, as a client meets it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.localaws.conftest import start

DAY = 24 * 3600


def test_macie_dates_what_it_makes_by_its_own_clock_and_s3_does_not(
    macie: Any, s3: Any, turn: Callable[..., None]
) -> None:
    turn(clock_ahead_seconds=40 * DAY)
    before = datetime.now(UTC) + timedelta(days=39)
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"a\n1\n")
    assert macie.describe_classification_job(jobId=start(macie))["createdAt"] > before
    created = macie.create_custom_data_identifier(name="code", regex="[A-Z]{3}-[0-9]{4}")
    assert macie.get_custom_data_identifier(id=created["customDataIdentifierId"])["createdAt"] > before
    assert s3.head_object(Bucket="bronze", Key="a.csv")["LastModified"] < before
