"""What is known of bytes, whatever they are called and wherever they lie: ``_content/<sha256>/`` in bronze.

* ``landed/<feed>/<run folder>/<hash of the name>.json``: a run has landed these bytes under that name
* ``found.json``: everything that Macie has reported in these bytes, at any place, by any job

``_content/pending/<sha256>.json`` says that something new was reported in these bytes, and that ``finding_events`` has
not yet decided about all runs that have landed them.

Two rules make it safe, whatever happens at the same time. Who lands writes the first before its manifest, and decides
on the second later. Who learns of a finding writes the second, and then reads the first. One of the two sees the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from lake_gate.model import jsonl
from lake_gate.model.evidence import UNKNOWN, Detection, Evidence, Observation, Severity
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import Run
from lake_gate.s3.documents import put_version, read_document_or_none, update_document, write_document
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT = "_content/"
PENDING = f"{CONTENT}pending/"
_SCHEMA = "lake-gate/content/1"
_DAMAGED = Observation("", "", "", "", "COMPLETE", None, UNKNOWN, (Detection(UNKNOWN, 1, UNKNOWN),), UNKNOWN, UNKNOWN)
"""Stands for a document that cannot be read: something may have been found, so nothing is promoted."""


@dataclass(frozen=True, slots=True)
class LandedAt:
    """An object that a run has landed with certain bytes.

    :param folder: of the run, see :attr:`lake_gate.model.run.Run.folder`.
    :param name: path in the delivery.
    """

    feed: str
    folder: str
    name: str

    @property
    def run(self) -> Run:
        """The run."""
        return Run.of_folder(self.feed, self.folder)


def add_landed(s3: S3Client, bronze: str, run: Run, landed: LandedObject) -> None:
    """Write down that a run lands these bytes; before its manifest. A retry writes the same again."""
    name = hashlib.sha256(landed.name.encode()).hexdigest()
    place = LandedAt(run.feed, run.folder, landed.name)
    key = f"{_landed_prefix(landed.sha256)}{run.feed}/{run.folder}/{name}.json"
    write_document(s3, bronze, key, json.dumps({"schema": _SCHEMA, **asdict(place)}, ensure_ascii=False).encode())


def iter_landed(s3: S3Client, bronze: str, sha256: str) -> Iterator[LandedAt]:
    """Yield where runs have landed these bytes; what is not a document of the gate is left out."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=_landed_prefix(sha256))
    for item in (item for page in pages for item in page.get("Contents", ())):
        try:
            content = jsonl.parse(read_document_or_none(s3, bronze, item["Key"]) or b"{}")
            place = LandedAt(*(str(content[name]) for name in ("feed", "folder", "name")))
            _ = place.run
        except (ValueError, KeyError, TypeError):
            continue
        yield place


def add_found(s3: S3Client, bronze: str, sha256: str, found: Iterable[Observation]) -> str:
    """Keep what Macie has reported in these bytes; what is known already changes nothing.

    :return: version id of the document that says that this is pending; empty when nothing was new.
    :raises GateError: when other writers keep changing the document.
    """
    new = [_without_place(one) for one in found if one.severity or one.detections]
    if not new:
        return ""
    known = _load(read_document_or_none(s3, bronze, _found_key(sha256)))
    if _merged(known, new) == _merged(known, ()):
        return ""
    pending = put_version(s3, bronze, _pending_key(sha256), json.dumps({"schema": _SCHEMA}).encode())
    update_document(s3, bronze, _found_key(sha256), lambda there: _dump(_merged(_load(there), new)))
    return pending


def list_pending(s3: S3Client, bronze: str) -> dict[str, list[str]]:
    """Return the SHA-256 of all bytes that are pending, each with the version ids of the documents that say so."""
    pending: dict[str, list[str]] = {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bronze, Prefix=PENDING):
        for item in page.get("Versions", ()):
            sha256 = item["Key"].removeprefix(PENDING).removesuffix(".json")
            pending.setdefault(sha256, []).append(item["VersionId"])
    return pending


def settle(s3: S3Client, bronze: str, pending: Mapping[str, Iterable[str]]) -> None:
    """Take these bytes for decided about; what became known since then stays pending.

    :param pending: version ids of the documents that were read, by SHA-256.
    """
    versions = ((_pending_key(sha256), version_id) for sha256, of in pending.items() for version_id in of)
    for _ in map_threads(
        lambda version: s3.delete_object(Bucket=bronze, Key=version[0], VersionId=version[1]), versions
    ):
        pass


def read_found(s3: S3Client, bronze: str, sha256: str) -> tuple[Observation, ...]:
    """Return everything that was ever reported in these bytes; the observations name no place.

    A document that cannot be read is an observation of unknown severity: nothing is promoted on it.
    """
    return tuple(_load(read_document_or_none(s3, bronze, _found_key(sha256))))


def says_more(found: Iterable[Observation], than: Evidence) -> bool:
    """Whether anything was reported that the evidence does not have: a higher severity, or more of an identifier."""
    known = (*than.results, *than.findings)
    severity = max((_rank(one.severity) for one in known), default=0)
    counts: dict[tuple[str, str], int] = {}
    for detection in (detection for one in known for detection in one.detections):
        place = detection.category, detection.identifier
        counts[place] = max(counts.get(place, 0), detection.count)
    return any(
        _rank(one.severity) > severity
        or any(counts.get((each.category, each.identifier), 0) < each.count for each in one.detections)
        for one in found
    )


def _rank(severity: str | None) -> int:
    """Return the rank of a severity; a word that is not known is above all."""
    if severity is None:
        return 0
    return Severity(severity).rank if severity in set(Severity) else Severity.HIGH.rank + 1


def _landed_prefix(sha256: str) -> str:
    return f"{CONTENT}{sha256}/landed/"


def _pending_key(sha256: str) -> str:
    return f"{PENDING}{sha256}.json"


def _found_key(sha256: str) -> str:
    return f"{CONTENT}{sha256}/found.json"


def _without_place(found: Observation) -> Observation:
    """Return it as said of the bytes alone. An id in any case: it is told of as a finding wherever the bytes are."""
    nowhere = replace(found, bucket="", key="", version_id="", etag="", size_bytes=None)
    return replace(nowhere, finding_id=found.finding_id or UNKNOWN)


def _merged(known: list[Observation], new: Iterable[Observation]) -> list[Observation]:
    """Return both; of two that say the same of these bytes, the first stands, whatever their ids."""
    said = {replace(one, finding_id=None, is_archived=False): one for one in [*known, *new][::-1]}
    return sorted(said.values(), key=lambda one: json.dumps(one.to_json(), sort_keys=True))


def _dump(found: Iterable[Observation]) -> bytes:
    return json.dumps({"schema": _SCHEMA, "found": [one.to_json() for one in found]}, ensure_ascii=False).encode()


def _load(content: bytes | None) -> list[Observation]:
    if content is None:
        return []
    try:
        document = jsonl.parse(content)
        if document["schema"] != _SCHEMA:
            return [_DAMAGED]
        return [Observation.from_json(one) for one in document["found"]]
    except (ValueError, KeyError, TypeError):
        return [_DAMAGED]
