"""The word lists behind NAME: which words are given names, family names, places and things.

``given_names.txt`` and ``family_names.txt`` are the most frequent names of the 1990 census of the United States (public
domain; the first without those that are likelier a place or a thing); ``more_given_names.txt`` has frequent European
and recent American ones. ``ambiguous_names.txt`` are given names that are words or places as well, ``other_words.txt``
words of places, organisations, medicines and diseases, ``towns.txt`` names that are large towns or states as well,
``stop_words.txt`` what stands beside a name in a text.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from localaws.macie2.identifiers.model import words

_FOLDER = Path(__file__).with_name("words")
# Words of places that are so frequent as family names that "Lynda Hall" is likelier a person.
_ALSO_FAMILY = frozenset(
    words(
        "church cross day england field france gold grove hall high hill lake lane law mills north park rock shore west"
        " woods"
    )
)


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset((_FOLDER / f"{name}.txt").read_text(encoding="utf-8").split())


def is_given(word: str) -> bool:
    """Tell whether a word is a given name: also the first half of ``Mary-Ann``."""
    lower = word.lower()
    return any(part in _given() for part in (lower, lower.split("-")[0]))


@cache
def _given() -> frozenset[str]:
    return _words("given_names") | _words("more_given_names") | _words("ambiguous_names")


def is_family(word: str) -> bool:
    """Tell whether a word is a frequent family name: also either half of ``Smith-Jones``, and ``O'Hara``."""
    lower = word.lower().replace("’", "'")
    return any(part in _words("family_names") for part in (lower.replace("'", ""), *lower.split("-")))


def is_ambiguous(word: str) -> bool:
    """Tell whether a given name is a word or a place as well."""
    return word.lower() in _words("ambiguous_names")


def is_other(word: str) -> bool:
    """Tell whether a word belongs to places, organisations, medicines or diseases."""
    return word.lower() in _words("other_words")


def is_also_family(word: str) -> bool:
    """Tell whether a word of places is a frequent family name as well, like ``Hall``."""
    return word.lower() in _ALSO_FAMILY


def is_town(word: str) -> bool:
    """Tell whether a name is also a large town or a state, as they stand in lists (``Houston, Austin``)."""
    return word.lower() in _words("towns")


def is_stop(word: str) -> bool:
    """Tell whether a word stands beside names in texts and is no part of one."""
    return word.lower() in _words("stop_words")
