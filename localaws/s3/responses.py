"""Requests: conditions, copies, uploads of many parts, checksums."""

from __future__ import annotations

import re
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.s3.exceptions import InvalidArgumentError, MissingKey, MissingVersion, PreconditionFailed, S3ClientError
from moto.s3.models import FakeKey, FakeMultipart
from moto.s3.responses import S3Response as MotoS3Response
from moto.s3.utils import compute_checksum

from localaws.s3.backend import S3Backend, keys_held
from localaws.s3.checksums import VERIFIABLE, check_checksums, checksum_of, keep_checksum

_MOST_PARTS = 10_000


class S3Response(MotoS3Response):
    """Requests, each of which holds the keys that it reads and writes."""

    @property
    def backend(self) -> S3Backend:
        backend = super().backend
        assert isinstance(backend, S3Backend)  # noqa: S101 - narrows for mypy
        return backend

    @staticmethod
    def subdomain_based_buckets(request: Any) -> bool:
        """Return whether the host names the bucket; asked seven times for every request."""
        return _names_bucket(request.headers.get("host", ""))

    def _key_response(self, request: Any, full_url: str) -> TYPE_RESPONSE:
        """Answer while the key is locked, so that a condition still holds when its write is done.

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
        keep_checksum(part, upload, algorithm, checksum)
        return 200, {**answered, **part.response_dict, "content-length": "0"}, ""

    def upload_part_copy(self) -> TYPE_RESPONSE:
        """Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html."""
        upload, number, source = self._upload(), self._part_number(), self._source_object()
        part = upload.set_part(number, self._wanted_range(source))
        keep_checksum(part, upload)
        self.data["Action"] = "UploadPartCopy"
        result = {"ETag": part.etag, "LastModified": part.last_modified_ISO8601, **checksum_of(part)}
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
            check_checksums(self._upload(), body)
            parts = self._complete_multipart_body(body)
            key = self.backend.complete_multipart_upload(self.bucket_name, upload_id, parts)
            assert key is not None  # noqa: S101 - narrows for mypy
        self.data["Action"] = "CompleteMultipartUpload"
        location = f"http://{self.bucket_name}.s3.amazonaws.com/{key.name}"
        result = {"Bucket": self.bucket_name, "ETag": key.etag, "Key": key.name, "Location": location}
        status, headers, answer = self.serialized(ActionResult({**result, **checksum_of(key)}))
        return status, {**headers, **_facts(key)}, answer

    # ---- checksums

    def _get_checksum(self, response_headers: dict[str, Any]) -> tuple[str, str | None]:
        """Return algorithm and checksum of the content, both empty when the request has neither.

        :raises S3ClientError: ``BadDigest`` when the request has another checksum.
        """
        algorithm = self._checksum_algorithm()
        if not algorithm:
            return "", None
        name = f"x-amz-checksum-{algorithm.lower()}"
        sent = self.headers.get(name) or self._trailing(name)
        computed = compute_checksum(self.body or b"", algorithm).decode()
        if sent and sent != computed and algorithm in VERIFIABLE:
            raise S3ClientError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
        response_headers[name] = sent or computed
        return algorithm, sent or computed

    def _checksum_algorithm(self) -> str:
        """Return the algorithm that the request names, or whose checksum it carries."""
        if named := self.headers.get("x-amz-sdk-checksum-algorithm"):
            return str(named).upper()
        carried = [algorithm for algorithm in VERIFIABLE if f"x-amz-checksum-{algorithm.lower()}" in self.headers]
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
            for member, value in checksum_of(key).items() if key else ():
                answered[f"x-amz-checksum-{member.removeprefix('Checksum').lower()}"] = value
        return status, answered, body


def _is_etag_of(key: FakeKey, wanted: str) -> bool:
    """Compare without the quotes, which S3 does not insist on."""
    return wanted == "*" or wanted.strip('"') == key.etag.strip('"')


def _facts(key: FakeKey) -> dict[str, str]:
    """Return the headers about version and encryption, without those that describe a body."""
    return {name: value for name, value in key.response_dict.items() if name.startswith(("x-amz-server", "x-amz-ver"))}


@lru_cache(maxsize=256)
def _names_bucket(host: str) -> bool:
    return MotoS3Response.subdomain_based_buckets(SimpleNamespace(headers={"host": host}))
