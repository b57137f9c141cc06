"""The report of a run: what its record says, cut to what a person reads. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any

from lake_gate.display import facts
from lake_gate.display.columns import Detection
from lake_gate.display.files import FileRow, Masking, strictness
from lake_gate.display.news import News
from lake_gate.display.policies import exception_problems, policies_of, rule_descriptions
from lake_gate.ledger.chain import Head
from lake_gate.reports.lists import Capped

MOST_FILES = 500
"""Files in the table; objects.jsonl has all."""
MOST_COPIES = MOST_AMENDED = 200
MOST_IDENTIFIERS = MOST_COLUMNS = 6
"""Identifiers of a file, and columns of an identifier."""
MOST_RULES = 100
"""Identifiers, rules of a policy, exceptions and reviews."""


@dataclass(frozen=True, slots=True)
class Found:
    """Identifier that Macie found in a file.

    :param columns: in words: ``SSN, 12 rows``.
    :param decided: the decision rests on it.
    """

    name: str
    count: int
    columns: Capped[str]
    decided: bool


@dataclass(frozen=True, slots=True)
class FileLine:
    """Line of the table of files."""

    file: FileRow
    found: Capped[Found]


@dataclass(frozen=True, slots=True)
class CopyLine:
    """Masked copy of a file, with the report on its masking.

    :param methods: number of masked columns by method.
    :param smallest_group, share_below_5: of the rows with the same quasi-identifiers; None if the spec names none.
    """

    file: FileRow
    spec: str
    spec_sha256: str
    key_version: int | None
    methods: dict[str, int]
    smallest_group: int | None
    share_below_5: float | None

    @classmethod
    def of(cls, copy: Mapping[str, Any]) -> CopyLine:
        """Return the line of an entry of a masked copy."""
        masking = Masking.of(facts.member(copy, "masking"))
        methods = Counter(masking.methods.values())
        return cls(
            FileRow.of(copy),
            masking.spec,
            masking.spec_sha256,
            masking.key_version,
            dict(sorted(methods.items())),
            masking.smallest_group,
            masking.share_below_5,
        )


@dataclass(frozen=True, slots=True)
class Document:
    """Version of a document, with the SHA-256 of its content."""

    uri: str
    version_id: str
    sha256: str
    size_bytes: int

    @property
    def name(self) -> str:
        """Name of the document in its folder."""
        return self.uri.rpartition("/")[2]


@dataclass(slots=True)
class RunReport:
    """What the report of a run shows.

    :param files: the strictest and most severe ones.
    :param documents: the documents of the run, with which the report is checked.
    :param job_times: when the job was created, and when it ran last.
    :param ledger_head: the latest line of the feed's ledger; None without a ledger.
    :param reviews: requests about files of the run, see :mod:`lake_gate.reports.reviews`.
    :param reviews_left_out: number of older requests of the feed that were not read.
    """

    record: Mapping[str, Any]
    files: list[FileLine] = field(default_factory=list)
    objects: int = 0
    news: list[str] = field(default_factory=list)
    copies: Capped[CopyLine] = field(default_factory=lambda: Capped(MOST_COPIES))
    amended: Capped[FileRow] = field(default_factory=lambda: Capped(MOST_AMENDED))
    documents: Sequence[Document] = ()
    job_times: tuple[str, str] = ("", "")
    ledger_head: Head | None = None
    reviews: Sequence[Mapping[str, Any]] = ()
    reviews_left_out: int = 0

    @classmethod
    def collect(
        cls,
        record: Mapping[str, Any],
        entries: Iterable[Mapping[str, Any]],
        columns: Iterable[Mapping[str, Any]],
        **more: Any,
    ) -> RunReport:
        """Read the entries once, in bounded memory, and then the columns of the files that are shown.

        :param entries: lines of ``objects.jsonl``.
        :param columns: lines of ``columns.jsonl``.
        """
        report, news = cls(record, **more), News()
        shown = nsmallest(MOST_FILES, report._counted(news.noted(entries)), key=strictness)
        found = _columns_of({facts.text(entry, "name") for entry in shown}, columns)
        report.files = [_line(FileRow.of(entry), found.get(facts.text(entry, "name"), {})) for entry in shown]
        report.news = news.to_lines()
        return report

    def _counted(self, entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for entry in entries:
            self.objects += 1
            if isinstance(copy := facts.member(entry, "masked"), Mapping):
                self.copies.add(CopyLine.of(copy))
            if facts.member(entry, "amended"):
                self.amended.add(FileRow.of(entry))
            yield entry

    @property
    def is_dry_run(self) -> bool:
        """Whether the run has moved nothing."""
        return facts.member(self.record, "dry_run") is True

    @property
    def outcomes(self) -> dict[str, int]:
        """Number of files by outcome."""
        return facts.counts(self.record, "totals", "outcomes")

    @property
    def policies(self) -> list[dict[str, Any]]:
        """The policies that decided."""
        return policies_of(self.record)

    @property
    def rule_descriptions(self) -> dict[str, str]:
        """Descriptions of the rules, by name."""
        return rule_descriptions(self.record)

    @property
    def exceptions(self) -> list[Mapping[str, Any]]:
        """The exceptions that the run has used."""
        return facts.mappings(self.record, "rules", "exceptions")[:MOST_RULES]

    @property
    def exception_problems(self) -> list[str]:
        """What was wrong with the exceptions of the feed, in sentences."""
        return exception_problems(self.record)

    @property
    def identifiers(self) -> list[tuple[str, str]]:
        """Name and SHA-256 of each custom data identifier."""
        listed = facts.member(self.record, "rules", "identifiers")
        names = sorted(listed)[:MOST_RULES] if isinstance(listed, Mapping) else []
        return [(name, facts.text(listed, name, "sha256")) for name in names]


type _OfIdentifier = dict[str, tuple[Capped[str], bool]]


def _columns_of(names: set[str], lines: Iterable[Mapping[str, Any]]) -> dict[str, _OfIdentifier]:
    """Return the columns of the files with these names: by name, then by identifier, and whether it has decided."""
    found: defaultdict[str, _OfIdentifier] = defaultdict(dict)
    for line in lines:
        if (name := facts.text(line, "name")) in names:
            detection = Detection.of(line)
            columns, decided = found[name].get(detection.identifier) or (Capped(MOST_COLUMNS), False)
            if detection.index is not None:
                columns.add(_words(detection))
            found[name][detection.identifier] = columns, decided or detection.decided
    return found


def _words(detection: Detection) -> str:
    cells = f"{detection.cells:,}{' or more' if detection.is_capped else ''}" if detection.cells is not None else "?"
    return f"{detection.column_words} ({cells})"


def _line(file: FileRow, columns: _OfIdentifier) -> FileLine:
    nothing: tuple[Capped[str], bool] = Capped(MOST_COLUMNS), False
    found = [
        Found(identifier.name, identifier.count, *columns.get(identifier.name, nothing))
        for identifier in file.identifiers
    ]
    kept: Capped[Found] = Capped(MOST_IDENTIFIERS)
    for item in sorted(found, key=lambda item: (not item.decided, -item.count, item.name)):
        kept.add(item)
    return FileLine(file, kept)
