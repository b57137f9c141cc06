"""Looks once, before anything is moved, which versions there are of what Macie has named no version of.

``histories.jsonl`` stands beside the evidence: a move takes the landed versions away, so a retry of ``decide`` or a
later look could not see them any more.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate import jsonl
from lake_gate.base import BEGUN, FINDINGS, HISTORIES, MOVES, RESULTS, GateOperator
from lake_gate.documents import iter_json_lines, write_lines
from lake_gate.errors import DamagedDocumentError
from lake_gate.judging.binding import History
from lake_gate.judging.evidence import Observation
from lake_gate.moving.versions import KeyHistory, list_histories
from lake_gate.run import Run
from lake_gate.s3_answers import is_missing

if TYPE_CHECKING:
    from airflow.sdk import Context
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)


class GatherHistoriesOperator(GateOperator):
    """Write down the versions of every landed key for which a result or a finding names no version.

    ``histories.jsonl`` has one line for each; no line where Macie names the versions. Once moves have begun it stays as
    it is: decisions stand on it. Returns the number of keys.
    """

    def step(self, context: Context) -> int:
        """List the versions of these keys, all at once, after the evidence was gathered."""
        run, bronze = self.run_of(context), self.the_settings.bronze_bucket
        keys = self._unnamed(run)
        if self._is_moving(run):
            self.log.warning("Moves have begun: what their decisions stand on is not looked at again")
            return len(keys)
        lines = (jsonl.to_line({"key": key, **one.to_json()}) for key, one in look(self.s3, bronze, keys))
        write_lines(self.s3, bronze, run.document(HISTORIES), lines)
        if keys:
            self.log.warning("Macie names no version for %d object(s): S3 says which versions there are", len(keys))
        return len(keys)

    def _unnamed(self, run: Run) -> set[str]:
        """Return the keys, as far as they are the run's; what is not an observation is reported by ``decide``."""
        keys = set()
        for payload in (line for name in (RESULTS, FINDINGS) for line in self.iter_document(run, name)):
            try:
                seen = Observation.from_api(payload, is_finding=False)
            except ValueError:
                continue
            is_of_run = seen.bucket == self.the_settings.bronze_bucket and seen.key.startswith(run.prefix)
            if is_of_run and not seen.version_id:
                keys.add(seen.key)
        return keys

    def _is_moving(self, run: Run) -> bool:
        bronze = self.the_settings.bronze_bucket
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=run.document(MOVES))
        return any(item["Key"].endswith(BEGUN) for page in pages for item in page.get("Contents", ()))


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
        return dict(map(_read, iter_json_lines(s3, bronze, run.document(HISTORIES), version_id=version_id)))
    except ClientError as error:
        if not is_missing(error):
            raise
    except (DamagedDocumentError, ValueError):
        log.warning("s3://%s/%s is damaged: no version is inferred", bronze, run.document(HISTORIES))
    return {}


def _read(line: Any) -> tuple[str, History]:
    is_known = isinstance(line, dict) and isinstance(line.get("key"), str)
    if not is_known:
        raise ValueError("not the history of a key")
    return line["key"], History.from_json({name: value for name, value in line.items() if name != "key"})
