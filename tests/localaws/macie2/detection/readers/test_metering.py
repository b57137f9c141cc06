"""Limits of what is read, and of what is taken out of archives."""

from __future__ import annotations

import io

import pytest

from localaws.macie2.detection.readers.metering import Budget, Metered
from localaws.macie2.detection.readers.source import IncompleteError


def test_bytes_are_counted_up_to_the_limit() -> None:
    metered = Metered(io.BytesIO(b"12345"), 4)
    assert metered.read(4) == b"1234"
    assert metered.count == 4
    with pytest.raises(IncompleteError, match="FILE_EXCEEDS_SIZE_LIMIT"):
        metered.read(1)


@pytest.mark.parametrize(
    ("take", "reason"),
    [
        (lambda budget: budget.take_file(), "ARCHIVE_TOTAL_DOCUMENTS_PROCESSED_OVER_LIMIT"),
        (lambda budget: budget.take_bytes(5), "ARCHIVE_TOTAL_BYTES_EXTRACTED_OVER_LIMIT"),
    ],
    ids=["files", "bytes"],
)
def test_a_budget_keeps_the_limit_that_was_exceeded(take: object, reason: str) -> None:
    budget = Budget(files=0, bytes=4)
    with pytest.raises(IncompleteError, match=reason):
        take(budget)  # type: ignore[operator]
    assert budget.over == reason


def test_a_broken_stream_is_malformed() -> None:
    class Broken:
        def read(self, size: int = -1, /) -> bytes:
            raise EOFError

    with pytest.raises(IncompleteError, match="MALFORMED_FILE"):
        Metered(Broken(), 10).read(1)
