"""What was landed, object by object: the list that every later step has to account for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LandedObject:
    """One object of a delivery as it stands in the bronze bucket.

    :param name: path in the delivery (``folder/patients.csv``).
    :param etag: without quotes.
    :param sha256: of the content, hexadecimal.
    :param checksum: what S3 shows as ``ChecksumSHA256``: of the content, or of its parts (``...-3``) when it was landed
        in several.
    :param part_bytes: size of these parts but the last; 0 when it was landed in one piece. A copy in the same parts
        has the same checksum.
    :param header: names of the columns, as far as they are known to be names: see
        :func:`lake_gate.delivery.header.header_of`; an empty text for a column whose name is not known.
    :param source_etag: of the object that it was landed from, when that was in S3.
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

    def __post_init__(self) -> None:
        """Take the header as JSON has it, too."""
        object.__setattr__(self, "header", tuple(self.header))


def dataset_of(name: str) -> str:
    """Return the dataset that a file of a delivery belongs to: ``patients`` for ``2026/Patients.csv``."""
    return name.rpartition("/")[2].partition(".")[0].lower()


@dataclass(frozen=True, slots=True)
class Moved:
    """Where one object was found to be after its decision was carried out.

    :param is_beside_others: the key has versions with other bytes, too, which are not this run's.
    """

    name: str
    bucket: str
    key: str
    version_id: str
    is_beside_others: bool = False
