"""Zips: hostile ones are refused by name and in bounded memory."""

from __future__ import annotations

import errno
import io
import random
import struct
import tracemalloc
import zipfile
import zlib
from contextlib import suppress
from typing import Any

import pytest

from lake_gate.delivery import zip_source
from lake_gate.delivery.zip_source import zip_files
from lake_gate.errors import SourceError


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read(content: bytes) -> dict[str, bytes]:
    return {file.name: file.open().read() for file in zip_files("x.zip", io.BytesIO(content))}


def directory_of(entries: int) -> bytes:
    """A zip with a list of members, and nothing that they could be."""
    member = struct.pack("<4s24x3H12x", b"PK\x01\x02", 1, 0, 0) + b"a"
    size = len(member) * entries
    return member * entries + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, 0, 0)


def test_members_are_read_with_folders_comments_and_what_stands_before() -> None:
    files = {"a.csv": b"1", "b/c.csv": b"2" * 1000}
    buffer = io.BytesIO(zipped({**files, "b/": b""}))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"a comment"
    assert read(buffer.getvalue()) == files
    assert read(b"#!/bin/sh\n" + zipped(files)) == files


def test_zip64_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    packed = zipped({"a.csv": b"1", "b.csv": b"2"})
    assert b"PK\x06\x06" in packed
    assert read(packed) == {"a.csv": b"1", "b.csv": b"2"}


def test_million_members_are_counted_before_they_are_in_memory() -> None:
    """zipfile makes an object of each, before anyone could count them."""
    content = io.BytesIO(directory_of(1_000_000))
    tracemalloc.start()
    with pytest.raises(SourceError, match="more than 100000 files"):
        zip_files("x.zip", content)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 80e6


def test_list_of_members_that_is_too_long_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_source, "MAX_DIRECTORY_BYTES", 100)
    with pytest.raises(SourceError, match="the list of its members has 141 bytes; at most 100"):
        read(directory_of(3))


