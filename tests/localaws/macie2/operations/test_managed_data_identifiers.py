"""The list of managed data identifiers."""

from __future__ import annotations

from typing import Any

from localaws.macie2.identifiers import CATALOGUE
from tests.localaws.macie2.conftest import pages


def test_all_managed_identifiers_are_listed(macie: Any) -> None:
    listed = [one for part in pages(macie, "list_managed_data_identifiers", "items") for one in part]
    assert {one["id"]: one["category"] for one in listed} == {one.id: one.category for one in CATALOGUE.values()}
    assert len(listed) == len(CATALOGUE)
