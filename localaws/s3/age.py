"""Time that has passed for what lies in a bucket, so that retentions can be tried without waiting for them."""

from __future__ import annotations

from datetime import timedelta

from moto.s3.models import s3_backends


def make_older(bucket: str, seconds: float) -> int:
    """Date all versions and delete markers of a bucket back by so many seconds; return how many there are.

    :raises ValueError: if the bucket does not exist, or the seconds are not above 0.
    """
    if bucket not in s3_backends.bucket_accounts:
        raise ValueError(f"there is no bucket {bucket}")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        raise ValueError("seconds must be a number above 0")
    partition, account = s3_backends.bucket_accounts[bucket]
    keys = s3_backends[account][partition].buckets[bucket].keys
    versions = [version for key in list(keys) for version in keys.getlist(key, [])]
    for version in versions:
        version.last_modified -= timedelta(seconds=seconds)
    return len(versions)
