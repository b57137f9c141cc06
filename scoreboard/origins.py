"""NAME by the origin of the names: recall for each of the countries that Faker made them for."""

from __future__ import annotations

import io
from collections.abc import Sequence

from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE
from scoreboard.people import names_by_origin


def measure() -> dict[str, tuple[int, int]]:
    """Scan the names in a column that says nothing; return by origin how many are found, of how many."""
    return {origin: (_found(names), len(names)) for origin, names in names_by_origin().items()}


def _found(names: Sequence[str]) -> int:
    data = "\n".join(["text", *names]).encode()
    result = scan(io.BytesIO(data), "csv", len(data), [CATALOGUE["NAME"]], ())
    return sum(detection.count for detection in result.detections)
