"""The state of the scan of one file."""

from __future__ import annotations

from dataclasses import dataclass

from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.matching.tally import Tallies
from localaws.macie2.detection.readers.source import Readable, Source


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
