"""Upload an object once: a key that has an object is never written again."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.s3 import multipart
from lake_gate.s3.answers import is_precondition_failed, retry_on_conflict

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def put_once(
    s3: S3Client, bucket: str, key: str, body: IO[bytes], checksum: str, part_bytes: int
) -> tuple[str, str] | None:
    """Put the object unless an earlier try did; S3 verifies the content by the checksum.

    :param part_bytes: see :func:`lake_gate.s3.multipart.part_bytes_of`.
    :return: version id and ETag without quotes; None when the key has an object with other content.
    """
    try:
        response = retry_on_conflict(
            lambda: (
                _put_in_parts(s3, bucket, key, body, part_bytes)
                if part_bytes
                else _put(s3, bucket, key, body, checksum)
            )
        )
    except ClientError as error:
        if not is_precondition_failed(error):
            raise
        response = dict(s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED"))
        if response.get("ChecksumSHA256") != checksum:
            return None
    return response["VersionId"], response["ETag"].strip('"')


def _put(s3: S3Client, bucket: str, key: str, body: IO[bytes], checksum: str) -> dict[str, Any]:
    body.seek(0)
    return dict(
        s3.put_object(
            Bucket=bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256", ChecksumSHA256=checksum, IfNoneMatch="*"
        )
    )


def _put_in_parts(s3: S3Client, bucket: str, key: str, body: IO[bytes], part_bytes: int) -> dict[str, Any]:
    multipart.abort_leftovers(s3, bucket, key)
    return multipart.upload(s3, body, part_bytes, Bucket=bucket, Key=key)
