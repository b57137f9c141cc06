"""Make a review request from what a run of ``quarantine_review`` was started with, and check it against S3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from lake_gate.decision.overlay import read_amendments
from lake_gate.delivery.held_objects import MAX_KEY_BYTES
from lake_gate.errors import ReviewError
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject, dataset_of
from lake_gate.model.names import loggable
from lake_gate.model.people import is_same_person
from lake_gate.model.run import HELD_PREFIX, MANIFEST, Run
from lake_gate.recording.entries import iter_entries, read_accounted_record, zip_with_entries
from lake_gate.review.answering import moment_after, now
from lake_gate.review.documents import open_requests
from lake_gate.review.exempting import TABLE, exceptions_of
from lake_gate.review.purging import purgeable_from
from lake_gate.review.request import (
    MOST_FILES,
    Asked,
    Proposal,
    Request,
    ReviewedFile,
    request_id_of,
)
from lake_gate.review.returning import check_in_quarantine, check_not_purged
from lake_gate.review.sessions import Purger, Releaser
from lake_gate.s3.documents import iter_items

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.feed import Feed
    from lake_gate.settings import Settings

DAYS_BY_DEFAULT, MOST_DAYS = 30, 366
"""Days after which an exception ends: by default, and at most. Our own rule: no exception is for ever."""
DAYS_TO_CARRY_OUT = 7
"""Days after the deadline for answers until which an approved request may be carried out. Our own rule: what people
have approved long ago is asked again."""
MOST_OPEN = 20
"""Most open requests of a user, so that one user does not take all runs that the DAG may have. Our own rule."""
_NAMES_SHOWN, _MOST_NAME = 5, 200
TOO_MANY_OPEN = f"you have {MOST_OPEN} open requests; wait until one of them is closed"


def request_of(
    s3: S3Client, settings: Settings, feed: Feed, params: Mapping[str, Any], *, review_run_id: str, asked_by: str
) -> Request:
    """Return the request of a run of ``quarantine_review``.

    :param params: params of the run, checked by their schemas.
    :raises ReviewError: when the request is not valid.
    :raises ReviewedFileChangedError: when a file is not in quarantine as the record of its run has it.
    """
    asked_at, run, asked = now(), Run(feed.name, params["run"]), Asked(params["asked"])
    deadline_at = moment_after(asked_at, hours=params["answer_within_hours"])
    request = Request(
        id=request_id_of(review_run_id),
        feed=feed.name,
        run_folder=run.folder,
        review_run_id=review_run_id,
        asked=asked,
        reason=params["reason"],
        asked_by=asked_by,
        asked_at=asked_at,
        deadline_at=deadline_at,
        ends_at=moment_after(deadline_at, days=DAYS_TO_CARRY_OUT),
        approvals=feed.approvals_for(asked),
        files=(),
        reviewers=tuple(feed.reviewers.get(asked, ())),
        exception=_proposal(params, asked_at) if asked.needs_exception else None,
    )
    if problem := next(_iter_problems(request, settings, feed, params), ""):
        raise ReviewError(request.id, problem)
    if has_too_many_open(s3, settings, request):
        raise ReviewError(request.id, TOO_MANY_OPEN)
    request = replace(request, files=tuple(_files(s3, settings, request, run, params["files"])))
    _check_files(s3, settings, request)
    if asked is Asked.PURGE:
        _check_purge(s3, settings, request, feed.purge_after_days)
    return request


def has_too_many_open(s3: S3Client, settings: Settings, request: Request) -> bool:
    """Return whether the asker has so many other requests that are not over that this one may not be open."""
    others = (other for other in open_requests(s3, settings.bronze_bucket) if other.id != request.id)
    own = (other for other in others if is_same_person(other.asked_by, request.asked_by))
    return sum(request.asked_at <= other.ends_at for other in own) >= MOST_OPEN


def _proposal(params: Mapping[str, Any], asked_at: str) -> Proposal:
    is_of_table = params["exception_scope"] == TABLE
    return Proposal(
        kind=params["exception_kind"],
        scope=params["exception_scope"],
        until=params["until"] or moment_after(asked_at, days=DAYS_BY_DEFAULT)[:10],
        identifier=(params["identifier"] or None) if is_of_table else None,
        column=(params["column"] or None) if is_of_table else None,
        most=params["most"] if is_of_table else None,
    )


def _iter_problems(request: Request, settings: Settings, feed: Feed, params: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a request before its files are looked at."""
    if not request.asked_by:
        yield "Airflow does not say which user has asked; start it in Airflow's UI or with a user's token"
    if not params["files"]:
        yield "files: name at least one file of the run"
    if len(set(params["files"])) > MOST_FILES:
        yield f"files: at most {MOST_FILES}"
    if request.kind.gives_back and not settings.releaser_role_arn:
        yield "the setting releaser_role_arn is missing: docs/platform.md has the way back from quarantine"
    if request.kind is Asked.PURGE and not settings.purger_role_arn:
        yield "the setting purger_role_arn is missing: docs/platform.md has the way back from quarantine"
    if request.kind is Asked.RELEASE_MASKED and not feed.masking:
        yield "asked: the feed has no masking spec, so there is no masked copy"
    if request.exception and not _is_in_time(request.exception.until, request.asked_at):
        yield f"until: expected a day from today on, at most {MOST_DAYS} days ahead"


