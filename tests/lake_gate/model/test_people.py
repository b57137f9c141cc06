"""Spellings of the name of one person."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from lake_gate.model.people import is_same_person


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("ann", "Ann "),
        ("ann", "\uff41\uff4e\uff4e"),  # full-width letters
        ("Jos\u00e9", "JOSE\u0301"),
        ("\u03b0", "\u03b0".upper()),  # its capital letters are three characters
        ("stra\u00dfe", "STRASSE"),
        ("ann", "ann\ufe0f"),  # a variation selector, which is not drawn
        ("ann", "an\u3164n"),  # a Hangul filler
        ("ann", "an\u200bn"),
        ("ann", "\u202eann"),
        ("a\u034fnn", "a\U000e01efnn"),
    ],
    ids=ascii,
)
def test_spellings_of_one_name_are_the_same(name: str, other: str) -> None:
    assert is_same_person(name, other)
    assert is_same_person(other, name)


@pytest.mark.parametrize(("name", "other"), [("ann", "bob"), ("ann", "a nn"), ("", ""), ("", "ann"), ("ann", "")])
def test_other_names_and_no_names_are_not_the_same(name: str, other: str) -> None:
    assert not is_same_person(name, other)


def test_letters_of_another_script_make_another_name() -> None:
    assert not is_same_person("ann", "\u0430nn")  # a Cyrillic letter: docs/review.md says so


def test_every_letter_has_one_name_in_all_its_cases_and_normal_forms() -> None:
    letters = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] in "LMN"]
    different = {
        letter
        for letter in letters
        for other in (letter.upper(), letter.casefold(), unicodedata.normalize("NFD", letter))
        if other != letter and not is_same_person(f"a{letter}", f"a{other}")
    }
    assert different == {"\u0131"}  # the dotless i of Turkish is another letter than i
