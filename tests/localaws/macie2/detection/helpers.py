"""What the tests of the detection share."""

from __future__ import annotations

import io

from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.detection.result import Cell, ScanResult
from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier

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
