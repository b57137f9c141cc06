"""What is known about a masked copy: its rules, its checks and its risk. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Found:
    """Column of an object in which Macie found an identifier.

    :param column: name of the column; None if it is not known.
    :param index: position, from 1; None if it is not known. Without both, the detection has no column.
    """

    column: str | None
    index: int | None
    identifier: str


@dataclass(frozen=True, slots=True)
class Risk:
    """Groups of rows with the same quasi-identifiers in a masked copy.

    :param quasi_identifiers: names of the columns.
    :param smallest_group: rows of the smallest group; None for a table without rows.
    :param rows_below_5: rows in groups of less than 5.
    :param share_below_5: their share of all rows, from 0 to 1.
    """

    quasi_identifiers: tuple[str, ...]
    smallest_group: int | None
    rows_below_5: int
    share_below_5: float


@dataclass(frozen=True, slots=True)
class MaskReport:
    """Report on a masked copy that passed its checks.

    :param name: path of the object in the delivery.
    :param rows: rows without the header.
    :param columns: columns of the copy.
    :param size_bytes: size of the copy.
    :param sha256: SHA-256 of the copy, hexadecimal.
    :param methods: method by column, for masked columns only; ``#4`` for a column whose name is not known.
    :param positions: positions of the masked columns in the original, from 1.
    :param spec: name of the masking spec.
    :param key_fingerprint: differs for different keys; does not help to find them.
    :param collisions: values that have the token of another value; 0, or the copy is not used.
    :param risk: None if the spec names no quasi-identifiers for the table.
    """

    name: str
    rows: int
    columns: int
    size_bytes: int
    sha256: str
    methods: Mapping[str, str]
    positions: Sequence[int]
    spec: str
    spec_sha256: str
    key_version: int
    key_fingerprint: str
    collisions: int
    risk: Risk | None

    def to_json(self) -> dict[str, Any]:
        """Return the report for a document."""
        return asdict(self)
