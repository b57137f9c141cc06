"""One run of a classification job: list, read, record, and publish the findings a moment later.

:mod:`localaws.macie2.findings.faults` decides which results and findings of an object are written and published.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from localaws.macie2.clock import now
from localaws.macie2.detection import workers
from localaws.macie2.dials import dials, state_lock
from localaws.macie2.failures import report
from localaws.macie2.findings import faults
from localaws.macie2.findings.documents import Analysis
from localaws.macie2.jobs.classifier import Classifier
from localaws.macie2.jobs.job import Job
from localaws.macie2.jobs.selection import select_objects
from localaws.macie2.jobs.status import JobStatus
from localaws.macie2.storage.s3 import S3Object

# Objects that are read ahead, before the result of the oldest is written.
_AHEAD = 3


class _StoppedError(Exception):
    """The job was cancelled or discarded, or the run expired."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job.

    :param number: 1 for the first run of the job.
    :param account_ids: the accounts whose buckets the job's bucket criteria choose from.
    :param uploaded_after: when the run before started; None: everything is read.
    :param classifier: analyses the objects, with the allow lists as they were when the run started.
    :param count_classified_bytes: called with the analysed bytes of each object.
    :param publish: called with the findings when they can be listed.
    """

    job: Job
    number: int
    account_ids: Sequence[str]
    uploaded_after: datetime | None
    classifier: Classifier
    count_classified_bytes: Callable[[int], None]
    publish: Callable[[list[dict[str, Any]]], None]

    def start(self) -> None:
        """Run in a daemon thread."""
        threading.Thread(target=self._run, name=f"macie-job-{self.job.id}", daemon=True).start()

    def _run(self) -> None:
        analyses: list[Analysis] = []
        unwritten: list[Analysis] = []
        self._attempt(lambda: self._analyse(analyses, unwritten))
        ended = time.monotonic()
        self._attempt(
            lambda: self._follow_up(
                ended,
                results_lag_seconds=lambda: self.classifier.write_results(unwritten),
                findings_lag_seconds=lambda: self._publish(analyses),
            )
        )

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except _StoppedError:
            pass
        except Exception as error:  # the job must neither stay RUNNING nor become COMPLETE
            fail(self.job, error)

    def _analyse(self, analyses: list[Analysis], unwritten: list[Analysis]) -> None:
        """Read every object, and write its result unless results lag.

        :param analyses: takes each object that was read.
        :param unwritten: takes those whose results are to be written later.
        """
        started = time.monotonic()
        objects = self._select_objects()
        self.job.set_remaining(len(objects))
        self._wait(lambda: math.inf if dials.current.job_held else 0)
        reading: deque[Future[Analysis]] = deque()
        try:
            for candidate in objects:
                self._wait()
                reading.append(workers.submit(partial(self.classifier.classify, candidate)))
                if len(reading) > _AHEAD:
                    self._take(reading.popleft(), analyses, unwritten)
            while reading:
                self._take(reading.popleft(), analyses, unwritten)
        finally:
            for future in reading:
                future.cancel()
        with state_lock:
            self._wait(lambda: self._seconds_left(started))
            if not dials.current.findings_lag_seconds:
                self._publish(analyses)  # a client sees a complete job, or its findings, only after both
            self.job.complete()

    def _take(self, reading: Future[Analysis], analyses: list[Analysis], unwritten: list[Analysis]) -> None:
        analysis = reading.result()
        self._wait()
        if dials.current.results_lag_seconds:
            unwritten.append(analysis)
        else:
            self.classifier.write_results([analysis])
        analyses.append(analysis)
        self.count_classified_bytes(analysis.result.size_classified_bytes)
        self.job.count_processed()

    def _select_objects(self) -> list[S3Object]:
        return select_objects(self.job, self.classifier.storage, self.account_ids, self.uploaded_after)

    def _follow_up(self, ended: float, **steps: Callable[[], None]) -> None:
        """Execute each step when the time of its dial has passed since the end of the job, also of a cancelled job."""
        while steps:
            with state_lock:
                if self.job.is_discarded:
                    return
                left = {dial: ended + getattr(dials.current, dial) - time.monotonic() for dial in steps}
                dial = min(left, key=left.__getitem__)
                if left[dial] > 0:
                    state_lock.wait(left[dial])
                    continue
            steps.pop(dial)()  # without the lock: a result is written to moto's S3

    def _publish(self, analyses: list[Analysis]) -> None:
        """Publish the findings of the objects that were read, once."""
        with state_lock:
            unpublished = analyses.copy()
            analyses.clear()
            if not self.job.is_discarded:
                self.publish(faults.findings(unpublished, now()))

    def _seconds_left(self, started: float) -> float:
        """Return the seconds that a run that has read all objects must still last."""
        return math.inf if self.job.looks_left() else started + dials.current.job_seconds - time.monotonic()

    def _wait(self, seconds_left: Callable[[], float] = lambda: 0) -> None:
        """Return as soon as the job is RUNNING and nothing is left to wait for.

        :raises _StoppedError: when the run is over instead.
        """
        with state_lock:
            while True:
                self.job.apply_dials()
                if not self.job.is_under_way(self.number):
                    raise _StoppedError
                left = seconds_left() if self.job.status is JobStatus.RUNNING else math.inf
                if left <= 0:
                    return
                state_lock.wait(min(left, self.job.seconds_to_next_event()))


def fail(job: Job, error: Exception) -> None:
    """Cancel a job that failed inside the local AWS, and log where."""
    job.cancel()
    if not job.is_discarded:
        report(f"job {job.id}", error)
