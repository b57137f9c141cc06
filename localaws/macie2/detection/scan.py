"""The state of the scan of one file, and how it can end early."""

from __future__ import annotations

from dataclasses import dataclass

from localaws.macie2.detection.matcher import Matcher
from localaws.macie2.detection.source import Readable, Source
from localaws.macie2.detection.tally import Tallies


class IncompleteError(Exception):
    """The rest of the file cannot be analysed, for a documented reason; what was found before it stands."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnreadableError(IncompleteError):
    """Nothing of the file can be analysed."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What is scanned, for what, and what was found.

    :param stream: the bytes as they are, of which ``source`` makes text.
    :param chunk_bytes: how much is held at a time.
    :param always_csv: read CSV with :mod:`csv` alone (slow; the same result).
    """

    stream: Readable
    source: Source
    matcher: Matcher
    tallies: Tallies
    chunk_bytes: int
    always_csv: bool = False
