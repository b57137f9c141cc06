"""Opens a delivery, wherever it is: a folder, a file, a .zip, an ``s3://`` prefix, an ``http(s)://`` zip.

A source is input from outside: names, sizes and archives are checked before anything is landed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from lake_gate.delivery.local_source import LocalSource
from lake_gate.delivery.s3_source import download_s3, s3_files
from lake_gate.delivery.source_files import MAX_NAME_BYTES, SourceFile, check_name, copy_bounded
from lake_gate.delivery.web_source import download
from lake_gate.delivery.zip_source import zip_files
from lake_gate.errors import SourceError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

MAX_OBJECT_BYTES = 20 * 10**9
"""Largest text file that Macie reads.

Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
"""
_MAX_MARKER_BYTES = 1024**2
_MARKER = re.compile(r"_SUCCESS|_(started|committed)_[A-Za-z0-9]+")
"""What Spark writes beside its files when a job begins or ends: empty, or a summary of the job in JSON.

Source: https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/committers.html,
https://docs.databricks.com/aws/en/archive/legacy/dbio-commit
"""
_FOLDER_MARKER = "_$folder$"
"""End of the name of the empty object that EMR and Hadoop put in S3 for a folder."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?=//)|(?i:https?):")
_BUCKET = re.compile(r"[A-Za-z0-9._-]*(/|$)")
"""Anything else before the first slash holds keys, as in ``s3://key:secret@bucket``."""
_UNREADABLE = "(an address that cannot be read)"
_SECRET = re.compile(
    r"(?i)^(x-(amz|goog)-.*|s[a-z]|sk[a-z]+|awsaccesskeyid|googleaccessid|policy)$"
    r"|sig|token|secret|pass|pwd|credential|auth|key|expire|date|session|code|pin"
)
"""Names of what in a query signs an address or ends it: their values differ from day to day, or are passwords."""
_AROUND = " \t\r\n\f\v\u00a0\u200b\ufeff"


def trimmed(source: str) -> str:
    """Return the source without the blanks and line ends that stand around what was pasted."""
    return source.strip(_AROUND).strip()


def shown(source: str) -> str:
    """Return the source as it may be logged: without the user, password and signature of an address."""
    source = trimmed(source)
    scheme, _, rest = source.partition("://")
    if scheme.lower() == "s3":
        return source.partition("?")[0] if _BUCKET.match(rest) else f"{scheme}://{_UNREADABLE}"
    if not _is_url(source):
        return source
    scheme = source.partition(":")[0]
    try:
        parts = urlsplit(source)
        if not parts.hostname or "@" in parts.path or parts.port == 0:
            return f"{scheme}://{_UNREADABLE}"
    except ValueError:  # of a password with / or ? in it, which ends where a port should
        return f"{scheme}://{_UNREADABLE}"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def fingerprint(source: str) -> str:
    """Return a hash that two different sources do not share, and that no password or signature goes into.

    The same address with another user, password, signature or end of its validity has the same.
    """
    source = trimmed(source)
    facts = [shown(source), *sorted(_facts_of_query(source))]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _facts_of_query(source: str) -> Iterator[str]:
    if _is_url(source) or source.lower().startswith("s3://"):
        for name, value in parse_qsl(source.partition("#")[0].partition("?")[2], keep_blank_values=True):
            yield f"{name}={'' if _SECRET.search(name) else value}"


def check_written(source: str) -> None:
    """Check that a source is not the address of a web page with a slip in it, which would be taken for a path.

    :raises SourceError: without the address, which may hold a password.
    """
    if _is_url(trimmed(source)) and "://" not in source:
        raise SourceError(shown(source), "its address has no // after the first colon")


def _is_url(source: str) -> bool:
    """Whether it is the address of something on the web, or was meant to be."""
    found = _URL.match(source)
    return found is not None and found[0].lower() not in {"s3:", "file:", "held:"}


@contextmanager
def open_source(
    source: str,
    s3: S3Client,
    local_source_root: str,
    *,
    allowed_hosts: Collection[str] = (),
    must_exist: bool = False,
) -> Iterator[list[SourceFile]]:
    """Yield the files of a delivery, sorted by name; hidden files and markers of jobs are left out.

    :param source: see the module; ``file://`` may stand before a local path.
    :param local_source_root: local paths must be below it; empty refuses them all.
    :param allowed_hosts: names of hosts that a web address may lead to though their addresses are not public.
    :param must_exist: a prefix without any object does not exist, and is not an empty delivery.
    :raises SourceError: when it does not exist, is denied, or holds something that is refused.
    :raises SourceUnreachableError: when it did not answer.
    """
    address = trimmed(source)
    source = shown(address)
    with tempfile.TemporaryFile() as archive:
        if _is_url(address):
            download(source, address, archive, allowed_hosts)
            files = zip_files(source, archive)
        elif address.lower().startswith("s3://"):
            files = _in_s3(source, address, s3, archive, must_exist=must_exist)
        else:
            files = _on_disk(LocalSource(address, local_source_root), source, archive)
        yield checked(source, files)


def _in_s3(source: str, address: str, s3: S3Client, archive: IO[bytes], *, must_exist: bool) -> list[SourceFile]:
    if not address.lower().endswith(".zip"):
        return s3_files(source, address, s3, must_exist=must_exist)
    download_s3(source, address, s3, archive)
    return zip_files(source, archive)


def _on_disk(local: LocalSource, source: str, archive: IO[bytes]) -> list[SourceFile]:
    if not local.is_zip:
        return local.files()
    with local.open() as content:
        copy_bounded(source, content, archive)
    return zip_files(source, archive)


def checked(source: str, files: list[SourceFile], most_name_bytes: int = MAX_NAME_BYTES) -> list[SourceFile]:
    """Return the files that are landed, sorted by name; the names of those that are left out are logged.

    :raises SourceError: when a name or a size is none that may be landed.
    """
    left_out: list[SourceFile] = []
    wanted: list[SourceFile] = []
    for file in sorted(files, key=lambda f: f.name):
        (left_out if _is_hidden(file.name) or _is_marker(file) else wanted).append(file)
    if left_out:
        names = ", ".join(repr(file.name) for file in left_out[:20])
        log.info("%d file(s) are left out, which are hidden or markers of jobs: %s", len(left_out), names)
    seen: set[str] = set()
    for file in wanted:
        check_name(source, file.name, most_name_bytes)
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


def _is_marker(file: SourceFile) -> bool:
    """Whether it is what Spark or Hadoop say of a job; a large file of such a name is landed as any other."""
    name = file.name.rpartition("/")[2]
    if name.endswith(_FOLDER_MARKER):
        return file.size_bytes == 0
    return bool(_MARKER.fullmatch(name)) and file.size_bytes <= _MAX_MARKER_BYTES
