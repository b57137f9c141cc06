"""The identifiers that Macie documents."""

from __future__ import annotations

import re

from localaws.macie2.documented_identifiers import DOCUMENTED


def test_ids_are_spelt_as_in_the_api() -> None:
    assert len(DOCUMENTED) == 166
    assert {"USA_PASSPORT_NUMBER", "CREDIT_CARD_NUMBER_(NO_KEYWORD)", "TURKIYE_BANK_ACCOUNT_NUMBER"} <= DOCUMENTED
    assert all(re.fullmatch(r"[A-Z_]+(?:_\([A-Z_]+\))?", identifier) for identifier in DOCUMENTED)
