"""Archives: what is in them is scanned, and nothing that they say about themselves is believed."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localaws.macie2.detection.result import Cell, ScanResult, ScanStatus
from localaws.macie2.identifiers import CustomIdentifier, SeverityLevel
from localaws.macie2.identifiers.model import Severity
from tests.examples import examples
from tests.localaws.macie2.detection.scans import PATIENT, counts, scan_text

SSN = "USA_SOCIAL_SECURITY_NUMBER"
CSV = b"SSN,x\n078-05-1120,1\n"
UNPROCESSED = "ARCHIVE_CONTAINS_UNPROCESSED_FILES"
METERING = "localaws.macie2.detection.readers.metering"


def zipped(**files: bytes) -> bytes:
    """A zip file; two underscores in a name stand for a full stop."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(
                zipfile.ZipInfo(name.replace("__", "."), (2020, 1, 2, 3, 4, 6)), content, zipfile.ZIP_DEFLATED
            )
    return stream.getvalue()


def tarred(*files: tuple[str, bytes]) -> bytes:
    """A tar file."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), 1_577_934_246
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def inner(result: ScanResult) -> list[tuple[str, str, str | None]]:
    """Path, status and reason of every file."""
    return [(file.path, str(file.status), file.reason) for file in result.embedded]


@pytest.mark.parametrize(
    ("data", "extension", "mime_type", "path"),
    [
        (zipped(a__csv=CSV), "zip", "application/zip", "a.csv"),
        (tarred(("a.csv", CSV)), "tar", "application/x-tar", "a.csv"),
        (gzip.compress(CSV), "gz", "application/gzip", "a.csv"),
        (gzip.compress(tarred(("a.csv", CSV))), "gz", "application/gzip", "a.tar/a.csv"),
        (zipped(b__csv__gz=gzip.compress(CSV)), "zip", "application/zip", "b.csv.gz/b.csv"),
        (zipped(c__zip=zipped(d__tar=tarred(("e/a.csv", CSV)))), "ZIP", "application/zip", "c.zip/d.tar/e/a.csv"),
    ],
    ids=["zip", "tar", "gz", "tar in gz", "gz in zip", "tar in zip in zip"],
)
def test_file_in_an_archive_is_scanned_and_its_places_are_in_its_own_result(
    data: bytes, extension: str, mime_type: str, path: str
) -> None:
    name = "feed/a.tar.gz" if path.startswith("a.tar") else "feed/a.csv.gz"
    result = scan_text(data, extension=extension, name=name)
    assert (result.status, result.reason, result.mime_type) == (ScanStatus.COMPLETE, None, mime_type)
    assert (counts(result), result.size_classified_bytes) == ({SSN: 1}, len(CSV))
    assert result.detections[0].occurrences == ()
    [file] = result.embedded
    assert (file.path, file.extension, file.size_bytes, file.mime_type) == (path, "csv", len(CSV), "text/csv")
    assert file.detections[0].occurrences == (Cell(2, 1, "SSN"),)


def test_time_of_a_file_is_the_archive_s() -> None:
    modified = datetime(2020, 1, 2, 3, 4, 6, tzinfo=UTC)
    for data, extension in ((zipped(a__csv=CSV), "zip"), (tarred(("a.csv", CSV)), "tar")):
        assert [file.last_modified_at for file in scan_text(data, extension=extension).embedded] == [modified]


def test_counts_of_all_files_add_up_and_the_severity_follows_from_the_sum() -> None:
    levels = (SeverityLevel(3, Severity.LOW), SeverityLevel(4, Severity.HIGH))
    identifier = CustomIdentifier("i", "i", "P", severity_levels=levels)
    result = scan_text(zipped(a__txt=b"P P", b__txt=b"P P", c__txt=b"P P"), identifier, managed="", extension="zip")
    assert [(detection.count, detection.severity) for detection in result.detections] == [(6, Severity.HIGH)]
    assert [file.detections for file in result.embedded] == [(), (), ()]


def test_an_archive_counts_as_one_file_where_counting_stops() -> None:
    names = b"NAME,x\n" + b"John Smith,1\n" * 800
    result = scan_text(zipped(a__csv=names, b__csv=names), managed="NAME", extension="zip")
    assert counts(result) == {"NAME": 1000}
    assert [file.detections[0].count for file in result.embedded] == [800, 800]


def test_files_that_cannot_be_read_make_the_result_partial_and_say_why() -> None:
    result = scan_text(zipped(a__csv=CSV, b__png=b"x", c__zip=b"junk", d__parquet=b"junk"), extension="zip")
    assert (result.status, result.reason, counts(result)) == (ScanStatus.PARTIAL, UNPROCESSED, {SSN: 1})
    assert inner(result) == [
        ("a.csv", "COMPLETE", None),
        ("b.png", "SKIPPED", "UNSUPPORTED_FILE_TYPE_EXCEPTION"),
        ("c.zip", "SKIPPED", "MALFORMED_FILE"),
        ("d.parquet", "SKIPPED", "UNABLE_TO_PARSE_FILE"),
    ]


def test_archive_of_which_nothing_can_be_read_is_skipped() -> None:
    result = scan_text(zipped(a__png=b"x"), extension="zip")
    assert (result.status, result.reason, len(result.embedded)) == (ScanStatus.SKIPPED, UNPROCESSED, 1)
    empty = scan_text(zipped(), extension="zip")
    assert (empty.status, empty.embedded) == (ScanStatus.COMPLETE, ())


@pytest.mark.parametrize("extension", ["zip", "gz", "gzip", "tar"])
@pytest.mark.parametrize("data", [b"", b"junk", b"PK\5\6" + b"\xff" * 8, b"\x1f\x8b\x08\x00", b"\x1f\x8b" * 400])
def test_content_other_than_an_archive_is_skipped_as_malformed(extension: str, data: bytes) -> None:
    result = scan_text(data, extension=extension)
    is_empty_tar = extension == "tar" and not data
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, "MALFORMED_FILE") or is_empty_tar


def test_what_was_read_before_an_archive_breaks_off_counts() -> None:
    whole = gzip.compress(b"SSN,x\n" + b"".join(b"078-05-1120,%d\n" % number for number in range(50_000)))
    result = scan_text(whole[: len(whole) // 2], extension="gz", name="a.csv.gz")
    assert (result.status, result.reason) == (ScanStatus.PARTIAL, UNPROCESSED)
    assert inner(result) == [("a.csv", "PARTIAL", "MALFORMED_FILE")]
    assert 20_000 < counts(result)[SSN] < 30_000
    broken = tarred(("a.csv", CSV), ("b.csv", CSV * 20_000))[:300_000]
    result = scan_text(broken, extension="tar")
    assert (result.status, result.reason, counts(result)[SSN] > 100) == (ScanStatus.PARTIAL, "MALFORMED_FILE", True)


def test_encrypted_and_unknown_members_are_reported_as_such() -> None:
    data = bytearray(zipped(a__csv=CSV, b__csv=CSV))
    central = data.rindex(b"PK\1\2")
    data[central + 8] |= 1  # encrypted
    first = data.index(b"PK\1\2")
    struct.pack_into("<H", data, first + 10, 98)  # method PPMd
    result = scan_text(bytes(data), extension="zip")
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, UNPROCESSED)
    assert inner(result) == [(name, "SKIPPED", "UNABLE_TO_PARSE_FILE") for name in ("a.csv", "b.csv")]


def test_sizes_that_a_zip_declares_are_not_believed() -> None:
    content = b"x,y\n" * 1000 + b"ssn 078-05-1120,\n"
    data = bytearray(zipped(a__csv=content))
    struct.pack_into("<I", data, data.index(b"PK\1\2") + 24, 4)
    result = scan_text(bytes(data), extension="zip")
    assert (counts(result), result.embedded[0].size_bytes) == ({SSN: 1}, len(content))


@pytest.mark.slow
def test_bomb_ends_at_the_limit_of_a_file_and_of_an_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{METERING}.MAXIMUM_FILE_BYTES", 1_000_000)
    monkeypatch.setattr(f"{METERING}.MAXIMUM_EXTRACTED_BYTES", 3_000_000)
    bomb = b"ssn 078-05-1120\n" + b"0\n" * 5_000_000
    one = scan_text(zipped(a__txt=bomb, b__csv=CSV), extension="zip")
    assert (one.status, one.reason, counts(one)) == (ScanStatus.PARTIAL, UNPROCESSED, {SSN: 2})
    assert inner(one) == [("a.txt", "PARTIAL", "FILE_EXCEEDS_SIZE_LIMIT"), ("b.csv", "COMPLETE", None)]
    many = {f"f{number}__txt": bomb for number in range(9)}
    for data in (zipped(**many), zipped(g__zip=zipped(**many))):
        result = scan_text(data, extension="zip")
        assert (result.status, result.reason) == (ScanStatus.PARTIAL, "ARCHIVE_TOTAL_BYTES_EXTRACTED_OVER_LIMIT")
        assert len(result.embedded) <= 5
        assert result.size_classified_bytes < 4_000_000


def test_too_many_files_end_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{METERING}.MAXIMUM_FILES", 3)
    data = zipped(**{f"f{number}__csv": CSV for number in range(5)})
    result = scan_text(data, extension="zip")
    assert (result.reason, counts(result)) == ("ARCHIVE_TOTAL_DOCUMENTS_PROCESSED_OVER_LIMIT", {SSN: 3})
    monkeypatch.setattr("localaws.macie2.detection.readers.archives.MAXIMUM_DIRECTORY_BYTES", 100)
    result = scan_text(data, extension="zip")
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, "ARCHIVE_TOTAL_DOCUMENTS_PROCESSED_OVER_LIMIT")


def test_archives_are_opened_to_the_documented_depth() -> None:
    data = CSV
    for level in range(10):
        data = zipped(**{("a__csv" if level == 0 else "a__zip"): data})
    result = scan_text(data, extension="zip")
    assert (result.status, counts(result)) == (ScanStatus.COMPLETE, {SSN: 1})
    result = scan_text(zipped(a__zip=data, b__csv=CSV), extension="zip")
    assert (result.status, result.reason) == (ScanStatus.PARTIAL, "ARCHIVE_NESTING_LEVEL_OVER_LIMIT")
    assert inner(result)[0][1:] == ("SKIPPED", "ARCHIVE_NESTING_LEVEL_OVER_LIMIT")


def test_absurd_names_are_reported_and_never_written_to() -> None:
    names = ["../../../../tmp/x.csv", "/etc/passwd.csv", "a" * 5000 + ".csv", "\udcff\n.csv", "con.csv", ".csv"]
    result = scan_text(tarred(*((name, CSV) for name in names)), extension="tar")
    assert counts(result) == {SSN: 6}
    assert result.embedded[0].path == "../../../../tmp/x.csv"
    assert len(result.embedded[2].path) == 1024
    json.dumps([file.path for file in result.embedded]).encode()


def test_header_of_a_tar_is_not_read_without_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localaws.macie2.detection.readers.archives.MAXIMUM_TAR_HEADER_BYTES", 100_000)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("a.csv"))
        entry = tarfile.TarInfo("b.csv")
        entry.pax_headers = {"comment": "x" * 1_000_000}
        archive.addfile(entry)
    result = scan_text(stream.getvalue(), extension="tar")
    assert (result.status, result.reason, len(result.embedded)) == (ScanStatus.PARTIAL, "MALFORMED_FILE", 1)


@settings(max_examples=examples(150), deadline=None)
@given(st.sampled_from(["zip", "tar", "gz", "parquet"]), st.data())
def test_no_damage_to_an_archive_raises(extension: str, data: st.DataObject) -> None:
    whole = {
        "zip": zipped(a__csv=CSV, b__zip=zipped(c__json=b'{"SSN": "078-05-1120"}')),
        "tar": tarred(("a.csv", CSV), ("b.gz", gzip.compress(CSV))),
        "gz": gzip.compress(CSV * 10),
        "parquet": zipped(),
    }[extension]
    damaged = bytearray(whole)
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=5)):
        damaged[at] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(whole)))])
    result = scan_text(cut, PATIENT, extension=extension, name="x.csv.gz")
    assert result.status in ScanStatus
