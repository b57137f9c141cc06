"""Reads and writes what a run writes down: objects below its prefix in bronze, and its marker in silver."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from lake_gate.model import jsonl
from lake_gate.model.schema import misfits
from lake_gate.s3.answers import is_missing, is_past_end, is_precondition_failed, try_again

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GONE = "it does not exist"
_IN_MEMORY_BYTES = 8 * 1024**2
_TRIES = 3
"""How often a document is written once while others write and delete it."""
_UPDATE_TRIES = 10
"""How often a document is updated while other writers change it."""
_MOST_PROBLEMS = 5


def write_document(s3: S3Client, bucket: str, key: str, content: bytes | IO[bytes]) -> str:
    """Write the object and return its ``s3://`` address; a retry writes the same again."""
    s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=_content_type(key))
    return f"s3://{bucket}/{key}"


def put_version(s3: S3Client, bucket: str, key: str, content: bytes) -> str:
    """Write the object and return the version id that it has now."""
    return s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=_content_type(key))["VersionId"]


def write_lines(s3: S3Client, bucket: str, key: str, lines: Iterable[bytes]) -> str:
    """Write the lines as they come and return the object's address: any number goes through little memory."""
    with spooled(lines) as file:
        return write_document(s3, bucket, key, file)


@contextmanager
def spooled(lines: Iterable[bytes]) -> Iterator[IO[bytes]]:
    """Yield a file of the lines, open at its start; it is in memory as long as it is small."""
    with cast("IO[bytes]", SpooledTemporaryFile(_IN_MEMORY_BYTES)) as file:
        file.writelines(lines)
        file.seek(0)
        yield file


def write_document_once(s3: S3Client, bucket: str, key: str, content: bytes) -> bytes:
    """Write the object unless it is there, and return what is there then.

    :raises ClientError: ``ConditionalRequestConflict`` when other writes to the key were in flight at every try.
    """
    for _ in range(_TRIES):
        try:
            _put(s3, bucket, key, content, {"IfNoneMatch": "*"})
        except ClientError as error:
            if not is_precondition_failed(error):
                raise
            refused = error
        else:
            return content
        if (there := read_document_or_none(s3, bucket, key)) is not None:
            return there  # else it was deleted since then, and the key is free
    raise refused


def write_version(s3: S3Client, bucket: str, key: str, content: bytes, *, replacing: str = "") -> tuple[str, bool]:
    """Write the object unless something else is there; return the version id of what is there then, and if it is this.

    The id is empty when nothing is there: what was to be replaced was deleted meanwhile.

    :param replacing: version id of what may be replaced; nothing by default.
    :raises ClientError: ``ConditionalRequestConflict`` when other writes to the key were in flight at every try.
    """
    try:
        condition = {"IfNoneMatch": "*"}
        if replacing:
            condition = {"IfMatch": s3.head_object(Bucket=bucket, Key=key, VersionId=replacing)["ETag"]}
        return _put(s3, bucket, key, content, condition), True
    except ClientError as error:
        # Of a condition on an object that is deleted meanwhile S3 says that the object is missing.
        if not is_precondition_failed(error) and not (replacing and is_missing(error)):
            raise
    try:
        there = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if not is_missing(error):
            raise
        return "", False
    checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return there["VersionId"], there.get("ChecksumSHA256") == checksum


def _put(s3: S3Client, bucket: str, key: str, content: bytes, condition: Mapping[str, str]) -> str:
    """Write the object if the condition holds, and return its version id."""
    target: dict[str, Any] = {"Bucket": bucket, "Key": key, "ContentType": _content_type(key), **condition}
    return try_again(lambda: s3.put_object(**target, Body=content, ChecksumAlgorithm="SHA256"))["VersionId"]


def _content_type(key: str) -> str:
    return "application/json" if key.endswith(".json") else "application/x-ndjson"


def iter_json_lines(s3: S3Client, bucket: str, key: str, **part: Any) -> Iterator[dict[str, Any]]:
    """Yield the JSON object of every line.

    :param part: see :func:`iter_items`.
    :raises DamagedDocumentError: when a line is not a JSON object.
    """
    yield from iter_items(s3, bucket, key, _an_object, **part)


def iter_items[Item](
    s3: S3Client,
    bucket: str,
    key: str,
    of: Callable[[Any], Item],
    *,
    start: int = 0,
    size: int | None = None,
    version_id: str = "",
    missing_ok: bool = False,
) -> Iterator[Item]:
    """Yield the item of every line that is not empty, reading as it goes; ``.gz`` is unpacked.

    :param of: makes the item of the JSON of a line; its ValueError says what is wrong, and nothing of the content.
    :param start: first byte to read; ``size`` bytes from there on, all by default.
    :param version_id: the version to read; the latest by default.
    :param missing_ok: yield nothing when the document does not exist.
    :raises DamagedDocumentError: when it does not exist, or a line is something else.
    """
    if size == 0:
        return  # there is no range of no bytes: S3 would send the whole document
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        body: Any = s3.get_object(Bucket=bucket, Key=key, **version, **_range(start, size))["Body"]
    except ClientError as error:
        if is_past_end(error):
            raise _damaged(bucket, key, "it ends before the part that is to be read") from None
        if not is_missing(error):
            raise
        if missing_ok:
            return
        raise _damaged(bucket, key, f"version {version_id} of it is gone" if version_id else GONE) from None
    number = 0
    try:
        with closing(body), gzip.open(body) if key.endswith(".gz") else io.BufferedReader(body) as lines:
            for number, line in enumerate(lines, start=1):  # noqa: B007 - the error names the line
                if line.strip():
                    yield of(jsonl.parse(line))
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise _damaged(bucket, key, "it cannot be unpacked") from None
    except ValueError as problem:
        raise _damaged(bucket, key, f"line {number}: {problem}") from None


