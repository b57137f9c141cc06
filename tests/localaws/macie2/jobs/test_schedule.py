"""The days on which a SCHEDULED job runs."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

import pytest

from localaws.macie2.jobs.schedule import next_run_at

WEDNESDAY = datetime.fromisoformat("2026-01-28T10:30:00Z")


def _days(frequency: dict[str, Any], count: int) -> list[str]:
    """The next days after the job was created on a Wednesday; each is at the time of day of its creation."""

    def due() -> Any:
        moment = WEDNESDAY
        while True:
            moment = next_run_at(frequency, WEDNESDAY, moment)
            assert moment.time() == WEDNESDAY.time()
            yield f"{moment:%m-%d}"

    return list(islice(due(), count))


@pytest.mark.parametrize(
    ("frequency", "days"),
    [
        ({"dailySchedule": {}}, ["01-29", "01-30", "01-31"]),
        ({"weeklySchedule": {"dayOfWeek": "WEDNESDAY"}}, ["02-04", "02-11"]),
        ({"weeklySchedule": {"dayOfWeek": "THURSDAY"}}, ["01-29", "02-05"]),
        ({"weeklySchedule": {"dayOfWeek": "TUESDAY"}}, ["02-03", "02-10"]),
        ({"monthlySchedule": {"dayOfMonth": 28}}, ["02-28", "03-28"]),
        ({"monthlySchedule": {"dayOfMonth": 1}}, ["02-01", "03-01"]),
    ],
    ids=str,
)
def test_a_job_is_due_on_the_days_that_its_schedule_names(frequency: dict[str, Any], days: list[str]) -> None:
    assert _days(frequency, len(days)) == days


def test_a_month_is_left_out_when_it_does_not_have_the_day() -> None:
    assert _days({"monthlySchedule": {"dayOfMonth": 31}}, 5) == ["01-31", "03-31", "05-31", "07-31", "08-31"]


def test_the_next_day_is_the_first_after_the_moment_however_late_that_is() -> None:
    late = datetime.fromisoformat("2027-05-05T10:29:59Z")
    assert next_run_at({"dailySchedule": {}}, WEDNESDAY, late).isoformat() == "2027-05-05T10:30:00+00:00"
    on_time = datetime.fromisoformat("2027-05-05T10:30:00Z")
    assert next_run_at({"dailySchedule": {}}, WEDNESDAY, on_time).isoformat() == "2027-05-06T10:30:00+00:00"
