"""Addresses whose street, place and postal code stand in several cells of a row.

1. *With a region*: a cell that is a postal code of the United States, Canada or Australia; at most three cells to its
   left a cell that is the state or province of that code (its code or name; beside a street, a ZIP code may be that of
   a state in the same tenth of the country, as some post offices' are); left of that, blank cells aside, a place
   (letters only). Reported at the street (a cell that begins with a house number or ends in a word like ``St`` or
   ``Plaza``) when that is left of the place, otherwise at the place.
   The place may have the region behind it in the same cell (``Boston, MA``), then a street must be left of it.
2. *Without a region*: street, place and code in this order, or street, code and place; the street must have a
   house number, which may stand in a cell of its own, or be a post office box. Blank cells between them do not
   matter, nor do one or two names (a county, a province) between the place and its code.

By rules 1 and 2 a cell begins one address at most, and none when rule 3 finds one in it. Rows without a street count
only in a table in which at least half of the codes beside regions fit: ``OK`` beside numbers is rarely Oklahoma. What
is read of a CSV file at a time is a table of its own here. Not found: codes that lost their leading zero, rows with the
code left of a region.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from localaws.macie2.identifiers import postal
from localaws.macie2.identifiers.addresses import STREET_SUFFIX, has_address
from localaws.macie2.identifiers.dialect import Regex, compile_trusted

STATE_AND_ZIP_DISTANCE = 3
STREET_AND_ZIP_DISTANCE = 7
PLACE_DISTANCE = 3
_STREET_DISTANCE = 4

_COUNTRY_PREFIX = re.compile(r"[A-Z]{1,2}-(?=\d{5}\Z)")
_PLACE = compile_trusted(r"^ *\p{L}[\p{L} .'’-]+$")
_TOWN = compile_trusted(r"^ *\p{L}[\p{L} .'’()/-]+$")
# A box at a post office stands for a street.
_BOX = r"^ *(?:p\.? ?o\.? ?box|postfach|apartado(?: de correos)?|casella postale|bo[iî]te postale|bp) +\d"
_STREET = compile_trusted(rf"(?i)^ *\d{{1,6}}[A-Z]?(?:-\d+)? +\p{{L}}|\p{{L}} +{STREET_SUFFIX}(?:$|[ ,])|{_BOX}")
_HAS_BOX = compile_trusted(rf"(?i){_BOX}")
_BEGINS_WITH_NUMBER = re.compile(r" *\d")
_ENDS_WITH_NUMBER = re.compile(r"(?P<name>[^\d]+?),? (?:nº? ?)?\d{1,4} ?[A-Za-z]?(?:[/-]\d{1,4})? *")
_STREET_FORMS = tuple(compile_trusted(rf"^ *(?i:{street.pattern})") for street in postal.STREETS)
# Names of streets without their number, which stands before them, or after them.
_AFTER_NUMBER = rf"\p{{L}} +{STREET_SUFFIX} *$|^ *(?:{postal.FRENCH_STREETS}) "
_BEFORE_NUMBER = rf"{postal.GERMAN_STREET}|^ *(?:{postal.SOUTHERN_STREETS})[ .]|^ *c/ "
_NAME_AFTER_NUMBER = compile_trusted(rf"(?i){_AFTER_NUMBER}")
_NAME_BEFORE_NUMBER = compile_trusted(rf"(?i){_BEFORE_NUMBER}")
_HOUSE_NUMBER = re.compile(r"\d{1,5} ?(?:[A-Za-z]|bis|ter)?(?:[/-] ?\d{0,4}[A-Za-z]?)?|s/n")
# What stands between a street and the place: a floor, a flat.
_UNIT = re.compile(
    r"\d{1,3} ?[ºª°.].*|#.*|(?:apt|apartment|unit|suite|ste|flat|floor|piso|esc|scala|int|bât|appt?|whg|etage|og|eg)\b"
    r".*",
    re.IGNORECASE,
)
#: What looks like a street, for a first look: a value with digits, and one without.
NUMBERED_STREET = compile_trusted(
    r"^ *\d{1,6}\p{L}?(?:-\d+)?,? +(?:bis |ter )?\p{L}|\p{L}[.,/]?[ ,]+(?:nº? ?)?\d{1,4}\b"
)
NAMED_STREET = compile_trusted(rf"(?i){_AFTER_NUMBER}|{_BEFORE_NUMBER}")


def _search_in(form: Regex) -> Callable[[str | None], bool]:
    """Return a search for a form; its results are kept, because places repeat from row to row."""
    return lru_cache(maxsize=4096)(lambda cell: form.re2.search(cell or "") is not None)


_is_place, _is_town, _has_street = _search_in(_PLACE), _search_in(_TOWN), _search_in(_STREET)


def start_of_address(cells: Sequence[str | None], code_at: int) -> int | None:
    """Find the start of the address whose postal code is in a cell.

    :param cells: the row, or its part around the code.
    :param code_at: the index of the code in ``cells``.
    :return: an index of ``cells``, None without an address, or when the cell there has one by itself.
    """
    code = _COUNTRY_PREFIX.sub("", (cells[code_at] or "").strip())
    for find in (_with_region, _with_region_behind_place, _without_region):
        start = find(cells, code_at, code)
        if start is not None:
            break
    return None if start is None or has_address(cells[start] or "") else start


def is_beside_region(cells: Sequence[str | None], code_at: int) -> bool:
    """Return whether a state or province stands near enough to a code, whether it fits or not."""
    return any(_iter_regions(cells, code_at))


def is_street(text: str) -> bool:
    """Return whether a cell at which an address begins is a street: it has a number, or a word like ``St``."""
    return any(char.isdigit() for char in text) or any(
        form.re2.search(text) is not None for form in (_STREET, NAMED_STREET)
    )


def _iter_regions(cells: Sequence[str | None], code_at: int) -> Iterator[str]:
    return (
        cell for cell in cells[max(0, code_at - STATE_AND_ZIP_DISTANCE) : code_at] if cell and postal.is_region(cell)
    )


def _with_region(cells: Sequence[str | None], code_at: int, code: str) -> int | None:
    for region_at in range(code_at - 1, max(-1, code_at - 1 - STATE_AND_ZIP_DISTANCE), -1):
        region = cells[region_at] or ""
        is_of_region = postal.fits(code, region)
        if is_of_region or postal.is_near(code, region):
            place_at = _left_of(cells, region_at)
            if place_at is not None and _is_place(cells[place_at]):
                street_at = _street_left_of(cells, place_at)
                return place_at if street_at is None and is_of_region else street_at
    return None


def _with_region_behind_place(cells: Sequence[str | None], code_at: int, code: str) -> int | None:
    place_at = _left_of(cells, code_at)
    words = (cells[place_at] or "").replace(",", " ").split() if place_at is not None else []
    has_region = any(postal.fits(code, " ".join(words[-size:])) for size in (1, 2, 3) if size < len(words))
    return _street_left_of(cells, place_at) if has_region and place_at is not None else None


def _left_of(cells: Sequence[str | None], at: int) -> int | None:
    return next((left for left in range(at - 1, max(-1, at - 1 - _STREET_DISTANCE), -1) if cells[left]), None)


def _street_left_of(cells: Sequence[str | None], place_at: int) -> int | None:
    if _has_street(cells[place_at]):
        return place_at
    lefts = range(place_at - 1, max(-1, place_at - 1 - _STREET_DISTANCE), -1)
    return next((left for left in lefts if _has_street(cells[left])), None)


def _without_region(cells: Sequence[str | None], code_at: int, code: str) -> int | None:
    lefts = [
        at
        for at in range(code_at - 1, max(-1, code_at - 1 - STREET_AND_ZIP_DISTANCE), -1)
        if (cell := cells[at]) and not _UNIT.fullmatch(cell.strip())
    ]
    rights = [cell for cell in cells[code_at + 1 : code_at + 1 + PLACE_DISTANCE] if cell]
    for at, left in enumerate(lefts[: PLACE_DISTANCE + 1]):
        place = (cells[lefts[at - 1]] if at else next(iter(rights), None)) or ""
        start = _start_of_street(cells, lefts[at:], code, place)
        if start is not None and _is_town(place):
            others = [region for region in _iter_regions(cells, code_at) if region != place]
            is_of_other = bool(others) and _BEGINS_WITH_NUMBER.match(cells[start] or "") is not None
            return None if is_of_other or any(len(region) > len("NSW") for region in others) else start
        if not _is_town(cells[left]):
            return None
    return None


def _start_of_street(cells: Sequence[str | None], lefts: Sequence[int], code: str, place: str) -> int | None:
    """Return where the street begins that ends at the first of ``lefts``, which run to the left."""
    last, before = ((cells[at] or "").strip() for at in (lefts[0], lefts[min(1, len(lefts) - 1)]))
    is_sure = postal.is_british(code) or postal.is_canadian(code)
    if re.fullmatch(r"\d{4}", code):
        is_numbered = _BEGINS_WITH_NUMBER.match(last) and _NAME_AFTER_NUMBER.re2.search(last)
        return lefts[0] if is_numbered and postal.is_australian_town(place, code) else None
    if not is_sure and not re.fullmatch(r"\d{5}(?:-\d{4})?", code):
        return None
    if _is_with_number(last) or (is_sure and _NAME_AFTER_NUMBER.re2.search(last)):
        return lefts[0]
    is_in_two = (_HOUSE_NUMBER.fullmatch(last) and _NAME_BEFORE_NUMBER.re2.search(before)) or (
        _HOUSE_NUMBER.fullmatch(before) and NAMED_STREET.re2.search(last)
    )
    return lefts[1] if is_in_two else None


def _is_with_number(street: str) -> bool:
    if _HAS_BOX.re2.search(street) or (_BEGINS_WITH_NUMBER.match(street) and _STREET.re2.search(street)):
        return True
    ending = _ENDS_WITH_NUMBER.fullmatch(street)
    if ending is not None and _NAME_BEFORE_NUMBER.re2.search(ending["name"]):
        return True
    return any(char.isdigit() for char in street) and any(form.re2.search(street) for form in _STREET_FORMS)
