"""The local Macie on Synthea's tables: what it finds there and should not."""

from __future__ import annotations

import tempfile
from pathlib import Path

from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE
from localaws.synthea import generate

PATIENTS, SEED = 40, 7
# What the columns of these tables hold, by the description of Synthea's files; all else is a false alarm.
TRUE: dict[str, frozenset[str]] = {
    "patients": frozenset({"NAME", "ADDRESS", "DATE_OF_BIRTH"}),
    "providers": frozenset({"NAME", "ADDRESS"}),
    "organizations": frozenset({"ADDRESS", "PHONE_NUMBER"}),
    "payers": frozenset({"ADDRESS", "PHONE_NUMBER"}),
    "devices": frozenset({"MEDICAL_DEVICE_UDI"}),
}


def found_in_tables() -> dict[str, dict[str, int]]:
    """Make Synthea's tables of April 2020, scan each for everything; return the counts by table and identifier."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), PATIENTS, seed=SEED)
        return {path.stem: _counts(path) for path in sorted(Path(folder).glob("*.csv"))}


def _counts(path: Path) -> dict[str, int]:
    with path.open("rb") as stream:
        result = scan(stream, "csv", path.stat().st_size, tuple(CATALOGUE.values()), ())
    return {item.identifier: item.count for item in result.detections}


def false_alarms(found: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return what of it is not true."""
    alarms = {
        table: {name: count for name, count in counts.items() if name not in TRUE.get(table, frozenset())}
        for table, counts in found.items()
    }
    return {table: counts for table, counts in alarms.items() if counts}
