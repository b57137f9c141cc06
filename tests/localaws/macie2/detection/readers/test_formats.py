"""Formats by extension, sizes and unsupported content."""

from __future__ import annotations

import io

import pytest

from localaws.macie2.detection.result import ScanStatus
from localaws.macie2.detection.scanner import scan
from tests.localaws.macie2.detection.scans import PATIENT, scan_text
from tests.localaws.macie2.detection.test_scanner import MALFORMED


@pytest.mark.parametrize("extension", ["txt", "", "dat", "log"])
def test_other_binary_content_is_unsupported(extension: str) -> None:
    result = scan_text(bytes(range(256)) * 64, extension=extension)
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, "UNSUPPORTED_FILE_TYPE_EXCEPTION")


@pytest.mark.parametrize("extension", ["avro", "pdf", "XLSX", "docx", "eml", "exe", "png"])
def test_other_formats_are_skipped_with_a_reason(extension: str) -> None:
    result = scan_text("PATIENT\nP1234\n", PATIENT, extension=extension)
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, "UNSUPPORTED_FILE_TYPE_EXCEPTION")
    assert (result.mime_type, result.size_classified_bytes, result.detections) == (None, 0, ())


def test_object_over_the_documented_size_is_skipped_unread() -> None:
    result = scan(io.BytesIO(b""), "csv", 20 * 1024**3 + 1, [], [PATIENT])
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, "FILE_EXCEEDS_SIZE_LIMIT")


def test_binary_content_is_skipped_as_malformed() -> None:
    result = scan_text(bytes(range(256)) * 64, PATIENT)
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, MALFORMED)
