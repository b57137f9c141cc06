"""Land a delivery: copy its files from the source to bronze, and write the manifest."""

from __future__ import annotations

import base64
import hashlib
import logging
import tempfile
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import IO, TYPE_CHECKING, Any

from lake_gate.content import add_landed
from lake_gate.delivery.disk import Disk, disk_full_as_gate_error
from lake_gate.delivery.header import SAMPLE_BYTES, header_of, width_of
from lake_gate.delivery.held_source import check_reason, held_files, is_held
from lake_gate.delivery.rows import RowCounter
from lake_gate.delivery.source import open_source, redact
from lake_gate.delivery.source_files import CHUNK_BYTES, SourceFile
from lake_gate.errors import (
    BucketNotVersionedError,
    DeliveryChangedError,
    DiskFullError,
    SourceChangedError,
    SourceError,
    SourceUnreachableError,
)
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, Run
from lake_gate.s3 import multipart
from lake_gate.s3.documents import load_lines, read_document_or_none, update_document
from lake_gate.s3.threads import map_threads
from lake_gate.s3.uploads import put_once

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

_THREADS = 8
_IN_MEMORY_BYTES = 16 * 1024**2


def land(
    s3: S3Client,
    source: str,
    run: Run,
    bronze: str,
    *,
    local_source_root: str,
    allowed_hosts: Collection[str] = (),
    must_exist: bool = False,
    before_landing: Callable[[], object] = lambda: None,
) -> list[LandedObject]:
    """Copy every file of the delivery below the run's prefix, then write the manifest.

    The source may also be ``held://``, see :func:`lake_gate.delivery.held_source.held_files`.

    A run lands once: an existing manifest is kept as long as the source holds the same files. An empty manifest is
    replaced when the delivery has arrived. A retry after a crash keeps objects that exist with the same content.

    :param allowed_hosts: see :func:`lake_gate.delivery.source.open_source`, as for ``must_exist``.
    :param before_landing: called when the source is open, before anything is landed or taken from ``held/``.
    :raises SourceError: when the source cannot be used; nothing was landed then.
    :raises SourceChangedError: when an earlier try landed other content.
    :raises DeliveryChangedError: when the source has changed since the run landed its delivery.
    :raises SourceUnreachableError: when the source did not answer, or changed while it was read.
    :raises DiskFullError: when the worker's disk is full now.
    """
    manifest_key = run.document(MANIFEST)
    earlier = load_lines(LandedObject, read_document_or_none(s3, bronze, manifest_key) or b"", bronze, manifest_key)
    if is_held(source):
        check_reason(source)
        before_landing()
    if earlier and is_held(source):  # reprocessed.jsonl pins the objects, which may not be held any more
        return earlier
    place = f"s3://{bronze}/{run.prefix}"
    with disk_full_as_gate_error("a copy of the delivery"), ExitStack() as stack:
        try:
            opened = _opened(s3, source, run, bronze, local_source_root, allowed_hosts, must_exist)
            files = stack.enter_context(opened)
        except SourceError as error:  # its sentence says that nothing was landed
            if not earlier:
                raise
            raise DeliveryChangedError(redact(source), place, error.problem) from None
        if not is_held(source):
            before_landing()
        if earlier:
            _check_same(files, earlier, redact(source), place)
            log.info("The delivery was landed before and its source holds the same files: the manifest is kept")
            return earlier
        landed = _land_all(s3, files, run, bronze, _disk_for(redact(source), files))
    _check_no_other_versions(s3, landed, run, bronze)
    written = update_document(s3, bronze, manifest_key, lambda current: current or jsonl.dump(landed))
    return load_lines(LandedObject, written, bronze, manifest_key)


def _opened(
    s3: S3Client,
    source: str,
    run: Run,
    bronze: str,
    local_source_root: str,
    allowed_hosts: Collection[str],
    must_exist: bool,
) -> AbstractContextManager[list[SourceFile]]:
    if is_held(source):
        return nullcontext(held_files(source, s3, run, bronze))
    return open_source(source, s3, local_source_root, allowed_hosts=allowed_hosts, must_exist=must_exist)


def _check_same(files: list[SourceFile], landed: list[LandedObject], source: str, place: str) -> None:
    """Compare the files of the source with the landed objects: names, sizes, then content.

    An object in S3 with the same ETag was not written since, so it is not read again.
    """
    now, then = {file.name: file for file in files}, {item.name: item for item in landed}
    both = [name for name in then if name in now]
    same = map_threads(lambda name: _is_same(now[name], then[name]), both, _THREADS)
    changed = [name for name, is_same in same if not is_same]
    new, missing = sorted(now.keys() - then.keys()), sorted(then.keys() - now.keys())
    if changed or new or missing:
        problem = f"{len(changed)} file(s) changed, {len(new)} are new, {len(missing)} are missing"
        raise DeliveryChangedError(source, place, problem, [*changed, *new, *missing])


