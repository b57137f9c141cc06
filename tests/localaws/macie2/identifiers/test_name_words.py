"""The word lists of names."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers import name_words


@pytest.mark.parametrize(
    ("is_a", "word", "expected"),
    [
        (name_words.is_given, "Mary-Ann", True),
        (name_words.is_given, "renée", True),
        (name_words.is_given, "Hospital", False),
        (name_words.is_family, "Smith-Jones", True),
        (name_words.is_family, "O’Hara", True),
        (name_words.is_ambiguous, "John", False),
        (name_words.is_other, "Hospital", True),
        (name_words.is_also_family, "Hall", True),
        (name_words.is_town, "Houston", True),
        (name_words.is_stop, "Smith", False),
    ],
)
def test_words_are_found_in_their_lists(is_a: object, word: str, expected: bool) -> None:
    assert is_a(word) is expected  # type: ignore[operator]
