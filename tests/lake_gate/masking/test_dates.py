"""Shift of dates: whole days, the same format, the same time of day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lake_gate.masking.dates import MOST_DAYS, Dates, days_of
from lake_gate.masking.methods import UnmaskableError

DATES = Dates(1945)


@pytest.mark.parametrize(
    ("value", "days", "shifted"),
    [
        ("2020-02-28", 1, "2020-02-29"),
        ("2020-03-01", -1, "2020-02-29"),
        ("2019-12-31", 1, "2020-01-01"),
        ("2001-07-04T08:42:44Z", 10, "2001-07-14T08:42:44Z"),
        ("2001-07-04T08:42:44", 10, "2001-07-14T08:42:44"),
        ("2001-07-04 08:42", -4, "2001-06-30 08:42"),
        ("2001-07-04T08:42:44.123456+02:00", 365, "2002-07-04T08:42:44.123456+02:00"),
        ("", 10, ""),
        ("2001-07-04", 0, ""),
        ("1945-06-01", -365, "1945-01-01"),
        ("1900-01-01T01:02:03Z", 365, "1945-01-01T01:02:03Z"),
    ],
)
def test_date_is_shifted_and_keeps_its_format(value: str, days: int, shifted: str) -> None:
    assert DATES.shift([value], [days]) == [shifted]


@pytest.mark.parametrize(
    "value",
    [
        *("2020-02-30", "2020-13-01", "0000-01-01", "9999-12-31", "2020-1-1", "01/02/2020", "20200101", "unknown"),
        *("2020-01-01 at home", "2020-01-01T08:42:44Z ", "2020-01-01T08", "2020-01-01\n", "٢٠٢٠-01-01"),
    ],
)
def test_anything_else_is_refused_without_its_text(value: str) -> None:
    with pytest.raises(UnmaskableError) as error:
        DATES.shift([value], [5])
    assert value.strip() not in str(error.value)


def test_days_are_never_0_and_reach_a_year_in_both_directions() -> None:
    days = {days_of(b"key", f"patient {number}") for number in range(20_000)}
    assert days == {*range(-MOST_DAYS, 0), *range(1, MOST_DAYS + 1)}


def test_intervals_of_a_patient_survive() -> None:
    values = [
        f"{year}-0{month}-1{day}T0{day}:00:00Z" for year in (1960, 2000, 2024) for month in (1, 3) for day in (1, 9)
    ]
    shifted = DATES.shift(values, [days_of(b"key", "a patient")] * len(values))
    moments, after = (
        [datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) for value in column]
        for column in (values, shifted)
    )
    assert {later - moment for moment, later in zip(moments, after, strict=True)} == {after[0] - moments[0]}
