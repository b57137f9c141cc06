"""Upload of the package into the bucket of an MWAA environment: only files that differ.

Uploaded objects have ``managed-by: lake-gate`` in their metadata. Managed DAG files that are no longer in the package
are deleted; other objects in the bucket are neither deleted nor overwritten.
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
"""Files that an environment uses by version, and the parameter of ``airflow.yaml`` for it.

Source: https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-dag-import-plugins.html
"""
DAGS = "dags/"
_MANAGED = {"managed-by": "lake-gate"}


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference between package and bucket.

    :param put: names of files to upload.
    :param delete: managed keys that are no longer in the package.
    :param versions: version ids of unchanged files.
    """

    put: list[str]
    delete: list[str]
    versions: dict[str, str]


def compare(s3: S3Client, bucket: str, dist: Path) -> Difference:
    """Compare the package with the bucket.

    :raises SystemExit: when an object that is not managed has the key of a file of the package.
    """
    names = [*VERSIONED, *sorted(_dag_files(dist))]
    put, versions = [], {}
    for name in names:
        head = _head(s3, bucket, name)
        if head and head["Metadata"] != _MANAGED:
            raise SystemExit(
                f"Refused: s3://{bucket}/{name} exists and was not uploaded by this command. Merge the two by hand, or "
                "deploy into another environment."
            )
        if head and head.get("ChecksumSHA256") == _checksum(dist / name):
            versions[name] = head["VersionId"]
        else:
            put.append(name)
    others = [key for key in _keys(s3, bucket, DAGS) if key not in names]
    obsolete = [key for key in others if (head := _head(s3, bucket, key)) and head["Metadata"] == _MANAGED]
    return Difference(put, obsolete, versions)


def upload(s3: S3Client, bucket: str, dist: Path, names: Iterable[str]) -> dict[str, str]:
    """Upload files of the package, and return their new version ids."""
    versions = {}
    for name in names:
        response = s3.put_object(
            Bucket=bucket,
            Key=name,
            Body=(dist / name).read_bytes(),
            Metadata=_MANAGED,
            ChecksumSHA256=_checksum(dist / name),
        )
        if "VersionId" not in response:
            raise SystemExit(f"Bucket {bucket} is not versioned, as MWAA requires. Enable versioning and deploy again.")
        versions[name] = response["VersionId"]
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
