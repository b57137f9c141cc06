"""Read a delivery from a zip in bounded memory, without trusting the zip's own directory."""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
import zipfile
import zlib
from copy import copy
from functools import partial
from typing import IO, cast

from lake_gate.delivery.source_files import CHUNK_BYTES, MAX_ARCHIVE_BYTES, SourceFile, check_name
from lake_gate.delivery.unpacking import UNPACKED, DictionaryError, UnpackedFile, unpack
from lake_gate.errors import SourceError

MAX_ARCHIVE_FILES = 100_000
MAX_DIRECTORY_BYTES = 64 * 1024**2
"""Most bytes of the list of members, which is read into memory as a whole."""
MAX_ARCHIVE_RATIO = 200
"""Most unpacked bytes per packed byte: Synthea's CSV has about 10; zip bombs have 1,000 and more."""
_METHODS = {
    1: "shrink",
    2: "reduce",
    3: "reduce",
    4: "reduce",
    5: "reduce",
    6: "implode",
    9: "deflate64",
    93: "zstd",
    95: "xz",
    98: "ppmd",
    99: "AES encryption",
}
"""Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, section 4.4.5"""
_WITH_BACKSLASHES = {0, 6, 10, 14}
"""Systems (MS-DOS, OS/2, Windows NTFS, VFAT) whose zip programs may write ``\\`` between the parts of a name.

Source: the same page, sections 4.4.2.2 and 4.4.17.1
"""
_BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
    *(ValueError, OverflowError, struct.error),
)

_END, _END64, _LOCATOR = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
_MEMBER = struct.Struct("<4s24x3H12x")
_LOCAL = struct.Struct("<4s2xHH4xLLLHH")
_HAS_DESCRIPTOR, _HAS_END_MARK = 0x8, 0x2
_IN_ZIP64 = 0xFFFFFFFF
_MOST_COMMENT_BYTES = 0xFFFF


def zip_files(source: str, archive: IO[bytes]) -> list[SourceFile]:
    """Return the members after reading each of them once, because a zip's directory may be wrong.

    :raises SourceError: when it is not a readable zip, or looks like a zip bomb.
    """
    try:
        _check_directory(source, archive)
        opened = zipfile.ZipFile(archive)
        members = _checked_members(source, opened.infolist())
        at = 0
        for info in sorted(opened.infolist(), key=lambda info: info.header_offset):
            _check_no_member(source, archive, at, info.header_offset)
            at = _check_member(source, archive, info)
            opened.open(info).close()  # compares the names in directory and member
        _check_no_member(source, archive, at, _directory(archive)[0])
    except DictionaryError as error:
        raise SourceError(source, str(error)) from None
    except _BROKEN_ZIP as error:
        raise SourceError(source, f"it is not a readable zip ({type(error).__name__})") from None
    except OSError as error:
        if error.errno not in {
            None,
            errno.EINVAL,
        }:  # zipfile seeks to wrong offsets of a broken zip; other errors are the disk's
            raise
        raise SourceError(source, "it is not a readable zip (an offset is outside of the file)") from None
    return [SourceFile(_name(info), info.file_size, partial(_open, opened, info)) for info in members]


