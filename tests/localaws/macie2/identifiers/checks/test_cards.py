"""Checks of payment and travel cards: a valid value and a near miss each."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers.checks import cards
from tests.localaws.macie2.detection.scans import count_in_cell
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (cards.is_sube_card, "6061916386454318", "6061916386454319"),
        (
            cards.is_magnetic_stripe,
            "%B5559554630957967^MUELLER/ANNA^28102210627546500?",
            "%B5559554630957967^MUELLER/ANNA^28132210627546500?",
        ),
        (cards.is_card_number, "6449 0491 3704 6226", "6449 0491 3704 6227"),
    ]
)


@pytest.mark.parametrize(
    ("identifier", "column", "value", "expected"),
    [
        ("CREDIT_CARD_NUMBER", "card", "4539578763621486", 1),
        ("CREDIT_CARD_NUMBER", "credit_card", "4539 5787 6362 1486", 1),
        ("CREDIT_CARD_NUMBER", "creditcard", "4539-5787-6362-1486", 1),
        ("CREDIT_CARD_NUMBER", "card", "4539578763621487", 0),
        ("CREDIT_CARD_NUMBER", "card", "4111111111111111", 0),
        ("CREDIT_CARD_NUMBER", "card", "9999999999999995", 0),
        ("CREDIT_CARD_NUMBER", "number", "4539578763621486", 0),
        ("CREDIT_CARD_NUMBER", "number", "visa 4539578763621486", 1),
        ("CREDIT_CARD_NUMBER", "number", "visa" + " " * 31 + "4539578763621486", 0),
        ("CREDIT_CARD_NUMBER", "card", "0.4539578763621486", 0),
        ("CREDIT_CARD_NUMBER", "card", "a4539578763621486", 0),
        ("CREDIT_CARD_NUMBER_(NO_KEYWORD)", "number", "4539578763621486", 1),
        ("CREDIT_CARD_NUMBER_(NO_KEYWORD)", "number", "visa 4539578763621486", 0),
        ("CREDIT_CARD_NUMBER_(NO_KEYWORD)", "card", "4539578763621486", 0),
    ],
)
def test_identifier_counts_only_valid_values(identifier: str, column: str, value: str, expected: int) -> None:
    assert count_in_cell(identifier, column, value) == expected
