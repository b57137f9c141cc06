"""JSON that is nested too deeply."""

from __future__ import annotations

import pytest

from localaws.macie2.detection.result import ScanStatus
from tests.localaws.macie2.detection.scans import counts, scan_text


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_nothing_counts_of_json_that_is_nested_too_deeply(opening: str) -> None:
    depth = 257 // opening.count("[") if opening == "[" else 257
    result = scan_text('{"ssn": "078-05-1120"}' + opening * depth, extension="jsonl")
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, "JSON_NESTING_LEVEL_OVER_LIMIT")
    assert counts(result) == {}
    fits = scan_text("[" * 256 + '"ssn 078-05-1120"' + "]" * 256, extension="json")
    assert (fits.status, counts(fits)) == (ScanStatus.COMPLETE, {"USA_SOCIAL_SECURITY_NUMBER": 1})
