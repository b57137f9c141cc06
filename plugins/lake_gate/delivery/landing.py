"""Lands a delivery: source → bronze, and the manifest of what was landed."""

from __future__ import annotations

import base64
import hashlib
import logging
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate import jsonl
from lake_gate.delivery.disk import Disk
from lake_gate.delivery.manifest import LandedObject
from lake_gate.delivery.source import SourceFile, open_source
from lake_gate.documents import read_document_or_none, write_document_once
from lake_gate.errors import BucketNotVersionedError, SourceChangedError, SourceError
from lake_gate.held.reprocessing import held_files, is_held
from lake_gate.moving import multipart
from lake_gate.run import Run
from lake_gate.s3_answers import is_precondition_failed, try_again

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

MANIFEST = "manifest.jsonl"
_THREADS = 8
_IN_MEMORY_BYTES = 16 * 1024**2
_CHUNK_BYTES = 1024**2


def land(s3: S3Client, source: str, run: Run, bronze: str, *, local_source_root: str) -> list[LandedObject]:
    """Copy every file of the delivery below the run's prefix and write the manifest, last.

    The source may be what is held, too: see :func:`lake_gate.held.reprocessing.held_files`.

    A run lands once: when its manifest is there, it is returned and the source is not looked at again. A retry after
    a crash takes over what is there already with the same content.

    :raises SourceError: when the source cannot be used; nothing was landed then.
    :raises SourceChangedError: when a try before this one landed something else.
    :raises SourceUnreachableError: when the source did not answer.
    """
    if (written := read_document_or_none(s3, bronze, run.document(MANIFEST))) is not None:
        log.info("The delivery was landed before; its manifest stands")
        return jsonl.load(LandedObject, written)
    with _opened(s3, source, run, bronze, local_source_root) as files:
        landed = _land_all(s3, files, run, bronze, _disk_for(source, files))
    _check_nothing_else_is_there(s3, landed, run, bronze)
    written = write_document_once(s3, bronze, run.document(MANIFEST), jsonl.dump(landed))
    return jsonl.load(LandedObject, written)


def _opened(
    s3: S3Client, source: str, run: Run, bronze: str, local_source_root: str
) -> AbstractContextManager[list[SourceFile]]:
    if is_held(source):
        return nullcontext(held_files(source, s3, run, bronze))
    return open_source(source, s3, local_source_root)


def _disk_for(source: str, files: Iterable[SourceFile]) -> Disk:
    disk = Disk.of_this_worker()
    for file in files:
        if file.size_bytes > disk.room:
            problem = f"{file.name!r} has {file.size_bytes} bytes, and the worker's disk has room for {disk.room}"
            raise SourceError(source, f"{problem}; split it")
    return disk


def check_versioning(s3: S3Client, buckets: Iterable[str]) -> None:
    """Make sure that what is in the buckets can be pinned by version.

    :raises BucketNotVersionedError: naming the buckets without versioning, suspended versioning included.
    """
    without = [name for name in buckets if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled"]
    if without:
        raise BucketNotVersionedError(without)


def _check_nothing_else_is_there(s3: S3Client, landed: list[LandedObject], run: Run, bronze: str) -> None:
    """A try before this one may have landed what the source no longer holds: no record would ever mention it."""
    known = {(item.key, item.version_id) for item in landed}
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bronze, Prefix=run.prefix)
    others = [v["Key"] for page in pages for v in page.get("Versions", ()) if (v["Key"], v["VersionId"]) not in known]
    if others:
        raise SourceChangedError(f"s3://{bronze}/{run.prefix}", [key.removeprefix(run.prefix) for key in others])


def _land_all(s3: S3Client, files: list[SourceFile], run: Run, bronze: str, disk: Disk) -> list[LandedObject]:
    landed: list[LandedObject] = []
    every = max(1, len(files) // 20)
    with ThreadPoolExecutor(_THREADS) as pool:
        for item in pool.map(lambda file: _land_one(s3, file, run, bronze, disk), files):
            landed.append(item)
            if len(landed) % every == 0 or len(landed) == len(files):
                size = sum(done.size_bytes for done in landed)
                log.info("Landed %d of %d files (%.1f MB)", len(landed), len(files), size / 1e6)
    return landed


def _land_one(s3: S3Client, file: SourceFile, run: Run, bronze: str, disk: Disk) -> LandedObject:
    key = run.prefix + file.name
    on_disk = file.size_bytes if file.size_bytes > _IN_MEMORY_BYTES else 0
    # A stable copy: the file's content may change between being hashed and being sent.
    with disk.take(on_disk), tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as copy, file.open() as content:
        digest = _copy_hashed(content, copy)
        size = copy.tell()
        part_bytes = multipart.part_bytes_of(size)
        checksum = multipart.checksum_of(copy, part_bytes) if part_bytes else base64.b64encode(digest).decode()
        version_id, etag = _put_once(s3, bronze, key, copy, checksum, part_bytes)
    return LandedObject(file.name, bronze, key, version_id, etag.strip('"'), size, digest.hex(), checksum, part_bytes)


def _copy_hashed(content: IO[bytes], into: IO[bytes]) -> bytes:
    sha256 = hashlib.sha256()
    while chunk := content.read(_CHUNK_BYTES):
        sha256.update(chunk)
        into.write(chunk)
    return sha256.digest()


def _put_once(s3: S3Client, bucket: str, key: str, body: IO[bytes], checksum: str, part_bytes: int) -> tuple[str, str]:
    """Put the object unless a try before this one did; S3 itself checks the content against the checksum."""
    try:
        answer = try_again(
            lambda: (
                _put_in_parts(s3, bucket, key, body, part_bytes)
                if part_bytes
                else _put(s3, bucket, key, body, checksum)
            )
        )
    except ClientError as error:
        if not is_precondition_failed(error):
            raise
        answer = dict(s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED"))
        if answer.get("ChecksumSHA256") != checksum:
            raise SourceChangedError(f"s3://{bucket}", [key]) from None
    return answer["VersionId"], answer["ETag"]


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
