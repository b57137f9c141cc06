"""Uploads of objects that are never written again."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO

from lake_gate.s3.multipart import checksum_of
from lake_gate.s3.uploads import put_once
from tests.lake import Lake

KEY = "synthea/1/a.csv"


def put(lake: Lake, content: bytes, part_bytes: int = 0) -> tuple[str, str] | None:
    body = BytesIO(content)
    whole = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return put_once(lake.s3, lake.bronze, KEY, body, checksum_of(body, part_bytes) if part_bytes else whole, part_bytes)


def test_same_content_is_uploaded_once(lake: Lake) -> None:
    first = put(lake, b"content")
    assert put(lake, b"content") == first
    assert first is not None
    assert lake.versions(lake.bronze, KEY) == [first[0]]


def test_other_content_does_not_replace_an_object(lake: Lake) -> None:
    put(lake, b"content")
    assert put(lake, b"other") is None
    assert lake.read(lake.bronze, KEY) == b"content"


def test_large_object_is_uploaded_in_parts_once(lake: Lake) -> None:
    content = b"x" * (5 * 1024**2 + 1)
    first = put(lake, content, 5 * 1024**2)
    assert first is not None
    assert put(lake, content, 5 * 1024**2) == first
    assert put(lake, b"y" + content, 5 * 1024**2) is None
