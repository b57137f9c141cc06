from __future__ import annotations

import pytest

from lake_gate.decision.reason import Reason
from lake_gate.display import words


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [(None, ""), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (332_600, "332.6 kB"), (5 * 10**12, "5.0 TB")],
)
def test_sizes_have_units(size_bytes: int | None, expected: str) -> None:
    assert words.size(size_bytes) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(None, ""), (0.0, "0 USD"), (0.001, "less than 0.01 USD"), (0.5, "0.50 USD"), (1234.5, "1,234.50 USD")],
)
def test_small_amounts_are_not_shown_as_nothing(amount: float | None, expected: str) -> None:
    assert words.usd(amount) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-5, "0 seconds"), (1, "1 second"), (60, "1 minute"), (7300, "2 hours"), (3 * 86400 + 5, "3 days")],
)
def test_lengths_of_time_have_one_unit(seconds: float, expected: str) -> None:
    assert words.duration(seconds) == expected


def test_a_dry_run_says_what_would_happen() -> None:
    assert [words.outcome_word(outcome) for outcome in (*words.OUTCOMES, "")] == [
        *("promoted", "masked", "held", "quarantined", "not decided")
    ]
    assert words.outcome_word("hold", is_dry_run=True) == "would be held"


def test_reasons_are_sentences_and_unknown_ones_are_shown_as_they_are() -> None:
    assert words.reason_words("clean") == Reason.CLEAN.text
    assert words.reason_words("a new one\n") == "a new one\\n"


def test_names_from_outside_are_one_line_without_direction_marks() -> None:
    assert words.shown("a\n\u202eb") == "a\\n\\u202eb"
    assert words.shown(None) == ""
    assert len(words.shown("x" * 1000)) == 400
