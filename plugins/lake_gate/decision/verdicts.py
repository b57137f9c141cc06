"""Storage of verdicts in bronze, and the tag by which a job leaves out objects with a verdict.

``_verdicts/<sha256>/<rules>.json`` is a verdict, see :mod:`lake_gate.decision.verdict`. It is void when more was found
in these bytes than its evidence has, see :mod:`lake_gate.content`. If a verdict is lost, the object is scanned again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.content import exceeds_evidence, read_found
from lake_gate.decision.verdict import Rules, Verdict, key_of
from lake_gate.model import jsonl
from lake_gate.model.evidence import Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.names import loggable
from lake_gate.model.run import REUSED, Run
from lake_gate.s3.answers import is_missing
from lake_gate.s3.documents import iter_items, read_document_or_none, write_document
from lake_gate.s3.threads import map_threads
from lake_gate.scan.scope import REUSED_TAG, REUSED_VALUE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

MOST_AGE = timedelta(days=30)
"""Most age of a reused verdict: Macie's detection improves over time, and no fingerprint shows that."""
_MOST_TAGS = 10
"""Most tags of an object. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html"""


def find(
    s3: S3Client, bronze: str, manifest: Iterable[LandedObject], rules: Rules, own_record_uri: str
) -> Iterator[tuple[LandedObject, Verdict]]:
    """Yield the landed objects to which the verdict of an earlier run applies, in the order of the manifest.

    :param own_record_uri: record of this run; verdicts that name it are left out.
    """
    now = datetime.now(UTC)

    def find_valid(landed: LandedObject) -> Verdict | None:
        verdict = _read(s3, bronze, key_of(landed.sha256, rules.fingerprint(landed)))
        if verdict is None or not verdict.applies_to(landed) or verdict.rules != rules.fingerprint(landed):
            return None
        if verdict.record_uri == own_record_uri or not _is_recent(verdict, now):
            return None
        return None if exceeds_evidence(read_found(s3, bronze, landed.sha256), verdict.evidence) else verdict

    for landed, verdict in map_threads(find_valid, manifest):
        if verdict:
            yield landed, verdict


def read_reused(
    s3: S3Client,
    bronze: str,
    run: Run,
    found: Mapping[str, Sequence[Observation]] | None = None,
    *,
    version_id: str = "",
) -> dict[str, Verdict]:
    """Return the verdicts that the run reuses, by name of the object; void ones have ``is_revoked``.

    :param found: observations from the index by content, by SHA-256; by default they are read now.
    :param version_id: of ``reused.jsonl``; the latest by default.
    :raises DamagedDocumentError: when a line is not a name and a verdict.
    """
    reused = dict(iter_reused(s3, bronze, run, version_id=version_id))
    if found is None:
        hashes = {verdict.sha256 for verdict in reused.values()}
        found = dict(map_threads(lambda sha256: read_found(s3, bronze, sha256), hashes))
    return {
        name: replace(verdict, is_revoked=exceeds_evidence(found.get(verdict.sha256, ()), verdict.evidence))
        for name, verdict in reused.items()
    }


def find_reused(
    s3: S3Client, bronze: str, run: Run, name: str, found: Sequence[Observation], *, version_id: str
) -> Verdict | None:
    """Return the verdict that the run reuses for an object, see :func:`read_reused`; None without one.

    :param found: observations on its bytes from the index by content.
    """
    reused = (verdict for of_name, verdict in iter_reused(s3, bronze, run, version_id=version_id) if of_name == name)
    verdict = next(reused, None)
    return verdict and replace(verdict, is_revoked=exceeds_evidence(found, verdict.evidence))


def iter_reused(s3: S3Client, bronze: str, run: Run, *, version_id: str = "") -> Iterator[tuple[str, Verdict]]:
    """Yield the name and the verdict in each line of the run's ``reused.jsonl``; none without the document.

    :raises DamagedDocumentError: when a line is not a name and a verdict.
    """
    yield from iter_items(s3, bronze, run.document(REUSED), _reused, version_id=version_id, missing_ok=True)


def _reused(line: Any) -> tuple[str, Verdict]:
    if not isinstance(line, dict) or not isinstance(line.get("name"), str):
        raise ValueError("not a verdict with a name")  # noqa: TRY004 - one error for all damage
    return line["name"], Verdict.from_json(line)


def remember(s3: S3Client, bronze: str, verdicts: Iterable[Verdict]) -> int:
    """Write the verdicts, replacing older ones; return their number."""

    def write(verdict: Verdict) -> str:
        return write_document(s3, bronze, verdict.key, json.dumps(verdict.to_json(), ensure_ascii=False).encode())

    return sum(1 for _ in map_threads(write, verdicts))


def mark(s3: S3Client, objects: Iterable[LandedObject]) -> None:
    """Tag the landed versions, so that the job leaves them out; objects that cannot be tagged are scanned."""
    missed = sum(not marked for _, marked in map_threads(lambda landed: _set_tag(s3, landed, marked=True), objects))
    if missed:
        log.warning("%d object(s) could not be tagged and will be scanned although there is a verdict", missed)


def unmark(s3: S3Client, objects: Iterable[LandedObject]) -> None:
    """Remove the tags, so that the job reads these objects."""
    for _ in map_threads(lambda landed: _set_tag(s3, landed, marked=False), objects):
        pass


def _set_tag(s3: S3Client, landed: LandedObject, *, marked: bool) -> bool:
    """Set or remove the gate's tag, and keep all others; return whether that succeeded."""
    version: dict[str, Any] = {"Bucket": landed.bucket, "Key": landed.key, "VersionId": landed.version_id}
    try:
        tags = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(**version)["TagSet"]}
        wanted = {key: value for key, value in tags.items() if key != REUSED_TAG}
        if marked:
            wanted[REUSED_TAG] = REUSED_VALUE
        if len(wanted) > _MOST_TAGS:
            return False
        if wanted != tags:
            _write_tags(s3, version, wanted)
    except ClientError as error:
        if not is_missing(error):
            raise
        return False  # an earlier try of the run has moved the version
    return True


def _write_tags(s3: S3Client, version: Mapping[str, Any], tags: Mapping[str, str]) -> None:
    if not tags:
        s3.delete_object_tagging(**version)
        return
    tag_set: Any = [{"Key": key, "Value": value} for key, value in tags.items()]
    s3.put_object_tagging(**version, Tagging={"TagSet": tag_set})


def _read(s3: S3Client, bronze: str, key: str) -> Verdict | None:
    if (content := read_document_or_none(s3, bronze, key)) is None:
        return None
    try:
        return Verdict.from_json(jsonl.parse(content))
    except ValueError:
        log.warning("%s is not a valid verdict; the object will be scanned", loggable(f"s3://{bronze}/{key}"))
        return None


def _is_recent(verdict: Verdict, now: datetime) -> bool:
    """Whether the scan is at most :data:`MOST_AGE` old; a time in the future does not count."""
    try:
        age = now - datetime.fromisoformat(verdict.cleared_at)
    except (ValueError, TypeError):
        return False
    return timedelta(0) <= age <= MOST_AGE
