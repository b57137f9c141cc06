"""Classification jobs: created, described, paused, cancelled. Their status is in :mod:`localaws.macie2.jobs.job`.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/jobs.html
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from moto.logs.models import logs_backends
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from localaws.macie2.dials import state_lock
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier
from localaws.macie2.jobs import run
from localaws.macie2.jobs.classifier import Classifier, chosen
from localaws.macie2.jobs.description import description
from localaws.macie2.jobs.events import write
from localaws.macie2.jobs.job import Job
from localaws.macie2.jobs.listing import select_jobs
from localaws.macie2.jobs.progress import Progress
from localaws.macie2.jobs.request import check_job_request
from localaws.macie2.jobs.status import JobStatus
from localaws.macie2.operations.area import Answer, Area, Request, existing
from localaws.macie2.paging import page
from localaws.macie2.storage.s3 import Storage


class ClassificationJobs(Area):
    """The jobs of an account."""

    jobs: dict[str, Job]

    def forget(self) -> None:
        super().forget()
        self.jobs = {}

    def tags_by_arn(self) -> dict[str, dict[str, str]]:
        return {**super().tags_by_arn(), **{job.arn: job.tags for job in list(self.jobs.values())}}

    def cancel_jobs(self) -> None:
        """Cancel all jobs that are not over, as Macie is suspended."""
        for job in list(self.jobs.values()):
            job.cancel(because="ACCOUNT_SUSPENDED")

    def discard_jobs(self) -> None:
        for job in list(self.jobs.values()):
            job.discard()

    def create_classification_job(self, request: Request) -> Answer:
        """Create a job and start it when it is due. The same client token and request return the same job."""
        check_job_request(request, self.macie.usable_identifiers(), self.macie.allow_lists)
        known_identifiers = self.macie.custom_data_identifiers
        custom = [
            known_identifiers[identifier_id].to_detect() for identifier_id in request.get("customDataIdentifierIds", [])
        ]
        with state_lock:
            if known := self.made_before("classification-job", request, self.jobs):
                return {"jobArn": self.jobs[known].arn, "jobId": known}
            job_id = mock_random.get_random_hex(32)
            job = self.jobs[job_id] = Job(job_id, self.arn("classification-job", job_id), request, self._log)
            self.remember("classification-job", request, job_id)
        threading.Thread(target=self._live, args=(job, custom), name=f"macie-job-{job_id}", daemon=True).start()
        return {"jobArn": job.arn, "jobId": job.id}

    def describe_classification_job(self, request: Request) -> Answer:
        job = existing(self.jobs, request["jobId"])
        with state_lock:
            described = description(job)
            job.count_look()
        return described

    def update_classification_job(self, request: Request) -> Answer:
        existing(self.jobs, request["jobId"]).update(JobStatus(request["jobStatus"]))
        return {}

    def list_classification_jobs(self, request: Request) -> Answer:
        jobs = select_jobs(list(self.jobs.values()), request.get("filterCriteria", {}), request.get("sortCriteria", {}))
        return page("items", jobs, request)

    def _live(self, job: Job, custom: Sequence[CustomIdentifier]) -> None:
        """Start the runs of a job until it is over; executed by a daemon thread."""
        try:
            while begun := job.await_run():
                self._run_of(job, begun, custom).start()
        except Exception as error:  # without a run the job must not stay RUNNING
            run.fail(job, error)

    def _run_of(self, job: Job, begun: Progress, custom: Sequence[CustomIdentifier]) -> run.Run:
        classifier = self.macie.classifier(job.request, custom, begun.number, job_id=job.id, job_arn=job.arn)
        return run.Run(
            job=job,
            number=begun.number,
            account_ids=self.macie.accounts(),
            uploaded_after=begun.uploaded_after,
            classifier=classifier,
            count_classified_bytes=self.macie.count_classified_bytes,
            publish=self.macie.add_findings,
        )

    def classifier(
        self,
        request: Mapping[str, Any],
        custom: Sequence[CustomIdentifier],
        number: int,
        *,
        job_id: str | None = None,
        job_arn: str | None = None,
    ) -> Classifier:
        """Return what analyses the objects of a run.

        :param request: of the job; of automated discovery, the members that select identifiers and allow lists.
        :param number: of the run.
        """
        return Classifier(
            account_id=self.account_id,
            region_name=self.region_name,
            partition=self.partition,
            job_id=job_id,
            job_arn=job_arn,
            run=number,
            storage=self.storage_of(request),
            managed=chosen(request, CATALOGUE),
            custom=custom,
            allowed=self.macie.allowed_texts(request.get("allowListIds", [])),
            repository=self.macie.repository,
        )

    def storage_of(self, request: Mapping[str, Any]) -> Storage:
        accounts = {buckets["accountId"] for buckets in request.get("s3JobDefinition", {}).get("bucketDefinitions", [])}
        owners = {account for _, account in list(s3_backends.bucket_accounts.values())}
        return Storage({*accounts, *owners, *self.macie.accounts()}, self.region_name, self.partition)

    def _log(self, event: Mapping[str, Any]) -> None:
        self.macie.outbox.post(logs_backends, lambda logs: write(logs, event))
