"""The objects that a run reads: those in scope, in the buckets that exist when the run starts.

Source: https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-scope.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from moto.moto_api._internal import mock_random

from localaws.macie2.jobs import scope
from localaws.macie2.jobs.job import Job
from localaws.macie2.storage.s3 import BucketUnavailableError, S3Bucket, S3Object, Storage


def select_objects(
    job: Job, storage: Storage, account_ids: Sequence[str], uploaded_after: datetime | None
) -> list[S3Object]:
    """Return the objects that the run reads, after sampling; unavailable buckets are logged as events of the job.

    :param account_ids: the accounts whose buckets the job's bucket criteria choose from.
    :param uploaded_after: when the run before this one started, None to read everything.
    """
    scoping = job.request["s3JobDefinition"].get("scoping", {})
    objects = [
        candidate
        for bucket in _select_buckets(job, storage, account_ids)
        for candidate in _objects(job, storage, bucket)
        if (uploaded_after is None or candidate.last_modified_at >= uploaded_after)
        and scope.includes_object(scoping, candidate)
    ]
    percentage = job.request.get("samplingPercentage", 100)
    if percentage == 100:
        return objects
    sample = mock_random.sample(range(len(objects)), math.ceil(len(objects) * percentage / 100))
    return [objects[index] for index in sorted(sample)]


def _select_buckets(job: Job, storage: Storage, account_ids: Sequence[str]) -> Iterator[S3Bucket]:
    definition = job.request["s3JobDefinition"]
    if "bucketCriteria" in definition:
        yield from _matching_buckets(job, storage, account_ids)
        return
    for buckets in definition["bucketDefinitions"]:
        for name in buckets["buckets"]:
            try:
                yield storage.get_bucket(buckets["accountId"], name)
            except BucketUnavailableError as error:
                _report(job, buckets["accountId"], name, error)


def _matching_buckets(job: Job, storage: Storage, account_ids: Sequence[str]) -> Iterator[S3Bucket]:
    criteria = job.request["s3JobDefinition"]["bucketCriteria"]
    buckets = [bucket for account_id in account_ids for bucket in storage.list_buckets(account_id)]
    matching = [bucket for bucket in buckets if scope.includes_bucket(criteria, bucket)]
    if not matching:
        job.log("NO_BUCKETS_MATCHED_THE_CRITERIA")
    for bucket in matching:
        job.log("BUCKET_MATCHED_THE_CRITERIA", account_id=bucket.account_id, bucket_name=bucket.name)
        yield bucket


def _objects(job: Job, storage: Storage, bucket: S3Bucket) -> Iterator[S3Object]:
    try:
        yield from storage.iter_objects(bucket)
    except BucketUnavailableError as error:
        _report(job, bucket.account_id, bucket.name, error, operation="ListObjectsV2")


def _report(
    job: Job, account_id: str, bucket_name: str, error: BucketUnavailableError, operation: str | None = None
) -> None:
    job.record_access_error()
    job.log(error.why, account_id=account_id, bucket_name=bucket_name, operation=operation)
