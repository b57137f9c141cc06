"""Index of content by SHA-256, independent of names and places: ``_content/<sha256>/`` in bronze.

* ``landed/<feed>/<run folder>/<hash of the name>.json``: a run has landed these bytes under that name
* ``found.json``: everything that Macie has reported in these bytes, at any place, by any job

``_content/pending/<sha256>.json`` says that something new was reported in these bytes, and that ``finding_events`` has
not yet decided on all runs that have landed them.

Two rules make concurrent use safe. A run that lands writes ``landed/`` before its manifest, and reads ``found.json``
later, when it decides. A run that handles a finding writes ``found.json`` first and reads ``landed/`` afterwards.
So at least one of the two sees the other.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lake_gate.model import jsonl
from lake_gate.model.evidence import Detection, Evidence, Observation, Severity
from lake_gate.model.manifest import LandedObject
from lake_gate.model.names import UNKNOWN, loggable
from lake_gate.model.run import MANIFEST, Run
from lake_gate.s3.documents import (
    iter_json_lines,
    put_version,
    read_document_or_none,
    read_object_version,
    update_document,
    write_document,
)
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

CONTENT = "_content/"
PENDING = f"{CONTENT}pending/"
_SCHEMA = "lake-gate/content/1"
_DAMAGED = Observation("", "", "", "", "COMPLETE", None, UNKNOWN, (Detection(UNKNOWN, 1, UNKNOWN),), UNKNOWN, UNKNOWN)
"""Takes the place of a document that cannot be read: something may have been found, so nothing is promoted."""


@dataclass(frozen=True, slots=True)
class LandedAt:
    """Run and name under which certain bytes were landed.

    :param folder: folder of the run, see :attr:`lake_gate.model.run.Run.folder`.
    :param name: path in the delivery.
    """

    feed: str
    folder: str
    name: str

    @property
    def run(self) -> Run:
        """The run that landed the bytes."""
        return Run.of_folder(self.feed, self.folder)


def add_landed(s3: S3Client, bronze: str, run: Run, landed: LandedObject) -> None:
    """Record that a run lands these bytes; call it before the manifest is written. A retry writes the same again."""
    place, key = LandedAt(run.feed, run.folder, landed.name), _landed_key(run, landed.sha256, landed.name)
    write_document(s3, bronze, key, json.dumps({"schema": _SCHEMA, **asdict(place)}, ensure_ascii=False).encode())


def iter_landed(s3: S3Client, bronze: str, sha256: str) -> Iterator[LandedAt]:
    """Yield where runs have landed these bytes; documents at the key of no run are skipped.

    Instead of a damaged document, the manifest of the run in its key is read.

    :raises Exception: the first error of a document and its manifest, when the other places were yielded.
    """
    errors: list[Exception] = []
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=_landed_prefix(sha256))
    for item in (item for page in pages for item in page.get("Contents", ())):
        key = item["Key"]
        if (run := _run_in(key, sha256)) is None:
            continue
        try:
            yield from _read_places(s3, bronze, run, sha256, key)
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _run_in(key: str, sha256: str) -> Run | None:
    feed, _, folder = key.removeprefix(_landed_prefix(sha256)).rpartition("/")[0].partition("/")
    try:
        return Run.of_folder(feed, folder)
    except ValueError:
        return None


def _read_places(s3: S3Client, bronze: str, run: Run, sha256: str, key: str) -> list[LandedAt]:
    """Return the place that a document has; if it is damaged, the one in the manifest of its run."""
    try:
        content = jsonl.parse(read_document_or_none(s3, bronze, key) or b"{}")
        place = LandedAt(*(str(content[name]) for name in ("feed", "folder", "name")))
        if _landed_key(run, sha256, place.name) == key and (place.feed, place.folder) == (run.feed, run.folder):
            return [place]
    except (ValueError, KeyError, TypeError, ClientError):
        log.warning("s3://%s/%s cannot be read: the manifest is", bronze, loggable(key))
    lines = iter_json_lines(s3, bronze, run.document(MANIFEST), missing_ok=True)
    names = [str(line.get("name")) for line in lines if line.get("sha256") == sha256]
    return [LandedAt(run.feed, run.folder, name) for name in names if _landed_key(run, sha256, name) == key]


def add_found(s3: S3Client, bronze: str, sha256: str, found: Iterable[Observation]) -> str:
    """Add what Macie has reported in these bytes to ``found.json``, and mark the bytes as pending.

    Does nothing if all of it is known already.

    :return: version id of the pending document; empty if nothing was new.
    :raises GateError: when other writers keep changing the document.
    """
    new = [_without_place(observation) for observation in found if observation.severity or observation.detections]
    if not new:
        return ""
    known = _load(read_document_or_none(s3, bronze, _found_key(sha256)))
    if _dump(_merged(known, new)) == _dump(_merged(known, ())):  # equal observations may have other columns
        return ""
    pending = put_version(s3, bronze, _pending_key(sha256), json.dumps({"schema": _SCHEMA}).encode())
    update_document(s3, bronze, _found_key(sha256), lambda current: _dump(_merged(_load(current), new)))
    return pending


def list_pending(s3: S3Client, bronze: str) -> dict[str, list[str]]:
    """Return the version ids of the pending documents by SHA-256."""
    pending: dict[str, list[str]] = {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bronze, Prefix=PENDING):
        for item in page.get("Versions", ()):
            sha256 = item["Key"].removeprefix(PENDING).removesuffix(".json")
            pending.setdefault(sha256, []).append(item["VersionId"])
    return pending


def clear_pending(s3: S3Client, bronze: str, pending: Mapping[str, Iterable[str]]) -> None:
    """Delete the pending documents of bytes that were decided on; newer versions stay pending.

    :param pending: version ids of the pending documents that were read, by SHA-256.
    """
    versions = ((_pending_key(sha256), version_id) for sha256, ids in pending.items() for version_id in ids)
    for _ in map_threads(
        lambda version: s3.delete_object(Bucket=bronze, Key=version[0], VersionId=version[1]), versions
    ):
        pass


def read_found(s3: S3Client, bronze: str, sha256: str, most_bytes: int | None = None) -> tuple[Observation, ...]:
    """Return everything that was ever reported in these bytes, as observations without a place.

    A document that cannot be read counts as an observation of unknown severity, so that nothing is promoted.

    :param most_bytes: size of the largest document to read; any by default.
    :raises DocumentTooLargeError: when the document is too large.
    """
    return tuple(_load(read_object_version(s3, bronze, _found_key(sha256), most_bytes=most_bytes)))


def exceeds_evidence(found: Iterable[Observation], evidence: Evidence) -> bool:
    """Whether a higher severity, or more occurrences of an identifier, were reported than the evidence has."""
    known = (*evidence.results, *evidence.findings)
    severity = max((_rank(observation.severity) for observation in known), default=0)
    counts: dict[tuple[str, str], int] = {}
    for detection in (detection for observation in known for detection in observation.detections):
        identifier = detection.category, detection.identifier
        counts[identifier] = max(counts.get(identifier, 0), detection.count)
    return any(
        _rank(observation.severity) > severity
        or any(counts.get((each.category, each.identifier), 0) < each.count for each in observation.detections)
        for observation in found
    )


def _rank(severity: str | None) -> int:
    """Return the rank of a severity; unknown words rank above High."""
    if severity is None:
        return 0
    return Severity(severity).rank if severity in set(Severity) else Severity.HIGH.rank + 1


def _landed_prefix(sha256: str) -> str:
    return f"{CONTENT}{sha256}/landed/"


def _landed_key(run: Run, sha256: str, name: str) -> str:
    hash_of_name = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    return f"{_landed_prefix(sha256)}{run.feed}/{run.folder}/{hash_of_name}.json"


def _pending_key(sha256: str) -> str:
    return f"{PENDING}{sha256}.json"


def _found_key(sha256: str) -> str:
    return f"{CONTENT}{sha256}/found.json"


def _without_place(found: Observation) -> Observation:
    """Return the observation without places, and always with a finding id, so that it counts as a finding.

    The columns stay: they are those of the bytes, wherever these are.
    """
    placeless = replace(found, bucket="", key="", version_id="", etag="", size_bytes=None)
    return replace(placeless, finding_id=found.finding_id or UNKNOWN)


def _merged(known: list[Observation], new: Iterable[Observation]) -> list[Observation]:
    """Return both without duplicates: of those that differ only in ids and columns the first, with all columns."""
    unique: dict[Observation, Observation] = {}
    for each in (*known, *new):
        same = replace(each, finding_id=None, is_archived=False)
        unique[same] = _with_columns_of(unique[same], each) if same in unique else each
    return sorted(unique.values(), key=lambda observation: json.dumps(observation.to_json(), sort_keys=True))


def _with_columns_of(first: Observation, other: Observation) -> Observation:
    """Return an observation with the columns of an equal one as well."""
    detections = tuple(
        replace(
            detection, columns=tuple(sorted((Counter(dict(detection.columns)) | Counter(dict(more.columns))).items()))
        )
        for detection, more in zip(first.detections, other.detections, strict=True)
    )
    return replace(first, detections=detections)


def _dump(found: Iterable[Observation]) -> bytes:
    return json.dumps({"schema": _SCHEMA, "found": [each.to_json() for each in found]}, ensure_ascii=False).encode()


def _load(content: bytes | None) -> list[Observation]:
    if content is None:
        return []
    try:
        document = jsonl.parse(content)
        if document["schema"] != _SCHEMA:
            return [_DAMAGED]
        return [Observation.from_json(content) for content in document["found"]]
    except (ValueError, KeyError, TypeError):
        return [_DAMAGED]
