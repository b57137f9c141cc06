"""NAME without a language model: full names only, in Latin script, by these rules.

1. *Synthea's shape*, anywhere in a value: capitalised words with a number glued to given and family name
   (``José Eduardo181 Gómez206``).
2. *A title* followed by two capitalised words, anywhere in a value (``seen by Dr. Anna Moser``).
3. *A whole value or line* of two to four capitalised words (or initials), optionally with a title or a suffix, or
   ``Family, Given``, whose given name is known and of which no word belongs to places, organisations, medicines or
   things. A given name that is a word or a place as well (``Rose``, ``Austin``) needs a known family name. In a
   column that is named for persons (``patient_name``) neither case nor that matters, and a known family name is
   enough. In capitals only ``SMITH, JOHN``, both names known: without a comma it may be an organisation.
4. *Within a text*: a known given name and a capitalised family name in an unbroken row of at most four capitalised
   words (initials and particles like ``van der`` aside), of which none belongs to places, organisations, medicines or
   things. The family name must be known when the given name is ambiguous or another word stands before it, and in
   ``Family, Given``. ``Lynda Hall`` is a name though halls are places; ``Albert Hall Road`` is none.
5. *Fields of HL7 and DICOM*, anywhere in a value: ``SMITH^ANNA^M``, of which the family or the given name is known.
6. *Split columns*: a column named for given names at most two columns away from one named for family names (``FIRST``,
   ``LAST``; ``Name``, ``Vorname``; ``nome``, ``cognome``), both filled with words. Reported at the left one of the two.

What begins like a place (``Villa Castelli``, ``Monte Isola``) is a name in a column for persons only. Rules 3 to 5
leave columns alone that are named for places or things (``CITY``, ``DESCRIPTION``, ``programme``); the lists are those
of :mod:`localaws.macie2.identifiers.name_words`. Not found: rare and non-Western given names in free text or under a
neutral column name, names in small letters there, or in capitals within a text, single names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

import polars as pl

from localaws.macie2.identifiers import name_words
from localaws.macie2.identifiers.dialect import Regex, compile_trusted

_WORD = r"\p{Lu}['’\p{Ll}][\p{L}'’-]*"
_INITIAL = r"\p{Lu}\.?"
_PARTICLES = r"(?:(?:van|von|de|del|della|di|da|das|do|dos|du|la|las|los|le|der|den|el|bin|ten|ter|zu|y|e) ){0,3}"
_PARTICLE_WORDS = frozenset(re.findall(r"[a-z]{2,}", _PARTICLES)) | {"y", "e"}
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sr|Sra|Herr|Frau)\.?"
_SUFFIX = r"(?:Jr\.?|Sr\.?|II|III|IV|M\.?D\.?|Ph\.?D\.?|R\.?N\.?|D\.?O\.?|D\.?D\.?S\.?|JD|Np|Md|Rn|Ii|Iii|Iv)"
_START = r"(?:^|[^\p{L}\p{N}])"
_NUMBERED = rf"{_START}{_WORD}(?: {_WORD}){{0,2}}\d{{1,3}} (?:{_WORD} )?{_WORD}\d{{1,3}}\b"
_TITLED = rf"{_START}(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? {_WORD}(?: \p{{Lu}}\.?)? {_WORD}"
_WHOLE = (
    rf"^(?:{_TITLE} )?{_WORD}(?: (?:{_WORD}|\p{{Lu}}\.?)){{0,2}} {_PARTICLES}{_WORD}(?:,? {_SUFFIX})?$"
    rf"|^{_PARTICLES}{_WORD}(?:[ -]{_WORD}){{0,2}}, {_WORD}(?: (?:{_WORD}|\p{{Lu}}\.?)){{0,2}}$"
)
_UPPER = r"^\p{Lu}[\p{Lu}'’-]+(?: \p{Lu}[\p{Lu}'’-]+)?, \p{Lu}[\p{Lu}'’-]+(?: \p{Lu}[\p{Lu}'’.-]*){0,2}$"
_ROW = rf"{_START}{_WORD}(?: {_PARTICLES}(?:{_WORD}|{_INITIAL}))* {_PARTICLES}{_WORD}"

NUMBERED = compile_trusted(_NUMBERED)
TITLED = compile_trusted(_TITLED)
WHOLE = compile_trusted(_WHOLE)
UPPER = compile_trusted(_UPPER)
ROW = compile_trusted(_ROW)
PART = compile_trusted(r"^\p{L}[\p{L}'’. -]*\d{0,3}$")
REVERSED = compile_trusted(rf"{_START}{_WORD}, {_WORD}(?: {_INITIAL})?")
# First looks that cost little; a name may be one line of several.
CARET = compile_trusted(r"[\p{L}'’ .-]\^\p{L}")
TWO_WORDS = compile_trusted(r"[^ \n] .*[^ \n]")
TWO_IN_CAPITALS = compile_trusted(r"\p{Lu}[\p{Lu}'’-]+, \p{Lu}")
CARETS = compile_trusted(
    r"(?:^|[^\p{L}\p{N}])\p{L}[\p{L}'’ .-]{1,40}\^\p{L}[\p{L}'’ .-]{0,40}(?:\^[\p{L}'’. -]{0,30}){0,4}"
)
_LONGEST_ROW = 4
_LONGEST_NAME = 100
_LIST_GOES_ON = re.compile(r",? (?:and|&|y|e|et|und|[A-Z])\b|,? [A-Z]")
_HOUSE_NUMBER = re.compile(r"\d[A-Za-z]? \Z")
# What makes a company of a person's name.
_LEGAL_FORM = re.compile(
    r",? ?(?:S\.|s\.|S/A|SA\b|SARL|SAS\b|- ME\b|GmbH|AG\b|KG|OHG|Ltd|Inc\b|LLC|LLP|PLC|Plc|Ltda"
    r"|& |und Söhne|y asociados|e figli|e Filhos)"
)

_GIVEN_COLUMN = re.compile(
    r"(?:^|[ _-])(?:first|given|fore|christian)[ _-]?(?:names?(?:\(s\))?)?$"
    r"|^(?:fname|vornamen?|pr[eé]noms?|nombres?|nome)$",
    re.I,
)
_FAMILY_COLUMN = re.compile(
    r"(?:^|[ _-])(?:last|family)[ _-]?(?:names?(?:\(s\))?)?$|(?:^|[ _-])surnames?$"
    r"|^(?:lname|nachname|familienname|nom(?:[ _]de[ _]famille)?|cognome|sobrenome"
    r"|(?:primer[ _]|segundo[ _])?apellidos?(?:[ _](?:paterno|materno))?)$",
    re.I,
)
# In German the family name is called just "name" beside the given name.
_COLUMN_PAIRS = ((_GIVEN_COLUMN, _FAMILY_COLUMN), (re.compile(r"^vornamen?$", re.I), re.compile(r"^name$", re.I)))
_PERSON_COLUMN = re.compile(
    r"(?:^|[ _-])(?:patient|person|member|customer|contact|guardian|employee|client|physician|doctor"
    r"|provider|full|user)(?:s|'s)?[ _-]?(?:names?)?$|^(?:fullname|patientname)$",
    re.I,
)
_THING_COLUMN = re.compile(
    r"(?:^|[ _-])(?:city|town|municipality|comuni?e?|gemeinde|commune|municipio|localidad|ciudad|ville|città|stadt"
    r"|village|suburb|district|parish|province|provincia|location|site|venue|station|airport|park|river|island|lake"
    r"|courses?|class|programme?|curriculum|degree|subject|module|lecture|seminar|title|school|college|university"
    r"|brand|vendor|supplier|manufacturer|firm|event|species|county|state|country|place|birthplace|region|street"
    r"|address|description|desc|drug|medication|medicine|product|organi[sz]ation|company|payer|hospital|clinic"
    r"|facility|speciality|specialty|diagnosis|condition|procedure|reason|reasondescription|allergy|vaccine|device"
    r"|ownership|department|type|code)(?:[ _-]|$)",
    re.I,
)


class ColumnKind(Enum):
    """The chance of names in a column, by its name."""

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


def has_parts(values: pl.Expr) -> pl.Expr:
    """Return whether values have several words, or fields of HL7; others hold neither a name nor an address."""
    return values.str.contains(" ", literal=True) | values.str.contains("^", literal=True)


def prefilters(kind: ColumnKind) -> tuple[Regex, ...]:
    """Return expressions, one of which every value with a name matches."""
    return {
        ColumnKind.NEUTRAL: (NUMBERED, TITLED, TWO_IN_CAPITALS, ROW, REVERSED, CARET),
        ColumnKind.PERSON: (NUMBERED, TITLED, TWO_WORDS, ROW, REVERSED, CARET),
        ColumnKind.THING: (NUMBERED, TITLED),
    }[kind]


def iter_names(value: str, kind: ColumnKind) -> Iterator[tuple[int, int]]:
    """Yield the span of every full name in a value or a text by rules 1 to 5, in order, none overlapping another."""
    spans = [_trimmed(value, *match.span()) for match in NUMBERED.re2.finditer(value)]
    spans += [_trimmed(value, *match.span()) for match in TITLED.re2.finditer(value) if _is_titled(match.group())]
    if kind is not ColumnKind.THING:
        spans += _whole_lines(value, kind)
        spans += _within(value)
        spans += _in_carets(value) if "^" in value else ()
    end = 0
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if span[0] >= end:
            end = span[1]
            yield span


def _trimmed(value: str, start: int, end: int) -> tuple[int, int]:
    return start + (not value[start].isalpha()), end


def _is_titled(text: str) -> bool:
    return not any(name_words.is_other(word) or name_words.is_stop(word) for word in text.split(" ")[1:])


def _in_carets(value: str) -> Iterator[tuple[int, int]]:
    for match in CARETS.re2.finditer(value):
        start, end = match.span()
        start += not value[start].isalpha()
        family, given = value[start:end].split("^")[:2]
        parts = [word for word in re.split(r"[ .-]+", given) if word]
        is_known = bool(parts) and (name_words.is_given(parts[0]) or name_words.is_family(family))
        if is_known and not any(name_words.is_other(word) for word in [*parts, *family.split(" ")]):
            yield start, start + len(value[start:end].rstrip("^ "))


def _whole_lines(value: str, kind: ColumnKind) -> Iterator[tuple[int, int]]:
    at = 0
    for line in value.splitlines(keepends=True):
        text = line.strip()
        whole = _whole(text, kind) if 2 < len(text) <= _LONGEST_NAME else None
        if whole is not None:
            start = at + line.index(text)
            yield start, start + whole[1]
        at += len(line)


def _whole(value: str, kind: ColumnKind) -> tuple[int, int] | None:
    is_person = kind is ColumnKind.PERSON
    is_upper = not is_person and UPPER.re2.search(value) is not None
    text = value.title() if is_person or is_upper else value
    if len(text) != len(value) or not WHOLE.re2.search(text) or not _is_person(text, is_person, is_upper=is_upper):
        return None
    return 0, len(value)


def _is_person(text: str, is_person_column: bool, *, is_upper: bool) -> bool:
    family, comma, given = text.partition(", ")
    is_suffix = bool(re.fullmatch(_SUFFIX, given))
    words = (given if comma and not is_suffix else family).split(" ")
    while len(words) > 1 and re.fullmatch(_TITLE, words[0]):
        words.pop(0)
    last = family if comma and not is_suffix else words[-1]
    if name_words.starts_place(words[0]) and not is_person_column:
        return False
    is_ambiguous = is_upper or name_words.is_ambiguous(words[0])
    others = [
        word
        for word in re.split(r"[^\w'’]+", text)
        if len(word) > 1 and (name_words.is_other(word) or name_words.is_stop(word))
    ]
    if is_person_column:
        others = [word for word in others if word.lower() not in _PARTICLE_WORDS]
        return _is_known(words, last) and (not others or (others == [last] and name_words.is_also_family(last)))
    if not name_words.is_given(words[0]) or (others and not _is_family_after_all(others, last, is_ambiguous)):
        return False
    if not is_ambiguous:
        return True
    return name_words.is_family(last) and not (comma and name_words.is_town(words[0]) and name_words.is_town(last))


def _is_known(words: list[str], family: str) -> bool:
    """Return whether one of the names of a person is known; the family's may stand first."""
    return (
        name_words.is_given(words[0])
        or any(name_words.is_family(word) for word in {words[0], family})
        or name_words.is_given(words[-1])
    )


