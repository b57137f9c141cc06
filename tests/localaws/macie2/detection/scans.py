"""Scans of short texts, and what they found."""

from __future__ import annotations

import io

from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.detection.result import Cell, Occurrence, ScanResult
from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier

WORDS = AllowedTexts(words=frozenset({"p1234", "078-05-1120", "john smith", "12 elm st, boston, ma 02139"}))
PATIENT = CustomIdentifier("patient", "Patient ID", r"P\d{4}", ("PATIENT",))


def scan_text(
    text: str | bytes,
    *custom: CustomIdentifier,
    managed: str | None = None,
    extension: str = "csv",
    allowed: AllowedTexts | None = None,
    name: str = "",
    chunk_bytes: int = 1 << 20,
    always_csv: bool = False,
) -> ScanResult:
    """Scan a text with all managed identifiers, one of them, or none (``""``)."""
    data = text.encode() if isinstance(text, str) else text
    chosen = [entry for entry in CATALOGUE.values() if managed is None or entry.id == managed]
    return scan(
        io.BytesIO(data),
        extension,
        len(data),
        chosen,
        custom,
        allowed=allowed,
        name=name,
        chunk_bytes=chunk_bytes,
        always_csv=always_csv,
    )


def counts(result: ScanResult) -> dict[str, int]:
    """Count per identifier."""
    return {detection.identifier: detection.count for detection in result.detections}


def places(result: ScanResult) -> list[tuple[int, int, str | None]]:
    """All cells, in the order of the detections."""
    found = [place for detection in result.detections for place in detection.occurrences]
    return [(cell.row, cell.column, cell.column_name) for cell in found if isinstance(cell, Cell)]


SSN = "USA_SOCIAL_SECURITY_NUMBER"


def found(result: ScanResult, identifier: str = SSN) -> tuple[Occurrence, ...]:
    """The places of one identifier."""
    return next((detection.occurrences for detection in result.detections if detection.identifier == identifier), ())


def count_in_cell(identifier: str, column: str, value: str) -> int:
    """Count the hits of an identifier in one quoted cell of a column, next to another column."""
    cell = value.replace('"', '""')
    return counts(scan_text(f'id,{column}\n1,"{cell}"\n', managed=identifier)).get(identifier, 0)
