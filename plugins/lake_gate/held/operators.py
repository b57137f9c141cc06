"""Operators for held objects: release them after re-processing, list them, notify of overdue ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook

from lake_gate.base import GateOperator, run_facts
from lake_gate.delivery.held_objects import UNKNOWN, HeldObject, iter_held
from lake_gate.held.backlog import BACKLOG_SHAPE, NAMES_SENT, Backlog, is_overdue, notice, overdue_feeds, table
from lake_gate.held.release import release
from lake_gate.include import read_feeds
from lake_gate.model import jsonl
from lake_gate.model.run import HELD, HELD_PREFIX, RECORD, RELEASED, REPROCESSED, Run
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
    """List the held objects of all feeds, by feed and reason, in the log and in documents of this run.

    Writes ``held.jsonl``, a line for each object, and ``record.json`` with their sums. Pushes ``uri`` of the record,
    ``objects`` and ``overdue`` (number of objects that are held, and held for too long), and ``overdue_feeds``.

    :param older_than_hours: age from which an object is held for too long, in hours (templated).
    """

    template_fields = (*GateOperator.template_fields, "older_than_hours")

    def __init__(self, *, older_than_hours: str | int, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.older_than_hours = older_than_hours

    def step(self, context: Context) -> dict[str, Any]:
        """List the objects, write the documents, and log the table."""
        run, bronze, hours = self.run_of(context), self.lake_settings.bronze_bucket, int(self.older_than_hours)
        backlog = Backlog((datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds"))
        objects_uri = self._write_objects(run, backlog)
        record = {
            "schema": "lake-gate/held-objects/1",
            "run": run_facts(context, feed=self.feed, source=f"s3://{bronze}/{HELD_PREFIX}"),
            "older_than_hours": hours,
            "objects_uri": objects_uri,
            **backlog.to_json(),
        }
        content = json.dumps(record, indent=1, ensure_ascii=False).encode()
        uri = write_recorded(self.s3, self.lake_settings, run, content)
        for line in table(record["groups"]):
            self.log.info("%s", line)
        self.log.info("Record: %s", uri)
        if record["overdue"]:
            alarm(HELD_TOO_LONG, counted(record["overdue"], "object"))
        counts = {name: record[name] for name in ("objects", "overdue")}
        return {"uri": uri, **counts, "overdue_feeds": self._overdue_feeds(record["groups"])}

    def _overdue_feeds(self, groups: list[dict[str, Any]]) -> list[str]:
        feeds = overdue_feeds(groups, {*(feed.name for feed in read_feeds()[0]), UNKNOWN})
        if left_out := len({group["feed"] for group in groups if group["overdue"]}) - len(feeds):
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


class NotifyHeldOperator(GateOperator):
    """Publish the overdue objects of a feed to the feed's low topic, once in a run.

    Returns the id of the message.

    :param about: name of the feed, from the key of a held object; never rendered as a template.
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
        overdue = (
            held
            for held in iter_items(self.s3, bronze, run.document(HELD), partial(jsonl.from_dict, HeldObject))
            if held.feed == self.about and is_overdue(held.held_at, record["overdue_before"])
        )
        oldest = nsmallest(NAMES_SENT, overdue, key=lambda held: held.held_at)
        return send_once(
            notice(self.about, record, map(asdict, oldest), f"s3://{bronze}/{run.document(RECORD)}"),
            kind=f"overdue-{self.about}",
            topic_arn=self._topic_arn(),
            receipts=Receipts(self.s3, bronze, run),
            aws_conn_id=self.aws_conn_id,
        )

    def _topic_arn(self) -> str:
        """Return the feed's own topic; the common topic if the feed has no file."""
        topics = [{"low_topic_arn": feed.low_topic} for feed in read_feeds()[0] if feed.name == self.about]
        if not topics:
            return self.lake_settings.low_topic_arn
        return load_settings(SsmHook(aws_conn_id=self.aws_conn_id).conn, topics=topics[0]).low_topic_arn
