"""The documents of the gate, as the pages read them: with a short timeout, and with nothing but reads.

The settings are read again every minute. Keys are built from :class:`lake_gate.model.run.Run` alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from lake_gate.decision.amendments import Amendment, Amendments
from lake_gate.decision.overlay import read_amendments
from lake_gate.held.release import Released
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.model.run import AMENDMENTS, OBJECTS, RECORD, RELEASED, RUN, Run
from lake_gate.pages import facts
from lake_gate.pages.places import Buckets, Release
from lake_gate.pages.runs import FeedRow
from lake_gate.runs_index import read_rows
from lake_gate.s3.documents import iter_items, iter_json_lines, read_object
from lake_gate.s3.threads import map_threads
from lake_gate.settings import load_settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_DOCUMENT_BYTES = 256 * 1024**2
"""Larger documents are not read by a page; a run of 100,000 files has about half."""
MOST_HISTORY_BYTES = 16 * 1024**2
"""Larger documents are not read for the history of a single file."""
_MOST_REPROCESSING_RUNS = 50
_SETTINGS_SECONDS = 60
_THREADS = 8


class DocumentTooLargeError(Exception):
    """A document is too large for a page."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Documents of a run.

    :param sizes: bytes of each document, by name.
    :param folders: names of the folders of documents: ``moves/`` and the like.
    """

    run: Run
    sizes: Mapping[str, int]
    folders: frozenset[str]


@dataclass(frozen=True)
class Lake:
    """The buckets, and a client for S3."""

    s3: S3Client
    buckets: Buckets
    region: str

    def rows(self, feed: str) -> list[FeedRow]:
        """Return the runs in the index of a feed, the latest first."""
        return [FeedRow.of(feed, row) for row in read_rows(self.s3, self.buckets.bronze, feed)]

    def folder(self, run: Run) -> Folder:
        """List the documents of a run."""
        prefix = run.documents
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.buckets.bronze, Prefix=prefix, Delimiter="/"
        )
        sizes: dict[str, int] = {}
        folders: set[str] = set()
        for page in pages:
            sizes |= {item["Key"].removeprefix(prefix): item["Size"] for item in page.get("Contents", ())}
            folders |= {item["Prefix"].removeprefix(prefix) for item in page.get("CommonPrefixes", ())}
        return Folder(run, sizes, frozenset(folders))

    def pin(self, folder: Folder) -> dict[str, Any]:
        """Return the document that a run writes when it begins; empty without one."""
        return self._object(folder, RUN)

    def record(self, folder: Folder) -> dict[str, Any]:
        """Return the record of a run; empty before it is written."""
        return self._object(folder, RECORD)

    def _object(self, folder: Folder, name: str) -> dict[str, Any]:
        if name not in folder.sizes:
            return {}
        _require_size(folder, name, MOST_DOCUMENT_BYTES)
        return read_object(self.s3, self.buckets.bronze, folder.run.document(name), {}) or {}

    def lines(self, folder: Folder, name: str, most_bytes: int = MOST_DOCUMENT_BYTES) -> Iterator[dict[str, Any]]:
        """Yield the lines of a document of a run; none if it does not exist.

        :raises DocumentTooLargeError: when it is larger than ``most_bytes``.
        """
        if name in folder.sizes:
            _require_size(folder, name, most_bytes)
            yield from iter_json_lines(self.s3, self.buckets.bronze, folder.run.document(name), missing_ok=True)

    def amendments(self, folder: Folder) -> Amendments:
        """Return the stricter decisions that later findings have added to a run."""
        if AMENDMENTS not in folder.folders:
            return Amendments()
        return read_amendments(self.s3, self.buckets.bronze, folder.run)

    def entries(self, folder: Folder, amendments: Amendments) -> Iterator[Mapping[str, Any]]:
        """Yield the entries of ``objects.jsonl``, with the amendments that were carried out since it was written."""
        for entry in self.lines(folder, OBJECTS):
            done = amendments.done.get(facts.text(entry, "name"))
            yield _amended(entry, *done) if done else entry

    def releases(self, feed: str, rows: Iterable[FeedRow]) -> dict[tuple[str, str], Release]:
        """Return what re-processing runs have made of held copies, by key and version id of the copy."""
        later = [row for row in rows if row.is_reprocessing and not row.is_dry_run][:_MOST_REPROCESSING_RUNS]
        read = map_threads(lambda row: list(self._released(feed, row)), later, _THREADS)
        return {
            (item.key, item.version_id): Release(row.run_id, item.name, _place(item.now))
            for row, items in read
            for item in items
        }

    def _released(self, feed: str, row: FeedRow) -> Iterator[Released]:
        key = Run.of_folder(feed, row.folder).document(RELEASED)
        return iter_items(self.s3, self.buckets.bronze, key, partial(jsonl.from_dict, Released), missing_ok=True)


def _require_size(folder: Folder, name: str, most_bytes: int) -> None:
    if folder.sizes[name] > most_bytes:
        raise DocumentTooLargeError(name)


def _place(now: Mapping[str, Any]) -> tuple[str, str, str]:
    return facts.text(now, "bucket"), facts.text(now, "key"), facts.text(now, "version_id")


def _amended(entry: dict[str, Any], amendment: Amendment, place: Moved) -> dict[str, Any]:
    """Return the entry with the amendment, unless the record has it already."""
    if facts.text(entry, "amended", "decided_at") == amendment.decided_at:
        return entry
    name = amendment.decision.name
    return next(Amendments(done={name: (amendment, place)}).apply_to([{**entry, "name": name}]))


def open_lake() -> Lake:
    """Return the lake of the settings, which are read again every minute.

    :raises SettingsError: when a setting is missing.
    """
    return _opened(int(time.monotonic() // _SETTINGS_SECONDS))


@lru_cache(maxsize=1)
def _opened(_minute: int) -> Lake:
    import boto3
    from botocore.config import Config

    # A session of its own: the default session of boto3 is not safe to create in threads.
    session = boto3.session.Session()
    config = Config(connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 3}, max_pool_connections=32)
    settings = load_settings(session.client("ssm", config=config))
    s3 = session.client("s3", config=config)
    buckets = Buckets(settings.bronze_bucket, settings.silver_bucket, settings.quarantine_bucket)
    return Lake(s3, buckets, s3.meta.region_name)