def test_second_list_of_members_is_not_taken_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers that follow the locator would find the other one."""
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    packed = zipped({"a.csv": b"1", "b.csv": b"2"})
    record, locator = packed.index(b"PK\x06\x06"), packed.index(b"PK\x06\x07")
    decoy = packed[record:locator]
    changed = bytearray(decoy + packed)
    changed[locator + len(decoy) + 8 : locator + len(decoy) + 16] = bytes(8)
    with pytest.raises(SourceError, match="not a readable zip"):
        read(bytes(changed))


UNREAD = [
    *((1, "shrink"), (2, "reduce"), (6, "implode"), (9, "deflate64"), (14, "lzma without an end mark")),
    *((93, "zstd"), (95, "xz"), (98, "ppmd"), (99, "AES encryption"), (77, "number 77")),
]


@pytest.mark.parametrize(("method", "name"), UNREAD)
def test_method_that_is_not_read_is_named_with_what_to_do(method: int, name: str) -> None:
    changed = in_directory(zipped({"a.csv": bytes(99)}), 10, struct.pack("<H", method))
    told = rf"'a.csv' is packed by the method {name}, which is not read; unpack the zip and pack it again by deflate"
    with pytest.raises(SourceError, match=told):
        read(changed)


def test_encrypted_member_is_named_with_what_to_do() -> None:
    changed = in_directory(zipped({"a.csv": bytes(99)}), 8, b"\x01")
    with pytest.raises(SourceError, match=r"'a.csv' is encrypted; pack it without a password"):
        read(changed)


METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("method", METHODS)
def test_methods_that_python_reads_are_read(method: int) -> None:
    files = {"a.csv": random.Random(2).randbytes(3_000_000), "b.csv": b"", "c/d.csv": b"id,text\n" + b"1,a\n" * 50_000}
    packed = zipped(files, method)
    assert read(packed) == files
    (first, *_) = zip_files("x.zip", io.BytesIO(packed))
    with first.open() as content:
        assert content.read(7) + content.read() == files["a.csv"]


@pytest.mark.parametrize("method", METHODS[1:])
def test_member_is_unpacked_in_pieces_whatever_it_unpacks_to(method: int) -> None:
    random_bytes = random.Random(3).randbytes(500_000)
    files = zip_files("x.zip", io.BytesIO(zipped({"a.csv": random_bytes, "b.csv": bytes(90_000_000)}, method)))
    tracemalloc.start()
    for file in files:
        with file.open() as content:
            while content.read(1 << 20):
                pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 20e6


def test_dictionary_of_lzma_is_limited() -> None:
    packed = zipped({"a.csv": b"1"}, zipfile.ZIP_LZMA)
    at = packed.index(b"a.csv") + len(b"a.csv") + 2 + 2 + 1
    changed = packed[:at] + struct.pack("<L", 1 << 31) + packed[at + 4 :]
    with pytest.raises(SourceError, match=r"'a.csv' is packed by lzma with a dictionary of 2147483648 bytes; at most"):
        read(changed)


WINDOWS = [0, 6, 10, 14]


@pytest.mark.parametrize("system", WINDOWS)
def test_backslash_is_a_slash_in_a_zip_from_windows(system: int) -> None:
    packed = zipped({"csv|patients.csv": b"1", "csv|": b""}).replace(b"csv|", b"csv\\")
    assert read(from_system(packed, system)) == {"csv/patients.csv": b"1"}


@pytest.mark.parametrize("system", [3, 19])
def test_backslash_is_refused_in_a_zip_from_elsewhere(system: int) -> None:
    packed = zipped({"csv|patients.csv": b"1"}).replace(b"csv|", b"csv\\")
    with pytest.raises(SourceError, match="not a plain relative path"):
        read(from_system(packed, system))


@pytest.mark.parametrize(
    "name", [b"..\\a.csv", b"b\\..\\a.csv", b"\\a.csv", b"\\\\host\\a.csv", b"C:\\a.csv", b"b\\\\a.csv"]
)
def test_name_from_windows_that_leads_out_is_refused(name: bytes) -> None:
    packed = zipped({"x" * len(name): b"1"}).replace(b"x" * len(name), name)
    with pytest.raises(SourceError, match="leads out of the delivery"):
        read(from_system(packed, 0))


def test_folder_from_windows_with_content_is_refused() -> None:
    packed = zipped({"patients|": b"SSN\n219-09-9999\n"}).replace(b"patients|", b"patients\\")
    with pytest.raises(SourceError, match="has content"):
        read(from_system(packed, 10))


def in_directory(packed: bytes, offset: int, value: bytes) -> bytes:
    """Change an entry of the directory."""
    at = packed.index(b"PK\x01\x02") + offset
    return packed[:at] + value + packed[at + len(value) :]


def from_system(packed: bytes, system: int) -> bytes:
    return packed.replace(b"PK\x01\x02\x14\x03", b"PK\x01\x02\x14" + bytes([system]))


def test_folder_with_content_is_refused() -> None:
    """Nothing could be landed under its name, and leaving it out would lose it."""
    packed = zipped({"patientsX": b"SSN\n219-09-9999\n", "a.csv": b"1"}).replace(b"patientsX", b"patients/")
    with pytest.raises(SourceError, match="the member 'patients/' has content"):
        read(packed)


def test_member_that_unpacks_to_more_than_it_says_is_refused() -> None:
    packed = bytearray(zipped({"a.csv": bytes(100_000)}))
    central = packed.rindex(b"PK\x01\x02")
    packed[central + 24 : central + 28] = (10).to_bytes(4, "little")
    with pytest.raises(SourceError, match="not a readable zip"):
        read(bytes(packed))


def listed(packed: bytes, name: bytes, *, crc: int | None = None, packed_size: int | None = None, size: int) -> bytes:
    """Change what the directory, and the header of the member, say of a member."""
    changed = bytearray(packed)
    for at, first in ((packed.index(name) - 30, 14), (packed.rindex(name) - 46, 16)):
        for offset, value in ((0, crc), (4, packed_size), (8, size)):
            if value is not None:
                changed[at + first + offset : at + first + offset + 4] = value.to_bytes(4, "little")
    return bytes(changed)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_member_with_more_content_than_is_listed_is_refused_by_name(method: int) -> None:
    content = b"SSN\n219" + b"-09-9999\n" * 70
    packed = zipped({"a.csv": content}, method)
    with pytest.raises(SourceError, match=r"'a\.csv' differs from its directory"):
        read(listed(packed, b"a.csv", crc=zlib.crc32(content[:7]), size=7))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_folder_with_content_and_a_listed_size_of_nothing_is_refused_by_name(method: int) -> None:
    packed = zipped({"patients.csvX": b"SSN\n219-09-9999\n"}, method).replace(b"patients.csvX", b"patients.csv/")
    with pytest.raises(SourceError, match=r"'patients\.csv/'"):
        read(listed(packed, b"patients.csv/", crc=0, size=0))


@pytest.mark.parametrize("place", ["before", "between", "after"])
def test_member_that_is_not_listed_is_refused(place: str) -> None:
    hidden = zipped({"claims.csv": b"SSN\n"}).partition(b"PK\x01\x02")[0]
    packed = zipped({"a.csv": b"1", "b.csv": b"2"})
    at = {"before": 0, "between": packed.index(b"PK\x03\x04", 4), "after": packed.index(b"PK\x01\x02")}[place]
    changed = bytearray(packed[:at] + hidden + packed[at:])
    for header, listed_at in enumerate(find_all(bytes(changed), b"PK\x01\x02")):
        moved = {"before": True, "between": header == 1, "after": False}[place]
        offset = int.from_bytes(changed[listed_at + 42 : listed_at + 46], "little") + moved * len(hidden)
        changed[listed_at + 42 : listed_at + 46] = offset.to_bytes(4, "little")
    end = changed.rindex(b"PK\x05\x06")
    changed[end + 16 : end + 20] = changed.index(b"PK\x01\x02").to_bytes(4, "little")
    with pytest.raises(SourceError, match="a member that its directory does not list"):
        read(bytes(changed))


def find_all(content: bytes, part: bytes) -> list[int]:
    return [at for at in range(len(content)) if content.startswith(part, at)]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip_that_was_packed_while_it_was_sent_is_read(method: int) -> None:
    class Sent(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: Any) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    buffer, files = Sent(), {"a.csv": random.Random(1).randbytes(3_000_000), "b.csv": b"", "c.csv": b"1"}
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert b"PK\x07\x08" in buffer.getvalue()
    assert read(buffer.getvalue()) == files
    changed = buffer.getvalue().replace(b"PK\x07\x08", b"PK\x07\x08\x01", 1)
    with pytest.raises(SourceError, match="not a readable zip"):
        read(changed)


@pytest.mark.parametrize("method", METHODS)
def test_broken_zips_are_refused_whatever_is_broken(method: int) -> None:
    """Bytes changed at random: the zip is refused as a zip, or read with the contents that were packed."""
    chance = random.Random(12)
    files = {f"{n}.csv": bytes(chance.randbytes(50)) for n in range(5)}
    packed = zipped(files, method)
    for _ in range(300):
        changed = bytearray(packed)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        content = bytes(changed)[: chance.randint(len(changed) - 30, len(changed))]
        with suppress(SourceError):
            assert set(read(content).values()) <= set(files.values())


def test_disk_that_fails_is_not_the_fault_of_the_zip() -> None:
    class Failing(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise OSError(errno.EIO, "the disk")

    with pytest.raises(OSError, match="the disk"):
        zip_files("x.zip", Failing(zipped({"a.csv": b"1"})))
