"""List held and quarantined files and open review requests: write the documents of the daily run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from lake_gate.base import run_facts
from lake_gate.delivery.held_objects import iter_held
from lake_gate.display.words import ANSWERS
from lake_gate.feed import PURGE_AFTER_DAYS
from lake_gate.held.ageing import FeedQuarantine, QuarantinedFile
from lake_gate.held.backlog import (
    Backlog,
    all_overdue_feeds,
    is_overdue,
    overdue_feeds,
    table,
)
from lake_gate.held.quarantine import iter_quarantined, with_reasons
from lake_gate.held.requests import read_reviews
from lake_gate.include import read_feeds
from lake_gate.model import jsonl
from lake_gate.model.names import UNKNOWN
from lake_gate.model.run import HELD, HELD_PREFIX, QUARANTINED, REQUESTS, Run
from lake_gate.model.words import counted
from lake_gate.notifications.alarms import HELD_TOO_LONG, alarm
from lake_gate.recording.documents import write_recorded
from lake_gate.s3.documents import write_document, write_lines

if TYPE_CHECKING:
    from airflow.sdk import Context

    from lake_gate.held.operators import ListHeldOperator


def list_held(operator: ListHeldOperator, context: Context) -> dict[str, Any]:
    """Write the documents, and log the table; return what the operator pushes."""
    run, bronze, hours = operator.run_of(context), operator.lake_settings.bronze_bucket, int(operator.older_than_hours)
    backlog = Backlog(_before(timedelta(hours=hours)))
    objects_uri = _write_objects(operator, run, backlog)
    reviews = read_reviews(operator.s3, bronze, datetime.now(UTC))
    if reviews.left_out:
        operator.log.warning("%s, the oldest, were not read", counted(reviews.left_out, "closed review request"))
    quarantine = _write_quarantined(operator, run, reviews.answers)
    write_document(operator.s3, bronze, run.document(REQUESTS), jsonl.dump(reviews.waiting))
    record = {
        "schema": "lake-gate/held-objects/1",
        "run": run_facts(context, feed=operator.feed, source=f"s3://{bronze}/{HELD_PREFIX}"),
        "older_than_hours": hours,
        "quarantined_older_than_days": int(operator.quarantined_older_than_days),
        "objects_uri": objects_uri,
        **backlog.to_json(),
        "quarantine": [sums.to_json() for _, sums in sorted(quarantine.items())],
        "requests": dict(sorted(Counter(request.feed for request in reviews.waiting).items())),
        "requests_not_read": reviews.left_out,
    }
    content = json.dumps(record, indent=1, ensure_ascii=False).encode()
    uri = write_recorded(operator.s3, operator.lake_settings, run, content)
    for line in table(record["groups"]):
        operator.log.info("%s", line)
    operator.log.info(
        "%s in quarantine, %s without an answer for too long; %s",
        counted(sum(sums.files for sums in quarantine.values()), "file"),
        f"{sum(sums.overdue_files for sums in quarantine.values()):,}",
        counted(len(reviews.waiting), "review request") + " waiting",
    )
    operator.log.info("Record: %s", uri)
    if record["overdue"]:
        alarm(HELD_TOO_LONG, counted(record["overdue"], "object"))
    counts = {name: record[name] for name in ("objects", "overdue")}
    return {"uri": uri, **counts, "overdue_feeds": _overdue_feeds(operator, record)}


def _overdue_feeds(operator: ListHeldOperator, record: dict[str, Any]) -> list[str]:
    feeds = overdue_feeds(record, {*(feed.name for feed in read_feeds()[0]), UNKNOWN})
    if left_out := len(all_overdue_feeds(record)) - len(feeds):
        operator.log.warning("%d more feeds, without a file in include/feeds, get no message: see the record", left_out)
    return feeds


def _write_objects(operator: ListHeldOperator, run: Run, backlog: Backlog) -> str:
    """Write the objects while they are listed, and count them."""
    bronze = operator.lake_settings.bronze_bucket

    def counted() -> Iterator[bytes]:
        for item in iter_held(operator.s3, bronze):
            backlog.count(item)
            yield jsonl.dump_line(item)

    return write_lines(operator.s3, bronze, run.document(HELD), counted())


def _write_quarantined(
    operator: ListHeldOperator, run: Run, answers: Mapping[tuple[str, str], str]
) -> dict[str, FeedQuarantine]:
    """Write the files that wait too long while the quarantine is listed; return the sums of each feed."""
    bucket = operator.lake_settings.quarantine_bucket
    overdue_before = _before(timedelta(days=int(operator.quarantined_older_than_days)))
    retentions = {feed.name: feed.purge_after_days for feed in read_feeds()[0]}
    purge_before = cache(lambda days: _before(timedelta(days=days)))  # a time for each retention, not for each file
    sums: dict[str, FeedQuarantine] = {}

    def overdue() -> Iterator[QuarantinedFile]:
        for file in iter_quarantined(operator.s3, bucket, answers):
            days = retentions.get(file.feed, PURGE_AFTER_DAYS)
            of_feed = sums.setdefault(file.feed, FeedQuarantine(file.feed, days))
            of_feed.count(file, purge_before(days))
            if file.answer not in ANSWERS and is_overdue(file.quarantined_at, overdue_before):
                yield file

    def lines() -> Iterator[bytes]:
        for file in with_reasons(operator.s3, bucket, overdue()):
            sums[file.feed].count_overdue(file)
            yield jsonl.dump_line(file)

    write_lines(operator.s3, operator.lake_settings.bronze_bucket, run.document(QUARANTINED), lines())
    return sums


def _before(age: timedelta) -> str:
    return (datetime.now(UTC) - age).isoformat(timespec="seconds")
