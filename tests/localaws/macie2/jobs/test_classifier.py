"""The identifiers with which objects are analysed; runs of jobs are in :mod:`tests.localaws.macie2.jobs.test_run`."""

from __future__ import annotations

from typing import Any

import pytest

from localaws.macie2.identifiers import CATALOGUE
from localaws.macie2.jobs.classifier import chosen


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, {item.id for item in CATALOGUE.values() if item.recommended}),
        ({"managedDataIdentifierSelector": "ALL"}, set(CATALOGUE)),
        ({"managedDataIdentifierSelector": "NONE"}, set()),
        (
            {"managedDataIdentifierSelector": "INCLUDE", "managedDataIdentifierIds": ["PHONE_NUMBER"]},
            {"PHONE_NUMBER"} & set(CATALOGUE),
        ),
        (
            {"managedDataIdentifierSelector": "EXCLUDE", "managedDataIdentifierIds": ["PHONE_NUMBER"]},
            set(CATALOGUE) - {"PHONE_NUMBER"},
        ),
    ],
    ids=["default", "ALL", "NONE", "INCLUDE", "EXCLUDE"],
)
def test_the_selector_selects_managed_identifiers(request_: dict[str, Any], expected: set[str]) -> None:
    assert {item.id for item in chosen(request_, CATALOGUE)} == expected
