"""Review requests of a feed, as their documents say: for reports, which only list them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from lake_gate.display import facts
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.run import REVIEWS
from lake_gate.s3.documents import read_object
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_REVIEWS = 1000
"""Most requests of a feed that are read."""
_MOST_BYTES = 1024**2
_OPEN, _DAMAGED = "open", "damaged"


def read_reviews(s3: S3Client, bronze: str, feed: str) -> list[dict[str, Any]]:
    """Return the requests about files of a feed, the oldest first.

    Each has ``id``, ``action``, ``state`` (that of its outcome; ``open`` without one), ``asked_at``, ``run_folder`` and
    the number of its ``files``. A request whose documents are damaged has the state ``damaged``.
    """
    prefixes = list(islice(_iter_prefixes(s3, bronze, feed), MOST_REVIEWS))
    read = [review for _, review in map_threads(lambda prefix: _read(s3, bronze, prefix), prefixes)]
    return sorted(read, key=lambda review: (review["asked_at"], review["id"]))


def _iter_prefixes(s3: S3Client, bronze: str, feed: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=f"{REVIEWS}{feed}/", Delimiter="/"):
        yield from (item["Prefix"] for item in page.get("CommonPrefixes", ()))


def _read(s3: S3Client, bronze: str, prefix: str) -> dict[str, Any]:
    review_id = prefix.rstrip("/").rpartition("/")[2]
    try:
        request, outcome = (
            read_object(s3, bronze, f"{prefix}{name}.json", {}, most_bytes=_MOST_BYTES)
            for name in ("request", "outcome")
        )
    except DamagedDocumentError:
        return _review(review_id, None, _DAMAGED)
    return _review(review_id, request, facts.text(outcome, "state") or _OPEN)


def _review(review_id: str, request: Mapping[str, Any] | None, state: str) -> dict[str, Any]:
    return {
        "id": review_id,
        "action": facts.text(request, "asked"),
        "state": state,
        "asked_at": facts.text(request, "asked_at"),
        "run_folder": facts.text(request, "run_folder"),
        "files": len(facts.mappings(request, "files")),
    }
