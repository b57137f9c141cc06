"""The dials of the local Macie, and the lock under which its state changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

#: Held for every change of a job's state, of the findings and of the dials; notified after each. moto must
#: not be called while it is held (moto's reset calls this package under its own lock).
state_lock = threading.Condition(threading.RLock())

EVERY_JOB = EVERY_OPERATION = "*"

#: HTTP statuses that a dial can inject.
API_ERRORS = frozenset({403, 429, 500})


def _dial(initial: Any, must: str, may_be: Callable[[Any], bool]) -> Any:
    """Declare a dial by its initial value and its allowed values."""
    return field(default_factory=lambda: initial, metadata={"must": must, "may_be": may_be})


def _seconds(initial: float) -> Any:
    return _dial(initial, "be a number of seconds, not below 0", lambda value: _is_number(value) and value >= 0)


def _switch() -> Any:
    return _dial(False, "be true or false", lambda value: isinstance(value, bool))


def _suffixes() -> Any:
    return _dial((), "be a list of ends of keys", lambda value: _is_list(value) and all(map(_is_text, value)))


def _by_name(of: str, to: str, may_be: Callable[[Any], bool]) -> Any:
    def holds(value: Any) -> bool:
        return isinstance(value, Mapping) and all(map(_is_text, value)) and all(map(may_be, value.values()))

    return _dial({}, f"map {of} to {to}", holds)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _is_status(value: Any) -> bool:
    return bool(value) and _is_text(value)


def _are_errors(value: Any) -> bool:
    if isinstance(value, Mapping):
        return value.keys() == {"status", "times"} and _are_errors([value["status"]]) and _is_whole(value["times"])
    return _is_list(value) and all(_is_whole(status) and status in API_ERRORS for status in value)


@dataclass(frozen=True, slots=True)
class Settings:
    """Positions of the dials. An *end of a key* (``b.csv``) stands for every object whose key ends so, ``""`` for all.

    When things happen:

    :param findings_lag_seconds: from the end of a job until its findings can be listed (Macie: one to two minutes); 0:
        a client that sees that the job is COMPLETE can list them.
    :param results_lag_seconds: from the end of a job until its discovery results are in S3; 0: each as soon as its
        object is read, while the job runs.
    :param job_seconds: least time that a job is RUNNING.
    :param job_looks: calls of DescribeClassificationJob before a run may end; 0: it does not wait.
    :param job_held: jobs that have listed their objects stay RUNNING and read nothing until this is false again.
    :param job_status: job id (or ``*`` for every job) to ``PAUSED``: Macie pauses the job as when its quota is met, and
        resumes it when the entry is gone; or to ``CANCELLED``: it is cancelled, now or when it is created.
    :param clock_ahead_seconds: how far Macie's clock is ahead of the machine's. Turning it up triggers everything that
        is due by then: one run of each SCHEDULED job that has missed any, the end of pauses of 30 days.
        S3's clock stays: what is uploaded has its real date, and a later run finds it by that.
    :param automated_discovery: enabling Macie enables automated discovery as well. It is off at first,
        as its findings about all buckets would otherwise join those of every job.
    :param last_run_error: jobs report an error of their last run, whether there was one or not.

    Discovery results and findings, by the end of the object's key:

    :param analysis: status, or status and reason, of the object's analysis (``SKIPPED:INVALID_ENCRYPTION``,
        ``PARTIAL:TIME_CUT_OFF_REACHED``, or what Macie does not know yet). With ``SKIPPED`` the object is not read.
    :param results_missing: no result is written.
    :param results_unversioned: the result has no ``versionId``, as results of objects in buckets without versioning.
    :param results_doubled: the result is written twice, in two files with two ids.
    :param findings_missing: no finding is published.
    :param findings_unversioned: the finding's ``versionId`` is empty, as of objects in buckets without versioning.
    :param findings_doubled: ListFindings has the finding's id twice, the second time at the end.
    :param findings_archived: the finding is created as archived, as by a suppression rule.
    :param findings_cap: most findings that a job publishes; none: all (Macie: 100,000 and 5 % of the rest).
    :param severity_lies: severity, known or not, that the finding has and the result has not.
    :param count_lies: what is added to every count in the finding and not in the result.

    Responses of the API:

    :param findings_shuffled: ListFindings and GetFindings answer in another order at every call, whatever order is
        asked for, also between the pages of one listing; the pages together have all findings.
    :param api_errors: operation (or ``*`` for any) to the statuses of its next calls, in order, after which it works
        again: ``[429, 500]``, or ``{"status": 429, "times": 2}`` which becomes ``[429, 429]``.
    :param as_moto: sessions and invitations are as in moto and not as in Macie: Macie is enabled at first, nothing is
        refused when it is not, it can be enabled twice, and the request that accepts an invitation names its sender.
    """

    findings_lag_seconds: float = _seconds(1.0)
    job_seconds: float = _seconds(0.0)
    job_held: bool = _switch()
    job_status: Mapping[str, str] = _by_name(
        "job ids (or *)", "PAUSED or CANCELLED", lambda value: value in ("PAUSED", "CANCELLED")
    )
    job_looks: int = _dial(0, "be a number of looks, not below 0", lambda value: _is_whole(value) and value >= 0)
    clock_ahead_seconds: float = _seconds(0.0)
    results_lag_seconds: float = _seconds(0.0)
    automated_discovery: bool = _switch()
    last_run_error: bool = _switch()
    analysis: Mapping[str, str] = _by_name("ends of keys", "STATUS or STATUS:REASON", _is_status)
    results_missing: Sequence[str] = _suffixes()
    results_unversioned: Sequence[str] = _suffixes()
    results_doubled: Sequence[str] = _suffixes()
    findings_missing: Sequence[str] = _suffixes()
    findings_unversioned: Sequence[str] = _suffixes()
    findings_doubled: Sequence[str] = _suffixes()
    findings_archived: Sequence[str] = _suffixes()
    findings_cap: int | None = _dial(
        None, "be a number of findings, or none", lambda value: value is None or (_is_whole(value) and value >= 0)
    )
    severity_lies: Mapping[str, str] = _by_name("ends of keys", "severities", _is_status)
    count_lies: Mapping[str, int] = _by_name("ends of keys", "whole numbers", _is_whole)
    findings_shuffled: bool = _switch()
    api_errors: Mapping[str, Any] = _by_name(
        "operations (or *)", f"lists of {sorted(API_ERRORS)} or a status and times", _are_errors
    )
    as_moto: bool = _switch()

    def __post_init__(self) -> None:
        for dial in fields(self):
            if not dial.metadata["may_be"](getattr(self, dial.name)):
                raise ValueError(f"{dial.name} must {dial.metadata['must']}")
        errors = {
            operation: [given["status"]] * given["times"] if isinstance(given, Mapping) else list(given)
            for operation, given in self.api_errors.items()
        }
        object.__setattr__(self, "api_errors", errors)


class Dials:
    """The current settings; moto's reset restores those that the process started with.

    ``listeners`` are called, with the lock held, when a dial was turned.
    """

    def __init__(self) -> None:
        self._initial = self._current = Settings()
        self.listeners: list[Callable[[], None]] = []

    @property
    def current(self) -> Settings:
        return self._current

    def start_with(self, settings: Settings) -> None:
        """Use these settings now and after every reset."""
        with state_lock:
            self._initial = settings
            self.reset()

    def set(self, **settings: Any) -> Settings:
        """Turn the named dials, leave the others, and return all.

        :raises ValueError: for an unknown dial or a value that it cannot take; no dial is changed then.
        """
        if unknown := settings.keys() - asdict(self._current).keys():
            raise ValueError(f"there is no such dial: {', '.join(sorted(unknown))}")
        with state_lock:
            self._turn_to(replace(self._current, **settings))
            return self._current

    def reset(self) -> None:
        with state_lock:
            self._turn_to(self._initial)

    def take_api_error(self, operation: str) -> int | None:
        """Take the error status of this call off the dial and return it; None if the call succeeds."""
        if not self._current.api_errors:
            return None
        with state_lock:
            errors = {name: list(statuses) for name, statuses in self._current.api_errors.items()}
            for name in (operation, EVERY_OPERATION):
                if errors.get(name):
                    status: int = errors[name].pop(0)
                    self._current = replace(self._current, api_errors=errors)
                    return status
        return None

    def _turn_to(self, settings: Settings) -> None:
        self._current = settings
        for listener in self.listeners:
            listener()
        state_lock.notify_all()


dials = Dials()
