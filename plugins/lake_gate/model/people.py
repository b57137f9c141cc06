"""Whether two names are those of one person: the asker never approves, and two people are two. Pure."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Characters that are not drawn although Python calls them printable, in the form NFKC.
Source: Default_Ignorable_Code_Point in https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt"""


def is_same_person(name: str, other: str) -> bool:
    """Whether two names of users are the same but for case, compatibility forms (NFKC), and what is not drawn.

    Letters of other scripts that look alike are different: the users are those of Airflow's own list.
    """
    return bool(name) and _folded(name) == _folded(other)


def _folded(name: str) -> str:
    """Return a name in a form that all its spellings have.

    Folding the case undoes the normal form: the letter U+03B0 becomes three characters, its capital letters two others.
    """
    folded = _UNSEEN.sub("", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(character for character in folded if character.isprintable())
    return unicodedata.normalize("NFKC", seen).strip()
