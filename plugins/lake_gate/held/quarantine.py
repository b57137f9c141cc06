"""List the quarantine. The gate cannot read it, but may list it and read tags.

A call lists 1,000 versions. Tags, one call each, are read of files that wait too long without an answer only, and of at
most :data:`MOST_TAGGED` in a run. Source of the prices: https://aws.amazon.com/s3/pricing/ (1,000 listings cost 0.005
USD in us-east-1, 1,000 other reads 0.0004 USD): a million quarantined files are 0.005 USD a day, and at most 0.04 USD
for tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from lake_gate.decision.policy import Outcome
from lake_gate.decision.reason import Reason
from lake_gate.held.ageing import UNKNOWN, QuarantinedFile
from lake_gate.model.run import MASKED_PREFIX, Run
from lake_gate.moving.sealed import SEALS
from lake_gate.s3.threads import map_threads
from lake_gate.s3.versions import tags_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_TAGGED = 100_000
"""Most files whose reason is read; those after them in the order of keys have an unknown reason."""


def iter_quarantined(
    s3: S3Client, quarantine: str, answers: Mapping[tuple[str, str], str]
) -> Iterator[QuarantinedFile]:
    """Yield the quarantined files in the order of their keys, the newest version of each, without reasons.

    A version below a delete marker counts: its bytes are still there.

    :param answers: states of requests by key and version id.
    """
    for key, versions in groupby(_iter_versions(s3, quarantine), itemgetter("Key")):
        newest = next(versions)
        feed, run_folder = _place(key)
        yield QuarantinedFile(
            feed=feed,
            run_folder=run_folder,
            key=key,
            version_id=newest["VersionId"],
            size_bytes=newest["Size"],
            quarantined_at=newest["LastModified"].astimezone(UTC).isoformat(timespec="seconds"),
            answer=answers.get((key, newest["VersionId"]), ""),
        )


def _iter_versions(s3: S3Client, quarantine: str) -> Iterator[Any]:
    """Yield the versions with content; those of a key follow each other, the newest first."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=quarantine):
        yield from (item for item in page.get("Versions", ()) if not item["Key"].startswith(SEALS))


def _place(key: str) -> tuple[str, str]:
    """Return feed and run folder of a key; both are unknown if no run writes such a key."""
    parts = key.removeprefix(MASKED_PREFIX).split("/", 2)
    try:
        run = Run.of_folder(parts[0], parts[1] if len(parts) == 3 else "")
    except ValueError:
        return UNKNOWN, UNKNOWN
    return run.feed, run.folder


def with_reasons(s3: S3Client, quarantine: str, files: Iterable[QuarantinedFile]) -> Iterator[QuarantinedFile]:
    """Yield the files with the reasons in their tags.

    Originals of masked copies wait for no answer: they are left out, and so are files that were deleted meanwhile.
    """
    remaining = iter(files)
    tagged = map_threads(
        lambda file: tags_of(s3, quarantine, file.key, file.version_id), islice(remaining, MOST_TAGGED)
    )
    for file, tags in tagged:
        if tags is not None and tags.get("decision") != Outcome.MASK:
            yield replace(file, reason=_reason(tags))
    yield from (replace(file, reason=UNKNOWN) for file in remaining)


def _reason(tags: Mapping[str, str]) -> str:
    reason = tags.get("reason", UNKNOWN)
    return reason if reason in set(Reason) else UNKNOWN
