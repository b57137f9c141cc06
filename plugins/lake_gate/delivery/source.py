"""Open a delivery: a folder, a file, a .zip, an ``s3://`` prefix or an ``http(s)://`` zip.

A source is untrusted input: names, sizes and archives are checked before anything is landed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import tempfile
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING
from urllib.parse import parse_qsl

from lake_gate.delivery.local_source import LocalSource
from lake_gate.delivery.s3_source import download_s3, s3_files
from lake_gate.delivery.source_files import MAX_NAME_BYTES, SourceFile, check_name, copy_bounded
from lake_gate.delivery.web_source import download
from lake_gate.delivery.zip_source import zip_files
from lake_gate.errors import SourceError
from lake_gate.model.names import loggable
from lake_gate.model.run import REVIEW_ID

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

MAX_OBJECT_BYTES = 20 * 10**9
"""Largest text file that Macie reads.

Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
"""
_MAX_MARKER_BYTES = 1024**2
_MARKER = re.compile(r"_SUCCESS|_(started|committed)_[A-Za-z0-9]+")
"""Files that Spark writes when a job begins or ends: empty, or a summary of the job in JSON.

Source: https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/committers.html,
https://docs.databricks.com/aws/en/archive/legacy/dbio-commit
"""
_FOLDER_MARKER = "_$folder$"
"""Suffix of the empty object that EMR and Hadoop write to S3 for a folder."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?=//)|(?i:https?):")
_WITHOUT_SLASHES = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/?(?!/)")
_WEB = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?:[^/?#@\s]*@)?(?P<host>[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]+))?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?"
)
_S3 = re.compile(r"(?i:s3)://[A-Za-z0-9._-]*(?:/(?P<path>.*))?")
"""Other characters before the first slash are credentials, as in ``s3://key:secret@bucket``."""
_HELD = re.compile(rf"held://(?:\*|[a-z_]+|review/{REVIEW_ID.pattern})")
_PATH = re.compile(r"(?:file://(?=[/~]))?(?P<path>.*)")
_PARAMETERS = re.compile(r"(?i)[?;&]|%(25)*(3f|3b|26)")
_SECRETS_IN_A_PATH = re.compile(r"^//|(^(?!/)|//)[^/]*@|:/|:.*@|[?;&%].*=|[<>\"`]")
"""User and password, another address, or parameters: a path with any of them is a mistyped address."""
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters and lone surrogates, which neither a document nor an address can hold."""
_UNREADABLE = "(an address that cannot be read)"
_SIGNATURE = frozenset(
    f"x-{name}-{part}"
    for name in ("amz", "goog")
    for part in ("algorithm", "credential", "date", "expires", "signedheaders", "signature", "security-token")
)
"""Parameters of a signature or of its expiry, independent of the other parameters.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html,
https://docs.cloud.google.com/storage/docs/authentication/signatures
"""
_SIGNATURES = {
    "signature": frozenset({"awsaccesskeyid", "googleaccessid", "expires", "signature", "policy", "key-pair-id"}),
    "sig": frozenset(
        ("sv", "ss", "srt", "sp", "st", "se", "spr", "sig", "sr", "sip", "si", "skoid", "sktid", "skt", "ske", "sks")
    )
    | {"skv", "saoid", "suoid", "scid", "sdd", "ses", "sduoid", "skdutid"},
}
"""Parameters that belong to a signature only if the query has that signature: SigV2, CloudFront; a SAS of Azure.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html,
https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas
"""
_AROUND = "\"'`<>\u2018\u2019\u201c\u201d\u00ab\u00bb"


def trim(source: str) -> str:
    """Strip blanks, quotes, angle brackets and invisible characters from a pasted source."""
    begin, end = 0, len(source)
    while begin < end and _is_around(source[begin]):
        begin += 1
    while begin < end and _is_around(source[end - 1]):
        end -= 1
    return source[begin:end]


def _is_around(character: str) -> bool:
    return character in _AROUND or character.isspace() or unicodedata.category(character) in {"Cf", "Cc"}


def redact(source: str) -> str:
    """Return the source for logs and errors: without the user, password and signature of an address.

    Only plain paths, places in S3 and well-formed web addresses are returned; in other texts the position of a password
    is not known.
    """
    source = trim(source)
    if _NO_TEXT.search(source):
        return _UNREADABLE
    if source.lower().startswith("s3://"):
        place = _PARAMETERS.split(source, maxsplit=1)[0]
        found = _S3.fullmatch(place)
        return place if found and not _SECRETS_IN_A_PATH.search(f"/{found['path'] or ''}") else _UNREADABLE
    if source.lower().startswith("held://"):
        return source if _HELD.fullmatch(source) else _UNREADABLE
    if _is_url(source):
        return _redact_web(source)
    path = _PATH.fullmatch(source)
    return source if path and not _SECRETS_IN_A_PATH.search(path["path"]) else _UNREADABLE


def _redact_web(source: str) -> str:
    parts = _WEB.fullmatch(source)
    if not parts or not _is_valid(parts):
        return _UNREADABLE
    path = re.split(_PARAMETERS.pattern + "|=", parts["path"] or "", maxsplit=1)[0]
    return f"{_scheme_and_host(parts)}{path}"


def _is_valid(parts: re.Match[str]) -> bool:
    """Return whether the host is certainly not part of a password that contains ``/``, ``?`` or ``#``."""
    if "@" in (parts["query"] or "") + (parts["fragment"] or ""):
        return False
    is_host = "." in parts["host"] and not parts["port"]
    return "@" not in (parts["path"] or "") or is_host


