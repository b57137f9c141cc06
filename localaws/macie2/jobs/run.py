"""One run of a classification job: list, read, record, and publish the findings a moment later.

:mod:`localaws.macie2.findings.faults` decides which results and findings of an object are written and published.
"""

from __future__ import annotations

import gzip
import json
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from localaws.iam.by_services import ServiceCall, may_put
from localaws.macie2.clock import now
from localaws.macie2.detection import workers
from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.detection.result import ScanResult, ScanStatus
from localaws.macie2.detection.scanner import scan
from localaws.macie2.dials import dials, state_lock
from localaws.macie2.failures import report
from localaws.macie2.findings import faults
from localaws.macie2.findings.documents import Analysis, discovery_results
from localaws.macie2.identifiers import CustomIdentifier, ManagedIdentifier
from localaws.macie2.jobs.job import Job
from localaws.macie2.jobs.selection import select_objects
from localaws.macie2.jobs.status import JobStatus
from localaws.macie2.storage.s3 import (
    SUPPORTED_STORAGE_CLASSES,
    BucketUnavailableError,
    ObjectUnavailableError,
    S3Object,
    Storage,
    extension,
)

log = logging.getLogger(__name__)

# Objects that are read ahead, before the result of the oldest is written.
_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Repository:
    """The destination of discovery results: the export configuration and the account that owns its bucket."""

    account_id: str
    bucket_name: str
    key_prefix: str
    kms_key_arn: str


#: The Regions with Macie that an account has to enable. Sources: botocore's endpoints of ``macie2``,
#: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
OPT_IN_REGIONS = frozenset({"af-south-1", "ap-east-1", "eu-south-1", "il-central-1", "me-south-1"})


def by_macie(account_id: str, source_arn: str) -> ServiceCall:
    """Return the call by which Macie's service principal writes results, for a job or the account's configuration."""
    return ServiceCall(service_principal(source_arn.split(":")[3]), account_id, source_arn)


def service_principal(region_name: str) -> str:
    """Return the name that Macie has in a Region: in those that an account has to enable, with the Region.

    Source: https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
    """
    return f"macie.{region_name}.amazonaws.com" if region_name in OPT_IN_REGIONS else "macie.amazonaws.com"


class _StoppedError(Exception):
    """The job was cancelled or discarded, or the run expired."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job.

    :param number: 1 for the first run of the job.
    :param account_ids: the accounts whose buckets the job's bucket criteria choose from.
    :param uploaded_after: when the run before started; None: everything is read.
    :param allowed: content of the job's allow lists when the run started.
    :param count_classified_bytes: called with the analysed bytes of each object.
    :param repository: called for each result, as the configuration can change while the job runs.
    :param publish: called with the findings when they can be listed.
    """

    account_id: str
    region_name: str
    partition: str
    job: Job
    number: int
    account_ids: Sequence[str]
    uploaded_after: datetime | None
    storage: Storage
    managed: Sequence[ManagedIdentifier]
    custom: Sequence[CustomIdentifier]
    allowed: AllowedTexts
    count_classified_bytes: Callable[[int], None]
    repository: Callable[[], Repository | None]
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
                results_lag_seconds=lambda: self._write_results(unwritten),
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
                reading.append(workers.submit(partial(self._classify, candidate)))
                if len(reading) > _AHEAD:
                    self._take(reading.popleft(), analyses, unwritten)
            while reading:
                self._take(reading.popleft(), analyses, unwritten)
        finally:
            for future in reading:
                future.cancel()
        with state_lock:
            self._wait(lambda: self._seconds_left(started))
            self.job.complete()

    def _take(self, reading: Future[Analysis], analyses: list[Analysis], unwritten: list[Analysis]) -> None:
        analysis = reading.result()
        self._wait()
        if dials.current.results_lag_seconds:
            unwritten.append(analysis)
        else:
            self._write_results([analysis])
        analyses.append(analysis)
        self.count_classified_bytes(analysis.result.size_classified_bytes)
        self.job.count_processed()

    def _select_objects(self) -> list[S3Object]:
        return select_objects(self.job, self.storage, self.account_ids, self.uploaded_after)

    def _classify(self, candidate: S3Object) -> Analysis:
        repository = self.repository()
        if (unread := faults.unread(candidate.key)) is not None:
            result = unread
        elif candidate.storage_class not in SUPPORTED_STORAGE_CLASSES:
            result = _skipped("INVALID_OBJECT_STATE")
        else:
            candidate, result = self._scan(candidate)
        return Analysis(
            account_id=self.account_id,
            region_name=self.region_name,
            partition=self.partition,
            job_id=self.job.id,
            job_arn=self.job.arn,
            names={identifier.id: identifier.name for identifier in self.custom},
            object=candidate,
            result=faults.outcome(candidate.key, result),
            results_bucket=(repository.bucket_name, repository.key_prefix) if repository else None,
            run=self.number,
        )

    def _scan(self, candidate: S3Object) -> tuple[S3Object, ScanResult]:
        try:
            latest, stream = self.storage.open_latest(candidate)
        except ObjectUnavailableError:
            return candidate, _skipped("SOURCE_OBJECT_NO_LONGER_AVAILABLE")
        with stream:
            facts = extension(latest.key), latest.size_bytes
            return latest, scan(stream, *facts, self.managed, self.custom, allowed=self.allowed, name=latest.key)

    def _write_results(self, analyses: Sequence[Analysis]) -> None:
        if (repository := self.repository()) is None:
            return
        for analysis in analyses:
            for reported in faults.results(analysis):
                self._write_result(reported, repository)

    def _write_result(self, analysis: Analysis, repository: Repository) -> None:
        records = discovery_results(analysis, now())
        lines = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
        body = gzip.compress(lines.encode(), mtime=0)
        key, kms_key_arn = analysis.result_key, repository.kms_key_arn
        if not may_put(by_macie(self.account_id, self.job.arn), repository.bucket_name, key, kms_key_arn):
            log.warning(
                "job %s: Macie may not write to the bucket for the discovery results, or use its key", self.job.id
            )
            return
        try:
            self.storage.put_object(repository.account_id, repository.bucket_name, key, body, kms_key_arn)
        except BucketUnavailableError:
            log.warning("job %s: the bucket for the discovery results is gone", self.job.id)

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

    def _publish(self, analyses: Sequence[Analysis]) -> None:
        """Publish the findings of the objects that were read."""
        with state_lock:
            if not self.job.is_discarded:
                self.publish(faults.findings(analyses, now()))

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


def chosen(request: Mapping[str, Any], catalogue: Mapping[str, ManagedIdentifier]) -> list[ManagedIdentifier]:
    """Return the managed data identifiers that the job's selector selects.

    Source: shape ManagedDataIdentifierSelector of the macie2 API; RECOMMENDED is the default.
    """
    ids = set(request.get("managedDataIdentifierIds", ()))
    match request.get("managedDataIdentifierSelector", "RECOMMENDED"):
        case "ALL":
            return list(catalogue.values())
        case "EXCLUDE":
            return [identifier for identifier in catalogue.values() if identifier.id not in ids]
        case "INCLUDE":
            return [identifier for identifier in catalogue.values() if identifier.id in ids]
        case "NONE":
            return []
        case _:
            return [identifier for identifier in catalogue.values() if identifier.recommended]


def _skipped(reason: str) -> ScanResult:
    return ScanResult(ScanStatus.SKIPPED, reason, None, 0, ())
