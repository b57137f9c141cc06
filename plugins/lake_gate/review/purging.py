"""Purge reviewed objects: delete their versions from quarantine permanently.

The purger role does it, version by version. The versions are written down before the first is deleted, so that a retry
of a try that died knows them. A version counts as the reviewed object if its seal has the same SHA-256; versions with
other bytes, or without a seal, were not reviewed. They stay, and are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any

from lake_gate.decision.amendments import Purge
from lake_gate.errors import DamagedDocumentError, NotPurgedError, ReviewedFileChangedError
from lake_gate.ledger.book import append_document
from lake_gate.ledger.chain import Kind
from lake_gate.model import jsonl
from lake_gate.model.run import AMENDMENTS, PURGED, Run
from lake_gate.moving.sealed import sealed_checksum
from lake_gate.recording.rewriting import rewrite_record
from lake_gate.review.returning import check_in_quarantine
from lake_gate.s3.documents import write_version
from lake_gate.s3.versions import list_histories

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.review.request import Request, ReviewedFile
    from lake_gate.review.sessions import Purger
    from lake_gate.settings import Settings


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of a reviewed key in quarantine.

    :param deleted: ids of versions with the reviewed bytes, and of delete markers if no other version is left.
    :param left: ids of versions with other bytes, or without a seal.
    """

    name: str
    key: str
    deleted: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def purgeable_from(s3: S3Client, bucket: str, request_id: str, file: ReviewedFile, days: int) -> date:
    """Return the day (UTC) from which on a purge may be asked: so many days after S3 has stored the version.

    :raises ReviewedFileChangedError: when the version does not exist.
    """
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=file.key)
    for item in (item for page in pages for item in page.get("Versions", ())):
        if (item["Key"], item["VersionId"]) == (file.key, file.version_id):
            return item["LastModified"].astimezone(UTC).date() + timedelta(days=days)
    raise ReviewedFileChangedError(request_id, file.name, "this version is not in quarantine any more")


def versions_to_purge(s3: S3Client, bucket: str, request: Request) -> list[Versions]:
    """Return the versions of each file of a request.

    :raises ReviewedFileChangedError: when a reviewed version is not in quarantine with the bytes of the record.
    """
    for file in request.files:
        check_in_quarantine(s3, bucket, request.id, file)
    return _list_versions(s3, bucket, request)


def _list_versions(s3: S3Client, bucket: str, request: Request) -> list[Versions]:
    histories = list_histories(s3, bucket, {file.key for file in request.files})
    listed = []
    for file in request.files:
        versions = Versions(file.name, file.key)
        history = histories.get(file.key)
        for version_id in history.versions if history else ():
            is_same = sealed_checksum(s3, bucket, file.key, version_id) == file.checksum
            (versions.deleted if is_same else versions.left).append(version_id)
        if history and not versions.left:
            versions.deleted.extend(history.markers)
        listed.append(versions)
    return listed


def purge(s3: S3Client, purger: Purger, request: Request) -> list[Versions]:
    """Delete the versions of each file of a request, and look again.

    :return: the versions that this try has found: also those that were added since they were written down.
    :raises NotPurgedError: when a version is left that should be gone.
    """
    files = {file.key: file for file in request.files}
    found = _list_versions(s3, purger.bucket, request)
    for versions in found:
        for version_id in versions.deleted:
            purger.delete(replace(files[versions.key], version_id=version_id))
    if left := [versions.key for versions in _list_versions(s3, purger.bucket, request) if versions.deleted]:
        raise NotPurgedError(purger.bucket, len(left), left)
    return found


def amend_record(s3: S3Client, settings: Settings, request: Request, at: str) -> None:
    """Note in the record of the run that the files of a request were purged.

    :param at: time in UTC.
    """
    run = Run.of_folder(request.feed, request.run_folder)
    key = run.document(f"{AMENDMENTS}{request.id}{PURGED}")
    content = jsonl.dump(Purge(file.name, file.version_id, at, request.id) for file in request.files)
    version_id, is_this = write_version(s3, settings.bronze_bucket, key, content)
    if not is_this:
        raise DamagedDocumentError(f"s3://{settings.bronze_bucket}/{key}", "another writer has written it")
    append_document(s3, settings, request.feed, Kind.PURGE, key, version_id, content)
    rewrite_record(s3, settings, run)


def described(listed: list[Versions], before: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Return the versions for documents.

    :param before: result of this function before the first version was deleted.
    """
    named = {item["key"]: item["deleted"] for item in before}
    return [
        {**asdict(versions), "deleted": list(dict.fromkeys([*named.get(versions.key, ()), *versions.deleted]))}
        for versions in listed
    ]
