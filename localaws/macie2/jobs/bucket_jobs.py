"""The jobs that analyse a bucket, as DescribeBuckets reports them.

Source: shape JobDetails of the macie2 API.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from localaws.macie2.jobs.description import description
from localaws.macie2.jobs.job import Job
from localaws.macie2.jobs.scope import includes_bucket
from localaws.macie2.jobs.status import JobStatus
from localaws.macie2.storage.s3 import S3Bucket


def job_details(bucket: S3Bucket, jobs: Sequence[Job]) -> dict[str, Any]:
    """Return the ``jobDetails`` of a bucket; a job with bucket criteria counts once it has run."""
    described = [description(job) for job in jobs if _covers(job, bucket)]
    ran = [job for job in described if job["statistics"]["numberOfRuns"]]
    defined = [job for job in described if job in ran or "bucketDefinitions" in job["s3JobDefinition"]]
    monitoring = [job for job in described if job["jobType"] == "SCHEDULED" and job["jobStatus"] != "CANCELLED"]
    last = max(ran, key=lambda job: job["lastRunTime"], default={})
    return {
        "isDefinedInJob": "TRUE" if defined else "FALSE",
        "isMonitoredByJob": "TRUE" if monitoring else "FALSE",
        "lastJobId": last.get("jobId"),
        "lastJobRunTime": last.get("lastRunTime"),
    }


def _covers(job: Job, bucket: S3Bucket) -> bool:
    definition = job.request["s3JobDefinition"]
    if "bucketCriteria" in definition:
        return includes_bucket(definition["bucketCriteria"], bucket)
    return job.status is not JobStatus.CANCELLED and any(
        buckets["accountId"] == bucket.account_id and bucket.name in buckets["buckets"]
        for buckets in definition["bucketDefinitions"]
    )
