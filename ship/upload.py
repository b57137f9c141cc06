"""Puts what ``make package`` made into the bucket of an MWAA environment: only what differs from what is there.

An object that is ours carries ``managed-by: lake-gate`` in its metadata. DAG files of ours that no longer ship are
deleted; what somebody else put into the bucket is neither deleted nor overwritten.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

VERSIONED = {"plugins.zip": "PluginsObjectVersion", "requirements.txt": "RequirementsObjectVersion"}
"""What an environment takes by a version, and the parameter of ``airflow.yaml`` that names it.

Source: https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-dag-import-plugins.html
"""
DAGS = "dags/"
_OURS = {"managed-by": "lake-gate"}


@dataclass(frozen=True, slots=True)
class Difference:
    """What is to be done with the bucket.

    :param put: names of files to upload.
    :param delete: keys of ours that no longer ship.
    :param versions: version ids of those that are as they should be.
    """

    put: list[str]
    delete: list[str]
    versions: dict[str, str]


def compare(s3: S3Client, bucket: str, dist: Path) -> Difference:
    """Compare the package with the bucket.

    :raises SystemExit: when a file of somebody else is where one of ours has to go.
    """
    names = [*VERSIONED, *sorted(_dag_files(dist))]
    put, versions = [], {}
    for name in names:
        head = _head(s3, bucket, name)
        if head and head["Metadata"] != _OURS:
            raise SystemExit(
                f"Refused: s3://{bucket}/{name} is there and was not put there by this command. Merge the two by hand, "
                "or deploy into an environment of its own."
            )
        if head and head.get("ChecksumSHA256") == _checksum(dist / name):
            versions[name] = head["VersionId"]
        else:
            put.append(name)
    there = [key for key in _keys(s3, bucket, DAGS) if key not in names]
    gone = [key for key in there if (head := _head(s3, bucket, key)) and head["Metadata"] == _OURS]
    return Difference(put, gone, versions)


def upload(s3: S3Client, bucket: str, dist: Path, names: Iterable[str]) -> dict[str, str]:
    """Upload files of the package, and return their new version ids."""
    versions = {}
    for name in names:
        answer = s3.put_object(
            Bucket=bucket,
            Key=name,
            Body=(dist / name).read_bytes(),
            Metadata=_OURS,
            ChecksumSHA256=_checksum(dist / name),
        )
        if "VersionId" not in answer:
            raise SystemExit(
                f"The bucket {bucket} is not versioned; MWAA needs that. Switch versioning on, deploy again."
            )
        versions[name] = answer["VersionId"]
    return versions


def _dag_files(dist: Path) -> list[str]:
    return [path.relative_to(dist).as_posix() for path in (dist / DAGS).rglob("*") if path.is_file()]


def _checksum(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def _keys(s3: S3Client, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def _head(s3: S3Client, bucket: str, key: str) -> dict[str, Any] | None:
    try:
        return dict(s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED"))
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return None
        raise
