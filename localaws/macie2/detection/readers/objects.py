"""Scans one object: a file, or an archive with the files and archives in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.matching.tally import Tallies
from localaws.macie2.detection.readers import metering
from localaws.macie2.detection.readers.archives import Member, iter_members
from localaws.macie2.detection.readers.file_scan import Scan
from localaws.macie2.detection.readers.files import scan_file
from localaws.macie2.detection.readers.formats import ARCHIVES, Format, extension_of, format_of
from localaws.macie2.detection.readers.metering import Budget, Metered
from localaws.macie2.detection.readers.source import IncompleteError, Readable, Source, UnreadableError
from localaws.macie2.detection.result import EmbeddedFile, ScanResult, ScanStatus
from localaws.macie2.identifiers import ManagedIdentifier


def skipped(reason: str) -> ScanResult:
    """Return the result of what was not analysed."""
    return ScanResult(ScanStatus.SKIPPED, reason, None, 0, ())


@dataclass(slots=True)
class ObjectScan:
    """The hits in an object so far.

    :param wanted_texts: how many matched texts are kept of each identifier.
    :ivar texts: the matched texts.
    """

    managed: Sequence[ManagedIdentifier]
    matcher: Matcher
    chunk_bytes: int
    always_csv: bool = False
    wanted_texts: int = 0
    texts: dict[str, list[str]] = field(default_factory=dict)
    _embedded: list[EmbeddedFile] = field(default_factory=list)
    _total: Tallies = field(init=False)

    def __post_init__(self) -> None:
        self._total = self._tallies()

    def result(self, stream: Readable, name: str, extension: str, size_bytes: int) -> ScanResult:
        """Scan all of it.

        :param size_bytes: as S3 says.
        """
        file_format = format_of(extension)
        if file_format is None:
            return skipped("UNSUPPORTED_FILE_TYPE_EXCEPTION")
        is_archive = file_format.kind in ARCHIVES
        if size_bytes > file_format.maximum_bytes:
            return skipped("ARCHIVE_EXCEEDS_SIZE_LIMIT" if is_archive else "FILE_EXCEEDS_SIZE_LIMIT")
        metered = Metered(stream, file_format.maximum_bytes)
        return self._archive(metered, name, file_format) if is_archive else self._file(metered, file_format)

    def _tallies(self) -> Tallies:
        return Tallies(self.matcher, self.managed, self.wanted_texts)

    def _file(self, stream: Metered, file_format: Format) -> ScanResult:
        tallies = self._tallies()
        scan = Scan(stream, Source(stream), self.matcher, tallies, self.chunk_bytes, self.always_csv)
        status, reason, mime_type = ScanStatus.COMPLETE, None, file_format.mime_type
        try:
            mime_type = scan_file(scan, file_format)
        except UnreadableError as error:
            return skipped(error.reason)
        except IncompleteError as error:
            status, reason = ScanStatus.PARTIAL, error.reason
        self._total.add_counts(tallies)
        for identifier, texts in tallies.texts().items():
            kept = self.texts.setdefault(identifier, [])
            kept += texts[: self.wanted_texts - len(kept)]
        return ScanResult(status, reason, mime_type, stream.count, tallies.detections())

    def _archive(self, stream: Readable, name: str, file_format: Format) -> ScanResult:
        budget = Budget.full()
        reason = self._members(stream, name, file_format, "", budget, 1)
        files = self._embedded
        if reason is None and any(file.status != ScanStatus.COMPLETE for file in files):
            is_deep = any(file.reason == "ARCHIVE_NESTING_LEVEL_OVER_LIMIT" for file in files)
            reason = "ARCHIVE_NESTING_LEVEL_OVER_LIMIT" if is_deep else "ARCHIVE_CONTAINS_UNPROCESSED_FILES"
        if reason is not None and all(file.status == ScanStatus.SKIPPED for file in files):
            return replace(skipped(reason), embedded=tuple(files))
        status = ScanStatus.COMPLETE if reason is None else ScanStatus.PARTIAL
        size = sum(file.size_classified_bytes for file in files)
        return ScanResult(status, reason, file_format.mime_type, size, self._total.detections(), tuple(files))

    def _members(
        self, stream: Readable, name: str, file_format: Format, prefix: str, budget: Budget, depth: int
    ) -> str | None:
        """Scan the files of an archive; return why not all of them could be taken out, None when they were."""
        try:
            for member in iter_members(file_format.kind, stream, name):
                budget.take_file()
                self._member(replace(member, path=prefix + member.path), budget, depth)
                if budget.over:
                    return budget.over
        except IncompleteError as error:
            return error.reason
        return None

    def _member(self, member: Member, budget: Budget, depth: int) -> None:
        file_format = format_of(extension_of(member.path))
        if file_format is None:
            self._add(member, 0, skipped("UNSUPPORTED_FILE_TYPE_EXCEPTION"))
        elif member.stream is None:
            self._add(member, 0, skipped("UNABLE_TO_PARSE_FILE"))
        elif file_format.kind not in ARCHIVES:
            stream = Metered(member.stream, metering.MAXIMUM_FILE_BYTES, budget)
            result = self._file(stream, file_format)
            self._add(member, stream.count, result)
        elif depth == metering.MAXIMUM_DEPTH:
            self._add(member, 0, skipped("ARCHIVE_NESTING_LEVEL_OVER_LIMIT"))
        else:
            stream = Metered(member.stream, metering.MAXIMUM_FILE_BYTES, budget)
            reason = self._members(stream, member.path, file_format, f"{member.path}/", budget, depth + 1)
            if reason is not None:
                self._add(member, stream.count, skipped(reason))

    def _add(self, member: Member, size_bytes: int, result: ScanResult) -> None:
        self._embedded.append(
            EmbeddedFile(
                member.path,
                extension_of(member.path),
                size_bytes,
                member.last_modified_at,
                result.status,
                result.reason,
                result.mime_type,
                result.size_classified_bytes,
                result.detections,
            )
        )
