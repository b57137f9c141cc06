"""Classification jobs: created, looked at, paused, cancelled. Their status is in :mod:`localaws.macie2.jobs`.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/jobs.html
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from moto.logs.models import logs_backends
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from localaws.macie2 import run
from localaws.macie2.dials import changed
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier
from localaws.macie2.job_description import description
from localaws.macie2.job_events import write
from localaws.macie2.job_list import select_jobs
from localaws.macie2.job_progress import Progress
from localaws.macie2.job_request import check_job_request
from localaws.macie2.job_status import JobStatus
from localaws.macie2.jobs import Job
from localaws.macie2.operations.allow_lists import AllowLists
from localaws.macie2.operations.area import Answer, Request, existing
from localaws.macie2.operations.configurations import Configurations
from localaws.macie2.operations.custom_data_identifiers import CustomDataIdentifiers
from localaws.macie2.operations.events import Events
from localaws.macie2.operations.usage import Usage
from localaws.macie2.paging import page
from localaws.macie2.storage import Storage


class ClassificationJobs(AllowLists, Configurations, CustomDataIdentifiers, Events, Usage):
    """The jobs of an account."""

    jobs: dict[str, Job]

    def forget(self) -> None:
        super().forget()
        self.jobs = {}

    def tags_by_arn(self) -> dict[str, dict[str, str]]:
        return {**super().tags_by_arn(), **{one.arn: one.tags for one in list(self.jobs.values())}}

    def cancel_jobs(self) -> None:
        """Cancel all jobs that are not over, as Macie is suspended."""
        for job in list(self.jobs.values()):
            job.cancel(because="ACCOUNT_SUSPENDED")

    def discard_jobs(self) -> None:
        for job in list(self.jobs.values()):
            job.discard()

    def create_classification_job(self, request: Request) -> Answer:
        """Create a job, and start it if it is time. The same client token and request give the same job."""
        check_job_request(request, self.usable_identifiers(), self.allow_lists)
        known_identifiers = self.custom_data_identifiers
        custom = [known_identifiers[one].to_detect() for one in request.get("customDataIdentifierIds", [])]
        with changed:
            if known := self.made_before("classification-job", request, self.jobs):
                return {"jobArn": self.jobs[known].arn, "jobId": known}
            job_id = mock_random.get_random_hex(32)
            job = self.jobs[job_id] = Job(job_id, self.arn("classification-job", job_id), request, self._log)
            self.remember("classification-job", request, job_id)
        threading.Thread(target=self._live, args=(job, custom), name=f"macie-job-{job_id}", daemon=True).start()
        return {"jobArn": job.arn, "jobId": job.id}

    def describe_classification_job(self, request: Request) -> Answer:
        job = existing(self.jobs, request["jobId"])
        with changed:
            told = description(job)
            job.was_looked_at()
        return told

    def update_classification_job(self, request: Request) -> Answer:
        existing(self.jobs, request["jobId"]).update(JobStatus(request["jobStatus"]))
        return {}

    def list_classification_jobs(self, request: Request) -> Answer:
        jobs = select_jobs(list(self.jobs.values()), request.get("filterCriteria", {}), request.get("sortCriteria", {}))
        return page("items", jobs, request)

    def _live(self, job: Job, custom: Sequence[CustomIdentifier]) -> None:
        """Start the runs of a job, until it is over: in a thread, which never keeps the process alive."""
        try:
            while begun := job.await_run():
                self._run_of(job, begun, custom).start()
        except Exception as error:  # the job has no run then, and must not stay RUNNING
            run.fail(job, error)

    def _run_of(self, job: Job, begun: Progress, custom: Sequence[CustomIdentifier]) -> run.Run:
        return run.Run(
            account_id=self.account_id,
            region_name=self.region_name,
            partition=self.partition,
            job=job,
            number=begun.number,
            account_ids=self.accounts(),
            uploaded_after=begun.uploaded_after,
            storage=self._storage_of(job.request),
            managed=run.chosen(job.request, CATALOGUE),
            custom=custom,
            allowed=self.allowed(job.request.get("allowListIds", [])),
            classified=self.classified,
            repository=self.repository,
            publish=self.add_findings,
        )

    def _storage_of(self, request: Mapping[str, Any]) -> Storage:
        accounts = {one["accountId"] for one in request["s3JobDefinition"].get("bucketDefinitions", [])}
        owners = {account for _, account in list(s3_backends.bucket_accounts.values())}
        return Storage({*accounts, *owners, *self.accounts()}, self.region_name, self.partition)

    def _log(self, event: Mapping[str, Any]) -> None:
        self.outbox.post(logs_backends, lambda logs: write(logs, event))
