"""ADDRESS without a language model: US addresses, across the cells of a row, by these rules.

AWS documents that an address needs a place name **and** a valid ZIP code. Here a ZIP code is five digits (or ZIP+4)
whose first three are assigned; a bare five-digit code or amount is none.

1. *Over several cells*: a cell that is a ZIP code; at most three cells to its left a cell that is a state (code or
   name; the ZIP code may be a neighbouring state's, as some post offices' are); left of that, blank cells aside, a
   cell that is a place (letters only). Reported at the street (a cell that begins with a house number or ends in a
   word like ``St`` or ``Plaza``) when that is left of the place, otherwise at the place.
2. *Without a state*: street, place and ZIP code in three neighbouring cells; the street must have a house number.
3. *Within one value*: place, state, ZIP code of that very state (``…, Boston, MA 02139``; not ``MG OR 12500``).

One per row by rules 1 and 2. Not found: other countries, ZIP codes that lost their leading zero, rows with the ZIP
code left of the place.

Source of the ZIP ranges: USPS Publication 65 (three-digit prefixes by state).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from localaws.macie2.identifiers.dialect import compile_trusted
from localaws.macie2.identifiers.model import words

_RANGES = """
    AL Alabama 350-369; AK Alaska 995-999; AZ Arizona 850-865; AR Arkansas 716-729 755; CA California 900-961;
    CO Colorado 800-816; CT Connecticut 060-069; DE Delaware 197-199; DC District_of_Columbia 200-205 569;
    FL Florida 320-349; GA Georgia 300-319 398-399; HI Hawaii 967-968; ID Idaho 832-838; IL Illinois 600-629;
    IN Indiana 460-479; IA Iowa 500-528; KS Kansas 660-679; KY Kentucky 400-427; LA Louisiana 700-714; ME Maine 039-049;
    MD Maryland 206-219; MA Massachusetts 010-027 055; MI Michigan 480-499; MN Minnesota 550-567; MS Mississippi
    386-397; MO Missouri 630-658; MT Montana 590-599; NE Nebraska 680-693; NV Nevada 889-898; NH New_Hampshire 030-038;
    NJ New_Jersey 070-089; NM New_Mexico 870-884; NY New_York 005 063 100-149; NC North_Carolina 270-289;
    ND North_Dakota 580-588; OH Ohio 430-459; OK Oklahoma 730-749; OR Oregon 970-979; PA Pennsylvania 150-196;
    PR Puerto_Rico 006-007 009; RI Rhode_Island 028-029; SC South_Carolina 290-299; SD South_Dakota 570-577;
    TN Tennessee 370-385; TX Texas 733 750-799 885; UT Utah 840-847; VT Vermont 050-059; VA Virginia 201 220-246;
    WA Washington 980-994; WV West_Virginia 247-268; WI Wisconsin 530-549; WY Wyoming 820-831; VI Virgin_Islands 008;
    GU Guam 969