def _is_family_after_all(others: list[str], last: str, is_ambiguous: bool) -> bool:
    return others == [last] and name_words.is_also_family(last) and not is_ambiguous


def _within(value: str) -> Iterator[tuple[int, int]]:
    for match in REVERSED.re2.finditer(value):
        start, end = _trimmed(value, *match.span())
        family, _, given = value[start:end].partition(", ")
        given = given.split(" ")[0]
        if (
            not _LIST_GOES_ON.match(value, end)
            and name_words.is_family(family)
            and name_words.is_given(given)
            and not name_words.is_town(given)
        ):
            yield start, end
    for match in ROW.re2.finditer(value):
        start, end = _trimmed(value, *match.span())
        if value[end : end + 1].isdigit() or _LEGAL_FORM.match(value, end):
            continue
        front = value[max(0, start - 30) : start]
        if _HOUSE_NUMBER.search(front) or name_words.is_other(front.rstrip().rpartition(" ")[2]):
            continue
        words = [(start + found.start(), start + found.end()) for found in re.finditer(r"\S+", value[start:end])]
        if name_words.starts_place(value[slice(*words[0])]):
            continue
        others = [value[first:last] for first, last in words if name_words.is_other(value[first:last])]
        if not others or (others == [value[slice(*words[-1])]] and name_words.is_also_family(others[0])):
            yield from _in_row(value, words)


