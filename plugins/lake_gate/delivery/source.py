"""Opens a delivery, wherever it is: a folder, a file, a .zip, an ``s3://`` prefix, an ``http(s)://`` zip.

A source is input from outside: names, sizes and archives are checked before anything is landed.
"""

from __future__ import annotations

import ipaddress
import lzma
import re
import socket
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, cast
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from botocore.exceptions import ClientError

from lake_gate.errors import SourceError, SourceUnreachableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_OBJECT_BYTES = 20 * 10**9
"""Largest text file that Macie reads.

Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
"""
MAX_ARCHIVE_BYTES = 8 * 1024**3
"""Most that a zip may be, packed and unpacked. It is kept on the worker's disk, beside copies of its members; on MWAA
that has 20 GB for all tasks of a worker and its image.

Source: https://aws.amazon.com/managed-workflows-for-apache-airflow/faqs/
"""
MAX_ARCHIVE_FILES = 100_000
MAX_ARCHIVE_RATIO = 200
"""Unpacked to packed size: Synthea's CSV packs about 1:10; zip bombs start at 1:1,000."""
MAX_NAME_BYTES = 700
"""Of a file's path in the delivery: S3 allows 1,024 bytes for the whole key, with the prefix of the run."""
_HTTP_TIMEOUT_SECONDS = 60  # between two answers of the server; the task's timeout bounds the whole
_MAX_REDIRECTS = 5
_BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError),
    *(NotImplementedError, RuntimeError, ValueError),
)
_DRIVE = re.compile(r"[A-Za-z]:")
_CHUNK_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a delivery.

    :param name: path in the delivery, with ``/`` between its parts.
    :param open: opens its content for reading, as often as it is called.
    """

    name: str
    size_bytes: int
    open: Callable[[], IO[bytes]]


def shown(source: str) -> str:
    """Return the source as it may be logged: without the user, password and signature of a web address."""
    if "://" not in source or source.lower().startswith(("s3://", "file://")):
        return source
    parts = urlsplit(source)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


@contextmanager
def open_source(source: str, s3: S3Client, local_source_root: str) -> Iterator[list[SourceFile]]:
    """Yield the files of a delivery, sorted by name; hidden files are left out.

    :param source: see the module; ``file://`` may stand before a local path.
    :param local_source_root: local paths must be below it; empty refuses them all.
    :raises SourceError: when it does not exist, is denied, or holds something that is refused.
    :raises SourceUnreachableError: when it did not answer.
    """
    scheme, address, source = source.partition("://")[0].lower(), source, shown(source)
    with tempfile.TemporaryFile() as archive:
        if scheme in {"http", "https"}:
            _download_http(source, address, archive)
            files = _zip_files(source, archive)
        elif scheme == "s3" and source.lower().endswith(".zip"):
            _download_s3(source, s3, archive)
            files = _zip_files(source, archive)
        elif scheme == "s3":
            files = _s3_files(source, s3)
        else:
            path = _local_path(source, local_source_root)
            if path.suffix.lower() == ".zip" and path.is_file():
                with path.open("rb") as local:
                    _copy_bounded(source, local, archive)
                files = _zip_files(source, archive)
            else:
                files = _local_files(source, path)
        yield checked(source, files)


def checked(source: str, files: list[SourceFile], most_name_bytes: int = MAX_NAME_BYTES) -> list[SourceFile]:
    """Return the files that are landed, sorted by name; hidden ones are left out.

    :raises SourceError: when a name or a size is none that may be landed.
    """
    wanted = sorted((f for f in files if not _is_hidden(f.name)), key=lambda f: f.name)
    seen: set[str] = set()
    for file in wanted:
        _check_name(source, file.name, most_name_bytes)
        if file.name in seen:
            raise SourceError(source, f"it holds {file.name!r} twice")
        if file.size_bytes > MAX_OBJECT_BYTES:
            raise SourceError(source, f"{file.name!r} is larger than {MAX_OBJECT_BYTES} bytes; split it")
        seen.add(file.name)
    return wanted


def _is_hidden(name: str) -> bool:
    """``.DS_Store``, ``.gitkeep`` and the resource forks that macOS puts into zips are no part of a delivery."""
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or (bool(parts) and parts[-1].startswith(".") and set(parts[-1]) != {"."})


def _check_name(source: str, name: str, most_bytes: int = MAX_NAME_BYTES) -> None:
    parts = name.split("/")
    if "\\" in name or _DRIVE.match(name) or {"", ".", ".."} & set(parts):
        raise SourceError(source, f"the file name {name!r} leads out of the delivery or is no plain relative path")
    if any(ord(c) < 32 or ord(c) in {127, 0xFFFE, 0xFFFF} or 0xD800 <= ord(c) <= 0xDFFF for c in name):  # nor may XML
        raise SourceError(source, f"the file name {name!r} holds characters that no key should have")
    if len(name.encode()) > most_bytes:
        raise SourceError(source, f"a file name is longer than {most_bytes} bytes: {name[:80]!r}...")


def _local_path(source: str, root: str) -> Path:
    path = Path(source.removeprefix("file://")).expanduser()
    if not root:
        raise SourceError(source, "local sources are switched off; set the parameter local_source_root to allow them")
    if not path.resolve().is_relative_to(Path(root).resolve()):
        raise SourceError(source, f"local sources must be below {root} (parameter local_source_root)")
    if not path.exists():
        raise SourceError(source, "there is no such file or folder")
    return path.resolve()


def _local_files(source: str, path: Path) -> list[SourceFile]:
    if path.is_file():
        return [_local_file(path, path.name)]
    files = []
    for found in sorted(path.rglob("*")):
        name = found.relative_to(path).as_posix()
        if found.is_symlink():
            raise SourceError(source, f"{name!r} is a symbolic link")
        if found.is_file():
            files.append(_local_file(found, name))
    return files


def _local_file(path: Path, name: str) -> SourceFile:
    return SourceFile(name, path.stat().st_size, lambda: path.open("rb"))


def _s3_files(source: str, s3: S3Client) -> list[SourceFile]:
    bucket, prefix = _s3_place(source)
    if prefix and not prefix.endswith("/"):
        single = _s3_listing(source, s3, bucket, prefix, exactly=True)
        if single:
            return single
        prefix += "/"  # so that the prefix 2026-01 does not also take 2026-010
    return _s3_listing(source, s3, bucket, prefix, exactly=False)


def _s3_listing(source: str, s3: S3Client, bucket: str, prefix: str, *, exactly: bool) -> list[SourceFile]:
    parent = prefix.rpartition("/")[0]
    strip = len(parent) + 1 if parent else 0
    files = []
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                key, etag = found["Key"], found["ETag"]
                if (exactly and key != prefix) or key.endswith("/"):  # consoles make "folders" of empty objects
                    continue
                files.append(SourceFile(key[strip:], found["Size"], _s3_opener(source, s3, bucket, key, etag)))
    except ClientError as error:
        raise _s3_error(source, error) from None
    return files


def _s3_opener(source: str, s3: S3Client, bucket: str, key: str, etag: str) -> Callable[[], IO[bytes]]:
    def open_object() -> IO[bytes]:
        try:
            return s3.get_object(Bucket=bucket, Key=key, IfMatch=etag)["Body"]  # type: ignore[return-value]
        except ClientError as error:  # others may have been landed by now: no SourceError, which says that nothing was
            raise SourceUnreachableError(source, f"S3 answered {error.response['Error']['Code']} to {key}") from None

    return open_object


def _s3_place(source: str) -> tuple[str, str]:
    bucket, _, key = source[len("s3://") :].partition("/")
    if not bucket:
        raise SourceError(source, "it names no bucket")
    return bucket, key


def _s3_error(source: str, error: ClientError) -> SourceError | SourceUnreachableError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in {"NoSuchBucket", "NoSuchKey", "404"}:
        return SourceError(source, f"it does not exist ({code})")
    if code in {"AccessDenied", "403"}:
        return SourceError(source, f"access is denied ({code}); allow this role s3:GetObject and s3:ListBucket there")
    return SourceUnreachableError(source, f"S3 answered {code}")


def _download_s3(source: str, s3: S3Client, into: IO[bytes]) -> None:
    bucket, key = _s3_place(source)
    try:
        _copy_bounded(source, s3.get_object(Bucket=bucket, Key=key)["Body"], into)  # type: ignore[arg-type]
    except ClientError as error:
        raise _s3_error(source, error) from None


def _download_http(source: str, address: str, into: IO[bytes]) -> None:
    try:
        with requests.Session() as session, closing(_get(session, source, address)) as answer:
            if answer.status_code in {401, 403, 404, 410}:
                raise SourceError(source, f"the server answered {answer.status_code}")
            if answer.status_code != requests.codes.ok:
                raise SourceUnreachableError(source, f"the server answered {answer.status_code}")
            answer.raw.decode_content = True
            _copy_bounded(source, cast("IO[bytes]", answer.raw), into)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise SourceUnreachableError(source, type(error).__name__) from None


def _get(session: requests.Session, source: str, address: str) -> requests.Response:
    """Ask for the address, following redirects one by one, each to a host that may be asked."""
    session.trust_env = False  # no .netrc: the worker's own passwords are not for whoever names an address
    for _ in range(_MAX_REDIRECTS):
        _check_host(source, address)
        answer = session.get(address, stream=True, timeout=_HTTP_TIMEOUT_SECONDS, allow_redirects=False)
        if not answer.is_redirect:
            return answer
        address = urljoin(address, answer.headers["location"])
        answer.close()
    raise SourceError(source, f"it redirects more than {_MAX_REDIRECTS} times")


def _check_host(source: str, address: str) -> None:
    """Refuse link-local addresses: there a worker's credentials are served (169.254.169.254, 169.254.170.2).

    Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SourceError(source, "it leads to something that is no http(s) address")
    try:
        found = {info[4][0] for info in socket.getaddrinfo(parts.hostname, parts.port or 443)}
    except (OSError, ValueError):
        raise SourceUnreachableError(source, "its host is not known") from None
    if any(ipaddress.ip_address(str(one).partition("%")[0]).is_link_local for one in found):
        raise SourceError(source, "it leads to a link-local address")


