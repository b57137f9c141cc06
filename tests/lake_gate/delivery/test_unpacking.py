"""Members of a zip, unpacked: whole ones only, and in small pieces."""

from __future__ import annotations

import io
import zipfile

import pytest

from lake_gate.delivery.unpacking import UnpackedFile, unpack

METHODS = [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
CONTENT = b"id,text\n" + b"1,a\n" * 1_000_000


def packed(method: int, content: bytes = CONTENT) -> tuple[bytes, zipfile.ZipInfo]:
    """Pack a member; return its packed bytes and its entry."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("a.csv", content)
    (info,) = zipfile.ZipFile(buffer).infolist()
    return buffer.getvalue()[30 + len("a.csv") :][: info.compress_size], info


@pytest.mark.parametrize("method", METHODS)
def test_pieces_are_small_and_make_up_the_content(method: int) -> None:
    data, info = packed(method)
    pieces = list(unpack(io.BytesIO(data), info))
    assert b"".join(pieces) == CONTENT
    assert max(map(len, pieces)) <= 1024**2


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cut", [1, 10])
def test_packed_bytes_that_end_too_early_are_refused(method: int, cut: int) -> None:
    data, info = packed(method)
    info.compress_size -= cut
    with pytest.raises(EOFError):
        list(unpack(io.BytesIO(data[:-cut]), info))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("more", [b"x", b"x" * 2_000_000])
def test_bytes_behind_the_end_are_refused(method: int, more: bytes) -> None:
    data, info = packed(method)
    info.compress_size += len(more)
    with pytest.raises(EOFError):
        list(unpack(io.BytesIO(data + more), info))


@pytest.mark.parametrize("method", METHODS)
def test_content_that_changed_since_it_was_checked_is_refused(method: int) -> None:
    _, info = packed(method)
    data, other = packed(method, CONTENT.replace(b"1", b"2"))
    info.compress_size = other.compress_size
    with pytest.raises(zipfile.BadZipFile):
        UnpackedFile(io.BytesIO(data), info).read()
