"""Addresses over several cells of a row."""

from __future__ import annotations

import pytest

from tests.localaws.macie2.detection.scans import places, scan_text


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("12 Elm St,Boston,MA,02139", [(2, 2, "street")]),
        ("12 Elm St,Boston,MA,00001", []),
        ("12 Elm St,Boston,,02139", []),
    ],
    ids=["whole", "unassigned code", "no state"],
)
def test_an_address_over_several_cells_is_located_at_its_first(row: str, expected: list[tuple[int, int, str]]) -> None:
    assert places(scan_text(f"id,street,city,state,zip\n1,{row}\n", managed="ADDRESS")) == expected
