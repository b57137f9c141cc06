"""A classification job: its status and its runs.

A ONE_TIME job has one run, which starts at once. A SCHEDULED job with ``initialRun`` has its first run at once as well,
over all existing objects; without, it has its first run on the next day of its schedule, over the objects that were
uploaded since the job was created. Every later run reads objects uploaded since the previous run started. Days that
passed while a run was under way, or while the clock jumped, are made up for by one run; days that passed while the job
was paused are not.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/jobs-jobid.html and
https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-status-change.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakSet

from localaws.macie2.clock import now, storage_now
from localaws.macie2.dials import EVERY_JOB, dials, state_lock
from localaws.macie2.jobs.events import job_event
from localaws.macie2.jobs.progress import Pause, Progress
from localaws.macie2.jobs.schedule import next_run_at
from localaws.macie2.jobs.status import OVER, JobStatus, check_transition


class Job:
    """A classification job, used by its runs and the API; its methods take the lock.

    :param request: the validated CreateClassificationJob request.
    :param send_event: called with each log event of the job.
    """

    def __init__(
        self, job_id: str, arn: str, request: Mapping[str, Any], send_event: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self.id = job_id
        self.arn = arn
        self.request = request
        self.created_at = now()
        self.tags: dict[str, str] = dict(request.get("tags", {}))
        self.is_discarded = False
        self._send_event = send_event
        #: Set while a run is paused by the user; it expires.
        self.pause: Pause | None = None
        #: The latest run; number 0 before the first.
        self.progress = Progress(0, self.created_at, None)
        self._status = JobStatus.IDLE
        self._is_quota_met = False
        self._due_at: datetime | None = None
        self._is_run_open = False
        self._is_run_taken = False
        self._next_uploaded_after: datetime | None = None
        with state_lock:
            _jobs.add(self)
            self.log("JOB_CREATED")
            if self.is_one_time or request.get("initialRun"):
                self._begin_run()
            else:
                self._next_uploaded_after = storage_now()
                self._set_due()
            self.apply_dials()

    @property
    def is_one_time(self) -> bool:
        return bool(self.request["jobType"] == "ONE_TIME")

    @property
    def status(self) -> JobStatus:
        return JobStatus.PAUSED if self._status is JobStatus.RUNNING and self._dialled() else self._status

    def update(self, wanted: JobStatus) -> None:
        """Change the status as UpdateClassificationJob requests.

        :raises ValidationException: for a transition that Macie does not have.
        """
        with state_lock:
            self.apply_dials()
            check_transition(self.id, self.status, wanted)
            if wanted is JobStatus.CANCELLED:
                self.cancel()
            elif wanted is JobStatus.USER_PAUSED:
                self.log("JOB_PAUSED_BY_USER")
                self._status, self.pause = wanted, Pause(now()) if self._is_run_open else None
            else:
                self.log("JOB_RESUMED_BY_USER")
                self._status, self.pause = JobStatus.RUNNING if self._is_run_open else JobStatus.IDLE, None
                self._set_due()
            self._note_quota()
            state_lock.notify_all()

    def cancel(self, because: str | None = None) -> None:
        """Cancel the job if it is not over.

        :param because: kind of the event with the cause, None for a request of the user.
        """
        with state_lock:
            if self._status not in OVER:
                if because:
                    self.log(because, account_id=self._account_id)
                self.log("JOB_CANCELLED")
                self._end_run(JobStatus.CANCELLED)

    def discard(self) -> None:
        """Stop the runs; they publish nothing after this."""
        with state_lock:
            self.cancel()
            self.is_discarded = True
            state_lock.notify_all()

    def apply_dials(self) -> None:
        """Apply the clock and the dials to the status."""
        with state_lock:
            if self.pause and now() >= self.pause.expires_at:
                self._expire()
            if self._status is JobStatus.IDLE and self._due_at and now() >= self._due_at:
                self._begin_run()
            if self._dialled() == JobStatus.CANCELLED:
                self.cancel()
            self._note_quota()

    def log(self, kind: str, **about: Any) -> None:
        """Send an event to CloudWatch Logs; see :func:`localaws.macie2.jobs.events.job_event`."""
        if not self.is_discarded:
            job = {"adminAccountId": self._account_id, "jobId": self.id, "jobName": self.request["name"]}
            run_at = self.progress.started_at if self._is_run_open else None
            self._send_event(job_event(kind, now(), job, run_at=run_at, **about))

    # ---- the runs

    def await_run(self) -> Progress | None:
        """Wait for a run that is not taken yet, and take it; return None when the job is over before."""
        with state_lock:
            while True:
                self.apply_dials()
                if self._status in OVER:
                    return None
                if self._is_run_open and not self._is_run_taken:
                    self._is_run_taken = True
                    return self.progress
                state_lock.wait(self.seconds_to_next_event())

    def seconds_to_next_event(self) -> float:
        """Return the seconds until the clock changes the job, at most a day."""
        moments = [now() + timedelta(days=1)]
        if self._due_at and self._status is JobStatus.IDLE:
            moments.append(self._due_at)
        if self.pause:
            moments.append(self.pause.expires_at)
        return max((min(moments) - now()).total_seconds(), 0.001)

    def is_under_way(self, run: int) -> bool:
        return self._is_run_open and self.progress.number == run

    def complete(self) -> None:
        """End the run that is under way, and a ONE_TIME job with it."""
        with state_lock:
            self.log("JOB_COMPLETED" if self.is_one_time else "SCHEDULED_RUN_COMPLETED")
            self._end_run(JobStatus.COMPLETE if self.is_one_time else JobStatus.IDLE)

    def set_remaining(self, objects: int) -> None:
        with state_lock:
            self.progress.remaining = objects
            state_lock.notify_all()

    def count_processed(self) -> None:
        with state_lock:
            self.progress.remaining -= 1

    def record_access_error(self) -> None:
        with state_lock:
            self.progress.has_access_error = True

    def count_look(self) -> None:
        """Count a call of DescribeClassificationJob during the run."""
        with state_lock:
            self.progress.looks += 1
            state_lock.notify_all()

    def looks_left(self) -> int:
        """Return the calls of DescribeClassificationJob that are still needed before the run may end."""
        return max(dials.current.job_looks - self.progress.looks, 0)

    def _begin_run(self) -> None:
        # In real log events, the run of a new job is dated by the creation of the job.
        started_at = now() if self.progress.number or self._due_at else self.created_at
        self.progress = Progress(self.progress.number + 1, started_at, self._next_uploaded_after)
        self._next_uploaded_after = storage_now()
        self._is_run_open, self._is_run_taken = True, False
        self._status = JobStatus.RUNNING
        self._set_due()
        self.log("ONE_TIME_JOB_STARTED" if self.is_one_time else "SCHEDULED_RUN_STARTED")
        state_lock.notify_all()

    def _end_run(self, status: JobStatus) -> None:
        self._status, self._is_run_open, self.pause = status, False, None
        self._note_quota()
        state_lock.notify_all()

    def _expire(self) -> None:
        if self.is_one_time:
            self.cancel()
        else:
            self.progress.remaining = 0
            self._end_run(JobStatus.USER_PAUSED)

    def _set_due(self) -> None:
        if not self.is_one_time:
            self._due_at = next_run_at(self.request["scheduleFrequency"], self.created_at, now())

    def _dialled(self) -> str | None:
        """Return the status that the dial sets for this job."""
        by_id = dials.current.job_status
        return by_id.get(self.id, by_id.get(EVERY_JOB))

    def _note_quota(self) -> None:
        """Log when the dial pauses or resumes the job."""
        is_quota_met = self.status is JobStatus.PAUSED
        if is_quota_met and not self._is_quota_met:
            self.log("JOB_PAUSED_BY_MACIE_SERVICE_QUOTA_MET")
        elif self._is_quota_met and self.status is JobStatus.RUNNING:
            self.log("JOB_RESUMED_BY_MACIE_SERVICE_QUOTA_LIFTED")
        self._is_quota_met = is_quota_met

    @property
    def _account_id(self) -> str:
        return self.arn.split(":")[4]


_jobs: WeakSet[Job] = WeakSet()


def _apply_dials() -> None:
    for job in list(_jobs):
        job.apply_dials()


dials.listeners.append(_apply_dials)
