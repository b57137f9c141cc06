"""The result of a scan: status, detections and their places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from localaws.macie2.identifiers.model import Category, Severity


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
class LineRange:
    """A place in a text: 1-based first and last line, 1-based character in the first line."""

    start: int
    end: int
    start_column: int


@dataclass(frozen=True, slots=True)
class Record:
    """A place in a record: its path (None when a name on it is sensitive itself), the 0-based index of the record."""

    json_path: str | None
    record_index: int


type Occurrence = Cell | LineRange | Record


@dataclass(frozen=True, slots=True)
class Detection:
    """One identifier's hits in one object.

    :param identifier: id of a managed identifier (``USA_PASSPORT_NUMBER``) or of a custom one (its UUID).
    :param category: the managed identifier's category; None for a custom identifier.
    :param count: occurrences in the whole object.
    :param severity: the severity of this count.
    :param occurrences: the first ones in file order, at most 1,000; of an archive none, they are in its files' results.
    """

    identifier: str
    category: Category | None
    count: int
    severity: Severity
    occurrences: tuple[Occurrence, ...]


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """The result of a file inside an archive.

    :param path: its path in the archive; in an archive within the archive, behind that one's own path.
    :param extension: of its path, without the dot.
    :param size_bytes: how much of it was extracted.
    :param last_modified_at: from the archive, UTC; None if it has no time.
    :param status: a :class:`ScanStatus`, with its ``reason``, as of a whole object.
    """

    path: str
    extension: str
    size_bytes: int
    last_modified_at: datetime | None
    status: str
    reason: str | None
    mime_type: str | None
    size_classified_bytes: int
    detections: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The result of an object.

    :param status: a :class:`ScanStatus`; a dial may set another.
    :param reason: documented reason code when the status is not COMPLETE (``UNSUPPORTED_FILE_TYPE_EXCEPTION``).
    :param mime_type: as Macie names it (``text/csv``); None when the object was not read.
    :param size_classified_bytes: bytes that were analysed; of an archive, extracted ones.
    :param embedded: the files of an archive, whose detections ``detections`` adds up.
    """

    status: str
    reason: str | None
    mime_type: str | None
    size_classified_bytes: int
    detections: tuple[Detection, ...]
    embedded: tuple[EmbeddedFile, ...] = ()
