"""Histories of the keys for which Macie names no version: listed once, before anything is moved.

They are kept in ``histories.jsonl`` beside the evidence, because a move deletes the landed versions: a retry of
``decide`` could not list them again.
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


def iter_current_histories(s3: S3Client, bucket: str, keys: Collection[str]) -> Iterator[tuple[str, History]]:
    """Yield each key, sorted, with its history as S3 lists it now; the history of a missing key is empty."""
    if not keys:
        return
    listed = list_histories(s3, bucket, keys)
    versioning = s3.get_bucket_versioning(Bucket=bucket).get("Status", "")
    for key in sorted(keys):
        versions = listed.get(key, KeyHistory())
        yield key, History(versioning, tuple(versions.versions), tuple(versions.markers))


def read_histories(s3: S3Client, bronze: str, run: Run, version_id: str = "") -> dict[str, History]:
    """Return the histories in ``histories.jsonl``, by key.

    Returns nothing when the document is missing or damaged, so that no version is inferred.

    :param version_id: of the document; the latest by default.
    """
    try:
        lines = iter_json_lines(s3, bronze, run.document(HISTORIES), version_id=version_id, missing_ok=True)
        return dict(map(_read, lines))
    except (DamagedDocumentError, ValueError):
        log.warning("s3://%s/%s is damaged: no version is inferred", bronze, run.document(HISTORIES))
    return {}


def _read(line: Any) -> tuple[str, History]:
    is_valid = isinstance(line, dict) and isinstance(line.get("key"), str)
    if not is_valid:
        raise ValueError("not the history of a key")
    return line["key"], History.from_json({name: value for name, value in line.items() if name != "key"})
