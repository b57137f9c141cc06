"""The list of managed data identifiers."""

from __future__ import annotations

from typing import Any

from localaws.macie2.identifiers import CATALOGUE
from tests.localaws.macie2.conftest import pages


def test_all_managed_identifiers_are_listed(macie: Any) -> None:
    listed = [item for part in pages(macie, "list_managed_data_identifiers", "items") for item in part]
    assert {item["id"]: item["category"] for item in listed} == {item.id: item.category for item in CATALOGUE.values()}
    assert len(listed) == len(CATALOGUE)
