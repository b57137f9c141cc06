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
from lake_gate.model import jsonl
from lake_gate.model.evidence import Observation
from lake_gate.model.run import FINDINGS, HISTORIES, RESULTS, Run
from lake_gate.model.words import counted
from lake_gate.s3.documents import iter_json_lines, write_lines
from lake_gate.s3.versions import KeyHistory, list_histories

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.base import GateOperator

log = logging.getLogger(__name__)


def gather_histories(operator: GateOperator, run: Run) -> int:
    """Write ``histories.jsonl`` of a run, unless moves have begun; return the number of keys without a version."""
    bronze = operator.lake_settings.bronze_bucket
    keys = _keys_without_version(operator, run)
    if operator.begun(run):
        operator.log.warning("Moves have begun: the histories behind their decisions are kept")
        return len(keys)
    histories = iter_current_histories(operator.s3, bronze, keys)
    lines = (jsonl.to_line({"key": key, **history.to_json()}) for key, history in histories)
    write_lines(operator.s3, bronze, run.document(HISTORIES), lines)
    if keys:
        operator.log.warning("Macie names no version for %s: S3 lists the versions", counted(len(keys), "file"))
    return len(keys)


def _keys_without_version(operator: GateOperator, run: Run) -> set[str]:
    """Return the keys of this run's objects; records that are not valid are reported by ``decide``."""
    keys = set()
    for payload in (line for name in (RESULTS, FINDINGS) for line in operator.iter_document(run, name)):
        try:
            observation = Observation.from_api(payload, is_finding=False)
        except ValueError:
            continue
        is_in_bronze = observation.bucket == operator.lake_settings.bronze_bucket
        if is_in_bronze and observation.key.startswith(run.prefix) and not observation.version_id:
            keys.add(observation.key)
    return keys


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
