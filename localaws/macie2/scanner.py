"""Reads one object's bytes and says which identifiers it holds, how often and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from localaws.macie2.detection import ScanResult
from localaws.macie2.identifiers import CustomIdentifier, ManagedIdentifier


def scan(
    stream: BinaryIO,
    extension: str,
    size_bytes: int,
    managed: Sequence[ManagedIdentifier],
    custom: Sequence[CustomIdentifier],
) -> ScanResult:
    """Scan one object."""
    raise NotImplementedError
