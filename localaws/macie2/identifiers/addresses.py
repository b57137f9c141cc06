"""ADDRESS without a language model: a place with a valid postal code, by these rules.

AWS documents that an address needs a place name **and** a corresponding ZIP or postal code of a supported country
(Australia, Canada, France, Germany, Italy, Spain, the United Kingdom, the United States). Here:

1. and 2. *Over several cells*: see :mod:`localaws.macie2.identifiers.address_cells`.
3. *Within a value*: place, state or province, and a code of that very region (``…, Boston, MA 02139``; not ``MG OR
   12500``); a British postcode after a larger town, or after a street and a place; a code of five digits before or
   after a place when a street of that country is in front, when it is the code of that larger town, or when street,
   number, code and place are a line of their own.

Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-pii.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from localaws.macie2.identifiers import postal
from localaws.macie2.identifiers.dialect import compile_trusted
from localaws.macie2.identifiers.model import words

_SUFFIXES = words(
    "alley ave avenue blvd boulevard circle cir close court ct crescent drive dr gardens grove highway hwy lane ln mews"
    " parade parkway pkwy place pl plaza road rd route rt rte row square sq st street terrace ter trail turnpike tpke"
    " walk way"
)
_LEAD = 80
# A region and its code are no longer than this, spaces included.
_LONGEST_TAIL = 120

_REGIONS = sorted(
    {*postal.US_STATES, *postal.PROVINCES, *postal.AUSTRALIAN_STATES}, key=lambda name: (-len(name), name)
)
_PLACE_WORDS = r"\p{Lu}[\p{L}'’.-]+(?:[ -][\p{L}'’.-]+){0,4}"
STREET_SUFFIX = rf"(?:{'|'.join(_SUFFIXES)})\.?"
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
ZIP = compile_trusted(
    r"^ *(?:\d{4}|(?:[A-Z]{1,2}-)?\d{5}|\d{5}-\d{4}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}) *$"
)
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
# Every postal code has one of these; few streets do, and this search is quicker than that of all forms.
_PART_OF_CODE = re.compile(r"[0-9]{4}|[^\W\d_][0-9]")
_TAIL = re.compile(r"(?P<region>[^\d,()]*?)\)?,? +(?P<code>[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{5}(?:-\d{4})?|\d{4})\Z", re.I)
_FRONT = re.compile(
    rf"(?:\b\d{{1,6}}[A-Za-z]?(?:-\d+)? +(?:[\w.'’#/-]+,? +){{1,6}}"
    rf"|\b[A-Z][\w.'’-]* +(?:[\w.'’-]+ +){{0,3}}(?i:{STREET_SUFFIX}),?\s+)(?:[\w.'’-]+,?\s+){{0,5}}\Z"
)


def count_addresses(value: str) -> int:
    """Count the addresses within one value by rule 3."""
    return sum(1 for _ in iter_addresses(value))


def has_address(value: str) -> bool:
    """Return whether there is an address within one value by rule 3."""
    return (
        _PART_OF_CODE.search(value) is not None
        and IN_VALUE.re2.search(value) is not None
        and any(True for _ in iter_addresses(value))
    )


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
    tail = _TAIL.search(text, max(0, len(text) - _LONGEST_TAIL))
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