def _name(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename
    return name.replace("\\", "/") if info.create_system in _WITH_BACKSLASHES else name


def _open(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """Open a member; not by zipfile, which unpacks a piece of bzip2 or lzma into memory as a whole."""
    packed = copy(info)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, info.compress_size
    packed.CRC = None  # type: ignore[assignment]  # of the unpacked bytes, which UnpackedFile compares
    return cast("IO[bytes]", io.BufferedReader(UnpackedFile(opened.open(packed), info), CHUNK_BYTES))


def _check_directory(source: str, archive: IO[bytes]) -> None:
    """Count the members in the same bytes that zipfile reads, before zipfile reads them into memory."""
    start, size = _directory(archive)
    if size > MAX_DIRECTORY_BYTES:
        raise SourceError(source, f"the list of its members has {size} bytes; at most {MAX_DIRECTORY_BYTES} are read")
    archive.seek(start)
    directory, at = archive.read(size), 0
    for _ in range(MAX_ARCHIVE_FILES):
        if at >= size:
            return
        signature, *lengths = _MEMBER.unpack_from(directory, at)
        if signature != b"PK\x01\x02":
            raise zipfile.BadZipFile
        at += _MEMBER.size + sum(lengths)
    if at < size:
        raise SourceError(source, f"it holds more than {MAX_ARCHIVE_FILES} files")


def _directory(archive: IO[bytes]) -> tuple[int, int]:
    """Return offset and size of the list of members, found in the same way as zipfile does.

    :raises zipfile.BadZipFile: when the list is missing.
    """
    file_size = archive.seek(0, os.SEEK_END)
    tail_at = max(file_size - _END.size - _MOST_COMMENT_BYTES - 1, 0)
    archive.seek(tail_at)
    tail = archive.read()
    plain = len(tail) - _END.size
    is_plain = plain >= 0 and tail.startswith(b"PK\x05\x06", plain) and tail.endswith(b"\x00\x00")
    at = plain if is_plain else tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise zipfile.BadZipFile
    end_at, size = tail_at + at, int(_END.unpack_from(tail, at)[5])
    size64 = _zip64_size(archive, end_at)
    if size64 is not None:
        end_at, size = end_at - _LOCATOR.size - _END64.size, size64
    if size > end_at:
        raise zipfile.BadZipFile
    return end_at - size, size


def _zip64_size(archive: IO[bytes], end_at: int) -> int | None:
    if end_at < _LOCATOR.size + _END64.size:
        return None
    record_at = end_at - _LOCATOR.size - _END64.size
    archive.seek(record_at)
    record, locator = archive.read(_END64.size), archive.read(_LOCATOR.size)
    if locator[:4] != b"PK\x06\x07":
        return None
    located_at = _LOCATOR.unpack(locator)[2]
    archive.seek(min(located_at, record_at))  # some versions of zipfile read there: it must not be another record
    if located_at != record_at and archive.read(4) == b"PK\x06\x06":
        raise zipfile.BadZipFile
    return int(_END64.unpack(record)[8]) if record[:4] == b"PK\x06\x06" else None


def _check_member(source: str, archive: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Compare a member with its entry in the directory; return the offset of its end.

    zipfile reads only as many bytes as the directory says, and compares the CRC of those alone.
    """
    archive.seek(info.header_offset)
    signature, flags, method, *facts, name_bytes, extra_bytes = _LOCAL.unpack(archive.read(_LOCAL.size))
    if signature != b"PK\x03\x04":
        raise zipfile.BadZipFile
    listed = (info.CRC, info.compress_size, info.file_size)
    start = info.header_offset + _LOCAL.size + name_bytes + extra_bytes
    archive.seek(start)
    crc, size = 0, 0
    for piece in unpack(archive, info):
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        if size > info.file_size:
            break
    is_same = (crc, size, method) == (info.CRC, info.file_size, info.compress_type)
    if flags & _HAS_DESCRIPTOR:
        archive.seek(start + info.compress_size)
        descriptor = archive.read(4 + 4 + 8 + 8).removeprefix(b"PK\x07\x08")
        is_same = is_same and descriptor.startswith((struct.pack("<LLL", *listed), struct.pack("<LQQ", *listed)))
    else:
        is_same = is_same and all(fact in {_IN_ZIP64, wanted} for fact, wanted in zip(facts, listed, strict=True))
    if not is_same:
        raise SourceError(source, f"it is not a readable zip: {info.filename!r} differs from its directory")
    return int(start + info.compress_size)


def _check_no_member(source: str, archive: IO[bytes], start: int, end: int) -> None:
    """Check that no unlisted member lies between two members of the directory."""
    archive.seek(start)
    left, before = end - start, b""
    while left > 0 and (piece := archive.read(min(left, CHUNK_BYTES))):
        left -= len(piece)
        if b"PK\x03\x04" in before + piece:
            raise SourceError(source, "it is not a readable zip: it holds a member that its directory does not list")
        before = piece[-3:]


def _checked_members(source: str, found: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    folders = [info for info in found if _name(info).endswith("/")]
    for folder in (info for info in folders if info.file_size):
        raise SourceError(
            source, f"the member {folder.filename!r} has content, but its name ends in '/', which no file name may"
        )
    members = [info for info in found if not _name(info).endswith("/")]
    for info in found:
        _check_kind(source, info)
    for info in members:
        check_name(source, _name(info))
    unpacked, packed = sum(i.file_size for i in members), sum(i.compress_size for i in members)
    if unpacked > MAX_ARCHIVE_BYTES or unpacked > MAX_ARCHIVE_RATIO * max(packed, 1024):
        raise SourceError(source, f"it unpacks to {unpacked} bytes from {packed}, like a zip bomb")
    end = 0
    for info in sorted(members, key=lambda i: i.header_offset):
        if info.header_offset < end:
            raise SourceError(source, f"{info.filename!r} overlaps another member, like in a zip bomb")
        end = info.header_offset + info.compress_size
    return members


def _check_kind(source: str, info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 0x1:
        raise SourceError(source, f"{info.filename!r} is encrypted; pack it without a password")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise SourceError(source, f"{info.filename!r} is a symbolic link")
    if (method := _unread_method(info)) is not None:
        raise SourceError(
            source,
            f"{info.filename!r} is packed by the method {method}, which is not read; "
            "unpack the zip and pack it again by deflate, or deliver the files unpacked",
        )


def _unread_method(info: zipfile.ZipInfo) -> str | None:
    if info.compress_type == zipfile.ZIP_LZMA and not info.flag_bits & _HAS_END_MARK:
        return "lzma without an end mark"
    return None if info.compress_type in UNPACKED else _METHODS.get(info.compress_type, f"number {info.compress_type}")
