"""Version and SHA-256 of the documents that a record rests on, and the line of the record in the ledger.

The ledger has a line for each version of a record, and the record has the hashes of the documents that explain it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lake_gate.ledger.book import append_document
from lake_gate.ledger.chain import Kind
from lake_gate.model.run import DECISIONS, MANIFEST, MASKED, OBJECTS, PLAN, RECORD, RUN, Run
from lake_gate.s3.documents import put_version
from lake_gate.s3.threads import map_threads
from lake_gate.s3.versions import hash_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.settings import Settings

_THREADS = 8


def write_recorded(s3: S3Client, settings: Settings, run: Run, content: bytes, kind: Kind = Kind.RECORD) -> str:
    """Write a version of ``record.json``, append its line to the ledger of the feed, and return its URI.

    After a crash in between, the retry writes another version with a line of its own.
    """
    key = run.document(RECORD)
    version_id = put_version(s3, settings.bronze_bucket, key, content)
    append_document(s3, settings, run.feed, kind, key, version_id, content)
    return f"s3://{settings.bronze_bucket}/{key}"


def describe_run(s3: S3Client, bronze: str, run: Run, basis: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return version and SHA-256 of the documents that a run has decided on, and of its entries, by name.

    :param basis: content of ``plan.json``; its versions are described where it pins some.
    """
    latest = [RUN, MANIFEST, OBJECTS, *([PLAN] if basis else []), *([MASKED] if run.is_masked else [])]
    pinned = {DECISIONS: basis["decisions"], **basis.get("evidence", {})} if basis else {}
    return describe(s3, bronze, run, {**dict.fromkeys(latest, ""), **pinned})


def describe(s3: S3Client, bronze: str, run: Run, versions: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return version and SHA-256 of those documents of a run that exist, by name.

    :param versions: version ids by name; the latest version where it is empty.
    """
    described = map_threads(lambda name: _describe(s3, bronze, run.document(name), versions[name]), versions, _THREADS)
    return {name: description for name, description in sorted(described) if description}


def _describe(s3: S3Client, bucket: str, key: str, version_id: str) -> dict[str, str] | None:
    hashed = hash_version(s3, bucket, key, version_id)
    return {"version_id": hashed.version_id, "sha256": hashed.sha256} if hashed else None