def _in_row(value: str, words: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Split a row of capitalised words at those that only stand beside names; look at every piece."""
    piece: list[tuple[int, int]] = []
    for span in [*words, (0, 0)]:
        text = value[slice(*span)]
        if text and (not name_words.is_stop(text) or (piece and text.lower() in _PARTICLE_WORDS)):
            piece.append(span)
            continue
        found = _in_piece(value, piece)
        if found is not None:
            yield found
        piece = []


def _in_piece(value: str, piece: list[tuple[int, int]]) -> tuple[int, int] | None:
    texts = [value[first:last] for first, last in piece]
    capitalised = [text for text in texts if text[0].isupper() and len(text.rstrip(".")) > 1]
    given = next((at for at, text in enumerate(texts[:-1]) if name_words.is_given(text)), None)
    if given is None or not 2 <= len(capitalised) <= _LONGEST_ROW or texts[-1] not in capitalised:
        return None
    is_sure = given == 0 and not name_words.is_ambiguous(texts[given])
    if name_words.is_other(texts[-1]) and not (is_sure and len(capitalised) == 2):
        return None
    if not is_sure and any(len(text) > 2 and not name_words.is_given(text) for text in capitalised[1:-1]):
        return None
    return (piece[given][0], piece[-1][1]) if is_sure or name_words.is_family(texts[-1]) else None


def split_columns(names: list[str]) -> list[tuple[int, int]]:
    """Pair every column of given names with the nearest column of family names, two columns away at most."""
    short = {at: name.strip() for at, name in enumerate(names) if len(name) < 200}
    pairs: dict[int, int] = {}
    for given, family in _COLUMN_PAIRS:
        families = {at for at, name in short.items() if family.search(name)}
        for at in (at for at, name in short.items() if at not in pairs and given.search(name)):
            near = next((at + step for step in (1, -1, 2, -2) if at + step in families), None)
            if near is not None:
                pairs[at] = near
    return sorted(pairs.items())
