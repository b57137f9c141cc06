from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lake_gate.display import times

AT = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def test_times_are_shown_in_utc_and_as_ages() -> None:
    assert times.moment("2026-11-09T13:44:18.5+02:00") == "9 Nov 2026, 11:44"
    assert times.age("2026-11-26T11:00:00+00:00", AT) == "3 days"
    assert times.between("2026-11-26T11:00:00+00:00", "2026-11-26T11:00:05Z") == "5 seconds"
    assert times.now().tzinfo is UTC


@pytest.mark.parametrize(
    "text", [None, "", "yesterday", "2026-11-29T12:00:00", "9999-99-99", "0001-01-01T00:00:00+23:00"]
)
def test_what_is_not_a_time_is_left_out(text: str | None) -> None:
    assert (times.moment(text), times.age(text, AT), times.between(text, text)) == ("", "", "")
