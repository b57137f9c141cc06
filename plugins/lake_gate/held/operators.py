"""Operators for held objects: release them after re-processing, list them, notify of overdue ones."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook

from lake_gate.base import GateOperator, run_facts
from lake_gate.delivery.held_objects import UNKNOWN, HeldObject, iter_held
from lake_gate.display.words import ANSWERS
from lake_gate.feed import PURGE_AFTER_DAYS
from lake_gate.held.ageing import FeedQuarantine, QuarantinedFile, WaitingRequest
from lake_gate.held.backlog import (
    BACKLOG_SHAPE,
    NAMES_SENT,
    Backlog,
    Overdue,
    all_overdue_feeds,
    is_overdue,
    notice,
    overdue_feeds,
    table,
)
from lake_gate.held.quarantine import iter_quarantined, with_reasons
from lake_gate.held.release import release
from lake_gate.held.requests import read_reviews
from lake_gate.include import read_feeds
from lake_gate.model import jsonl
from lake_gate.model.run import HELD, HELD_PREFIX, QUARANTINED, RECORD, RELEASED, REPROCESSED, REQUESTS, Run
from lake_gate.model.words import counted
from lake_gate.moving.transfer import Buckets
from lake_gate.notifications.alarms import HELD_TOO_LONG, alarm
from lake_gate.notifications.operators import send_once
from lake_gate.notifications.receipts import Receipts
from lake_gate.recording.documents import write_recorded
from lake_gate.recording.entries import iter_entries, read_accounted_record
from lake_gate.s3.documents import iter_items, need_object, read_document_or_none, write_document, write_lines
from lake_gate.settings import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context


class ReleaseHeldOperator(GateOperator):
    """Delete the objects below ``held/`` that this run has re-processed and accounts for; none in a dry run.

    Writes ``released.jsonl``: key and version of each held object, and where the object is now. Returns their number;
    0 for a run with another source.
    """

    def step(self, context: Context) -> int:
        """Release the objects, including those that an earlier try has released."""
        run, bronze = self.run_of(context), self.lake_settings.bronze_bucket
        if read_document_or_none(self.s3, bronze, run.document(REPROCESSED)) is None:
            return 0
        record = read_accounted_record(self.s3, bronze, run)
        if record["dry_run"] or self.is_dry(run, chosen=False):
            self.log.info("Dry run: no object is released")
            return 0
        released = release(
            self.s3,
            run,
            Buckets.of(self.lake_settings),
            self.manifest(run),
            iter_entries(self.s3, bronze, run, placed=True),
        )
        uri = write_document(self.s3, bronze, run.document(RELEASED), jsonl.dump(released))
        self.log.info("Released %s: %s", counted(len(released), "object"), uri)
        return len(released)


class ListHeldOperator(GateOperator):
    """List the held and the quarantined files of all feeds, and the review requests that need a person.

    Writes ``held.jsonl``, a line for each held object; ``quarantined.jsonl``, a line for each quarantined file that
    waits too long for an answer; ``requests.jsonl``; and ``record.json`` with their sums. Logs the table of held
    objects. Pushes ``uri`` of the record, ``objects`` and ``overdue`` (number of objects that are held, and held for
    too long), and ``overdue_feeds``.

    :param older_than_hours: age from which an object is held for too long, in hours (templated).
    :param quarantined_older_than_days: age from which a quarantined file waits too long, in days (templated).
    """

    template_fields = (*GateOperator.template_fields, "older_than_hours", "quarantined_older_than_days")

    def __init__(self, *, older_than_hours: str | int, quarantined_older_than_days: str | int, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.older_than_hours = older_than_hours
        self.quarantined_older_than_days = quarantined_older_than_days

    def step(self, context: Context) -> dict[str, Any]:
        """List everything, write the documents, and log the table."""
        run, bronze, hours = self.run_of(context), self.lake_settings.bronze_bucket, int(self.older_than_hours)
        backlog = Backlog(_before(timedelta(hours=hours)))
        objects_uri = self._write_objects(run, backlog)
        reviews = read_reviews(self.s3, bronze, datetime.now(UTC))
        if reviews.left_out:
            self.log.warning("%s, the oldest, were not read", counted(reviews.left_out, "closed review request"))
        quarantine = self._write_quarantined(run, reviews.answers)
        write_document(self.s3, bronze, run.document(REQUESTS), jsonl.dump(reviews.waiting))
        record = {
            "schema": "lake-gate/held-objects/1",
            "run": run_facts(context, feed=self.feed, source=f"s3://{bronze}/{HELD_PREFIX}"),
            "older_than_hours": hours,
            "quarantined_older_than_days": int(self.quarantined_older_than_days),
            "objects_uri": objects_uri,
            **backlog.to_json(),
            "quarantine": [sums.to_json() for _, sums in sorted(quarantine.items())],
            "requests": dict(sorted(Counter(request.feed for request in reviews.waiting).items())),
            "requests_not_read": reviews.left_out,
        }
        content = json.dumps(record, indent=1, ensure_ascii=False).encode()
        uri = write_recorded(self.s3, self.lake_settings, run, content)
        for line in table(record["groups"]):
            self.log.info("%s", line)
        self.log.info(
            "%s in quarantine, %s without an answer for too long; %s",
            counted(sum(sums.files for sums in quarantine.values()), "file"),
            f"{sum(sums.overdue_files for sums in quarantine.values()):,}",
            counted(len(reviews.waiting), "review request") + " waiting",
        )
        self.log.info("Record: %s", uri)
        if record["overdue"]:
            alarm(HELD_TOO_LONG, counted(record["overdue"], "object"))
        counts = {name: record[name] for name in ("objects", "overdue")}
        return {"uri": uri, **counts, "overdue_feeds": self._overdue_feeds(record)}

    def _overdue_feeds(self, record: dict[str, Any]) -> list[str]:
        feeds = overdue_feeds(record, {*(feed.name for feed in read_feeds()[0]), UNKNOWN})
        if left_out := len(all_overdue_feeds(record)) - len(feeds):
            self.log.warning("%d more feeds, without a file in include/feeds, get no message: see the record", left_out)
        return feeds

    def _write_objects(self, run: Run, backlog: Backlog) -> str:
        """Write the objects while they are listed, and count them."""
        bronze = self.lake_settings.bronze_bucket

        def counted() -> Iterator[bytes]:
            for item in iter_held(self.s3, bronze):
                backlog.count(item)
                yield jsonl.dump_line(item)

        return write_lines(self.s3, bronze, run.document(HELD), counted())

    def _write_quarantined(self, run: Run, answers: Mapping[tuple[str, str], str]) -> dict[str, FeedQuarantine]:
        """Write the files that wait too long while the quarantine is listed; return the sums of each feed."""
        bucket = self.lake_settings.quarantine_bucket
        overdue_before = _before(timedelta(days=int(self.quarantined_older_than_days)))
        retentions = {feed.name: feed.purge_after_days for feed in read_feeds()[0]}
        purge_before = cache(lambda days: _before(timedelta(days=days)))  # a time for each retention, not for each file
        sums: dict[str, FeedQuarantine] = {}

        def overdue() -> Iterator[QuarantinedFile]:
            for file in iter_quarantined(self.s3, bucket, answers):
                days = retentions.get(file.feed, PURGE_AFTER_DAYS)
                of_feed = sums.setdefault(file.feed, FeedQuarantine(file.feed, days))
                of_feed.count(file, purge_before(days))
                if file.answer not in ANSWERS and is_overdue(file.quarantined_at, overdue_before):
                    yield file

        def lines() -> Iterator[bytes]:
            for file in with_reasons(self.s3, bucket, overdue()):
                sums[file.feed].count_overdue(file)
                yield jsonl.dump_line(file)

        write_lines(self.s3, self.lake_settings.bronze_bucket, run.document(QUARANTINED), lines())
        return sums


def _before(age: timedelta) -> str:
    return (datetime.now(UTC) - age).isoformat(timespec="seconds")


class NotifyHeldOperator(GateOperator):
    """Publish what waits too long in a feed to the feed's low topic, once in a run: files and review requests.

    Returns the id of the message.

    :param about: name of the feed, from the key of an object; never rendered as a template.
    """

    def __init__(self, *, about: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.about = about

    def step(self, context: Context) -> str:
        """Read the documents of this run, and publish the message.

        :raises SettingsError: when the setting of the feed's topic is missing.
        """
        run, bronze = self.run_of(context), self.lake_settings.bronze_bucket
        record = need_object(self.s3, bronze, run.document(RECORD), BACKLOG_SHAPE)
        held = (
            item for item in self._of_feed(run, HELD, HeldObject) if is_overdue(item.held_at, record["overdue_before"])
        )
        quarantined = self._of_feed(run, QUARANTINED, QuarantinedFile)
        requests = self._of_feed(run, REQUESTS, WaitingRequest)
        oldest = Overdue(
            [asdict(item) for item in nsmallest(NAMES_SENT, held, key=lambda item: item.held_at)],
            nsmallest(NAMES_SENT, quarantined, key=lambda file: file.quarantined_at),
            nsmallest(NAMES_SENT, requests, key=lambda request: request.since),
        )
        return send_once(
            notice(self.about, record, oldest, f"s3://{bronze}/{run.document(RECORD)}"),
            kind=f"overdue-{self.about}",
            topic_arn=self._topic_arn(),
            receipts=Receipts(self.s3, bronze, run),
            aws_conn_id=self.aws_conn_id,
        )

    def _of_feed[Item: (HeldObject, QuarantinedFile, WaitingRequest)](
        self, run: Run, name: str, kind: type[Item]
    ) -> Iterator[Item]:
        """Yield the items of a document of this run that are about the feed."""
        items = iter_items(
            self.s3, self.lake_settings.bronze_bucket, run.document(name), partial(jsonl.from_dict, kind)
        )
        return (item for item in items if item.feed == self.about)

    def _topic_arn(self) -> str:
        """Return the feed's own topic; the common topic if the feed has no file."""
        topics = [{"low_topic_arn": feed.low_topic} for feed in read_feeds()[0] if feed.name == self.about]
        if not topics:
            return self.lake_settings.low_topic_arn
        return load_settings(SsmHook(aws_conn_id=self.aws_conn_id).conn, topics=topics[0]).low_topic_arn
