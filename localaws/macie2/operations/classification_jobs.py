"""Classification jobs: created, looked at, paused, cancelled. Their status is in :mod:`localaws.macie2.jobs`.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/jobs.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from localaws.macie2 import run
from localaws.macie2.dials import changed
from localaws.macie2.identifiers import CATALOGUE
from localaws.macie2.job_request import check_job_request
from localaws.macie2.jobs import Job, JobStatus, select_jobs
from localaws.macie2.operations.area import Answer, Request, existing
from localaws.macie2.operations.configurations import Configurations
from localaws.macie2.operations.custom_data_identifiers import CustomDataIdentifiers
from localaws.macie2.operations.findings import Findings
from localaws.macie2.paging import page
from localaws.macie2.storage import Storage


class ClassificationJobs(Configurations, CustomDataIdentifiers, Findings):
    """The jobs of an account."""

    jobs: dict[str, Job]

    def forget(self) -> None:
        super().forget()
        self.jobs = {}

    def tags_by_arn(self) -> dict[str, dict[str, str]]:
        return {**super().tags_by_arn(), **{one.arn: one.tags for one in list(self.jobs.values())}}

    def cancel_jobs(self) -> None:
        for job in list(self.jobs.values()):
            job.cancel()

    def discard_jobs(self) -> None:
        for job in list(self.jobs.values()):
            job.discard()

    def create_classification_job(self, request: Request) -> Answer:
        """Create a job; a ONE_TIME job starts at once. The same client token and request give the same job."""
        check_job_request(request, self.usable_identifiers())
        storage = self._storage_of(request)
        with changed:
            if known := self.made_before("classification-job", request):
                return {"jobArn": self.jobs[known].arn, "jobId": known}
            job_id = mock_random.get_random_hex(32)
            job = self.jobs[job_id] = Job(job_id, self.arn("classification-job", job_id), request)
            self.remember("classification-job", request, job_id)
        if job.is_one_time:
            self._run_of(job, storage).start()
        return {"jobArn": job.arn, "jobId": job.id}

    def describe_classification_job(self, request: Request) -> Answer:
        return existing(self.jobs, request["jobId"]).to_json()

    def update_classification_job(self, request: Request) -> Answer:
        existing(self.jobs, request["jobId"]).update(JobStatus(request["jobStatus"]))
        return {}

    def list_classification_jobs(self, request: Request) -> Answer:
        jobs = select_jobs(list(self.jobs.values()), request.get("filterCriteria", {}), request.get("sortCriteria", {}))
        return page("items", jobs, request)

    def _storage_of(self, request: Mapping[str, Any]) -> Storage:
        accounts = {one["accountId"] for one in request["s3JobDefinition"].get("bucketDefinitions", [])}
        owners = {account for _, account in list(s3_backends.bucket_accounts.values())}
        return Storage(accounts | owners | {self.account_id}, self.region_name, self.partition)

    def _run_of(self, job: Job, storage: Storage) -> run.Run:
        return run.Run(
            account_id=self.account_id,
            region_name=self.region_name,
            partition=self.partition,
            job=job,
            storage=storage,
            managed=run.chosen(job.request, CATALOGUE),
            custom=[
                self.custom_data_identifiers[one].to_detect() for one in job.request.get("customDataIdentifierIds", [])
            ],
            repository=self.repository,
            publish=self.add_findings,
        )
