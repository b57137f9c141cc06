"""What a person or a test may turn about the local Macie, and the lock under which its state changes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

#: Held for every change of a job's state, of the findings and of the dials; notified after each. Nothing of moto is
#: called while it is held (moto's reset calls us under its own lock).
changed = threading.Condition(threading.RLock())

EVERY_JOB = "*"


@dataclass(frozen=True, slots=True)
class Settings:
    """Positions of the dials.

    :param findings_lag_seconds: from the end of a job until its findings can be listed (Macie: one to two minutes).
    :param job_seconds: least time that a job is RUNNING.
    :param job_held: jobs that have listed their objects stay RUNNING and read nothing until this is false again.
    :param job_status: job id (or ``*`` for every job) to ``PAUSED``: Macie pauses the job as when its quota is met, and
        resumes it when the entry is gone.
    """

    findings_lag_seconds: float = 1.0
    job_seconds: float = 0.0
    job_held: bool = False
    job_status: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("findings_lag_seconds", "job_seconds"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
                raise ValueError(f"{name} must be a number of seconds, not below 0")
        if not isinstance(self.job_held, bool):
            raise ValueError("job_held must be true or false")  # noqa: TRY004 - one error for every wrong setting
        if not isinstance(self.job_status, Mapping) or set(self.job_status.values()) - {"PAUSED"}:
            raise ValueError("job_status must map job ids (or *) to PAUSED")


class Dials:
    """The settings in force; moto's reset brings back the ones that the process started with."""

    def __init__(self) -> None:
        self._initial = self._current = Settings()

    @property
    def current(self) -> Settings:
        return self._current

    def start_with(self, settings: Settings) -> None:
        """Use these settings now and after every reset."""
        with changed:
            self._initial = settings
            self.reset()

    def set(self, **settings: Any) -> Settings:
        """Turn the dials that are named and leave the others; returns all of them.

        :raises ValueError: for a dial that does not exist or a value that it cannot take; nothing is changed then.
        """
        if unknown := settings.keys() - asdict(self._current).keys():
            raise ValueError(f"there is no such dial: {', '.join(sorted(unknown))}")
        with changed:
            self._current = Settings(**{**asdict(self._current), **settings})
            changed.notify_all()
            return self._current

    def reset(self) -> None:
        with changed:
            self._current = self._initial
            changed.notify_all()


dials = Dials()
