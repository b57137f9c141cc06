"""Looks once, before anything is moved, which versions there are of what Macie has named no version of.

``histories.jsonl`` stands beside the evidence: a move takes the landed versions away, so a retry of ``decide`` or a
later look could not see them any more.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from lake_gate.decision.binding import History
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.run import HISTORIES, Run
from lake_gate.s3.documents import iter_json_lines
from lake_gate.s3.versions import KeyHistory, list_histories

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)


def look(s3: S3Client, bucket: str, keys: Collection[str]) -> Iterator[tuple[str, History]]:
    """Yield each key and its history as S3 shows it now, in the order of the keys; one that has none is empty."""
    if not keys:
        return
    found = list_histories(s3, bucket, keys)
    versioning = s3.get_bucket_versioning(Bucket=bucket).get("Status", "")
    for key in sorted(keys):
        versions = found.get(key, KeyHistory())
        yield key, History(versioning, tuple(versions.versions), tuple(versions.markers))


def read_histories(s3: S3Client, bronze: str, run: Run, version_id: str = "") -> dict[str, History]:
    """Return what was written down, by key; nothing where it is missing or damaged: then no version is inferred.

    :param version_id: of the document; the latest by default.
    """
    try:
        lines = iter_json_lines(s3, bronze, run.document(HISTORIES), version_id=version_id, missing_ok=True)
        return dict(map(_read, lines))
    except (DamagedDocumentError, ValueError):
        log.warning("s3://%s/%s is damaged: no version is inferred", bronze, run.document(HISTORIES))
    return {}


def _read(line: Any) -> tuple[str, History]:
    is_known = isinstance(line, dict) and isinstance(line.get("key"), str)
    if not is_known:
        raise ValueError("not the history of a key")
    return line["key"], History.from_json({name: value for name, value in line.items() if name != "key"})
