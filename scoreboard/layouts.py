"""Addresses over several columns: the layouts of several countries, and rows that only look like them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from random import Random

from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE
from scoreboard.data import SEED
from scoreboard.metrics import Score
from scoreboard.people import places_of, street_parts

ROWS = 20
# By layout: the country and its columns. ``region`` is the state, or a name of a larger area; ``-`` is an empty column.
LAYOUTS: dict[str, tuple[str, str]] = {
    "US, state": ("en_US", "street place region code"),
    "US, state empty": ("en_US", "street place - code"),
    "US, number apart": ("en_US", "number name place region code"),
    "Canada, province": ("en_CA", "street place region code"),
    "Canada, province empty": ("en_CA", "street place - code"),
    "Australia, state": ("en_AU", "street place region code"),
    "United Kingdom, county": ("en_GB", "street place area code"),
    "United Kingdom, state empty": ("en_GB", "street place - code country"),
    "Germany, region": ("de_DE", "street place area code"),
    "Germany, number apart": ("de_DE", "name number code place area"),
    "France, region": ("fr_FR", "street place area code"),
    "France, number apart": ("fr_FR", "number name code place area"),
    "Spain, province": ("es_ES", "street place area code"),
    "Spain, number apart": ("es_ES", "name number code place area"),
    "Italy, region": ("it_IT", "street place area code"),
    "Italy, number apart": ("it_IT", "name number code place area"),
}
_AREAS = {
    "en_GB": ("Devon", "Kent", "Oxfordshire"),
    "de_DE": ("Bayern", "Nordrhein-Westfalen", "Hessen"),
    "fr_FR": ("Bretagne", "Occitanie", "Auvergne-Rhône-Alpes"),
    "es_ES": ("Andalucía", "Castilla y León", "País Vasco"),
    "it_IT": ("Toscana", "TN", "Trentino-Alto Adige"),
}
# By what they are: rows without an address.
LOOKALIKES: dict[str, tuple[tuple[str, ...], ...]] = {
    "a status beside a number": (("Login", "OK", "#####"), ("Door", "IN", "#####"), ("Disk", "OR", "#####")),
    "a product and a number": (("Lisinopril 10 MG Oral Tablet", "Box", "#####"), ("Cable 5 m", "Black", "#####")),
    "an order": (("1001", "Place Mat", "3", "#####", "Berlin"), ("Order 12", "Open", "Hamburg", "#####")),
    "a county's number": (("12 Elm Street", "Walpole", "Massachusetts", "Norfolk County", "250##"),),
}


def measure() -> dict[str, Score]:
    """Scan every layout and every kind of look-alike rows; return the scores by row."""
    rng = Random(f"{SEED}/layouts")  # noqa: S311 - reproducible on purpose
    scores = {name: _score([_row(rng, *layout) for _ in range(ROWS)], is_true=True) for name, layout in LAYOUTS.items()}
    for name, rows in LOOKALIKES.items():
        drawn = [tuple(_filled(rng, cell) for cell in rng.choice(rows)) for _ in range(ROWS)]
        scores[name] = _score(drawn, is_true=False)
    return scores


def _filled(rng: Random, cell: str) -> str:
    return "".join(str(rng.randrange(1, 10)) if char == "#" else char for char in cell)


def _row(rng: Random, locale: str, columns: str) -> tuple[str, ...]:
    place, region, code = rng.choice(places_of(locale))
    street, name, number = street_parts(rng, locale)
    area = rng.choice(_AREAS.get(locale, ("",)))
    cells = {"street": street, "name": name, "number": number, "place": place, "region": region, "code": code}
    return tuple((cells | {"area": area, "-": "", "country": "GB"})[column] for column in columns.split())


def _score(rows: Sequence[tuple[str, ...]], *, is_true: bool) -> Score:
    found = {line for row in _tables(rows) for line in row}
    hits = len(found)
    return Score(hits=hits, misses=len(rows) - hits) if is_true else Score(false_alarms=hits)


def _tables(rows: Sequence[tuple[str, ...]]) -> Iterator[Iterator[int]]:
    width = max(map(len, rows))
    lines = [",".join(f"c{at}" for at in range(width)), *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    data = "\n".join(lines).encode()
    result = scan(io.BytesIO(data), "csv", len(data), [CATALOGUE["ADDRESS"]], ())
    for detection in result.detections:
        yield (occurrence.row for occurrence in detection.occurrences if hasattr(occurrence, "row"))
