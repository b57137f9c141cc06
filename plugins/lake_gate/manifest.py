"""What was landed, object by object: the list that every later step has to account for. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LandedObject:
    """One object of a delivery as it stands in the bronze bucket.

    :param name: path in the delivery (``folder/patients.csv``).
    :param etag: without quotes.
    :param sha256: of the content, hexadecimal.
    """

    name: str
    bucket: str
    key: str
    version_id: str
    etag: str
    size_bytes: int
    sha256: str
