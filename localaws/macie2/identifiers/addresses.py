"""ADDRESS without a language model: a place with a valid postal code, by these rules.

AWS documents that an address needs a place name **and** a corresponding ZIP or postal code of a supported country
(Australia, Canada, France, Germany, Italy, Spain, the United Kingdom, the United States). Here:

1. *Over several cells*, with a region: a cell that is a postal code of the United States, Canada or Australia; at most
   three cells to its left a cell that is a state or province (code or name; a ZIP code may be a neighbouring state's,
   as some post offices' are); left of that, blank cells aside, a cell that is a place (letters only). Reported at the
   street (a cell that begins with a house number or ends in a word like ``St`` or ``Plaza``) when that is left of the
   place, otherwise at the place.
2. *Over several cells*, without a region: street, place and code in three neighbouring cells, or street, code and
   place; the street must have a house number.
3. *Within a value*: place, state or province, and a code of that very region (``…, Boston, MA 02139``; not ``MG OR
   12500``); a British postcode after a larger town, or after a street and a place; a code of five digits before or
   after a place when a street of that country is in front, when it is the code of that larger town, or when street,
   number, code and place are a line of their own.

One per row by rules 1 and 2. Not found: codes that lost their leading zero, rows with the code left of a region.

Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-pii.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from localaws.macie2.identifiers import postal
from localaws.macie2.identifiers.dialect import compile_trusted
from localaws.macie2.identifiers.model import words

_SUFFIXES = words(
    "alley ave avenue blvd boulevard circle cir close court ct crescent drive dr gardens grove highway hwy lane ln mews"
    " parade parkway pkwy place pl plaza road rd route rt rte row square sq st street terrace ter trail turnpike tpke"
    " walk way"
)
STATE_AND_ZIP_DISTANCE = 3
_STREET_DISTANCE = 4
_LEAD = 80

_CODES = r"\d{4}|\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
_REGIONS = sorted(
    {*postal.US_STATES, *postal.PROVINCES, *postal.AUSTRALIAN_STATES}, key=lambda name: (-len(name), name)
)
_PLACE_WORDS = r"\p{Lu}[\p{L}'’.-]+(?:[ -][\p{L}'’.-]+){0,4}"
_STREET_SUFFIX = rf"(?:{'|'.join(_SUFFIXES)})\.?"
# Pieces of the international forms share one shape: street, separator, code and place.
_COUNTRY_FORMS = tuple(
    (
        street,
        compile_trusted(
            rf"(?i:{street.pattern})[,\s]+(?:(?:[A-Z]{{1,2}}-)?\d{{5}},? +{_PLACE_WORDS}|{_PLACE_WORDS},? +\d{{5}}\b)"
        ),
    )
    for street in postal.STREETS
)
# A line of its own: ``Reyes Católicos 75, 11130 Chiclana``.
_LINE = compile_trusted(
    rf"(?:^|\n|[,;] )\p{{Lu}}[\p{{L}}.'’ -]{{2,40}} \d{{1,3}}[a-zA-Z]?(?:, |\n)(?:[A-Z]{{1,2}}-)?\d{{5}}"
    rf" {_PLACE_WORDS} *(?:$|[\n,])"
)
_STREET_FORMS = tuple(compile_trusted(rf"^ *(?i:{street.pattern})") for street in postal.STREETS)

ZIP = compile_trusted(rf"^ *(?:{_CODES}) *$")
_REGION = (
    r"(?i:\p{L}[\p{L}.'’-]*,?\s+\(?(?:"
    + "|".join(region.replace(" ", " +") for region in _REGIONS)
    + r")\)?,? +(?:\d{5}(?:-\d{4})?|\d{4}|[A-Z]\d[A-Z] ?\d[A-Z]\d)\b)"
)
WITH_REGION = compile_trusted(_REGION)
WITH_POSTCODE = compile_trusted(rf"\b{_PLACE_WORDS},?\s+[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}\b")
WITH_TOWN = compile_trusted(rf"\b\d{{5}},? +{_PLACE_WORDS}|\b{_PLACE_WORDS},? +\d{{5}}\b")
# A value with an address matches this.
IN_VALUE = compile_trusted(
    _REGION + r"|\p{L},?\s+[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b\d{5},? +\p{L}\p{L}|\p{L}\p{L},? +\d{5}\b"
)
STREET = compile_trusted(rf"(?i)^ *\d{{1,6}}[A-Z]?(?:-\d+)? +\p{{L}}|\p{{L}} +{_STREET_SUFFIX}(?:$|[ ,])")
_PLACE = compile_trusted(r"^ *\p{L}[\p{L} .'’-]+$")
_TAIL = re.compile(r"(?P<region>[^\d,()]*?)\)?,? +(?P<code>[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{5}(?:-\d{4})?|\d{4})\Z", re.I)
_FRONT = re.compile(
    rf"(?:\b\d{{1,6}}[A-Za-z]?(?:-\d+)? +(?:[\w.'’#/-]+,? +){{1,6}}"
    rf"|\b[A-Z][\w.'’-]* +(?:[\w.'’-]+ +){{0,3}}(?i:{_STREET_SUFFIX}),?\s+)(?:[\w.'’-]+,?\s+){{0,5}}\Z"
)
is_state = postal.is_region


def count_addresses(value: str) -> int:
    """Count the addresses within one value by rule 3."""
    return sum(1 for _ in iter_addresses(value))


def iter_addresses(value: str) -> Iterator[tuple[int, int]]:
    """Yield the span of every address within a value or a text by rule 3, in order, none overlapping another."""
    end = 0
    spans = [*_with_region(value), *_with_postcode(value), *_with_street(value), *_with_town(value)]
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if span[0] >= end:
            end = span[1]
            yield span


def _with_region(value: str) -> Iterator[tuple[int, int]]:
    floor = 0
    for match in WITH_REGION.re2.finditer(value):
        if _is_place_and_region(match.group()):
            start, end = match.span()
            yield start - _front(value, start, floor), end
            floor = end


def _is_place_and_region(text: str) -> bool:
    tail = _TAIL.search(text)
    if tail is None or not (text[:1].isupper() or text[1:2] in "'’"):
        return False
    names = re.sub(r"[,(]", " ", tail["region"]).split()
    candidates = (" ".join(names[-size:]) for size in (1, 2, 3, 4) if size < len(names) + 1)
    return any(_is_region_as_written(region, tail["code"]) for region in candidates)


def _is_region_as_written(region: str, code: str) -> bool:
    is_code = len(region) <= len("NSW")
    return (region.isupper() if is_code else region[:1].isupper()) and postal.fits(code, region)


def _front(value: str, start: int, floor: int) -> int:
    """Return how many characters before the place, but not before ``floor``, belong to its street."""
    match = _FRONT.search(value[max(floor, start - _LEAD) : start])
    return len(match.group()) if match else 0


def _with_postcode(value: str) -> Iterator[tuple[int, int]]:
    floor = 0
    for match in WITH_POSTCODE.re2.finditer(value):
        start, end = match.span()
        split = re.search(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\Z", match.group())
        if split is None or not postal.is_british(split.group()):
            continue
        place = match.group()[: split.start()].strip()
        street = _FRONT.search(value[max(floor, start - _LEAD) : start] + place + " ")
        if postal.is_british_town(place) or street is not None:
            yield start - _front(value, start, floor), end
            floor = end


def _with_street(value: str) -> Iterator[tuple[int, int]]:
    for street, form in _COUNTRY_FORMS:
        for match in form.re2.finditer(value):
            code = re.findall(r"\d{5}", match.group())[-1]
            if street.has_code(code):
                yield match.span()
    for match in _LINE.re2.finditer(value):
        start, end = match.span()
        text = match.group()
        yield start + len(text) - len(text.lstrip(",;\n ")), end - len(text) + len(text.rstrip(",\n "))


def _with_town(value: str) -> Iterator[tuple[int, int]]:
    for match in WITH_TOWN.re2.finditer(value):
        text = match.group()
        code = re.search(r"\d{5}", text)
        place = text.replace(code.group(), "").strip(" ,") if code else ""
        first = re.split(r"[ -]", place)[0 if text[:1].isdigit() else -1]
        if code and postal.is_town_of_code(first, code.group()):
            yield match.span()


def start_of_address(cells: Sequence[str | None], zip_at: int) -> int | None:
    """Find the start of the address whose postal code is in a cell, by rules 1 and 2.

    :param cells: the row, or its part around the code; cells right of the code may be missing.
    :param zip_at: the index of the code in ``cells``.
    :return: an index of ``cells``, None without an address.
    """
    code = (cells[zip_at] or "").strip()
    for region_at in range(zip_at - 1, max(-1, zip_at - 1 - STATE_AND_ZIP_DISTANCE), -1):
        if _is_region_of(cells[region_at] or "", code):
            place_at = _left_of(cells, region_at)
            if place_at is not None and _PLACE.re2.search(cells[place_at] or ""):
                street_at = _street_left_of(cells, place_at)
                return place_at if street_at is None else street_at
    return _without_region(cells, zip_at, code)


def _is_region_of(text: str, code: str) -> bool:
    if len(text) > postal.LONGEST_REGION:
        return False
    is_zip = code[:5].isdigit() and len(code) >= len("02139")
    return (
        (postal.normal(text) in postal.US_STATES and postal.is_assigned_zip(code))
        if is_zip
        else postal.fits(code, text)
    )


def _without_region(cells: Sequence[str | None], zip_at: int, code: str) -> int | None:
    if zip_at < 1 or not (postal.is_assigned_zip(code) or postal.is_british(code) or postal.is_canadian(code)):
        return None
    if len(code) == len("2000"):
        return None
    left, right = cells[zip_at - 1] or "", (cells[zip_at + 1] or "") if zip_at + 1 < len(cells) else ""
    if zip_at >= 2 and _PLACE.re2.search(left) and _has_house_number(cells[zip_at - 2] or ""):
        return zip_at - 2
    return zip_at - 1 if _PLACE.re2.search(right) and _has_house_number(left) else None


def _has_house_number(street: str) -> bool:
    if STREET.re2.search(street) and street.lstrip()[:1].isdigit():
        return True
    return any(char.isdigit() for char in street) and any(form.re2.search(street) for form in _STREET_FORMS)


def _left_of(cells: Sequence[str | None], at: int) -> int | None:
    return next((left for left in range(at - 1, max(-1, at - 1 - _STREET_DISTANCE), -1) if cells[left]), None)


def _street_left_of(cells: Sequence[str | None], place_at: int) -> int | None:
    if STREET.re2.search(cells[place_at] or ""):
        return place_at
    lefts = range(place_at - 1, max(-1, place_at - 1 - _STREET_DISTANCE), -1)
    return next((left for left in lefts if STREET.re2.search(cells[left] or "")), None)
