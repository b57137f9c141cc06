"""Manifest of the landed objects, which every later step has to account for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LandedObject:
    """Object of a delivery in the bronze bucket.

    :param name: path in the delivery (``folder/patients.csv``).
    :param etag: without quotes.
    :param sha256: SHA-256 of the content, hexadecimal.
    :param checksum: S3's ``ChecksumSHA256``: of the content, or of its parts (``...-3``) after a multipart upload.
    :param part_bytes: size of all parts but the last; 0 for a single-part upload. A copy in the same parts has the same
        checksum.
    :param header: names of the columns, see :func:`lake_gate.delivery.header.header_of`; an empty text for a column
        whose name is not known.
    :param source_etag: ETag of the source object, if the source is in S3.
    :param rows: number of rows below the header, see :class:`lake_gate.delivery.rows.RowCounter`; None if not known.
    :param columns: number of columns; None if not known.
    """

    name: str
    bucket: str
    key: str
    version_id: str
    etag: str
    size_bytes: int
    sha256: str
    checksum: str
    part_bytes: int = 0
    header: Sequence[str] = ()
    source_etag: str = ""
    rows: int | None = None
    columns: int | None = None

    def __post_init__(self) -> None:
        """Turn the header into a tuple: JSON has a list."""
        object.__setattr__(self, "header", tuple(self.header))


def dataset_of(name: str) -> str:
    """Return the dataset of a file in a delivery: ``patients`` for ``2026/Patients.csv``."""
    return name.rpartition("/")[2].partition(".")[0].lower()


@dataclass(frozen=True, slots=True)
class Moved:
    """Place of an object after its decision was carried out.

    :param is_beside_others: whether the key also has versions with other bytes, which are not this run's.
    """

    name: str
    bucket: str
    key: str
    version_id: str
    is_beside_others: bool = False