def _is_same(file: SourceFile, landed: LandedObject) -> bool:
    if file.size_bytes != landed.size_bytes:
        return False
    if file.etag and file.etag == landed.source_etag:
        return True
    sha256 = hashlib.sha256()
    with file.open() as content:
        while chunk := content.read(CHUNK_BYTES):
            sha256.update(chunk)
    return sha256.hexdigest() == landed.sha256


def _disk_for(source: str, files: Iterable[SourceFile]) -> Disk:
    disk = Disk.of_this_worker()
    for file in files:
        if file.size_bytes > max(disk.room, disk.most):
            problem = f"{file.name!r} has {file.size_bytes} bytes, and the worker's disk has room for {disk.most}"
            raise SourceError(source, f"{problem}; split it")
        if file.size_bytes > disk.room:
            raise DiskFullError(f"{file.name!r} ({file.size_bytes} bytes; there is room for {disk.room})")
    return disk


def check_versioning(s3: S3Client, buckets: Iterable[str]) -> None:
    """Check that versioning is enabled, so that objects can be pinned by version.

    :raises BucketNotVersionedError: naming the buckets whose versioning is missing or suspended.
    """
    without = [name for name in buckets if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled"]
    if without:
        raise BucketNotVersionedError(without)


def _check_no_other_versions(s3: S3Client, landed: list[LandedObject], run: Run, bronze: str) -> None:
    """Check that no earlier try landed an object that the source lacks now: no record would mention it."""
    known = {(item.key, item.version_id) for item in landed}
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bronze, Prefix=run.prefix)
    others = [v["Key"] for page in pages for v in page.get("Versions", ()) if (v["Key"], v["VersionId"]) not in known]
    if others:
        raise SourceChangedError(f"s3://{bronze}/{run.prefix}", [key.removeprefix(run.prefix) for key in others])


def _land_all(s3: S3Client, files: list[SourceFile], run: Run, bronze: str, disk: Disk) -> list[LandedObject]:
    landed: list[LandedObject] = []
    every = max(1, len(files) // 20)
    for _, item in map_threads(lambda file: _land_one(s3, file, run, bronze, disk), files, _THREADS):
        landed.append(item)
        if len(landed) % every == 0 or len(landed) == len(files):
            size = sum(done.size_bytes for done in landed)
            log.info("Landed %d of %d files (%.1f MB)", len(landed), len(files), size / 1e6)
    return landed


def _land_one(s3: S3Client, file: SourceFile, run: Run, bronze: str, disk: Disk) -> LandedObject:
    key = run.prefix + file.name
    on_disk = file.size_bytes if file.size_bytes > _IN_MEMORY_BYTES else 0
    # A stable copy: the content of the file may change between hashing and sending.
    with disk.reserve(on_disk), tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as copy, file.open() as content:
        counter = RowCounter(file.name)
        digest = _copy_hashed(content, copy, counter)
        size = copy.tell()
        if size != file.size_bytes:
            problem = f"{file.name!r} had {file.size_bytes} bytes and has {size}"
            raise SourceUnreachableError(f"s3://{bronze}/{key}", f"{problem}: it changed while it was read")
        copy.seek(0)
        sample, is_whole = copy.read(SAMPLE_BYTES), size <= SAMPLE_BYTES
        header = header_of(file.name, sample, is_whole=is_whole)
        width = len(header) or width_of(file.name, sample, is_whole=is_whole)
        part_bytes = multipart.part_bytes_of(size)
        checksum = multipart.checksum_of(copy, part_bytes) if part_bytes else base64.b64encode(digest).decode()
        put = put_once(s3, bronze, key, copy, checksum, part_bytes)
        if put is None:
            raise SourceChangedError(f"s3://{bronze}", [key])
    facts = (file.name, bronze, key, *put, size, digest.hex(), checksum, part_bytes)
    counts: dict[str, Any] = {"rows": counter.rows(has_header=bool(header)), "columns": width}
    landed = LandedObject(*facts, header=header, source_etag=file.etag, **counts)
    add_landed(s3, bronze, run, landed)  # before the manifest, see lake_gate.content
    return landed


def _copy_hashed(content: IO[bytes], into: IO[bytes], counter: RowCounter) -> bytes:
    sha256 = hashlib.sha256()
    while chunk := content.read(CHUNK_BYTES):
        sha256.update(chunk)
        counter.add(chunk)
        into.write(chunk)
    return sha256.digest()
