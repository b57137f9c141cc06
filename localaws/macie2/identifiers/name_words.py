"""The word lists behind NAME: which words are given names, family names, places and things.

``given_names.txt`` has the most frequent given names of the 1990 census of the United States (public domain), without
those that are likelier a place or a thing; ``more_given_names.txt`` the frequent ones of Western Europe and Brazil and
recent American ones (in part from mimesis, see ``NOTICE.txt``); ``rare_given_names.txt`` rare, short and other European
ones; ``family_names.txt`` family names of all these. ``ambiguous_names.txt`` are given names that are words or places
as well, ``other_words.txt`` words of places, organisations, medicines and diseases (with the street suffixes of USPS
Publication 28), ``towns.txt`` names that are large towns or states as well, ``stop_words.txt`` what stands beside a
name in a text.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from localaws.macie2.identifiers.model import words

_FOLDER = Path(__file__).with_name("words")
# Words of places that are so frequent as family names that "Lynda Hall" is likelier a person.
_ALSO_FAMILY = frozenset(
    words(
        "branch brooks church cross day england field ford france gold green hall hill lane law mills north park parks"
        " wall waters wells west woods"
    )
)
# Words with which names of places begin; rare as given names.
_PLACE_STARTS = frozenset(
    words(
        "isola isole monte monti porto ponte villa villaggio castel castello castelnuovo rocca torre serra mont pont"
        " puerto puente punta valle ville villeneuve san sankt sant santa santo sao saint sainte st bad fort mount port"
        " cape lake rio cerro colle borgo sierra casa casal civita fontana pieve poggio quinta vale via"
    )
)


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(_plain((_FOLDER / f"{name}.txt").read_text(encoding="utf-8")).split())


def _plain(text: str) -> str:
    """Return small letters without accents: ``renée`` is as well known as ``renee``."""
    if text.isascii():
        return text.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(char))


def is_given(word: str) -> bool:
    """Return whether a word is a given name: also the first half of ``Mary-Ann``."""
    plain = _plain(word)
    return any(part in names for part in (plain, plain.split("-")[0]) for names in (_frequent(), _doubtful()))


@cache
def _frequent() -> frozenset[str]:
    return (_words("given_names") | _words("more_given_names")) - _words("ambiguous_names")


@cache
def _doubtful() -> frozenset[str]:
    return _words("ambiguous_names") | (_words("rare_given_names") - _frequent())


def starts_place(word: str) -> bool:
    """Return whether a word begins names of places, like ``Villa Castelli`` or ``Monte Isola``."""
    return _plain(word) in _PLACE_STARTS


def is_family(word: str) -> bool:
    """Return whether a word is a frequent family name: also either half of ``Smith-Jones``, and ``O'Hara``."""
    plain = _plain(word).replace("’", "'")
    return any(part in _words("family_names") for part in (plain.replace("'", ""), *plain.split("-")))


def is_ambiguous(word: str) -> bool:
    """Return whether a given name is a word or a place as well, or so rare that it needs a known family name."""
    return _plain(word) in _doubtful()


def is_other(word: str) -> bool:
    """Return whether a word belongs to places, organisations, medicines or diseases."""
    return _plain(word) in _words("other_words")


def is_also_family(word: str) -> bool:
    """Return whether a word of places is a frequent family name as well, like ``Hall``."""
    return _plain(word) in _ALSO_FAMILY


def is_town(word: str) -> bool:
    """Return whether a name is also a large town or a state, as they stand in lists (``Houston, Austin``)."""
    return _plain(word) in _words("towns")


def is_stop(word: str) -> bool:
    """Return whether a word stands beside names in texts without being part of a name."""
    return _plain(word) in _words("stop_words")
