"""What the scanner is told to look for and what it answers: the types between the API and the detection."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """Category of a managed data identifier (shape SensitiveDataItemCategory of the API)."""

    CREDENTIALS = "CREDENTIALS"
    FINANCIAL_INFORMATION = "FINANCIAL_INFORMATION"
    PERSONAL_INFORMATION = "PERSONAL_INFORMATION"


class Severity(StrEnum):
    """Severity of a finding, least first (shape SeverityDescription of the API)."""

    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"

    @property
    def score(self) -> int:
        """1 for Low, 2 for Medium, 3 for High."""
        return list(Severity).index(self) + 1


class ScanStatus(StrEnum):
    """How much of an object was analysed (``classificationDetails.result.status.code``)."""

    COMPLETE = "COMPLETE"
    PARTIAL = "PARTIAL"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a CSV file: 1-based file row (the header is row 1), 1-based column, name of the column or None."""

    row: int
    column: int
    column_name: str | None


@dataclass(frozen=True, slots=True)
class Detection:
    """One identifier's hits in one object.

    :param identifier: id of a managed identifier (``USA_PASSPORT_NUMBER``) or of a custom one (its UUID).
    :param category: the managed identifier's category; None for a custom one.
    :param count: occurrences in the whole object.
    :param severity: what this count of this identifier amounts to.
    :param cells: the first occurrences in file order, at most 1,000.
    """

    identifier: str
    category: Category | None
    count: int
    severity: Severity
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What one object was found to hold.

    :param status: a :class:`ScanStatus`; a dial may say another.
    :param reason: documented reason code when the status is not COMPLETE (``UNSUPPORTED_FILE_TYPE_EXCEPTION``).
    :param mime_type: as Macie names it (``text/csv``); None when the object was not read.
    :param size_classified_bytes: bytes that were analysed.
    """

    status: str
    reason: str | None
    mime_type: str | None
    size_classified_bytes: int
    detections: tuple[Detection, ...]
