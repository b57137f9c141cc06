"""Log events of a job in CloudWatch Logs: one for each change, with Macie's descriptions.

Source: https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-monitor-cw-logs-ref.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moto.logs.models import LogsBackend

from localaws.macie2.clock import storage_now

#: Created with the first event; each job has a stream named after its id.
LOG_GROUP = "/aws/macie/classificationjobs"

DESCRIPTIONS = {
    "JOB_CREATED": "The job was created.",
    "ONE_TIME_JOB_STARTED": "The job started running.",
    "SCHEDULED_RUN_STARTED": "The scheduled job run started running.",
    "BUCKET_MATCHED_THE_CRITERIA": "The affected bucket matched the bucket criteria specified for the job.",
    "NO_BUCKETS_MATCHED_THE_CRITERIA": "The job started running but no buckets currently match the bucket criteria "
    "specified for the job. The job didn't analyze any data.",
    "SCHEDULED_RUN_COMPLETED": "The scheduled job run finished running.",
    "JOB_PAUSED_BY_USER": "The job was paused by a user.",
    "JOB_RESUMED_BY_USER": "The job was resumed by a user.",
    "JOB_PAUSED_BY_MACIE_SERVICE_QUOTA_MET": "The job was paused by Macie. Completion of the job would exceed a "
    "monthly quota for the affected account.",
    "JOB_RESUMED_BY_MACIE_SERVICE_QUOTA_LIFTED": "The job was resumed by Macie. The monthly service quota was lifted "
    "for the affected account.",
    "JOB_CANCELLED": "The job was cancelled.",
    "JOB_COMPLETED": "The job finished running.",
    "ACCOUNT_SUSPENDED": "The job was cancelled or skipped resources that are owned by the affected account. Macie was "
    "suspended for the account.",
    "BUCKET_ACCESS_DENIED": "Macie doesn’t have permission to access the affected S3 bucket.",
    "BUCKET_DOES_NOT_EXIST": "The affected S3 bucket doesn’t exist anymore.",
    "BUCKET_IN_DIFFERENT_REGION": "The affected S3 bucket was moved to a different AWS Region.",
    "BUCKET_OWNER_CHANGED": "The owner of the affected S3 bucket changed. Macie doesn’t have permission to access the "
    "bucket anymore.",
}


def job_event(
    kind: str,
    occurred_at: datetime,
    job: Mapping[str, str],
    *,
    run_at: datetime | None = None,
    account_id: str | None = None,
    bucket_name: str | None = None,
    operation: str | None = None,
) -> dict[str, Any]:
    """Return an event.

    :param job: ``adminAccountId``, ``jobId`` and ``jobName``.
    :param account_id: the account that the event is about.
    :param bucket_name: the bucket that the event is about.
    :param operation: the operation that failed.
    """
    fields: dict[str, Any] = {
        "adminAccountId": job["adminAccountId"],
        "jobId": job["jobId"],
        "eventType": kind,
        "occurredAt": _text(occurred_at),
        "description": DESCRIPTIONS[kind],
        "jobName": job["jobName"],
        "operation": operation,
        "runDate": run_at and _text(run_at),
        "affectedAccount": account_id,
        "affectedResource": bucket_name and {"type": "S3_BUCKET_NAME", "value": bucket_name},
    }
    return {name: value for name, value in fields.items() if value is not None}


def write(logs: LogsBackend, event: Mapping[str, Any]) -> None:
    """Write the event to the job's stream, with the machine's time: CloudWatch Logs refuses future events."""
    logs.ensure_log_group(LOG_GROUP)
    logs.ensure_log_stream(LOG_GROUP, event["jobId"])
    dated = {"timestamp": int(storage_now().timestamp() * 1000), "message": json.dumps(event, ensure_ascii=False)}
    logs.put_log_events(LOG_GROUP, event["jobId"], [dated])


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
