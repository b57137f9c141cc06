"""The page that says what the local Macie can do."""

from __future__ import annotations

import pytest

from localaws.macie2.coverage import ABSENT, FULL, PAGE, PARTIAL, operations, page
from localaws.macie2.documented_identifiers import DOCUMENTED
from localaws.macie2.identifiers import CATALOGUE
from localaws.macie2.operations.usage import Usage

COVERAGE = {operation.name: operation.coverage for operation in operations()}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


@pytest.mark.parametrize(
    ("operation", "coverage"),
    [
        ("CreateCustomDataIdentifier", FULL),
        ("PutFindingsPublicationConfiguration", PARTIAL),
        ("UpdateAutomatedDiscoveryConfiguration", PARTIAL),
    ],
)
def test_an_operation_is_as_covered_as_its_method_says(operation: str, coverage: str) -> None:
    assert COVERAGE[operation] == coverage


def test_an_operation_without_a_method_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ABSENT not in COVERAGE.values()
    monkeypatch.delattr(Usage, "get_usage_totals")
    assert [operation.name for operation in operations() if operation.coverage == ABSENT] == ["GetUsageTotals"]


def test_a_partial_operation_says_what_is_missing() -> None:
    assert all(bool(operation.missing) is (operation.coverage == PARTIAL) for operation in operations())


def test_the_catalogue_has_the_identifiers_that_macie_documents_and_no_others() -> None:
    assert CATALOGUE.keys() == DOCUMENTED
