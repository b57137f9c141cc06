"""The state of the scan of one file."""

from __future__ import annotations

from dataclasses import dataclass

from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.matching.tally import Tallies
from localaws.macie2.detection.readers.source import Readable, Source


@dataclass(frozen=True, slots=True)
class Scan:
    """A file being scanned: its bytes, the identifiers, and the hits so far.

    :param stream: the raw bytes, which ``source`` decodes.
    :param chunk_bytes: how much is held at a time.
    :param always_csv: read CSV with :mod:`csv` alone (slow; the same result).
    """

    stream: Readable
    source: Source
    matcher: Matcher
    tallies: Tallies
    chunk_bytes: int
    always_csv: bool = False
