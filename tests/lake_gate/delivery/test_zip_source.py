"""Zips: hostile ones are refused by name and in bounded memory."""

from __future__ import annotations

import errno
import io
import random
import struct
import tracemalloc
import zipfile
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
    with pytest.raises(SourceError, match="no zip that can be read"):
        read(bytes(changed))


@pytest.mark.parametrize(("method", "name"), [(9, "deflate64"), (12, "bzip2"), (14, "lzma"), (93, "zstd"), (77, "77")])
def test_method_that_is_not_read_is_named(method: int, name: str) -> None:
    packed = zipped({"a.csv": bytes(99)})
    at = packed.index(b"PK\x01\x02") + 10
    changed = packed[:at] + struct.pack("<H", method) + packed[at + 2 :]
    with pytest.raises(SourceError, match=rf"'a.csv' is packed by the method (number )?{name}; only deflate is read"):
        read(changed)


def test_folder_with_content_is_refused() -> None:
    """Nothing could be landed under its name, and leaving it out would lose it."""
    packed = zipped({"patientsX": b"SSN\n219-09-9999\n", "a.csv": b"1"}).replace(b"patientsX", b"patients/")
    with pytest.raises(SourceError, match="the member 'patients/' has content"):
        read(packed)


def test_member_that_unpacks_to_more_than_it_says_is_refused() -> None:
    packed = bytearray(zipped({"a.csv": bytes(100_000)}))
    central = packed.rindex(b"PK\x01\x02")
    packed[central + 24 : central + 28] = (10).to_bytes(4, "little")
    with pytest.raises(SourceError, match="no zip that can be read"):
        read(bytes(packed))


def test_broken_zips_are_refused_whatever_is_broken() -> None:
    """Bytes changed at random: the zip is read, or refused as a zip, and nothing else happens."""
    chance = random.Random(12)
    packed = zipped({f"{n}.csv": bytes(chance.randbytes(50)) for n in range(5)})
    for _ in range(600):
        changed = bytearray(packed)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        content = bytes(changed)[: chance.randint(len(changed) - 30, len(changed))]
        with suppress(SourceError):
            read(content)


def test_disk_that_fails_is_not_the_fault_of_the_zip() -> None:
    class Failing(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise OSError(errno.EIO, "the disk")

    with pytest.raises(OSError, match="the disk"):
        zip_files("x.zip", Failing(zipped({"a.csv": b"1"})))