def _is_in_time(until: str, asked_at: str) -> bool:
    today = date.fromisoformat(asked_at[:10])
    try:
        return today <= date.fromisoformat(until) <= today + timedelta(days=MOST_DAYS)
    except ValueError:
        return False


def _files(
    s3: S3Client, settings: Settings, request: Request, run: Run, names: Iterable[str]
) -> Iterator[ReviewedFile]:
    """Yield the files as the record of their run has them, with its amendments.

    :raises ReviewError: when the run is not known, or one is not a quarantined file of it.
    :raises DamagedDocumentError: when a document of the run is gone or damaged.
    """
    wanted, bronze = set(names), settings.bronze_bucket
    _require_run(s3, bronze, request, run)
    if read_accounted_record(s3, bronze, run)["dry_run"]:
        raise ReviewError(request.id, "the run was a dry run, so it has not quarantined anything")
    manifest = iter_items(s3, bronze, run.document(MANIFEST), partial(jsonl.from_dict, LandedObject))
    entries = read_amendments(s3, bronze, run).apply_to(iter_entries(s3, bronze, run, placed=True))
    for landed, entry in zip_with_entries(manifest, entries, bronze, run):
        if landed.name in wanted and entry["now"]["bucket"] == settings.quarantine_bucket:
            wanted.discard(landed.name)
            yield _reviewed(landed, entry)
    if wanted:
        problem = (
            f"{len(wanted)} of the named files were not quarantined by this run, {_among(wanted)}; the Gate page lists "
            "those that were"
        )
        raise ReviewError(request.id, problem)


def _require_run(s3: S3Client, bronze: str, request: Request, run: Run) -> None:
    """Check that the feed has, or had, documents of a run: without any, its id was mistyped, and nothing is damaged.

    :raises ReviewError: when none of them has a version or a delete marker.
    """
    listed = s3.list_object_versions(Bucket=bronze, Prefix=run.document(""), MaxKeys=1)
    if not listed.get("Versions") and not listed.get("DeleteMarkers"):
        problem = f"the feed {run.feed} has no run {run.run_id!r}; copy the run id from the Gate page"
        raise ReviewError(request.id, problem)


def _among(names: Iterable[str]) -> str:
    """Return the first names for a sentence, each cut and with its special characters escaped."""
    shown = [repr(loggable(name, _MOST_NAME)) for name in sorted(names)[:_NAMES_SHOWN]]
    return f"among them {', '.join(shown)}"


def _reviewed(landed: LandedObject, entry: Mapping[str, Any]) -> ReviewedFile:
    return ReviewedFile(
        name=landed.name,
        key=entry["now"]["key"],
        version_id=entry["now"]["version_id"],
        size_bytes=landed.size_bytes,
        sha256=landed.sha256,
        checksum=landed.checksum,
        part_bytes=landed.part_bytes,
        reason=entry["reason"],
        severity=entry["severity"],
        detections=entry["detections"],
    )


def _check_files(s3: S3Client, settings: Settings, request: Request) -> None:
    """Check all that could make an approved request fail, before a person approves it."""
    releaser = Releaser(s3, settings.releaser_role_arn, settings.quarantine_bucket, request.id)
    check_not_purged(s3, settings.bronze_bucket, request)
    longest = f"{HELD_PREFIX}{request.feed}/{request.reprocess_run_id}/{request.id}/"
    for file in request.files:
        check_in_quarantine(s3, settings.quarantine_bucket, request.id, file)
        if request.kind.gives_back:
            releaser.policy_for(file)
            if len(f"{longest}{file.name}".encode()) > MAX_KEY_BYTES:
                raise ReviewError(request.id, "the name of a file is too long to go through the gate again")
    if tables := list(_tables_without(request)):
        problem = f"identifier: it was not found in {len(tables)} of the tables, {_among(tables)}"
        raise ReviewError(request.id, problem)
    try:
        exceptions_of(request, ["(reviewer)"], request.asked_at)
    except ValueError as problem:
        raise ReviewError(request.id, f"its exception is not valid: {problem}") from None


def _check_purge(s3: S3Client, settings: Settings, request: Request, days: int) -> None:
    """Check that the files were in quarantine long enough, and that their keys fit into the policies of sessions."""
    bucket = settings.quarantine_bucket
    purger = Purger(s3, settings.purger_role_arn, bucket, request.id)
    for file in request.files:
        purger.policy_for(file)
        day = purgeable_from(s3, bucket, request.id, file, days)
        if datetime.now(UTC).date() < day:
            raise ReviewError(request.id, f"a purge may be asked from {day} on: purge_after_days of the feed is {days}")


def _tables_without(request: Request) -> Iterator[str]:
    """Yield the tables in which the identifier was not found: it would excuse what no person has seen."""
    if request.exception is None or request.exception.scope != TABLE:
        return
    for dataset in {dataset_of(file.name) for file in request.files}:
        found = [file.detections for file in request.files if dataset_of(file.name) == dataset]
        if request.exception.identifier and not any(request.exception.identifier in each for each in found):
            yield dataset
