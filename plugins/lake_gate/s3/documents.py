"""Read and write documents of the gate: objects below a run's prefix in bronze, and its marker in silver."""

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
from lake_gate.model.schema import iter_redacted_problems
from lake_gate.s3.answers import is_missing, is_past_end, is_precondition_failed, retry_on_conflict

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GONE = "it does not exist"
_IN_MEMORY_BYTES = 8 * 1024**2
_TRIES = 3
"""Tries to create a document that other writers create and delete."""
_UPDATE_TRIES = 10
"""Tries to update a document that other writers change."""
_MOST_PROBLEMS = 5


def write_document(s3: S3Client, bucket: str, key: str, content: bytes | IO[bytes]) -> str:
    """Write the object and return its ``s3://`` address; a retry writes the same again."""
    _put_any(s3, bucket, key, content)
    return f"s3://{bucket}/{key}"


def put_version(s3: S3Client, bucket: str, key: str, content: bytes | IO[bytes]) -> str:
    """Write the object and return its new version id; the bucket must be versioned."""
    return str(_put_any(s3, bucket, key, content)["VersionId"])


def _put_any(s3: S3Client, bucket: str, key: str, content: bytes | IO[bytes]) -> Mapping[str, Any]:
    """Write the object, whatever is there, and return S3's answer; S3 keeps the SHA-256 of the content."""
    target: dict[str, Any] = {"Bucket": bucket, "Key": key, "ContentType": _content_type(key)}
    return s3.put_object(**target, Body=content, ChecksumAlgorithm="SHA256")


def write_lines(s3: S3Client, bucket: str, key: str, lines: Iterable[bytes]) -> str:
    """Write the lines in bounded memory and return the object's ``s3://`` address."""
    with spooled(lines) as file:
        return write_document(s3, bucket, key, file)


@contextmanager
def spooled(lines: Iterable[bytes]) -> Iterator[IO[bytes]]:
    """Yield a file of the lines, positioned at its start; it is kept in memory while it is small."""
    with cast("IO[bytes]", SpooledTemporaryFile(_IN_MEMORY_BYTES)) as file:
        file.writelines(lines)
        file.seek(0)
        yield file


