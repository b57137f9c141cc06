"""The days on which a SCHEDULED job runs.

Source: shapes JobScheduleFrequency, DailySchedule, WeeklySchedule and MonthlySchedule of the macie2 API. AWS does not
publish the time of day; here it is the time at which the job was created, in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def next_run_at(frequency: Mapping[str, Any], created_at: datetime, after: datetime) -> datetime:
    """Return when the job is due next, later than a moment and at the time of day at which it was created."""
    due = created_at + timedelta(days=max((after - created_at).days, 0))
    while due <= after or not _is_day(frequency, due):
        due += timedelta(days=1)
    return due


def _is_day(frequency: Mapping[str, Any], day: datetime) -> bool:
    """Return whether the job runs on the day; a month that does not have the day of the month has no run."""
    if "weeklySchedule" in frequency:
        return bool(_DAYS[day.weekday()] == frequency["weeklySchedule"]["dayOfWeek"])
    if "monthlySchedule" in frequency:
        return bool(day.day == frequency["monthlySchedule"]["dayOfMonth"])
    return True