def _copy_bounded(source: str, stream: IO[bytes], into: IO[bytes]) -> None:
    while chunk := stream.read(_CHUNK_BYTES):
        into.write(chunk)
        if into.tell() > MAX_ARCHIVE_BYTES:
            raise SourceError(source, f"it is larger than {MAX_ARCHIVE_BYTES} bytes")


def _zip_files(source: str, archive: IO[bytes]) -> list[SourceFile]:
    """Return the members after reading every one of them once: a zip's directory may lie."""
    try:
        opened = zipfile.ZipFile(archive)
        members = [info for info in opened.infolist() if not info.is_dir()]
        _check_members(source, members)
        for info in members:
            with opened.open(info) as member:  # checks the size and the CRC on its way
                while member.read(_CHUNK_BYTES):
                    pass
    except _BROKEN_ZIP as error:
        raise SourceError(source, f"it is no zip that can be read ({type(error).__name__})") from None
    return [SourceFile(i.filename, i.file_size, lambda i=i: opened.open(i)) for i in members]  # type: ignore[misc]


def _check_members(source: str, members: list[zipfile.ZipInfo]) -> None:
    for info in members:
        _check_name(source, info.orig_filename)
        if info.flag_bits & 0x1:
            raise SourceError(source, f"{info.filename!r} is encrypted")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise SourceError(source, f"{info.filename!r} is a symbolic link")
    if len(members) > MAX_ARCHIVE_FILES:
        raise SourceError(source, f"it holds more than {MAX_ARCHIVE_FILES} files")
    unpacked, packed = sum(i.file_size for i in members), sum(i.compress_size for i in members)
    if unpacked > MAX_ARCHIVE_BYTES or unpacked > MAX_ARCHIVE_RATIO * max(packed, 1024):
        raise SourceError(source, f"it unpacks to {unpacked} bytes from {packed}, as zip bombs do")
    end = 0
    for info in sorted(members, key=lambda i: i.header_offset):
        if info.header_offset < end:
            raise SourceError(source, f"{info.filename!r} overlaps another member, as in zip bombs")
        end = info.header_offset + info.compress_size
