"""The test of the tables of checks: a valid value and a near miss each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

type Check = Callable[[str], bool]


def tells_near_misses(table: Sequence[tuple[Check, str, str]]) -> Callable[[Check, str, str], None]:
    """Return a test that each check of the table accepts the valid value and refuses the near miss."""

    @pytest.mark.parametrize(("check", "valid", "near_miss"), table)
    def test(check: Check, valid: str, near_miss: str) -> None:
        assert [check(valid), check(near_miss)] == [True, False]

    return test
