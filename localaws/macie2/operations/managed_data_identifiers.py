"""The managed data identifiers that Macie knows.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/managed-data-identifiers-list.html
"""

from __future__ import annotations

from localaws.macie2.identifiers import CATALOGUE
from localaws.macie2.operations.area import Answer, Area, Request
from localaws.macie2.paging import page


class ManagedDataIdentifiers(Area):
    """The catalogue, as the API lists it."""

    def list_managed_data_identifiers(self, request: Request) -> Answer:
        return page(
            "items",
            [{"category": CATALOGUE[identifier].category.value, "id": identifier} for identifier in sorted(CATALOGUE)],
            request,
        )