def _an_object(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one error for all that is damaged
    return content


def read_object(
    s3: S3Client, bucket: str, key: str, shape: Mapping[str, Any], *, version_id: str = ""
) -> dict[str, Any] | None:
    """Return the JSON object that a document holds, None when there is no such document.

    :param shape: JSON Schema of what the caller needs of it.
    :param version_id: the version to read; the latest by default.
    :raises DamagedDocumentError: when it has another shape.
    """
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        content = s3.get_object(Bucket=bucket, Key=key, **version)["Body"].read()
    except ClientError as error:
        if not is_missing(error):
            raise
        return None
    return parse_object(content, bucket, key, shape)


def need_object(s3: S3Client, bucket: str, key: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object that a document holds.

    :param shape: JSON Schema of what the caller needs of it.
    :raises DamagedDocumentError: when it has another shape, or does not exist.
    """
    if (found := read_object(s3, bucket, key, shape)) is None:
        raise _damaged(bucket, key, GONE)
    return found


def need_dataclass[T](cls: type[T], s3: S3Client, bucket: str, key: str) -> T:
    """Return the dataclass that a document holds.

    :raises DamagedDocumentError: when it is something else, or does not exist.
    """
    found = need_object(s3, bucket, key, {})
    try:
        return jsonl.from_dict(cls, found)
    except ValueError as problem:
        raise _damaged(bucket, key, str(problem)) from None


def parse_object(content: bytes, bucket: str, key: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object in the content of a document that was read.

    :param shape: JSON Schema of what the caller needs of it.
    :raises DamagedDocumentError: when it has another shape.
    """
    try:
        parsed = _an_object(jsonl.parse(content))
    except ValueError as problem:
        raise _damaged(bucket, key, str(problem)) from None
    if problems := list(dict.fromkeys(misfits(shape, parsed))):
        raise _damaged(bucket, key, "; ".join(problems[:_MOST_PROBLEMS]))
    return parsed


def _damaged(bucket: str, key: str, problem: str) -> Exception:
    from lake_gate.errors import DamagedDocumentError  # needs Airflow, which code that only reads does without

    return DamagedDocumentError(f"s3://{bucket}/{key}", problem)


def load_lines[T](cls: type[T], content: bytes, bucket: str, key: str) -> list[T]:
    """Return the dataclasses of the lines of a document that was read.

    :raises DamagedDocumentError: when one of them is something else.
    """
    return load_items(partial(jsonl.from_dict, cls), content, bucket, key)


def load_items[Item](of: Callable[[Any], Item], content: bytes, bucket: str, key: str) -> list[Item]:
    """Return the items of the lines of a document that was read.

    :param of: makes the item of the JSON of a line; its ValueError says what is wrong, and nothing of the content.
    :raises DamagedDocumentError: when a line is something else.
    """
    try:
        return [of(jsonl.parse(line)) for line in content.split(b"\n") if line]
    except ValueError as problem:
        raise _damaged(bucket, key, str(problem)) from None


def read_document(s3: S3Client, bucket: str, key: str) -> bytes:
    """Return the object's content."""
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def read_document_or_none(s3: S3Client, bucket: str, key: str) -> bytes | None:
    """Return the object's content, or None when there is no such object."""
    try:
        return read_document(s3, bucket, key)
    except ClientError as error:
        if not is_missing(error):
            raise
        return None


def read_object_version(s3: S3Client, bucket: str, key: str, version_id: str = "") -> bytes | None:
    """Return the content of a version, the latest by default; None when it is not there."""
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        return s3.get_object(Bucket=bucket, Key=key, **version)["Body"].read()
    except ClientError as error:
        if not is_missing(error):
            raise
        return None


def read_version(s3: S3Client, bucket: str, key: str) -> tuple[bytes | None, str]:
    """Return the object's content and its version id; None and no id when there is no such object."""
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if not is_missing(error):
            raise
        return None, ""
    return answer["Body"].read(), answer["VersionId"]


def _range(start: int, size: int | None) -> dict[str, Any]:
    return {} if size is None else {"Range": f"bytes={start}-{start + size - 1}"}


def update_document(s3: S3Client, bucket: str, key: str, change: Callable[[bytes | None], bytes]) -> bytes:
    """Make something else of a document, and return it; of two who do so at once neither loses the other's change.

    :param change: is given the content, None when there is no such document, and returns what it is to be.
    :raises GateError: when others change it all the time.
    """
    for _ in range(_UPDATE_TRIES):
        there, version_id = read_version(s3, bucket, key)
        wanted = change(there)
        if wanted == there or write_version(s3, bucket, key, wanted, replacing=version_id)[1]:
            return wanted
    from lake_gate.errors import GateError  # needs Airflow, see _damaged

    raise GateError(
        f"Another writer keeps changing s3://{bucket}/{key}: {_UPDATE_TRIES} tries. The task's retries go on."
    )
