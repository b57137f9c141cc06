"""Review requests of a feed, as their documents say: for reports, which only list them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lake_gate.display import facts
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.run import REVIEWS
from lake_gate.s3.documents import read_object
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MOST_BYTES = 1024**2
_MOST_CHARACTERS, _MOST_PEOPLE = 300, 5
_REQUEST, _OPEN, _DAMAGED = "/request.json", "open", "damaged"


@dataclass(frozen=True, slots=True)
class Reviews:
    """Review requests of a feed, the oldest first.

    :param left_out: number of older ones that are not among them.
    """

    items: Iterator[dict[str, Any]]
    left_out: int = 0


def read_reviews(s3: S3Client, bronze: str, feed: str, most: int | None = None) -> Reviews:
    """Return the requests about files of a feed, which are read while they are iterated over: two reads for each.

    Each has ``id``, ``action``, ``reason``, ``asked_by``, ``asked_at``, ``state`` (that of its outcome; ``open``
    without one), ``answered_by`` (the users whose answers count), ``closed_at``, ``run_folder``, the number of its
    ``files`` and their ``names``. A request whose documents are damaged has the state ``damaged``.

    :param most: number of requests to read, the newest; all by default.
    """
    asked = sorted(_iter_requests(s3, bronze, feed))
    left_out = max(0, len(asked) - most) if most is not None else 0
    prefixes = (prefix for _, prefix in asked[left_out:])
    read = map_threads(lambda prefix: _read(s3, bronze, prefix), prefixes)
    return Reviews((review for _, review in read), left_out)


def _iter_requests(s3: S3Client, bronze: str, feed: str) -> Iterator[tuple[datetime, str]]:
    """Yield when each request was written, and the prefix of its documents."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=f"{REVIEWS}{feed}/"):
        for item in page.get("Contents", ()):
            if item["Key"].endswith(_REQUEST):
                yield item["LastModified"], item["Key"].removesuffix(_REQUEST) + "/"


def _read(s3: S3Client, bronze: str, prefix: str) -> dict[str, Any]:
    review_id = prefix.rstrip("/").rpartition("/")[2]
    try:
        request, outcome = (
            read_object(s3, bronze, f"{prefix}{name}.json", {}, most_bytes=_MOST_BYTES)
            for name in ("request", "outcome")
        )
    except DamagedDocumentError:
        return _review(review_id, None, _DAMAGED)
    return _review(review_id, request, facts.text(outcome, "state") or _OPEN, outcome)


def _review(
    review_id: str, request: Mapping[str, Any] | None, state: str, outcome: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "id": review_id,
        "action": facts.text(request, "asked"),
        "reason": _cut(facts.text(request, "reason")),
        "asked_by": _cut(facts.text(request, "asked_by")),
        "asked_at": facts.text(request, "asked_at"),
        "state": state,
        "answered_by": [_cut(name) for name in facts.texts(outcome, "answered_by")[:_MOST_PEOPLE]],
        "closed_at": facts.text(outcome, "at"),
        "run_folder": facts.text(request, "run_folder"),
        "files": len(facts.mappings(request, "files")),
        "names": [facts.text(file, "name") for file in facts.mappings(request, "files")],
    }


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 3] + "..."
