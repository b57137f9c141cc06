"""The documents of the gate, as the pages read them: with a short timeout, and with nothing but reads.

The settings are read again every minute. Keys are built from :class:`lake_gate.model.run.Run` alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lake_gate.decision.amendments import Amendment, Amendments
from lake_gate.decision.overlay import read_amendments
from lake_gate.display import facts
from lake_gate.errors import DocumentTooLargeError
from lake_gate.model.manifest import Moved
from lake_gate.model.run import AMENDMENTS, OBJECTS, RECORD, RELEASED, RUN, RUN_REPORT, RUNS, Run, index_of
from lake_gate.model.runs import ordered, parse
from lake_gate.pages.places import Buckets, Release
from lake_gate.pages.runs import FeedRow
from lake_gate.s3.documents import iter_json_lines, read_object, read_object_version
from lake_gate.s3.threads import map_threads
from lake_gate.settings import load_settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_DOCUMENT_BYTES = 256 * 1024**2
"""Larger documents are not read by a page, line by line; a run of 100,000 files has about half."""
MOST_KEPT_BYTES = 64 * 1024**2
"""More of documents that are in memory as a whole is not read for a page: amendments, and what became of held files."""
MOST_HISTORY_BYTES = MOST_OBJECT_BYTES = 16 * 1024**2
"""Larger documents are not read for the history of a single file, nor as one JSON object."""
MOST_LINE_BYTES = 1024**2
_RECORD_SHAPE = {"properties": {name: {"type": "object"} for name in ("run", "totals")}, "required": ["run", "totals"]}
"""What the records of all versions have; everything else that a record does not have is left out of the pages."""
_MOST_REPROCESSING_RUNS = 50
_SETTINGS_SECONDS = 60
_THREADS = 8


@dataclass(frozen=True, slots=True)
class Folder:
    """Documents of a run.

    :param sizes: bytes of each document, by name.
    :param folders: names of the folders of documents: ``moves/`` and the like.
    """

    run: Run
    sizes: Mapping[str, int]
    folders: frozenset[str]


@dataclass(frozen=True, slots=True)
class Index:
    """Runs of a feed.

    :param rows: the latest first; none when the index cannot be used.
    :param problem: ``damaged`` or ``missing`` when there are runs that the rows do not have; else empty.
    """

    rows: list[FeedRow]
    problem: str = ""


@dataclass(frozen=True)
class Lake:
    """The buckets, and a client for S3."""

    s3: S3Client
    buckets: Buckets
    region: str

    def index(self, feed: str) -> Index:
        """Return the runs in the index of a feed; an index that cannot be used is left to the next run to rebuild."""
        bronze = self.buckets.bronze
        try:
            content = read_object_version(self.s3, bronze, index_of(feed), most_bytes=MOST_OBJECT_BYTES)
        except DocumentTooLargeError:
            return Index([], "damaged")
        if (rows := parse(content)) is not None:
            return Index([FeedRow.of(feed, row) for row in ordered(rows)])
        if content is not None:
            return Index([], "damaged")
        any_run = self.s3.list_objects_v2(Bucket=bronze, Prefix=f"{RUNS}{feed}/", MaxKeys=1)
        return Index([], "missing" if any_run["KeyCount"] else "")

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
        return self._object(folder, RUN, {})

    def record(self, folder: Folder) -> dict[str, Any]:
        """Return the record of a run; empty before it is written.

        :raises DamagedDocumentError: when it is not a record: a page would say that nothing was landed or scanned.
        """
        return self._object(folder, RECORD, _RECORD_SHAPE)

    def report(self, folder: Folder) -> bytes | None:
        """Return the report of a run; None without one.

        :raises DocumentTooLargeError: when it is larger than :data:`MOST_OBJECT_BYTES`.
        """
        key = folder.run.document(RUN_REPORT)
        return read_object_version(self.s3, self.buckets.bronze, key, most_bytes=MOST_OBJECT_BYTES)

    def _object(self, folder: Folder, name: str, shape: Mapping[str, Any]) -> dict[str, Any]:
        if name not in folder.sizes:
            return {}
        key = folder.run.document(name)
        return read_object(self.s3, self.buckets.bronze, key, shape, most_bytes=MOST_OBJECT_BYTES) or {}

    def lines(self, folder: Folder, name: str, most_bytes: int = MOST_DOCUMENT_BYTES) -> Iterator[dict[str, Any]]:
        """Yield the lines of a document of a run; none if it does not exist.

        :raises DocumentTooLargeError: when it is larger than ``most_bytes``.
        """
        if name in folder.sizes:
            key, caps = folder.run.document(name), {"most_bytes": most_bytes, "most_line_bytes": MOST_LINE_BYTES}
            yield from iter_json_lines(self.s3, self.buckets.bronze, key, missing_ok=True, **caps)

    def amendments(self, folder: Folder) -> Amendments:
        """Return the stricter decisions that later findings have added to a run.

        :raises DocumentTooLargeError: when they are more than :data:`MOST_KEPT_BYTES`.
        """
        if AMENDMENTS not in folder.folders:
            return Amendments()
        key = folder.run.document(AMENDMENTS)
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.buckets.bronze, Prefix=key)
        if sum(item["Size"] for page in pages for item in page.get("Contents", ())) > MOST_KEPT_BYTES:
            raise DocumentTooLargeError(f"s3://{self.buckets.bronze}/{key}", "too large for a page")
        return read_amendments(self.s3, self.buckets.bronze, folder.run)

    def entries(self, folder: Folder, amendments: Amendments) -> Iterator[Mapping[str, Any]]:
        """Yield the entries of ``objects.jsonl``, with the amendments that were carried out since it was written."""
        for entry in self.lines(folder, OBJECTS):
            done = amendments.done.get(facts.text(entry, "name"))
            yield _amended(entry, *done) if done else entry

    def releases(self, feed: str, rows: Iterable[FeedRow]) -> dict[tuple[str, str], Release]:
        """Return what re-processing runs have made of held copies, by key and version id of the copy.

        :raises DocumentTooLargeError: when they are more than :data:`MOST_KEPT_BYTES`.
        """
        later = [row for row in rows if row.is_reprocessing and not row.is_dry_run][:_MOST_REPROCESSING_RUNS]
        folders = list(map_threads(lambda row: self.folder(Run.of_folder(feed, row.folder)), later, _THREADS))
        if sum(folder.sizes.get(RELEASED, 0) for _, folder in folders) > MOST_KEPT_BYTES:
            raise DocumentTooLargeError(f"s3://{self.buckets.bronze}/{RUNS}{feed}/", "too large for a page")
        read = map_threads(lambda found: list(self._released(*found)), folders, _THREADS)
        return {key: release for _, releases in read for key, release in releases}

    def _released(self, row: FeedRow, folder: Folder) -> Iterator[tuple[tuple[str, str], Release]]:
        for line in self.lines(folder, RELEASED, MOST_KEPT_BYTES):
            place = _place(facts.member(line, "now"))
            copy = facts.text(line, "key"), facts.text(line, "version_id")
            yield copy, Release(row.run_id, facts.text(line, "name"), place)


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
