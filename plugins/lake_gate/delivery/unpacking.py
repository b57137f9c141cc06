"""Unpack members of a zip in pieces of bounded size."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Buffer, Iterator
from typing import IO, Protocol

from lake_gate.delivery.source_files import CHUNK_BYTES

UNPACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
"""Methods that are read."""
MAX_DICTIONARY_BYTES = 64 * 1024**2
"""Largest dictionary of LZMA, which is allocated as a whole; 7-Zip's strongest setting writes this size."""
_LZMA_HEADER = struct.Struct("<2xHBL")
"""Version, size of the properties, and the properties: three numbers in one byte, size of the dictionary.

Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, section 5.8
"""
_LZMA_PROPERTIES_BYTES = 5
_MOST_LITERALS = 9 * 5 * 5


class DictionaryError(Exception):
    """A member needs too much memory."""

    def __init__(self, name: str, size: int) -> None:
        super().__init__(name, size)

    def __str__(self) -> str:
        return "{!r} is packed by lzma with a dictionary of {} bytes; at most {} are read".format(
            *self.args, MAX_DICTIONARY_BYTES
        )


class UnpackedFile(io.RawIOBase):
    """The content of a member, read once from front to back.

    :param packed: its packed bytes, which are closed with this file.
    :raises zipfile.BadZipFile: at its end, when the content is not what the directory says.
    """

    def __init__(self, packed: IO[bytes], info: zipfile.ZipInfo) -> None:
        self._packed = packed
        self._info = info
        self._pieces = unpack(packed, info)
        self._piece = b""
        self._crc = self._size = 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer, or a part of it."""
        target = memoryview(buffer).cast("B")
        while not self._piece and (piece := next(self._pieces, None)) is not None:
            self._crc, self._size = zlib.crc32(piece, self._crc), self._size + len(piece)
            self._piece = piece
        if not self._piece and (self._crc, self._size) != (self._info.CRC, self._info.file_size):
            raise zipfile.BadZipFile
        size = min(len(target), len(self._piece))
        target[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size

    def close(self) -> None:
        """Close the packed bytes as well."""
        self._packed.close()
        super().close()


def unpack(archive: IO[bytes], info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Unpack a member in bounded pieces, from where its packed bytes begin.

    :raises EOFError: when the unpacked data ends before or after the packed bytes.
    :raises DictionaryError: when it needs too much memory.
    """
    packed = _packed(archive, info.compress_size)
    match info.compress_type:
        case zipfile.ZIP_DEFLATED:
            yield from _unpacked(packed, _Inflate()) if info.compress_size else ()
        case zipfile.ZIP_BZIP2:
            yield from _unpacked(packed, bz2.BZ2Decompressor())
        case zipfile.ZIP_LZMA:
            yield from _unpacked(_packed(archive, info.compress_size - _LZMA_HEADER.size), _lzma(archive, info))
        case _:
            yield from packed


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Inflate:
    """Give zlib the interface of the decompressors of bz2 and lzma."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        piece = self._inflate.decompress(data or self._inflate.unconsumed_tail, max_length)
        self.needs_input = not self._inflate.unconsumed_tail and len(piece) < max_length
        return piece


def _lzma(archive: IO[bytes], info: zipfile.ZipInfo) -> lzma.LZMADecompressor:
    size, literals, dictionary = _LZMA_HEADER.unpack(archive.read(_LZMA_HEADER.size))
    if size != _LZMA_PROPERTIES_BYTES or literals >= _MOST_LITERALS:
        raise EOFError
    if dictionary > MAX_DICTIONARY_BYTES:
        raise DictionaryError(info.filename, dictionary)
    options = {"lc": literals % 9, "lp": literals // 9 % 5, "pb": literals // 45, "dict_size": max(dictionary, 4096)}
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, **options}])


def _packed(archive: IO[bytes], left: int) -> Iterator[bytes]:
    while left > 0:
        data = archive.read(min(left, CHUNK_BYTES))
        if not data:
            raise EOFError
        left -= len(data)
        yield data


def _unpacked(packed: Iterator[bytes], unpacker: _Unpacker) -> Iterator[bytes]:
    for data in packed:
        if unpacker.eof:
            raise EOFError
        yield _decompressed(unpacker, data)
        while not (unpacker.eof or unpacker.needs_input):
            yield _decompressed(unpacker, b"")
    if not unpacker.eof or unpacker.unused_data:
        raise EOFError


def _decompressed(unpacker: _Unpacker, data: bytes) -> bytes:
    try:
        return unpacker.decompress(data, CHUNK_BYTES)
    except (lzma.LZMAError, OSError, ValueError):  # OSError and ValueError: of bz2, of wrong data
        raise EOFError from None
