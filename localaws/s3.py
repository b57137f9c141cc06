"""What moto 5.2.5's S3 leaves out and safe moves of objects stand on: conditions, checksums, one write at a time.

- CopyObject with ``If-None-Match``, ``If-Match`` and ``x-amz-copy-source-if-match``, CompleteMultipartUpload with
  ``If-Match``; a condition and the write that depends on it are one step.
- A checksum that does not fit the content is refused, and kept with its type when it fits; parts have them, too.
- A copy is one object with a checksum of its own, whatever its source was put together from.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import moto.s3.responses
from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.s3.exceptions import (
    InvalidArgumentError,
    InvalidPart,
    MissingKey,
    MissingVersion,
    NoSuchUpload,
    PreconditionFailed,
    S3ClientError,
)
from moto.s3.models import FakeDeleteMarker, FakeKey, FakeMultipart, s3_backends
from moto.s3.models import S3Backend as MotoS3Backend
from moto.s3.responses import S3Response as MotoS3Response
from moto.s3.utils import compute_checksum
from moto.utilities.utils import md5_hash

from localaws.s3_versions import page_of_versions

#: Keys share these, so that no lock is ever made or thrown away. Re-entrant, as a request holds its keys while the
#: backend writes them.
_LOCKS = tuple(threading.RLock() for _ in range(64))

#: The ones that are always computed as S3 does; moto takes CRC32 for the others when a library is missing.
_VERIFIABLE = frozenset({"CRC32", "SHA1", "SHA256"})
_MOST_PARTS = 10_000


@contextmanager
def keys_held(keys: Collection[tuple[str, str]]) -> Iterator[None]:
    """Let nobody else read or write these (bucket, key); taken in one order, so that no two wait for each other."""
    with ExitStack() as held:
        for index in sorted({hash(key) % len(_LOCKS) for key in keys}):
            held.enter_context(_LOCKS[index])
        yield


class S3Backend(MotoS3Backend):
    """The buckets of one account, written by one at a time per key."""

    def put_object(  # type: ignore[override]
        self, bucket_name: str, key_name: str, value: bytes, storage: str | None = None, **more: Any
    ) -> FakeKey:
        """Write a version that is whole when others see it; moto reads it for the ETag later, without its lock."""
        if not more.get("etag") and isinstance(value, bytes):
            more["etag"] = md5_hash(value).hexdigest()
        with keys_held([(bucket_name, key_name)]):
            key: FakeKey = super().put_object(bucket_name, key_name, value, storage, **more)
            key.checksum_type = "FULL_OBJECT"
            return key

    def copy_object(  # type: ignore[override]
        self, src_key: FakeKey, dest_bucket_name: str, dest_key_name: str, **more: Any
    ) -> None:
        """Copy as one object, encrypted as the destination's bucket says when the request does not say how.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html - the copy of an
        object of many parts has the checksum of the whole.
        """
        rule = (self.get_bucket(dest_bucket_name).encryption or {}).get("Rule", {})
        more["encryption"] = more.get("encryption") or rule.get("ApplyServerSideEncryptionByDefault", {}).get(
            "SSEAlgorithm"
        )
        with keys_held([(dest_bucket_name, dest_key_name)]):
            super().copy_object(src_key, dest_bucket_name, dest_key_name, **more)
            copied = self.get_object(dest_bucket_name, dest_key_name)
            assert copied is not None  # noqa: S101 - narrows for mypy
            copied.multipart = None
            if src_key.checksum_type == "COMPOSITE" and copied.checksum_algorithm:
                copied.checksum_value = compute_checksum(copied.value, copied.checksum_algorithm).decode()

    def delete_object(self, bucket_name: str, key_name: str, *more: Any, **named: Any) -> tuple[bool, dict[str, Any]]:
        """Delete while nobody writes: moto reads the versions, and writes back those that stay."""
        with keys_held([(bucket_name, key_name)]):
            return super().delete_object(bucket_name, key_name, *more, **named)

    def list_object_versions(  # type: ignore[override]
        self, bucket_name: str, delimiter: str | None = None, max_keys: int | None = 1000, **more: Any
    ) -> tuple[list[FakeKey], list[str], list[FakeDeleteMarker], str | None, str | None]:
        """List a page of versions; with a delimiter, as moto does."""
        if delimiter:
            return super().list_object_versions(bucket_name, delimiter, max_keys=max_keys, **more)
        page = (more.get("prefix", ""), more.get("key_marker"), more.get("version_id_marker"), max_keys or 1000)
        return page_of_versions(self.get_bucket(bucket_name), *page)

    def get_upload(self, bucket_name: str, key_name: str, upload_id: str) -> FakeMultipart:
        """Return an upload that is under way.

        :raises NoSuchUpload: when there is none; moto fails with a KeyError, which is answered with 500.
        """
        upload = self.get_bucket(bucket_name).multiparts.get(upload_id)
        if upload is None or upload.key_name != key_name:
            raise NoSuchUpload(upload_id)
        return upload


class S3Response(MotoS3Response):
    """Requests, each of which holds the keys that it reads and writes."""

    @property
    def backend(self) -> S3Backend:
        backend = super().backend
        assert isinstance(backend, S3Backend)  # noqa: S101 - narrows for mypy
        return backend

    def _key_response(self, request: Any, full_url: str) -> TYPE_RESPONSE:
        """Answer while nobody else touches the key, so that a condition still holds when its write is done.

        A part touches no key; parts of one object may come at the same time.
        """
        if "partNumber" in self.querystring:
            return super()._key_response(request, full_url)
        keys = {(self.bucket_name, self.parse_key_name())}
        if "x-amz-copy-source" in self.headers:
            keys.add(self._copy_source()[:2])
        with keys_held(keys):
            return super()._key_response(request, full_url)

    # ---- copies

    def copy_object(self) -> TYPE_RESPONSE:
        """Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html."""
        self._check_destination()
        self._source_object()
        status, headers, body = super().copy_object()
        headers.pop("Checksum", None)  # it is in the body; moto's header holds a dict
        return status, headers, body

    def _copy_source(self) -> tuple[str, str, str | None]:
        """Return bucket, key and version id (None for the latest) of the copy's source."""
        source = urlsplit(self.headers["x-amz-copy-source"])
        bucket, _, key = unquote(source.path).lstrip("/").partition("/")
        return bucket, key, parse_qs(source.query).get("versionId", [None])[0]

    def _source_object(self) -> FakeKey:
        """Return the source of a copy.

        :raises PreconditionFailed: when its ETag is not the one that the request wants.
        """
        bucket, key, version_id = self._copy_source()
        source = self.backend.get_object(bucket, key, version_id=version_id)
        if source is None:
            raise MissingVersion(key, version_id) if version_id else MissingKey(key)
        wanted = self.headers.get("x-amz-copy-source-if-match")
        if wanted and not _is_etag_of(source, wanted):
            raise PreconditionFailed("x-amz-copy-source-If-Match")
        return source

    def _check_destination(self) -> None:
        """Hold the conditions of the request against the current object, of which a delete marker is none.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        current = self.backend.get_object(self.bucket_name, self.parse_key_name())
        if self.headers.get("If-None-Match") == "*" and current is not None:
            raise PreconditionFailed("If-None-Match")
        if wanted := self.headers.get("If-Match"):
            if current is None:
                raise MissingKey(self.parse_key_name())
            if not _is_etag_of(current, wanted):
                raise PreconditionFailed("If-Match")

    # ---- uploads of many parts

    def upload_part(self) -> TYPE_RESPONSE:
        upload, number = self._upload(), self._part_number()
        answered: dict[str, Any] = self._get_cors_headers_other()
        algorithm, checksum = self._get_checksum(answered)
        part = upload.set_part(number, self.body or b"")
        _keep_checksum(part, upload, algorithm, checksum)
        return 200, {**answered, **part.response_dict, "content-length": "0"}, ""

    def upload_part_copy(self) -> TYPE_RESPONSE:
        """Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html."""
        upload, number, source = self._upload(), self._part_number(), self._source_object()
        part = upload.set_part(number, self._wanted_range(source))
        _keep_checksum(part, upload)
        self.data["Action"] = "UploadPartCopy"
        result = {"ETag": part.etag, "LastModified": part.last_modified_ISO8601, **_checksum(part)}
        result.pop("ChecksumType", None)
        status, headers, body = self.serialized(ActionResult({"CopyPartResult": result}))
        if source.version_id != "null":
            headers["x-amz-copy-source-version-id"] = source.version_id
        return status, {**headers, **self._get_cors_headers_other(), **_facts(part)}, body

    def _wanted_range(self, source: FakeKey) -> bytes:
        text = self.headers.get("x-amz-copy-source-range")
        if text is None:
            return source.value
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", text)
        if found is None or not int(found[1]) <= int(found[2]) < source.size:
            message = f"Range specified is not valid for source object of size: {source.size}"
            raise InvalidArgumentError(message, "x-amz-copy-source-range", text)
        return source.value[int(found[1]) : int(found[2]) + 1]

    def _upload(self) -> FakeMultipart:
        return self.backend.get_upload(self.bucket_name, self.parse_key_name(), self.querystring["uploadId"][0])

    def _part_number(self) -> int:
        number = int(self.querystring["partNumber"][0])
        if not 1 <= number <= _MOST_PARTS:
            message = f"Part number must be an integer between 1 and {_MOST_PARTS}, inclusive"
            raise InvalidArgumentError(message, "partNumber", str(number))
        return number

    def _key_response_post(
        self, request: Any, body: bytes, bucket_name: str, query: dict[str, Any], key_name: str
    ) -> TYPE_RESPONSE:
        if "uploadId" not in query:
            return super()._key_response_post(request, body, bucket_name, query, key_name)
        self._set_action("KEY", "POST", query)
        self._authenticate_and_authorize_s3_action(bucket_name=bucket_name, key_name=key_name)
        return self.complete_multipart_upload(query["uploadId"][0], body)

    def complete_multipart_upload(self, upload_id: str, body: bytes) -> TYPE_RESPONSE:
        """Put the object together; asked again, answer the same.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
        """
        key = self.backend.get_object(self.bucket_name, self.parse_key_name())
        if key is None or key.multipart is None or key.multipart.id != upload_id:
            self._check_destination()
            _check_checksums(self._upload(), body)
            parts = self._complete_multipart_body(body)
            key = self.backend.complete_multipart_upload(self.bucket_name, upload_id, parts)
            assert key is not None  # noqa: S101 - narrows for mypy
        self.data["Action"] = "CompleteMultipartUpload"
        location = f"http://{self.bucket_name}.s3.amazonaws.com/{key.name}"
        result = {"Bucket": self.bucket_name, "ETag": key.etag, "Key": key.name, "Location": location}
        status, headers, answer = self.serialized(ActionResult({**result, **_checksum(key)}))
        return status, {**headers, **_facts(key)}, answer

    # ---- checksums

    def _get_checksum(self, response_headers: dict[str, Any]) -> tuple[str, str | None]:
        """Return algorithm and checksum of the content, both empty when the request speaks of none.

        :raises S3ClientError: ``BadDigest`` when the request says another checksum.
        """
        algorithm = self._checksum_algorithm()
        if not algorithm:
            return "", None
        name = f"x-amz-checksum-{algorithm.lower()}"
        said = self.headers.get(name) or self._trailing(name)
        computed = compute_checksum(self.body or b"", algorithm).decode()
        if said and said != computed and algorithm in _VERIFIABLE:
            raise S3ClientError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
        response_headers[name] = said or computed
        return algorithm, said or computed

    def _checksum_algorithm(self) -> str:
        """Return the algorithm that the request names, or whose checksum it carries."""
        if named := self.headers.get("x-amz-sdk-checksum-algorithm"):
            return str(named).upper()
        carried = [one for one in _VERIFIABLE if f"x-amz-checksum-{one.lower()}" in self.headers]
        return carried[0] if carried else ""

    def _trailing(self, name: str) -> str | None:
        """Return a checksum that follows the content, in a body of chunks."""
        if self.headers.get("x-amz-trailer", "").lower() != name:
            return None
        found = re.search(rb"\r\n%b:([^\r\n]+)" % name.encode(), bytes(self.raw_body[-512:]))
        return found[1].decode().strip() if found else None

    def head_object(
        self, bucket_name: str, query: dict[str, Any], key_name: str, headers: dict[str, Any]
    ) -> TYPE_RESPONSE:
        """Tell the checksum with its type, as GetObject does."""
        status, answered, body = super().head_object(bucket_name, query, key_name, headers)
        if status == 200 and headers.get("x-amz-checksum-mode") == "ENABLED" and "partNumber" not in query:
            key = self.backend.get_object(bucket_name, key_name, query.get("versionId", [None])[0])
            for member, value in _checksum(key).items() if key else ():
                answered[f"x-amz-checksum-{member.removeprefix('Checksum').lower()}"] = value
        return status, answered, body


def install() -> None:
    """Make moto serve S3 from here; calling it again changes nothing.

    moto makes its routes anew from the name in its module when it starts to mock or to serve, and backends from the
    class that it keeps; those that it has made already stay, with their buckets, and become ours.
    """
    moto.s3.responses.S3Response = S3Response  # type: ignore[misc]
    s3_backends.backend = S3Backend
    for account in s3_backends.values():
        account.backend = S3Backend
        for existing in account.values():
            existing.__class__ = S3Backend


def _is_etag_of(key: FakeKey, wanted: str) -> bool:
    """Compare without the quotes, which S3 does not insist on."""
    return wanted == "*" or wanted.strip('"') == key.etag.strip('"')


def _facts(key: FakeKey) -> dict[str, str]:
    """Return the headers about version and encryption, without those that describe a body."""
    return {name: value for name, value in key.response_dict.items() if name.startswith(("x-amz-server", "x-amz-ver"))}


def _checksum(key: FakeKey) -> dict[str, Any]:
    """Return the members ``ChecksumSHA256`` (or another) and ``ChecksumType``, none without a checksum."""
    if not key.checksum_algorithm or not key.checksum_value:
        return {}
    is_composite = key.checksum_type == "COMPOSITE"
    value = f"{key.checksum_value}-{key.checksum_parts}" if is_composite else key.checksum_value
    return {f"Checksum{key.checksum_algorithm}": value, "ChecksumType": key.checksum_type}


def _keep_checksum(part: FakeKey, upload: FakeMultipart, algorithm: str = "", checksum: str | None = None) -> None:
    """Keep the checksum that the upload was created with; S3 computes it when the part came without."""
    wanted = upload.metadata.get("x-amz-checksum-algorithm")
    if wanted:
        part.checksum_algorithm = wanted
        part.checksum_value = checksum if algorithm == wanted else compute_checksum(part.value, wanted).decode()


def _check_checksums(upload: FakeMultipart, body: bytes) -> None:
    """Hold the parts of a CompleteMultipartUpload against the ones that were uploaded.

    :raises InvalidPart: when a part's checksum is another one.
    :raises S3ClientError: ``InvalidRequest`` when it is left out although the upload's checksum is made of them.
    """
    algorithm = upload.metadata.get("x-amz-checksum-algorithm")
    if not algorithm:
        return
    is_composite = upload.metadata.get("x-amz-checksum-type", "COMPOSITE") == "COMPOSITE" and algorithm != "CRC64NVME"
    for part in ElementTree.fromstring(body).iterfind("{*}Part"):  # noqa: S314 - of a test's own client
        number, said = int(part.findtext("{*}PartNumber", "0")), part.findtext(f"{{*}}Checksum{algorithm}")
        uploaded = upload.parts.get(number)
        if said is not None and (uploaded is None or uploaded.checksum_value != said):
            raise InvalidPart
        if said is None and is_composite:
            raise S3ClientError(
                "InvalidRequest",
                f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the "
                f"checksum for each part. It was missing for part {number} in the request.",
            )
