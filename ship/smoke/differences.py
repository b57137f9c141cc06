"""Differences between the findings of real Macie and of the local Macie about a file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier

IDENTIFIERS = Path(__file__).resolve().parents[2] / "include" / "identifiers"


@dataclass(frozen=True, slots=True)
class Found:
    """Findings about a file: severity, and occurrences by name of the identifier."""

    severity: str | None
    counts: Mapping[str, int]


def found_by_local_macie(name: str, content: bytes, identifiers: Path = IDENTIFIERS) -> Found:
    """Scan a file as the local Macie does, with all managed identifiers and the custom ones of ``include/``."""
    custom = [_custom(json.loads(path.read_text())) for path in sorted(identifiers.glob("*.json"))]
    extension = name.rpartition(".")[2]
    result = scan(io.BytesIO(content), extension, len(content), list(CATALOGUE.values()), custom, name=name)
    severities = sorted((found.severity for found in result.detections), key=lambda severity: severity.score)
    names = {identifier.id: identifier.name for identifier in custom}
    counts = {names.get(found.identifier, found.identifier): found.count for found in result.detections}
    return Found(severities[-1].value if severities else None, counts)


def found_by_real_macie(entry: Mapping[str, Any]) -> Found:
    """Read Macie's findings from a line of the run record's ``objects.jsonl``."""
    return Found(entry["severity"], entry["detections"])


def differences(real: Found, local: Found) -> Iterator[str]:
    """Yield each difference as text: counts and names of identifiers, never a value."""
    if real.severity != local.severity:
        yield f"severity: Macie {real.severity or 'none'}, local {local.severity or 'none'}"
    for name in sorted({*real.counts, *local.counts}):
        if real.counts.get(name, 0) != local.counts.get(name, 0):
            yield f"{name}: Macie {real.counts.get(name, 0)}, local {local.counts.get(name, 0)}"


def _custom(content: Mapping[str, Any]) -> CustomIdentifier:
    return CustomIdentifier(
        id=content["name"],
        name=content["name"],
        regex=content["regex"],
        keywords=tuple(content.get("keywords", ())),
        ignore_words=tuple(content.get("ignoreWords", ())),
        maximum_match_distance=content.get("maximumMatchDistance", 50),
    )
