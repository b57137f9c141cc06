"""IBANs: how they are written."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers.dialect import compile_trusted
from localaws.macie2.identifiers.iban import iban_pattern


@pytest.mark.parametrize(
    ("structure", "text", "expected"),
    [
        ("10n11c2n", "FR1420041010050500013M02606", True),
        ("10n11c2n", "FR14 2004 1010 0505 0001 3M02 606", True),
        ("10n11c2n", "FR14-2004-1010-0505-0001-3M02-606", True),
        ("10n11c2n", "FR14 20041 01005 0500013M026 06", False),
        ("10n11c2n", "FR142004101005050001 3M0260", False),
        ("10n11c2n", "DE1420041010050500013M02606", False),
    ],
)
def test_iban_is_written_in_one_or_in_groups_of_four(structure: str, text: str, expected: bool) -> None:
    assert bool(compile_trusted(iban_pattern("FR", structure)).re2.fullmatch(text)) is expected
