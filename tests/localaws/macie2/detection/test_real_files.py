"""The twelve real Synthea files with the demonstration's three custom identifiers and all managed ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localaws.macie2.detection.result import Cell, Detection, ScanResult, ScanStatus
from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier

REPO = Path(__file__).resolve().parents[4]
DATA = REPO.parent / "shared" / "data" / "synthea_apr2020"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no Synthea files in {DATA}")

CUSTOM = tuple(
    CustomIdentifier(body["name"], body["name"], body["regex"], tuple(body["keywords"]))
    for body in (json.loads(path.read_text()) for path in sorted((REPO / "include/identifiers").glob("*.json")))
)
# What reference section 12.1 derives from the documented rules: (count, severity, column of the first hit).
EXPECTED = {
    "allergies": {"Patient ID": (597, "Medium", "PATIENT")},
    "careplans": {"Patient ID": (3483, "Medium", "PATIENT")},
    "conditions": {"Patient ID": (8376, "Medium", "PATIENT")},
    "devices": {"Patient ID": (78, "Medium", "PATIENT"), "MEDICAL_DEVICE_UDI": (78, "Medium", "UDI")},
    "imaging_studies": {"Patient ID": (855, "Medium", "PATIENT")},
    "immunizations": {"Patient ID": (15478, "Medium", "PATIENT")},
    "organizations": {"PHONE_NUMBER": (930, "High", "PHONE"), "ADDRESS": (1000, "High", "ADDRESS")},
    "patients": {
        "US Driver License": (958, "Medium", "DRIVERS"),
        "US Passport": (808, "Medium", "PASSPORT"),
        "DATE_OF_BIRTH": (1171, "High", "BIRTHDATE"),
        "NAME": (1000, "High", "FIRST"),
        "ADDRESS": (628, "High", "ADDRESS"),
    },
    "payer_transitions": {"Patient ID": (3801, "Medium", "PATIENT")},
    "payers": {"PHONE_NUMBER": (9, "Medium", "PHONE"), "ADDRESS": (7, "Medium", "ADDRESS")},
    "providers": {"NAME": (1000, "High", "NAME"), "ADDRESS": (1000, "High", "ADDRESS")},
    "supplies": {},
}


def scan_file(name: str, *, always_csv: bool = False, chunk_bytes: int = 1 << 23) -> ScanResult:
    path = DATA / f"{name}.csv"
    with path.open("rb") as stream:
        return scan(
            stream,
            "csv",
            path.stat().st_size,
            tuple(CATALOGUE.values()),
            CUSTOM,
            always_csv=always_csv,
            chunk_bytes=chunk_bytes,
        )


def first_cell(detection: Detection) -> Cell:
    place = detection.occurrences[0]
    assert isinstance(place, Cell)
    return place


@pytest.mark.parametrize("name", EXPECTED)
def test_real_file_holds_what_the_documented_rules_give(name: str) -> None:
    result = scan_file(name)
    assert result.status is ScanStatus.COMPLETE
    assert result.size_classified_bytes == (DATA / f"{name}.csv").stat().st_size
    found = {
        item.identifier: (item.count, item.severity.value, first_cell(item).column_name) for item in result.detections
    }
    assert found == EXPECTED[name]
    assert all(
        len(item.occurrences) == min(item.count, 1000) and first_cell(item).row >= 2 for item in result.detections
    )


@pytest.mark.parametrize("name", ["patients", "devices", "payers"])
def test_real_file_gives_the_same_whichever_way_it_is_read(name: str) -> None:
    assert scan_file(name) == scan_file(name, always_csv=True) == scan_file(name, chunk_bytes=5000)
