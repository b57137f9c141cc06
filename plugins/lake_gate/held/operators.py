"""Operators for held objects: release them after re-processing, list them, notify of overdue ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook

from lake_gate.base import GateOperator
from lake_gate.include import read_feeds
from lake_gate.model import jsonl
from lake_gate.model.run import HELD, QUARANTINED, RECORD, RELEASED, REPROCESSED, REQUESTS, Run
from lake_gate.model.words import counted
from lake_gate.s3.documents import iter_items, need_object, read_document_or_none, write_document
from lake_gate.settings import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context

    from lake_gate.delivery.held_objects import HeldObject
    from lake_gate.held.ageing import QuarantinedFile, WaitingRequest


class ReleaseHeldOperator(GateOperator):
    """Delete the objects below ``held/`` that this run has re-processed and accounts for; none in a dry run.

    Writes ``released.jsonl``: key and version of each held object, and where the object is now. Returns their number;
    0 for a run with another source.
    """

    def step(self, context: Context) -> int:
        """Release the objects, including those that an earlier try has released."""
        from lake_gate.held.release import release
        from lake_gate.moving.transfer import Buckets
        from lake_gate.recording.entries import iter_entries, read_accounted_record

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
        from lake_gate.held.listing import list_held

        return list_held(self, context)


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
        from lake_gate.delivery.held_objects import HeldObject
        from lake_gate.held.ageing import QuarantinedFile, WaitingRequest
        from lake_gate.held.backlog import BACKLOG_SHAPE, NAMES_SENT, Overdue, is_overdue, notice
        from lake_gate.notifications.receipts import Receipts
        from lake_gate.notifications.sending import send_once

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
