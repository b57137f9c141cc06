"""Removal of the objects of a smoke test, with all versions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ship.changes import Show

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def clean_up(s3: S3Client, places: Iterable[tuple[str, str]], show: Show) -> None:
    """Delete all versions below some prefixes, and show those that could not be deleted.

    :param places: bucket and prefix of each.
    """
    for bucket, prefix in places:
        try:
            codes = _delete_versions(s3, bucket, prefix)
        except ClientError as error:
            codes = [error.response["Error"]["Code"]]
        if codes:
            show(
                f"Not deleted: s3://{bucket}/{prefix} ({', '.join(sorted(set(codes)))}). In silver only the gate's "
                "role may delete; in bronze and quarantine also the deployer. Required: s3:ListBucketVersions and "
                "s3:DeleteObjectVersion."
            )


def _delete_versions(s3: S3Client, bucket: str, prefix: str) -> list[str]:
    """Delete all versions below a prefix, and return the error codes of those that could not be deleted."""
    codes: list[str] = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if versions:
            objects: Any = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
            response = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            codes += [error.get("Code", "unknown") for error in response.get("Errors", [])]
    return codes
