"""Multipart uploads and copies of objects that are too large for a single request.

The checksum of a multipart object is the SHA-256 of the SHA-256s of its parts. A copy in the same parts has the same
checksum, so that a copy of any size is verified without being read.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.s3.answers import is_upload_missing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SINGLE_BYTES = 5 * 1024**3
"""Most bytes of a PutObject or CopyObject request.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""
PART_BYTES = 16 * 1024**2
"""S3 takes at most 10,000 parts, so 156 GiB; each landing thread of a worker holds a part in memory."""
_THREADS = 4


def part_bytes_of(size_bytes: int) -> int:
    """Return the part size for landing an object of this size; 0 for a single-part upload."""
    return PART_BYTES if size_bytes > SINGLE_BYTES else 0


def checksum_of(body: IO[bytes], part_bytes: int) -> str:
    """Return the ``ChecksumSHA256`` that S3 computes for an object in parts of this size.

    :param part_bytes: see :func:`part_bytes_of`; not 0.
    """
    digests = [hashlib.sha256(part).digest() for part in _parts(body, part_bytes)]
    return f"{base64.b64encode(hashlib.sha256(b''.join(digests)).digest()).decode()}-{len(digests)}"


def _parts(body: IO[bytes], part_bytes: int) -> Iterator[bytes]:
    body.seek(0)
    while part := body.read(part_bytes):
        yield part
        del part  # frees it before the next part is read


def upload(s3: S3Client, body: IO[bytes], part_bytes: int, **target: Any) -> dict[str, Any]:
    """Upload an object in parts, unless the key has an object already; S3 verifies the SHA-256 of every part.

    :param target: ``Bucket``, ``Key`` and further arguments of CreateMultipartUpload.
    :return: the response of CompleteMultipartUpload.
    :raises ClientError: ``PreconditionFailed`` when the key has an object; no parts remain then, nor after
        ``ConditionalRequestConflict``, which needs a new upload.
    """
    place = {"Bucket": target["Bucket"], "Key": target["Key"]}
    sent: list[dict[str, Any]] = []
    with _upload(s3, target) as upload_id:
        # Sequentially: the parts are read from the same file, and a worker's memory holds few of them.
        for part in _parts(body, part_bytes):
            digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
            number = len(sent) + 1
            checked: dict[str, Any] = {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": digest}
            response = s3.upload_part(**place, UploadId=upload_id, PartNumber=number, Body=part, **checked)
            sent.append({"PartNumber": number, "ETag": response["ETag"], "ChecksumSHA256": digest})
        return _complete(s3, place, upload_id, sent, {"IfNoneMatch": "*"})


def copy(
    s3: S3Client,
    source: dict[str, str],
    size_bytes: int,
    part_bytes: int,
    condition: dict[str, str],
    **target: Any,
) -> dict[str, Any]:
    """Copy a version of an object in parts, within S3.

    :param source: ``Bucket``, ``Key`` and ``VersionId``.
    :param condition: ``IfNoneMatch`` or ``IfMatch`` for the target.
    :param target: ``Bucket``, ``Key`` and further arguments of CreateMultipartUpload.
    :return: the response of CompleteMultipartUpload.
    :raises ClientError: ``PreconditionFailed`` when the condition is not met; no parts remain then.
    """
    place = {"Bucket": target["Bucket"], "Key": target["Key"]}

    def copy_part(upload_id: str, number: int, start: int) -> dict[str, Any]:
        end = min(start + part_bytes, size_bytes) - 1
        copied = s3.upload_part_copy(
            **place,
            UploadId=upload_id,
            PartNumber=number,
            CopySource=source,  # type: ignore[arg-type]
            CopySourceRange=f"bytes={start}-{end}",
        )["CopyPartResult"]
        return {"PartNumber": number, "ETag": copied["ETag"], "ChecksumSHA256": copied["ChecksumSHA256"]}

    with _upload(s3, target) as upload_id, ThreadPoolExecutor(_THREADS) as pool:
        starts = enumerate(range(0, size_bytes, part_bytes), start=1)
        parts = list(pool.map(lambda item: copy_part(upload_id, *item), starts))
        return _complete(s3, place, upload_id, parts, condition)


@contextmanager
def _upload(s3: S3Client, target: dict[str, Any]) -> Iterator[str]:
    """Begin an upload, and abort it if it is not completed: otherwise its parts would be stored and billed for ever."""
    upload_id = s3.create_multipart_upload(**target, ChecksumAlgorithm="SHA256", ChecksumType="COMPOSITE")["UploadId"]
    try:
        yield upload_id
    except BaseException:
        with suppress(ClientError, BotoCoreError):  # the first error is raised below
            s3.abort_multipart_upload(Bucket=target["Bucket"], Key=target["Key"], UploadId=upload_id)
        raise


def _complete(
    s3: S3Client, place: dict[str, str], upload_id: str, parts: list[dict[str, Any]], condition: dict[str, str]
) -> dict[str, Any]:
    complete: Callable[..., Any] = s3.complete_multipart_upload
    return dict(complete(**place, UploadId=upload_id, MultipartUpload={"Parts": parts}, **condition))


def abort_leftovers(s3: S3Client, bucket: str, key: str) -> int:
    """Abort the uploads of a key that a killed process left; return their number."""
    count = 0
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=key):
        for upload in page.get("Uploads", ()):
            if upload["Key"] == key:  # the prefix also matches longer keys
                _abort(s3, bucket, key, upload["UploadId"])
                count += 1
    return count


def abort_uploads_under_way(s3: S3Client, places: Iterable[tuple[str, str]]) -> int:
    """Abort every upload to these places, so that no copy in progress is completed there.

    Call it before the objects are withdrawn and again afterwards: an upload may begin in between, but not later,
    because its source is gone then.

    :param places: (bucket, key) of objects that are copied in parts; each takes a listing.
    :return: number of aborted uploads.
    """
    return sum(abort_leftovers(s3, *place) for place in dict.fromkeys(places))


def _abort(s3: S3Client, bucket: str, key: str, upload_id: str) -> None:
    try:
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except ClientError as error:
        if not is_upload_missing(error):  # completed or aborted after the listing
            raise
