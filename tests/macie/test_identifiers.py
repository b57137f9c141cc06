from __future__ import annotations

from typing import Any

import pytest

from macie.identifiers import is_same

PATIENT = {"name": "Patient ID", "regex": "[0-9a-f]{8}", "keywords": ["patient", "person"], "maximumMatchDistance": 50}


@pytest.mark.parametrize(
    "difference",
    [
        {},
        {"keywords": ["person", "patient"]},
        {"ignoreWords": None},
        {"ignoreWords": []},
        {"description": "in other words", "tags": {"a": "b"}},
        {"severityLevels": [{"occurrencesThreshold": 1, "severity": "MEDIUM"}]},
        {"maximumMatchDistance": None},
    ],
)
def test_an_identifier_is_the_same_when_it_detects_the_same(difference: dict[str, Any]) -> None:
    assert is_same(PATIENT, {**PATIENT, **difference})


@pytest.mark.parametrize(
    "difference",
    [
        {"name": "Patient"},
        {"regex": "[0-9a-f]{9}"},
        {"keywords": ["patient"]},
        {"ignoreWords": ["test"]},
        {"maximumMatchDistance": 10},
        {"severityLevels": [{"occurrencesThreshold": 100, "severity": "LOW"}]},
        {"deleted": True},
    ],
)
def test_an_identifier_is_another_when_it_may_detect_something_else(difference: dict[str, Any]) -> None:
    assert not is_same(PATIENT, {**PATIENT, **difference})
