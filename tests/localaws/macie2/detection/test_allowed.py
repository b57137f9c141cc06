"""Allowed texts do not count as matches."""

from __future__ import annotations

import pytest

from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.identifiers.dialect import compile_regex
from tests.localaws.macie2.detection.scans import PATIENT, SSN, WORDS, counts, scan_text

PATTERNS = AllowedTexts(patterns=(compile_regex(r"P12\d*"), compile_regex(r"078-05-\d{4}"), compile_regex("John.*")))


@pytest.mark.parametrize("allowed", [WORDS, PATTERNS])
@pytest.mark.parametrize(
    ("extension", "text"),
    [
        ("csv", "PATIENT,SSN,who\nP1234,078-05-1120,John Smith\nP5678,219-09-9999,Mary Jones\n"),
        ("csv", "x,who\npatient P1234 and ssn: 078-05-1120,John Smith\npatient P5678 ssn 219-09-9999,Mary Jones\n"),
        ("json", '[{"PATIENT": ["P1234", "P5678"], "ssn": ["078-05-1120", "219-09-9999"], "a": "John Smith"},'
         '{"who": "Mary Jones"}]'),
        ("txt", "patient P1234 P5678, ssn 078-05-1120 or 219-09-9999\nJohn Smith\nMary Jones\n"),
    ],
)  # fmt: skip
def test_match_does_not_count_when_its_whole_text_is_allowed(extension: str, text: str, allowed: AllowedTexts) -> None:
    assert counts(scan_text(text, PATIENT, extension=extension)) == {SSN: 2, "patient": 2, "NAME": 2}
    assert counts(scan_text(text, PATIENT, extension=extension, allowed=allowed)) == {SSN: 1, "patient": 1, "NAME": 1}


def test_an_address_counts_although_it_is_allowed() -> None:
    text = 'x\n"12 Elm St, Boston, MA 02139"\n'
    assert counts(scan_text(text, allowed=WORDS)) == {"ADDRESS": 1}


@pytest.mark.parametrize("text", ["P12345", "xP1234", "P123"])
def test_part_of_a_text_is_not_allowed_by_a_word_and_case_does_not_matter(text: str) -> None:
    assert text not in WORDS
    assert "JOHN SMITH" in WORDS
    assert "xP12" not in PATTERNS
