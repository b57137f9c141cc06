"""Estimate of the cost of a scan: the bytes in a job's scope × Macie's price. Pure.

Macie bills the bytes that jobs read, uncompressed, per account and month in three bands: the first 50 TB, the next
450 TB, and all above, at 1, 0.5 and 0.25 USD per GB in us-east-1 when this was written. The price of the first band is
a setting; the other prices are assumed to keep this proportion.

The estimate is too high if the month's first bands are used up, if Macie cannot read an object (these are free), and
slightly because a GB is 10⁹ bytes here. It is too low if objects are compressed.

Source: https://aws.amazon.com/macie/pricing/ (the first price as transcribed from that page, the other two from
memory: not checked against an account)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from lake_gate.model.manifest import LandedObject
from lake_gate.scan.scope import ARCHIVES, extension_of

BYTES_PER_GB = 10**9
_BANDS = ((50 * 1024, 1.0), (450 * 1024, 0.5), (math.inf, 0.25))
"""Size of each band in GB, and its price relative to the first band."""
_COMPRESSED = ARCHIVES - {"tar"} | {"avro", "docx", "parquet", "xlsx"}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Most objects and bytes that a job will read, and their price.

    :param maybe_compressed: number of objects that may be compressed, for which the estimate is too low.
    """

    objects: int
    size_bytes: int
    usd: float
    maybe_compressed: int


def estimate(objects: Iterable[LandedObject], usd_per_gb: float) -> Estimate:
    """Estimate the cost of the objects that a job reads.

    :param usd_per_gb: price of a GB in the first band.
    """
    count = size_bytes = compressed = 0
    for landed in objects:
        count += 1
        size_bytes += landed.size_bytes
        compressed += extension_of(landed.name).lower() in _COMPRESSED
    return Estimate(count, size_bytes, scan_usd(size_bytes, usd_per_gb), compressed)


def scan_usd(size_bytes: int, usd_per_gb: float) -> float:
    """Return the price of these bytes if they are the first of the month."""
    usd, left = 0.0, size_bytes / BYTES_PER_GB
    for gigabytes, share in _BANDS:
        in_band = min(left, gigabytes)
        usd += in_band * share * usd_per_gb
        left -= in_band
    return usd
