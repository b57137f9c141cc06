from __future__ import annotations

from lake_gate.reports.lists import Capped


def test_the_first_items_are_kept_and_all_are_counted() -> None:
    listed: Capped[int] = Capped(2)
    for number in range(5):
        listed.add(number)
    assert (listed.items, listed.count, listed.left_out) == ([0, 1], 5, 3)
