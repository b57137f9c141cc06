"""Times are read as botocore reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.utils import parse_to_aware_datetime

from localaws.answers import aware_datetime


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-02T03:04:05.678Z",
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05+02:00",
        "2026-01-02T03:04:05",
        "2026-01-02",
        "Fri, 02 Jan 2026 03:04:05 GMT",
        1767323045,
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    ],
)
def test_times_are_read_as_botocore_reads_them(value: Any) -> None:
    read = aware_datetime(value)
    assert read == parse_to_aware_datetime(value)
    assert read.utcoffset() is not None
