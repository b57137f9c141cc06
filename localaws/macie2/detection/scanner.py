"""Scan an object, or reveal its matched texts: the entry points of the detection.

Differences from Macie are listed in :mod:`localaws.macie2.detection.differences`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.readers.csv_reader import CHUNK_BYTES
from localaws.macie2.detection.readers.objects import ObjectScan
from localaws.macie2.detection.readers.source import Readable
from localaws.macie2.detection.result import ScanResult
from localaws.macie2.identifiers import CustomIdentifier, ManagedIdentifier

# Source: https://docs.aws.amazon.com/macie/latest/APIReference/findings-findingid-reveal.html
_LONGEST_REVEALED = 128


def scan(
    stream: Readable,
    extension: str,
    size_bytes: int,
    managed: Sequence[ManagedIdentifier],
    custom: Sequence[CustomIdentifier],
    *,
    allowed: AllowedTexts | None = None,
    name: str = "",
    chunk_bytes: int = CHUNK_BYTES,
    always_csv: bool = False,
) -> ScanResult:
    """Scan one object; never raises because of what is in it.

    :param stream: its bytes, read once from front to back (a zip or Parquet file is copied first).
    :param extension: of its key, without the dot.
    :param size_bytes: its size.
    :param managed: the selected managed identifiers; those that are not implemented find nothing.
    :param custom: the custom identifiers of the job.
    :param allowed: texts that do not count as matches.
    :param name: its key, from which the name of a file in a gzip archive is derived.
    :param chunk_bytes: how much is held at a time.
    :param always_csv: read CSV with :mod:`csv` alone (slow; the same result).
    :return: SKIPPED when the object was not analysed, PARTIAL when not all of it was, each with a reason code.
    """
    matcher = _matcher(tuple(managed), tuple(custom), allowed)
    return ObjectScan(managed, matcher, chunk_bytes, always_csv).result(stream, name, extension, size_bytes)


def reveal(
    stream: Readable,
    extension: str,
    size_bytes: int,
    managed: Sequence[ManagedIdentifier],
    custom: Sequence[CustomIdentifier],
    allowed: AllowedTexts | None = None,
    *,
    name: str = "",
    values_per_type: int = 10,
) -> dict[str, list[str]]:
    """Return the first matched texts of an object, by identifier: the same matches that :func:`scan` counts.

    :param values_per_type: at most so many of each.
    :return: texts of 1 to 128 characters, longer ones cut; nothing of an identifier that was not found.

    Source: shape SensitiveDataOccurrences of the macie2 API.
    """
    matcher = _matcher(tuple(managed), tuple(custom), allowed)
    found = ObjectScan(managed, matcher, CHUNK_BYTES, wanted_texts=values_per_type)
    detected = {detection.identifier for detection in found.result(stream, name, extension, size_bytes).detections}
    return {
        identifier: [text[:_LONGEST_REVEALED] for text in texts if text]
        for identifier, texts in found.texts.items()
        if identifier in detected
    }


@lru_cache(maxsize=8)
def _matcher(
    managed: tuple[ManagedIdentifier, ...], custom: tuple[CustomIdentifier, ...], allowed: AllowedTexts | None
) -> Matcher:
    return Matcher(managed, custom, allowed or ())
