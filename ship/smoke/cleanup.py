"""Removes what a smoke test has left in the buckets, all versions of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ship.changes import Show

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def clean_up(s3: S3Client, places: Iterable[tuple[str, str]], show: Show) -> None:
    """Delete all versions of what is below some prefixes, and say what has to stay.

    :param places: bucket and prefix of each.
    """
    for bucket, prefix in places:
        try:
            codes = _delete_versions(s3, bucket, prefix)
        except ClientError as error:
            codes = [error.response["Error"]["Code"]]
        if codes:
            show(
                f"Stays: s3://{bucket}/{prefix} ({', '.join(sorted(set(codes)))}). In silver the gate's role alone may "
                "delete; in bronze and quarantine the deployer, too. It takes s3:ListBucketVersions and "
                "s3:DeleteObjectVersion."
            )


def _delete_versions(s3: S3Client, bucket: str, prefix: str) -> list[str]:
    """Delete them, and return the error codes of those that could not be."""
    codes: list[str] = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        there = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if there:
            objects: Any = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in there]
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            codes += [error.get("Code", "unknown") for error in answer.get("Errors", [])]
    return codes