def write_document_once(s3: S3Client, bucket: str, key: str, content: bytes) -> bytes:
    """Write the object unless it exists, and return the content that is there afterwards.

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
        if (current := read_document_or_none(s3, bucket, key)) is not None:
            return current  # else it was deleted in between: try again
    raise refused


def write_version(s3: S3Client, bucket: str, key: str, content: bytes, *, replacing: str = "") -> tuple[str, bool]:
    """Write the object unless the key has another version; return the latest version id, and if it has this content.

    The id is empty if the version to replace was deleted in the meantime.

    :param replacing: version id that may be replaced; none by default.
    :raises ClientError: ``ConditionalRequestConflict`` when other writes to the key were in flight at every try.
    """
    try:
        condition = {"IfNoneMatch": "*"}
        if replacing:
            condition = {"IfMatch": s3.head_object(Bucket=bucket, Key=key, VersionId=replacing)["ETag"]}
        return _put(s3, bucket, key, content, condition), True
    except ClientError as error:
        # If the object was deleted in the meantime, S3 answers a condition on it with NoSuchKey.
        if not is_precondition_failed(error) and not (replacing and is_missing(error)):
            raise
    try:
        latest = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if not is_missing(error):
            raise
        return "", False
    checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return latest["VersionId"], latest.get("ChecksumSHA256") == checksum


def _put(s3: S3Client, bucket: str, key: str, content: bytes, condition: Mapping[str, str]) -> str:
    """Write the object if the condition holds, and return its version id."""
    target: dict[str, Any] = {"Bucket": bucket, "Key": key, "ContentType": _content_type(key), **condition}
    return retry_on_conflict(lambda: s3.put_object(**target, Body=content, ChecksumAlgorithm="SHA256"))["VersionId"]


def _content_type(key: str) -> str:
    types = {"json": "application/json", "html": "text/html; charset=utf-8"}
    return types.get(key.rpartition(".")[2], "application/x-ndjson")


def iter_json_lines(s3: S3Client, bucket: str, key: str, **part: Any) -> Iterator[dict[str, Any]]:
    """Yield the JSON object of every line.

    :param part: see :func:`iter_items`.
    :raises DamagedDocumentError: when a line is not a JSON object.
    """
    yield from iter_items(s3, bucket, key, _require_object, **part)


def iter_items[Item](
    s3: S3Client,
    bucket: str,
    key: str,
    build: Callable[[Any], Item],
    *,
    start: int = 0,
    size: int | None = None,
    version_id: str = "",
    missing_ok: bool = False,
    most_bytes: int | None = None,
    most_line_bytes: int = -1,
) -> Iterator[Item]:
    """Stream the items of all lines that are not empty; ``.gz`` is decompressed.

    :param build: builds an item from the JSON of a line; its ValueError must hold nothing of the content.
    :param start: first byte to read.
    :param size: number of bytes to read from there; all by default.
    :param version_id: version to read; the latest by default.
    :param missing_ok: yield nothing if the document does not exist.
    :param most_bytes: size of the largest document to read; any by default.
    :param most_line_bytes: length of the longest line to keep in memory; any by default.
    :raises DamagedDocumentError: when the document does not exist, or a line is not valid.
    :raises DocumentTooLargeError: when the document or a line of it is too large.
    """
    if size == 0:
        return  # an empty range cannot be requested: S3 would send the whole document
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        answer: Any = s3.get_object(Bucket=bucket, Key=key, **version, **_range(start, size))
    except ClientError as error:
        if is_past_end(error):
            raise _damaged(bucket, key, "it ends before the part to read") from None
        if not is_missing(error):
            raise
        if missing_ok:
            return
        raise _damaged(bucket, key, f"its version {version_id} is gone" if version_id else GONE) from None
    body, number = _small_body(answer, bucket, key, most_bytes), 0
    try:
        with closing(body), gzip.open(body) if key.endswith(".gz") else io.BufferedReader(body) as lines:
            for number, line in enumerate(iter(partial(lines.readline, most_line_bytes), b""), start=1):
                _require_end(line, number, bucket, key, most_line_bytes)
                if line.strip():
                    yield build(jsonl.parse(line))
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise _damaged(bucket, key, "it cannot be decompressed") from None
    except ValueError as problem:
        raise _damaged(bucket, key, f"line {number}: {problem}") from None


def _require_end(line: bytes, number: int, bucket: str, key: str, most_bytes: int) -> None:
    if len(line) == most_bytes and not line.endswith(b"\n"):
        raise _too_large(bucket, key, f"line {number} is longer than {most_bytes} bytes")


def _small_body(answer: Any, bucket: str, key: str, most_bytes: int | None) -> Any:
    """Return the body of S3's answer, unread."""
    if most_bytes is not None and answer["ContentLength"] > most_bytes:
        answer["Body"].close()
        raise _too_large(bucket, key, f"it is larger than {most_bytes} bytes")
    return answer["Body"]


