"""Match findings with the bytes that a run has landed: same bytes, other bytes, or gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.decision.binding import may_be_about
from lake_gate.decision.policy import Outcome
from lake_gate.errors import class_of
from lake_gate.finding_events.deciding.lake import Lake
from lake_gate.finding_events.deciding.result import Result
from lake_gate.finding_events.runs import Place
from lake_gate.model.evidence import Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.s3.versions import head_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Match(Enum):
    """Which bytes Macie has analyzed, compared with the bytes that a run has landed."""

    SAME = auto()
    OTHER = auto()
    GONE = auto()


def match_bytes(
    lake: Lake,
    finding: Observation,
    landed: LandedObject,
    places: set[Place],
    outcome: str | None,
    *,
    is_amended: bool,
) -> Match:
    """Compare the bytes that a finding is about with those of a landed object.

    :param places: where the object was landed, and where its run has put it.
    :param outcome: of the run's decision about the object; None when nothing was decided.
    """
    # A copy in silver of an object that its run has quarantined or held comes from another writer.
    is_of_run = is_amended or outcome in {Outcome.PROMOTE, None}
    is_astray = finding.bucket == lake.silver and not is_of_run
    if not is_astray and _is_about_place(lake.s3, finding, landed, places):
        return Match.SAME
    head = head_of(lake.s3, finding)
    if head is None:
        return Match.SAME if (finding.bucket, finding.key, finding.version_id) in places else Match.GONE
    return Match.SAME if has_bytes_of(landed, head) and not is_astray else Match.OTHER


def _is_about_place(s3: S3Client, finding: Observation, landed: LandedObject, places: set[Place]) -> bool:
    """Whether a finding is about one of the places of a landed object; without a version id, whether it may be."""
    if finding.version_id:
        return (finding.bucket, finding.key, finding.version_id) in places
    for bucket, key, version_id in places:
        if (bucket, key) != (finding.bucket, finding.key) or not version_id:
            continue
        if version_id == landed.version_id:
            etag = landed.etag
        else:
            head = head_version(s3, bucket, key, version_id)
            etag = head["ETag"].strip('"') if head else finding.etag  # deleted since: it may be this version
        if may_be_about(finding, replace(landed, version_id=version_id, etag=etag)):
            return True
    return False


def head_of(s3: S3Client, finding: Observation) -> dict[str, Any] | None:
    """Return HeadObject's response for the version that a finding names.

    Without a version id in the finding: for the latest version, or None when its ETag differs.
    """
    try:
        head = head_version(s3, finding.bucket, finding.key, finding.version_id)
    except ClientError as error:
        if class_of(error) not in {"403", "AccessDenied"}:
            raise
        # Only for the checksum does S3 need the object's KMS key, which may be the uploader's.
        # Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html ("x-amz-checksum-mode")
        version: dict[str, Any] = {"VersionId": finding.version_id} if finding.version_id else {}
        head = dict(s3.head_object(Bucket=finding.bucket, Key=finding.key, **version))
    may_be = bool(finding.version_id) or (head is not None and finding.etag in {"", head["ETag"].strip('"')})
    return head if may_be else None


def has_bytes_of(landed: LandedObject, head: Mapping[str, Any]) -> bool:
    """Whether a version has the size and the checksum of a landed object.

    :param head: HeadObject's response for the version.
    """
    return (head["ContentLength"], head.get("ChecksumSHA256")) == (landed.size_bytes, landed.checksum)


def keep_by_content(lake: Lake, landed: LandedObject, found: Iterable[Observation], result: Result) -> None:
    """Keep the findings about the landed bytes, whatever is done with the object."""
    for finding in found:
        if (finding.bucket, finding.version_id) == (landed.bucket, landed.version_id):
            result.by_content[landed.sha256].append(finding)
            continue
        head = head_of(lake.s3, finding)
        if head and has_bytes_of(landed, head):
            result.by_content[landed.sha256].append(finding)
