"""Give reviewed files back to the gate: copy the reviewed versions from quarantine to ``held/`` in bronze.

From there a run of the feed re-processes them (``held://review/<request>``): it lands, scans and decides as for any
delivery. Bytes pass through the worker, as when a delivery is landed, so that the releaser role needs no permission to
write. The quarantined version stays.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from lake_gate.decision.overlay import read_amendments
from lake_gate.delivery.disk import disk_full_as_gate_error
from lake_gate.delivery.source_files import CHUNK_BYTES
from lake_gate.errors import ReviewedFileChangedError, ReviewedFilePurgedError
from lake_gate.model.names import loggable
from lake_gate.model.run import HELD_PREFIX, Run
from lake_gate.moving.sealed import sealed_checksum
from lake_gate.s3.uploads import put_once
from lake_gate.s3.versions import head_version, list_histories

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.review.request import Request, ReviewedFile
    from lake_gate.review.sessions import Releaser

log = logging.getLogger(__name__)

_IN_MEMORY_BYTES = 16 * 1024**2


@dataclass(frozen=True, slots=True)
class Returned:
    """Copy of a reviewed version below ``held/``."""

    name: str
    key: str
    version_id: str


def give_back(s3: S3Client, releaser: Releaser, bronze: str, request: Request) -> list[Returned]:
    """Copy the reviewed versions to ``held/<feed>/<request>/``; copies of an earlier try are kept.

    :raises ReviewedFileChangedError: when a version is gone, or its bytes are not those that were reviewed.
    """
    with disk_full_as_gate_error("a copy of a reviewed file"):
        return [_give_back(s3, releaser, bronze, request, file) for file in request.files]


def check_not_purged(s3: S3Client, bronze: str, request: Request) -> None:
    """Check that no other request has purged the files of a request.

    :raises ReviewedFilePurgedError: when one has.
    """
    purges = read_amendments(s3, bronze, Run.of_folder(request.feed, request.run_folder)).purges
    for file in request.files:
        purge = purges.get(file.name)
        if purge and purge.version_id == file.version_id and purge.by != request.id:
            raise ReviewedFilePurgedError(request.id, file.name, purge.at, purge.by)


def check_in_quarantine(s3: S3Client, quarantine: str, request_id: str, file: ReviewedFile) -> None:
    """Check by its seal that a version is in quarantine, with the bytes of the record.

    :raises ReviewedFileChangedError: when it is not.
    """
    if sealed_checksum(s3, quarantine, file.key, file.version_id) != file.checksum:
        problem = "this version is not in quarantine any more, or its seal is not that of the record"
        raise ReviewedFileChangedError(request_id, file.name, problem)


def _give_back(s3: S3Client, releaser: Releaser, bronze: str, request: Request, file: ReviewedFile) -> Returned:
    check_in_quarantine(s3, releaser.bucket, request.id, file)
    key = _held_key(request, file)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as copy:
        body = releaser.client_for(file).get_object(Bucket=releaser.bucket, Key=file.key, VersionId=file.version_id)[
            "Body"
        ]
        if _copy_hashed(body, copy) != (file.size_bytes, file.sha256):  # type: ignore[arg-type]
            raise ReviewedFileChangedError(request.id, file.name, "its bytes are not those that were reviewed")
        put = put_once(s3, bronze, key, copy, file.checksum, file.part_bytes)
    if put is None:
        raise ReviewedFileChangedError(request.id, file.name, "another writer has put other bytes in its place")
    version_id = put[0]
    tags = [{"Key": "reason", "Value": file.reason}]
    s3.put_object_tagging(Bucket=bronze, Key=key, VersionId=version_id, Tagging={"TagSet": tags})  # type: ignore[typeddict-item]
    return Returned(file.name, key, version_id)


def take_back(s3: S3Client, bronze: str, quarantine: str, request: Request) -> None:
    """Delete the copies that earlier tries of a request have made, so that nothing of a request that failed stays held.

    A version goes only if it has the reviewed bytes, and the reviewed version is still in quarantine.
    """
    files = {_held_key(request, file): file for file in request.files}
    for key, history in list_histories(s3, bronze, files).items():
        file = files[key]
        is_safe = sealed_checksum(s3, quarantine, file.key, file.version_id) == file.checksum
        for version_id in history.versions:
            head = head_version(s3, bronze, key, version_id) or {}
            if is_safe and head.get("ChecksumSHA256") == file.checksum:
                s3.delete_object(Bucket=bronze, Key=key, VersionId=version_id)
            else:
                log.warning("A copy stays held: %s", loggable(f"s3://{bronze}/{key}"))


def _held_key(request: Request, file: ReviewedFile) -> str:
    return f"{HELD_PREFIX}{request.feed}/{request.id}/{file.name}"


def _copy_hashed(content: IO[bytes], into: IO[bytes]) -> tuple[int, str]:
    """Copy the content, and return its size and SHA-256."""
    sha256 = hashlib.sha256()
    while chunk := content.read(CHUNK_BYTES):
        sha256.update(chunk)
        into.write(chunk)
    return into.tell(), sha256.hexdigest()