def _scheme_and_host(parts: re.Match[str]) -> str:
    port = f":{parts['port']}" if parts["port"] else ""
    return f"{parts['scheme'].lower()}://{parts['host'].lower()}{port}"


def fingerprint(source: str) -> str:
    """Return a hash that differs for different sources.

    User, password and signature of an address do not change it.
    """
    source = trim(source)
    parts = _WEB.fullmatch(source) if _is_url(source) else None
    if parts:
        place, query = f"{_scheme_and_host(parts)}{parts['path'] or ''}", parts["query"] or ""
    elif source.lower().startswith("s3://"):
        place, _, query = source.partition("?")
    else:
        place, query = source, ""
    facts = [place, *sorted(_facts_of_query(query))]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _facts_of_query(query: str) -> Iterator[str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    names = {name.lower() for name, _ in pairs}
    left_out = _SIGNATURE.union(*(others for name, others in _SIGNATURES.items() if name in names))
    yield from (f"{name}={value}" for name, value in pairs if name.lower() not in left_out)


def check_address(source: str) -> None:
    """Check that a source is not a mistyped address, which would be read as a path.

    :raises SourceError: without the address, which may hold a password.
    """
    source = trim(source)
    _check_characters(source)
    scheme = _WITHOUT_SLASHES.match(source)
    if scheme and (_is_url(source) or scheme[0].endswith("/")):
        raise SourceError(redact(source), "its address has no // after the first colon")
    is_local = not _is_url(source) and not source.lower().startswith(("s3://", "held://"))
    if is_local and redact(source) == _UNREADABLE:
        raise SourceError(_UNREADABLE, "it is neither a plain path nor an address; enter only the path or address")


def _check_characters(source: str) -> None:
    if _NO_TEXT.search(source):
        raise SourceError(_UNREADABLE, "it holds control characters or invalid characters")


def _is_url(source: str) -> bool:
    """Return whether it is a web address, well-formed or mistyped."""
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
    """Yield the files of a delivery, sorted by name, without hidden files and markers of jobs.

    :param source: see the module; local paths with or without ``file://``.
    :param local_source_root: folder that local paths must be below; empty: no local sources are allowed.
    :param allowed_hosts: names of hosts that a web address may lead to although their addresses are not public.
    :param must_exist: refuse a prefix without any object, instead of returning an empty delivery.
    :raises SourceError: when the source does not exist, access is denied, or a file cannot be landed.
    :raises SourceUnreachableError: when the source did not answer.
    """
    address = trim(source)
    source = redact(address)
    _check_characters(address)
    with tempfile.TemporaryFile() as archive:
        if _is_url(address):
            download(source, address, archive, allowed_hosts)
            files = zip_files(source, archive)
        elif address.lower().startswith("s3://"):
            files = _in_s3(source, address, s3, archive, must_exist=must_exist)
        else:
            files = _on_disk(LocalSource(address, local_source_root, shown_as=source), source, archive)
        yield select_files(source, files)


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


def select_files(source: str, files: list[SourceFile], most_name_bytes: int = MAX_NAME_BYTES) -> list[SourceFile]:
    """Return the files to land, sorted by name; hidden files and markers of jobs are left out and logged.

    :raises SourceError: when the name or size of a file is not allowed.
    """
    left_out: list[SourceFile] = []
    wanted: list[SourceFile] = []
    for file in sorted(files, key=lambda f: f.name):
        (left_out if _is_hidden(file.name) or _is_marker(file) else wanted).append(file)
    if left_out:
        names = ", ".join(repr(file.name) for file in left_out[:20])
        log.info("Left out as hidden or as markers of jobs: %s (%d)", loggable(names), len(left_out))
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
    """Return whether it is a hidden file: ``.DS_Store``, ``.gitkeep``, a resource fork that macOS puts into zips."""
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or (bool(parts) and parts[-1].startswith(".") and set(parts[-1]) != {"."})


def _is_marker(file: SourceFile) -> bool:
    """Return whether it is a marker of Spark or Hadoop; a large file with such a name is a normal file."""
    name = file.name.rpartition("/")[2]
    if name.endswith(_FOLDER_MARKER):
        return file.size_bytes == 0
    return bool(_MARKER.fullmatch(name)) and file.size_bytes <= _MAX_MARKER_BYTES
