"""Audit of a feed's ledger: is the chain whole, and does each document have the content that its line says.

Sentences name lines by their numbers and documents by their keys, which have been checked; nothing else of a content.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

from lake_gate.ledger.chain import (
    MOST_LINE_BYTES,
    Head,
    Kind,
    Line,
    check,
    check_head,
    prefix_of,
    sequence_of,
)
from lake_gate.ledger.stores import Content, Entry, Store
from lake_gate.model import jsonl
from lake_gate.model.exception import PREFIX as EXCEPTIONS
from lake_gate.model.exception import REVOKED
from lake_gate.model.names import loggable
from lake_gate.model.run import RECORD, REVIEWS, RUNS, is_document_name
from lake_gate.model.words import counted
from lake_gate.s3.threads import map_threads

MOST_LINES = 1_000_000
MOST_DOCUMENTS = 1_000_000
MOST_RECORD_BYTES = 16 * 1024**2
MOST_NAMED = 100
"""Most documents that a record names."""
_THREADS = 8
_NAME_CHARACTERS = 300
_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/((_[a-z]+)/([a-z][a-z0-9_]{0,39})/[A-Za-z0-9._/-]{1,900})")
_VERSION_ID, _SHA256 = re.compile(r"[A-Za-z0-9._+/=-]{1,1024}"), re.compile(r"[0-9a-f]{64}")
_EXPECTED = re.compile(
    rf"{RUNS}[^/]+/.+/({re.escape(RECORD)}|amendments/[^/]+\.jsonl)|{REVIEWS}.+\.json|{EXCEPTIONS}[^/]+/({REVOKED})?[^/.]+\.json"
)
"""Documents that have a line."""
_WRITTEN_ONCE = (EXCEPTIONS, REVIEWS)


@dataclass(slots=True)
class Report:
    """What an audit has found.

    :param problems: what is wrong.
    :param unchecked: what could not be checked.
    :param notes: what a reader must know.
    :param expected: number of documents that should have a line.
    """

    feed: str
    lines: int = 0
    documents: int = 0
    head: Head | None = None
    problems: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    expected: int = 0

    @property
    def has_any(self) -> bool:
        """Whether the feed has lines, or documents that should have one."""
        return bool(self.lines or self.expected)


@dataclass(frozen=True, slots=True)
class Named:
    """A document as a line, or the record of a line, names it."""

    sequence: int
    key: str
    version_id: str
    sha256: str
    is_record: bool = False


@dataclass(slots=True)
class Audit:
    """Audit of one feed.

    :param ledger: store of the ledger.
    :param documents: store of the documents; the same one unless the ledger has a bucket of its own.
    """

    ledger: Store
    documents: Store
    feed: str
    kept: Head | None = None
    report: Report = field(init=False)
    _named: defaultdict[str, list[Named]] = field(init=False, default_factory=lambda: defaultdict(list))
    _bucket: str = field(init=False)
    _first_at: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """Begin with an empty report."""
        self.report = Report(self.feed)
        self._bucket = self.documents.bucket

    def run(self) -> Report:
        """Check the chain, and each document."""
        # Before the lines: a document that is written meanwhile has its line a moment later.
        expected = self._list_expected()
        self.report.expected = len(expected)
        self._check_chain()
        self._check_documents()
        self._check_written_once(expected)
        if self.report.lines:
            self._check_expected(expected)
        return self.report

    def _list_expected(self) -> list[Entry]:
        listed = (self.documents.entries(f"{prefix}{self.feed}/") for prefix in (RUNS, EXCEPTIONS, REVIEWS))
        found = (entry for entry in chain.from_iterable(listed) if _EXPECTED.fullmatch(entry.key))
        entries = list(islice(found, MOST_DOCUMENTS + 1))
        if len(entries) > MOST_DOCUMENTS:
            self.report.unchecked.append(f"more than {MOST_DOCUMENTS:,} documents: the rest was not listed")
        return entries

    def _check_chain(self) -> None:
        hashes: dict[int, str] = {}
        last = lost = 0
        for checked in check(self._iter_lines()):
            self.report.problems += checked.problems
            lost += checked.sequence - last - bool(checked.line)
            last = checked.sequence
            if self.kept and last == self.kept.sequence:
                hashes[last] = checked.hash
            self.report.lines += 1
            self.report.head = Head(last, checked.hash)
            if checked.line:
                self._name(checked.sequence, checked.line)
        if self.kept and (problem := check_head(self.kept, last, hashes)):
            self.report.problems.append(problem)
        lost += max(self.kept.sequence - last, 0) if self.kept else 0
        if lost:
            self.report.unchecked.append(f"documents of {counted(lost, 'line')} missing or damaged")
        if not last:
            self.report.unchecked.append("the ledger has no lines: it was removed, or all is older than the ledger")

    def _iter_lines(self) -> Iterator[tuple[int, bytes]]:
        prefix = prefix_of(self.feed)
        entries = list(islice(self.ledger.entries(prefix), MOST_LINES + 1))
        if len(entries) > MOST_LINES:
            self.report.unchecked.append(f"more than {MOST_LINES:,} lines: the others were not read")
        numbered: dict[int, Entry] = {}
        for entry in entries:
            if sequence := sequence_of(entry.key.removeprefix(prefix)):
                numbered[sequence] = entry
            else:
                self.report.problems.append(f"{_shown(entry.key)} is not a line")
        for sequence, content in map_threads(
            lambda number: self._read_line(numbered[number]), sorted(numbered), _THREADS
        ):
            entry = numbered[sequence]
            if entry.is_deleted:
                self.report.problems.append(f"line {sequence} was deleted")
            elif entry.versions > 1:
                self.report.problems.append(f"line {sequence} was written {entry.versions} times; the first is checked")
            if content is not None:
                yield sequence, content

    def _read_line(self, entry: Entry) -> bytes | None:
        content = self.ledger.read(entry.key, entry.oldest_id, MOST_LINE_BYTES + 1)
        return content.start if content else None

    def _name(self, sequence: int, line: Line) -> None:
        """Note the document of a line."""
        self._first_at = self._first_at or line.at
        match = _URI.fullmatch(line.uri)
        self._bucket = self._bucket or (match[1] if match else "")
        is_own = match and match[1] == self._bucket and match[4] == self.feed and ".." not in line.uri
        if not (match and is_own and match[3] != "_ledger" and _VERSION_ID.fullmatch(line.version_id)):
            of = f"s3://{self._bucket}" if self._bucket else "the bucket"
            self.report.problems.append(f"line {sequence} does not name a document of this feed in {of}")
            return
        is_record = line.kind in {Kind.RECORD, Kind.ACCOUNT}
        self._named[match[2]].append(Named(sequence, match[2], line.version_id, line.sha256, is_record))

    def _check_documents(self) -> None:
        if self.documents.has_versions:
            distinct = {named: None for of_key in self._named.values() for named in of_key}
            wanted = list(dict.fromkeys(distinct))
        else:
            wanted = [of_key[-1] for of_key in self._named.values()]
            self._note_superseded()
        for named, content in map_threads(self._read, wanted, _THREADS):
            self.report.documents += 1
            if self._is_same(named, content) and content and named.is_record:
                self._check_rest(named, content)

    def _note_superseded(self) -> None:
        self.report.notes.append(
            "a folder has no versions: a document that was rewritten later looks like one that was changed"
        )
        versions = {(named.key, named.version_id) for of_key in self._named.values() for named in of_key}
        if earlier := len(versions) - len(self._named):
            self.report.notes.append(f"earlier versions of documents, which were not checked: {earlier:,}")

    def _read(self, named: Named) -> Content | None:
        return self.documents.read(named.key, named.version_id, MOST_RECORD_BYTES if named.is_record else 0)

    def _is_same(self, named: Named, content: Content | None) -> bool:
        if content and content.sha256 == named.sha256:
            return True
        what = f"line {named.sequence}: {named.key}"
        earlier = [other.sequence for other in self._named[named.key] if content and other.sha256 == content.sha256]
        if content is None:
            self.report.problems.append(f"{what} is missing")
        elif earlier and not self.documents.has_versions:
            self.report.problems.append(f"{what} has the content of line {earlier[-1]}, an earlier version")
        else:
            self.report.problems.append(f"{what} has other content: it was changed")
        return False

    def _check_rest(self, record: Named, content: Content) -> None:
        """Check the documents that a record names."""
        if content.size_bytes > MOST_RECORD_BYTES:
            self.report.unchecked.append(f"line {record.sequence}: {record.key} is too large to be read")
            return
        try:
            named = list(_iter_named(record, content.start))
        except ValueError:
            self.report.problems.append(f"line {record.sequence}: {record.key} does not name its documents as a record")
            return
        for document, found in map_threads(self._read, named, _THREADS):
            self.report.documents += 1
            self._is_same(document, found)

    def _check_written_once(self, entries: Sequence[Entry]) -> None:
        """Report documents of reviews and exceptions that were written again; a folder does not show it."""
        for entry in entries:
            if entry.versions > 1 and entry.key.startswith(_WRITTEN_ONCE):
                self.report.problems.append(f"{_shown(entry.key)} was written {entry.versions} times, expected once")

    def _check_expected(self, entries: Sequence[Entry]) -> None:
        """Report documents without a line; older documents than the ledger are counted."""
        older = 0
        for entry in entries:
            lines = self._named.get(entry.key, ())
            if entry.is_deleted:
                self.report.problems.append(f"{_shown(entry.key)} was deleted")
            elif not any(line.version_id == entry.version_id or not entry.version_id for line in lines):
                if _is_before(entry.modified_at, self._first_at):
                    older += 1
                else:
                    latest = "the latest version of " if lines else ""
                    self.report.problems.append(f"{latest}{_shown(entry.key)} has no line")
        if older:
            self.report.notes.append(f"documents that are older than the ledger, and have no line: {older:,}")


def _iter_named(record: Named, content: bytes) -> Iterator[Named]:
    """Yield the documents that a record names.

    :raises ValueError: when it does not name them as a record does.
    """
    parsed = jsonl.parse(content)
    documents = parsed.get("documents", {}) if isinstance(parsed, dict) else None
    if not isinstance(documents, dict) or len(documents) > MOST_NAMED:
        raise ValueError("not documents")
    folder = record.key.removesuffix(RECORD)
    for name, described in documents.items():
        version_id, sha256 = (_text(described, member) for member in ("version_id", "sha256"))
        if not (is_document_name(name) and _VERSION_ID.fullmatch(version_id) and _SHA256.fullmatch(sha256)):
            raise ValueError("not a document")
        yield Named(record.sequence, folder + name, version_id, sha256)


def _text(described: Any, member: str) -> str:
    value = described.get(member) if isinstance(described, Mapping) else None
    return value if isinstance(value, str) else ""


def _is_before(time: datetime, at: str) -> bool:
    try:
        return time < datetime.fromisoformat(at)
    except (ValueError, TypeError):
        return False


def _shown(key: str) -> str:
    """Return a key from a listing as it may be printed."""
    return loggable(key.encode(errors="replace").decode(), _NAME_CHARACTERS)
