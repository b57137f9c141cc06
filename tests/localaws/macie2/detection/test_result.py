"""The result of a scan."""

from __future__ import annotations

import pytest

from localaws.macie2.detection.result import ScanStatus
from tests.localaws.macie2.detection.scans import SSN, scan_text


@pytest.mark.parametrize(
    ("extension", "status", "mime_type", "size"),
    [("csv", ScanStatus.COMPLETE, "text/csv", 16), ("pdf", ScanStatus.SKIPPED, None, 0)],
)
def test_a_result_has_status_mime_type_and_size(
    extension: str, status: ScanStatus, mime_type: str | None, size: int
) -> None:
    result = scan_text("SSN\n078-05-1120\n", managed=SSN, extension=extension)
    assert (result.status, result.mime_type, result.size_classified_bytes) == (status, mime_type, size)


def test_statuses_are_spelt_as_in_the_api() -> None:
    assert [status.value for status in ScanStatus] == ["COMPLETE", "PARTIAL", "SKIPPED"]
