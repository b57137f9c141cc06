"""Gives every AWS call a readable name that is the same in every run: ``s3:CopyObject silver patients.csv``.

Run ids, job ids, account and Region are left out, so that a call of one run can be found again in the next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import botocore.session

_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
_BUCKET = re.compile(r"^lake-(.+)-\d{12}-[a-z0-9-]+$")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")
_RUN = re.compile(r"^(held/|_runs/|masked/|held/masked/)?synthea/(?!runs\.json$)[^/]+?(/|\.json$|$)")
_LANDED = re.compile(r"(?<=/landed/synthea/)[^/]+(?=/)")
"""The run in the index by content."""
_LINE = re.compile(r"\d{10}-\d{10}\.json$")
_OFFSET = re.compile(r"-\d+(?=\.jsonl)")


def service_of(headers: Mapping[str, str]) -> str:
    """Return the service that a signed request is for, ``unknown`` when it is not signed."""
    found = _SCOPE.search(headers.get("authorization", ""))
    return found[1] if found else "unknown"


def call_name(method: str, target: str, headers: Mapping[str, str], body: bytes) -> str:
    """Return service, operation and object of a request.

    :param target: path and query as sent.
    :param headers: by lower-case name.
    """
    service = service_of(headers)
    operation, thing = _describe(service, method, target, headers, body)
    return f"{service}:{operation} {thing}".strip()


def without_number(call: str) -> str:
    """Return the name without the number that tells a call from others of the same name."""
    return call.partition(" #")[0]


def _describe(service: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    if service == "s3":
        return _s3(method, target, headers)
    if amz_target := headers.get("x-amz-target"):
        arguments = json.loads(body or b"{}")
        return amz_target.rpartition(".")[2], str(arguments.get("Name", "")).rpartition("/")[2]
    form = parse_qs(body.decode("latin-1")) if "x-www-form-urlencoded" in headers.get("content-type", "") else {}
    if "Action" in form:
        return form["Action"][0], form.get("TargetArn", form.get("TopicArn", [""]))[0].rpartition(":")[2]
    operation = _rest_operation(service, method, urlsplit(target).path)
    created = json.loads(body).get("name", "") if operation == "CreateCustomDataIdentifier" else ""
    return operation, created


def _s3(method: str, target: str, headers: Mapping[str, str]) -> tuple[str, str]:
    parts = urlsplit(target)
    bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    operation = _s3_operation(method, bucket, key, query, headers)
    return operation, f"{bucket_name(bucket)} {key_name(key or query.get('prefix', ''))}".strip()


def _s3_operation(method: str, bucket: str, key: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    if key:
        for sub, operations in _OBJECT_SUBRESOURCES.items():
            if sub in query:
                return operations.get(method, f"{method}?{sub}")
        if method == "PUT" and "x-amz-copy-source" in headers:
            return "CopyObject"
        return {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}.get(
            method, method
        )
    for sub, operation in _BUCKET_SUBRESOURCES.items():
        if sub in query:
            return operation
    return {"GET": "ListObjects" if bucket else "ListBuckets", "HEAD": "HeadBucket"}.get(method, method)


_OBJECT_SUBRESOURCES: dict[str, dict[str, str]] = {
    "tagging": {"GET": "GetObjectTagging", "PUT": "PutObjectTagging"},
    "attributes": {"GET": "GetObjectAttributes"},
    "partNumber": {"PUT": "UploadPart"},
    "uploads": {"POST": "CreateMultipartUpload"},
    "uploadId": {"POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload"},
}
_BUCKET_SUBRESOURCES = {
    "versioning": "GetBucketVersioning",
    "versions": "ListObjectVersions",
    "list-type": "ListObjectsV2",
    "delete": "DeleteObjects",
    "location": "GetBucketLocation",
}


def bucket_name(bucket: str) -> str:
    """Return the bucket's part in the lake: ``silver``."""
    found = _BUCKET.match(bucket)
    return found[1] if found else bucket


def key_name(key: str) -> str:
    """Return the key without what differs from run to run: ``patients.csv``, ``_runs manifest.jsonl``."""
    if "/Macie/" in key:
        return "results *.jsonl.gz" if key.endswith(".gz") else "results"
    if key.startswith("_ledger/"):
        return _LINE.sub("line", key)
    place = _RUN.match(key)
    if place:
        folder = (place[1] or "").rstrip("/")
        rest = "marker" if place[2] == ".json" else key[place.end() :]
        key = f"{folder} {rest}".strip()
    return _OFFSET.sub("-*", _UUID.sub("*", _LANDED.sub("*", key)))


@cache
def _rest_operations(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """Return (method, path, name) of the service's operations, as botocore knows them."""
    try:
        model = botocore.session.get_session().get_service_model(service)
    except botocore.exceptions.UnknownServiceError:
        return []
    operations = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(http["requestUri"].partition("?")[0]))
        operations.append((http["method"], re.compile(path), name))
    return operations


def _rest_operation(service: str, method: str, path: str) -> str:
    for verb, pattern, name in _rest_operations(service):
        if verb == method and pattern.fullmatch(path):
            return name
    return f"{method} {path}"