"""
_SUFFIXES = words(
    "alley ave avenue blvd boulevard circle cir court ct drive dr highway hwy lane ln parkway pkwy place pl plaza road"
    " rd row route rt rte square sq st street terrace ter trail turnpike tpke way"
)
STATE_AND_ZIP_DISTANCE = 3
_STREET_DISTANCE = 4


def _prefixes() -> dict[str, frozenset[str]]:
    table: dict[str, frozenset[str]] = {}
    for entry in _RANGES.split(";"):
        code, name, *ranges = entry.split()
        prefixes: set[str] = set()
        for bounds in ranges:
            first, _, last = bounds.partition("-")
            prefixes |= {f"{number:03}" for number in range(int(first), int(last or first) + 1)}
        table[code] = table[name.replace("_", " ").upper()] = frozenset(prefixes)
    return table


_PREFIXES = _prefixes()
STATES = tuple(_PREFIXES)
_LONGEST_STATE = 40
_ANY_PREFIX = frozenset[str]().union(*_PREFIXES.values())

ZIP = compile_trusted(r"^ *\d{5}(?:-\d{4})? *$")
IN_VALUE = compile_trusted(
    r"(?i)\p{L}[\p{L}.'’-]*,? +(?:"
    + "|".join(state.replace(" ", " +") for state in STATES)
    + r"),? +\d{5}(?:-\d{4})?\b"
)
STREET = compile_trusted(rf"(?i)^ *\d{{1,6}}[A-Z]?(?:-\d+)? +\p{{L}}|\p{{L}} +(?:{'|'.join(_SUFFIXES)})\.?(?:$|[ ,])")
_PLACE = compile_trusted(r"^ *\p{L}[\p{L} .'’-]+$")
_TAIL = re.compile(r"(?P<state>[^\d,]*?),? +(?P<zip>\d{5})(?:-\d{4})?\Z")


def is_state(text: str) -> bool:
    """Tell whether a whole value is a state's code or name, in any case."""
    return len(text) <= _LONGEST_STATE and " ".join(text.upper().split()) in _PREFIXES


def belongs_to_state(zip_code: str, state: str) -> bool:
    """Tell whether the ZIP code is in the range of that state (code or name)."""
    return zip_code[:3] in _PREFIXES.get(" ".join(state.upper().split()), frozenset())


def count_addresses(value: str) -> int:
    """Count the addresses within one value by rule 3."""
    return sum(_is_address(match.group()) for match in IN_VALUE.re2.finditer(value))


def _is_address(text: str) -> bool:
    tail = _TAIL.search(text)
    if tail is None:
        return False
    words = tail["state"].replace(",", " ").split()
    candidates = (" ".join(words[-size:]) for size in (1, 2, 3) if size < len(words) + 1)
    return text[:1].isupper() and any(_is_state_as_written(state, tail["zip"]) for state in candidates)


def _is_state_as_written(state: str, zip_code: str) -> bool:
    is_code = len(state) == len("MA")
    return (state.isupper() if is_code else state[:1].isupper()) and belongs_to_state(zip_code, state)


def start_of_address(cells: Sequence[str | None], zip_at: int) -> int | None:
    """Find where the address that ends in the ZIP code of a row starts, by rules 1 and 2.

    :param cells: the row up to the ZIP code, or its last part.
    :param zip_at: the index of the ZIP code in ``cells``.
    :return: an index of ``cells``, None when there is no address.
    """
    if (cells[zip_at] or "").strip()[:3] not in _ANY_PREFIX:
        return None
    for state_at in range(zip_at - 1, max(-1, zip_at - 1 - STATE_AND_ZIP_DISTANCE), -1):
        if is_state(cells[state_at] or ""):
            place_at = _left_of(cells, state_at)
            if place_at is not None and _PLACE.re2.search(cells[place_at] or ""):
                street_at = _street_left_of(cells, place_at)
                return place_at if street_at is None else street_at
    return _without_state(cells, zip_at)


def _without_state(cells: Sequence[str | None], zip_at: int) -> int | None:
    if zip_at < 2:
        return None
    place, street = cells[zip_at - 1] or "", cells[zip_at - 2] or ""
    is_address = _PLACE.re2.search(place) and STREET.re2.search(street) and street.lstrip()[:1].isdigit()
    return zip_at - 2 if is_address else None


def _left_of(cells: Sequence[str | None], at: int) -> int | None:
    return next((left for left in range(at - 1, max(-1, at - 1 - _STREET_DISTANCE), -1) if cells[left]), None)


def _street_left_of(cells: Sequence[str | None], place_at: int) -> int | None:
    if STREET.re2.search(cells[place_at] or ""):
        return place_at
    lefts = range(place_at - 1, max(-1, place_at - 1 - _STREET_DISTANCE), -1)
    return next((left for left in lefts if STREET.re2.search(cells[left] or "")), None)
