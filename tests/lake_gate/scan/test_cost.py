"""What a scan is estimated to cost."""

from __future__ import annotations

import pytest

from lake_gate.scan.cost import estimate, scan_usd
from tests.builders import landed

GB, TB = 10**9, 1024 * 10**9


@pytest.mark.parametrize(
    ("size_bytes", "usd_per_gb", "usd"),
    [
        (0, 1.0, 0),
        (1, 1.0, 1e-9),
        (82_300_000, 1.0, 0.0823),
        (GB, 0.85, 0.85),
        (50 * TB, 1.0, 51_200),
        (51 * TB, 1.0, 51_200 + 512),
        (500 * TB, 1.0, 51_200 + 230_400),
        (501 * TB, 1.0, 51_200 + 230_400 + 256),
        (501 * TB, 2.0, 2 * (51_200 + 230_400 + 256)),
        (GB, 0.0, 0),
    ],
)
def test_price_falls_from_band_to_band(size_bytes: int, usd_per_gb: float, usd: float) -> None:
    assert scan_usd(size_bytes, usd_per_gb) == pytest.approx(usd)


def test_price_never_falls_with_the_bytes() -> None:
    prices = [scan_usd(size, 1.0) for size in range(0, 600 * TB, 10 * TB)]
    assert prices == sorted(prices)


def test_estimate_sums_up_objects_and_counts_those_that_may_hold_more() -> None:
    names = ["a.csv", "b.csv.gz", "c.ZIP", "d.parquet", "e.tar", "gz"]
    made = estimate([landed(name, size_bytes=GB) for name in names], 1.0)
    assert (made.objects, made.size_bytes, made.maybe_compressed) == (6, 6 * GB, 3)
    assert made.usd == pytest.approx(6)


def test_nothing_costs_nothing() -> None:
    assert estimate([], 1.0).usd == 0
