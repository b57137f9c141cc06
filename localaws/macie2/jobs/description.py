"""Descriptions and summaries of a job in the API.

Source: shapes DescribeClassificationJobResponse and JobSummary of the macie2 API.
"""

from __future__ import annotations

from typing import Any

from localaws.macie2.dials import dials, state_lock
from localaws.macie2.jobs.job import Job


def description(job: Job) -> dict[str, Any]:
    """Return the response of DescribeClassificationJob: the request, unaltered, and the state of the job."""
    request = job.request
    with state_lock:
        return {
            **request,
            **_state(job),
            "customDataIdentifierIds": request.get("customDataIdentifierIds") or None,
            "initialRun": False if job.is_one_time else request.get("initialRun", False),
            "jobArn": job.arn,
            "lastRunTime": job.progress.started_at,
            "managedDataIdentifierIds": request.get("managedDataIdentifierIds") or None,
            "managedDataIdentifierSelector": request.get("managedDataIdentifierSelector", "RECOMMENDED"),
            "samplingPercentage": request.get("samplingPercentage", 100),
            "statistics": {
                "approximateNumberOfObjectsToProcess": float(job.progress.remaining),
                "numberOfRuns": float(job.progress.number),
            },
            "tags": dict(job.tags),
        }


def summary(job: Job) -> dict[str, Any]:
    """Return the element of ListClassificationJobs."""
    definition = job.request["s3JobDefinition"]
    with state_lock:
        return {
            **_state(job),
            "bucketCriteria": definition.get("bucketCriteria"),
            "bucketDefinitions": definition.get("bucketDefinitions"),
        }


def _state(job: Job) -> dict[str, Any]:
    job.apply_dials()
    has_error = job.progress.has_access_error or dials.current.last_run_error
    return {
        "createdAt": job.created_at,
        "jobId": job.id,
        "jobStatus": job.status.value,
        "jobType": job.request["jobType"],
        "lastRunErrorStatus": {"code": "ERROR" if has_error else "NONE"},
        "name": job.request["name"],
        "userPausedDetails": job.pause.to_json(job.arn) if job.pause else None,
    }
