"""NAME without a language model: full names only, in Latin script, by these rules.

1. *Synthea's shape*, anywhere in a value: capitalised words with a number glued to given and family name
   (``José Eduardo181 Gómez206``).
2. *A whole value* of two to four capitalised words (or initials), optionally with a title or a suffix, or ``Family,
   Given``, whose given name is in ``given_names.txt`` and of which no word belongs to places, organisations, medicines
   or things (``_OTHER_WORDS``). In a column that is named for persons (``patient_name``) case does not matter.
3. *A title* followed by two capitalised words, anywhere in a value (``seen by Dr. Anna Moser``).
4. *Split columns*: a column named for given names at most two columns away from one named for family names (``FIRST``,
   ``LAST``), both filled with words. Reported at the left one of the two.

Rule 2 leaves columns alone that are named for places or things (``CITY``, ``DESCRIPTION``). ``given_names.txt`` has
the most frequent given names of the 1990 census of the United States (public domain), without those that are likelier
a place or a thing. Not found: rare and non-Western given names in free text or under a neutral column name, names in
capitals under a neutral column name, single names.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from pathlib import Path

from localaws.macie2.identifiers.dialect import Regex, compile_trusted
from localaws.macie2.identifiers.model import words

_WORD = r"\p{Lu}['’\p{Ll}][\p{L}'’-]*"
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sr|Sra|Herr|Frau)\.?"
_SUFFIX = r"(?:Jr\.?|Sr\.?|II|III|IV|M\.?D\.?|Ph\.?D\.?|R\.?N\.?|D\.?O\.?|D\.?D\.?S\.?|JD|Np|Md|Rn|Ii|Iii|Iv)"
_START = r"(?:^|[^\p{L}\p{N}])"
_NUMBERED = rf"{_START}{_WORD}(?: {_WORD}){{0,2}}\d{{1,3}} (?:{_WORD} )?{_WORD}\d{{1,3}}\b"
_TITLED = rf"{_START}(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? {_WORD}(?: \p{{Lu}}\.?)? {_WORD}"
_WHOLE = (
    rf"^(?:{_TITLE} )?{_WORD}(?: (?:{_WORD}|\p{{Lu}}\.?)){{0,2}} {_WORD}(?:,? {_SUFFIX})?$"
    rf"|^{_WORD}(?:[ -]{_WORD})?, {_WORD}(?: (?:{_WORD}|\p{{Lu}}\.?)){{0,2}}$"
)
_LOOSE = r"^\p{L}[\p{L}'’.-]*(?:,? +\p{L}[\p{L}'’.-]*){1,5}$"

NUMBERED = compile_trusted(_NUMBERED)
TITLED = compile_trusted(_TITLED)
WHOLE = compile_trusted(_WHOLE)
LOOSE = compile_trusted(_LOOSE)
PART = compile_trusted(r"^\p{L}[\p{L}'’. -]*\d{0,3}$")

_GIVEN_COLUMN = re.compile(r"(?:^|[ _-])(?:first|given|fore)[ _-]?(?:names?)?$|^(?:fname|vorname|prenom)$", re.I)
_FAMILY_COLUMN = re.compile(
    r"(?:^|[ _-])(?:last|family)[ _-]?(?:names?)?$|(?:^|[ _-])surname$|^(?:lname|nachname)$", re.I
)
_PERSON_COLUMN = re.compile(
    r"(?:^|[ _-])(?:patient|person|member|customer|contact|guardian|employee|client|physician|doctor"
    r"|provider|full|user)(?:s|'s)?[ _-]?(?:names?)?$|^(?:fullname|patientname)$",
    re.I,
)
_THING_COLUMN = re.compile(
    r"(?:^|[ _-])(?:city|town|county|state|country|place|birthplace|region|street|address|description|desc|drug"
    r"|medication|medicine|product|organi[sz]ation|company|payer|hospital|clinic|facility|speciality|specialty|diagnosis|condition"
    r"|procedure|reason|reasondescription|allergy|vaccine|device|ownership|department|type|code)(?:[ _-]|$)",
    re.I,
)
_OTHER_WORDS = frozenset(
    words("""
    ave avenue beach blvd boulevard borough bridge city county court creek district drive east estate falls field forest
    fort garden gardens grove harbor harbour heights hill hills hollow island junction lake lakes lane meadow mills
    mount mountain north northeast northwest park parish pass plaza point port province ridge river road rock shore
    south southeast southwest spring springs square state states street terrace town township trail union valley view
    village vista way west woods america england britain france germany mexico rico africa
    associates association agency bank blue care center centre centers church clinic college committee community company
    corp corporation cross department dental dermatology emergency family foundation general group health healthcare
    home homecare hospice hospital hospitals inc insurance institute international laboratory labs limited living llc
    llp ltd medical medicine memorial national nursing office orthopaedics orthopedics outpatient partners pc
    pediatrics pharmacy physical physicians plan plc practice practitioners primary regional rehabilitation residence
    school service services shield society surgery surgical system systems therapy trust university urgent veterans
    wellness acid acute adult allergy anemia asthma capsule care chronic congenital cream day diabetes diet disease
    disorder dose drug extended extract fracture gel hydrochloride infection influenza injectable injection injury mg
    ml oil oral pack patch pill pollen release sodium solution spray sulfate suspension syndrome syrup tablet test
    therapy type vaccine virus monday tuesday wednesday thursday friday saturday sunday january february march april
    may june july august september october november december and or of the for in on with to by at from no not
    """)
)


class ColumnKind(Enum):
    """What a column name says about the chance of names."""

    NEUTRAL = "neutral"
    PERSON = "person"
    THING = "thing"

    @classmethod
    def of(cls, name: str | None) -> ColumnKind:
        """Read a column name; None is neutral."""
        if not name or len(name) > 200:
            return cls.NEUTRAL
        if _PERSON_COLUMN.search(name.strip()):
            return cls.PERSON
        return cls.THING if _THING_COLUMN.search(name.strip()) else cls.NEUTRAL


def prefilters(kind: ColumnKind) -> tuple[Regex, ...]:
    """Return expressions of which a value with a name matches one."""
    return {
        ColumnKind.NEUTRAL: (NUMBERED, TITLED, WHOLE),
        ColumnKind.PERSON: (NUMBERED, TITLED, WHOLE, LOOSE),
        ColumnKind.THING: (NUMBERED, TITLED),
    }[kind]


def count_names(value: str, kind: ColumnKind) -> int:
    """Count the full names in one value by rules 1 to 3."""
    found = sum(1 for _ in NUMBERED.re2.finditer(value))
    found += sum(not _has_other_word(match.group()) for match in TITLED.re2.finditer(value))
    if found or kind is ColumnKind.THING:
        return found
    text = value.title() if kind is ColumnKind.PERSON else value
    return int(bool(WHOLE.re2.search(text)) and _is_person(text))


def _has_other_word(text: str) -> bool:
    return any(word in _OTHER_WORDS for word in re.split(r"[^\w'’]+", text.lower()))


def _is_person(text: str) -> bool:
    family, comma, given = text.partition(", ")
    is_suffix = bool(re.fullmatch(_SUFFIX, given))
    words = (given if comma and not is_suffix else family).split(" ")
    while len(words) > 1 and re.fullmatch(_TITLE, words[0]):
        words.pop(0)
    return _is_given(words[0]) and not _has_other_word(text)


def _is_given(word: str) -> bool:
    return any(part in _given_names() for part in (word.lower(), word.lower().split("-")[0]))


@cache
def _given_names() -> frozenset[str]:
    path = Path(__file__).with_name("given_names.txt")
    return frozenset(path.read_text(encoding="utf-8").split())


def split_columns(names: list[str]) -> list[tuple[int, int]]:
    """Pair every column of given names with the nearest column of family names, two columns away at most."""
    given = [at for at, name in enumerate(names) if len(name) < 200 and _GIVEN_COLUMN.search(name.strip())]
    family = {at for at, name in enumerate(names) if len(name) < 200 and _FAMILY_COLUMN.search(name.strip())}
    pairs = ((at, next((at + step for step in (1, -1, 2, -2) if at + step in family), None)) for at in given)
    return [(at, other) for at, other in pairs if other is not None]