def _require_object(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError("not an object")  # noqa: TRY004 - the same error for all damage
    return content


def read_object(
    s3: S3Client,
    bucket: str,
    key: str,
    shape: Mapping[str, Any],
    *,
    version_id: str = "",
    most_bytes: int | None = None,
) -> dict[str, Any] | None:
    """Return the JSON object of a document, None if the document does not exist.

    :param shape: JSON Schema of the members that the caller needs.
    :param version_id: version to read; the latest by default.
    :param most_bytes: size of the largest document to read; any by default.
    :raises DamagedDocumentError: when the document does not match the schema.
    :raises DocumentTooLargeError: when the document is too large.
    """
    content = read_object_version(s3, bucket, key, version_id, most_bytes=most_bytes)
    return None if content is None else parse_object(content, bucket, key, shape)


def need_object(s3: S3Client, bucket: str, key: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object of a document that must exist.

    :param shape: JSON Schema of the members that the caller needs.
    :raises DamagedDocumentError: when the document does not exist or does not match the schema.
    """
    if (found := read_object(s3, bucket, key, shape)) is None:
        raise _damaged(bucket, key, GONE)
    return found


def need_dataclass[T](cls: type[T], s3: S3Client, bucket: str, key: str) -> T:
    """Return the dataclass of a document that must exist.

    :raises DamagedDocumentError: when the document does not exist or does not match the dataclass.
    """
    found = need_object(s3, bucket, key, {})
    try:
        return jsonl.from_dict(cls, found)
    except ValueError as problem:
        raise _damaged(bucket, key, str(problem)) from None


def parse_object(content: bytes, bucket: str, key: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    """Parse the content of a document as a JSON object.

    :param shape: JSON Schema of the members that the caller needs.
    :raises DamagedDocumentError: when the content does not match the schema.
    """
    try:
        parsed = _require_object(jsonl.parse(content))
    except ValueError as problem:
        raise _damaged(bucket, key, str(problem)) from None
    if problems := list(dict.fromkeys(iter_redacted_problems(shape, parsed))):
        raise _damaged(bucket, key, "; ".join(problems[:_MOST_PROBLEMS]))
    return parsed


def _too_large(bucket: str, key: str, problem: str) -> Exception:
    from lake_gate.errors import DocumentTooLargeError  # imports Airflow, see _damaged

    return DocumentTooLargeError(f"s3://{bucket}/{key}", problem)


def _damaged(bucket: str, key: str, problem: str) -> Exception:
    from lake_gate.errors import DamagedDocumentError  # imports Airflow, which programs that only read do not need

    return DamagedDocumentError(f"s3://{bucket}/{key}", problem)


def load_lines[T](cls: type[T], content: bytes, bucket: str, key: str) -> list[T]:
    """Parse the lines of a document as dataclasses.

    :raises DamagedDocumentError: when a line does not match the dataclass.
    """
    return load_items(partial(jsonl.from_dict, cls), content, bucket, key)


def load_items[Item](build: Callable[[Any], Item], content: bytes, bucket: str, key: str) -> list[Item]:
    """Parse the lines of a document as items.

    :param build: builds an item from the JSON of a line; its ValueError must hold nothing of the content.
    :raises DamagedDocumentError: when a line is not valid.
    """
    try:
        return [build(jsonl.parse(line)) for line in content.split(b"\n") if line]
    except ValueError as problem:
        raise _damaged(bucket, key, str(problem)) from None


def read_document(s3: S3Client, bucket: str, key: str) -> bytes:
    """Return the object's content."""
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def read_document_or_none(s3: S3Client, bucket: str, key: str) -> bytes | None:
    """Return the object's content; None if it does not exist."""
    try:
        return read_document(s3, bucket, key)
    except ClientError as error:
        if not is_missing(error):
            raise
        return None


def read_object_version(
    s3: S3Client, bucket: str, key: str, version_id: str = "", *, most_bytes: int | None = None
) -> bytes | None:
    """Return the content of a version, the latest by default; None if it does not exist.

    :raises DocumentTooLargeError: when it is larger than ``most_bytes``.
    """
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        answer = s3.get_object(Bucket=bucket, Key=key, **version)
        content: bytes = _small_body(answer, bucket, key, most_bytes).read()
    except ClientError as error:
        if not is_missing(error):
            raise
        return None
    return content


def read_version(s3: S3Client, bucket: str, key: str) -> tuple[bytes | None, str]:
    """Return the object's content and version id; None and an empty id if it does not exist."""
    try:
        response = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if not is_missing(error):
            raise
        return None, ""
    return response["Body"].read(), response["VersionId"]


def _range(start: int, size: int | None) -> dict[str, Any]:
    return {} if size is None else {"Range": f"bytes={start}-{start + size - 1}"}


def update_document(s3: S3Client, bucket: str, key: str, change: Callable[[bytes | None], bytes]) -> bytes:
    """Change a document and return its new content, see :func:`update_version`."""
    return update_version(s3, bucket, key, change)[0]


def update_version(s3: S3Client, bucket: str, key: str, change: Callable[[bytes | None], bytes]) -> tuple[bytes, str]:
    """Change a document; concurrent updates do not lose each other's changes.

    :param change: takes the current content, None if there is none, and returns the new content.
    :return: the new content and its version id.
    :raises GateError: when other writers keep changing it.
    """
    for _ in range(_UPDATE_TRIES):
        current, version_id = read_version(s3, bucket, key)
        wanted = change(current)
        if wanted == current:
            return wanted, version_id
        written, is_wanted = write_version(s3, bucket, key, wanted, replacing=version_id)
        if is_wanted:
            return wanted, written
    from lake_gate.errors import GateError  # imports Airflow, see _damaged

    raise GateError(
        f"Another writer keeps changing s3://{bucket}/{key}: {_UPDATE_TRIES} tries failed. The task is retried."
    )
