"""Keywords: whole words, near a match or before it."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers.keywords import KeywordIndex, KeywordPlaces, keyword_regex


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cvc", True),
        ("CVC: 1", True),
        ("cc_cvc", False),
        ("card_number", True),
        ("cardnumber", True),
        ("card-number", True),
        ("cards", False),
    ],
)
def test_a_keyword_is_a_whole_word_in_any_case_and_spacing(text: str, expected: bool) -> None:
    regex = keyword_regex(["cvc", "card number"])
    assert regex is not None
    assert bool(regex.re2.search(text)) is expected


def test_without_keywords_no_regex_is_compiled() -> None:
    assert keyword_regex([" "]) is None


def test_a_keyword_is_near_on_both_sides_and_precedes_on_one() -> None:
    regex = keyword_regex(["ssn"])
    assert regex is not None
    before, behind = KeywordPlaces.find(regex, "ssn 123"), KeywordPlaces.find(regex, "123 ssn")
    assert [before.is_near(4, 7, 1), before.is_near(4, 7, 0), behind.is_near(0, 3, 1)] == [True, False, True]
    assert [before.precedes(4, 7, 4), before.precedes(4, 7, 3), behind.precedes(0, 3, 9)] == [True, False, False]


def test_an_index_gives_the_identifiers_and_the_places_in_characters() -> None:
    index = KeywordIndex({"a": ["ssn"], "b": ["ssn", "visa"], "none": []})
    assert index.ids_in("é visa") == {"b"}
    assert list(index.iter_places("é ssn")) == [(frozenset({"a", "b"}), 2, 5)]
