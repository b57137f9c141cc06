"""Operators of ``finding_events``, in order: take messages, decide, withdraw, record, check, notify."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.hooks.sqs import SqsHook
from botocore.exceptions import BotoCoreError, ClientError

from lake_gate import assets, xcom
from lake_gate.base import GateOperator, run_facts
from lake_gate.content import clear_pending, list_pending
from lake_gate.decision.policy import Outcome
from lake_gate.errors import DamagedDocumentError, FindingsPendingError, NotWithdrawnError, class_of
from lake_gate.exceptions.store import record_revocations
from lake_gate.finding_events import hints
from lake_gate.finding_events.action import Action, Done, Status
from lake_gate.finding_events.chunks import plan
from lake_gate.finding_events.deciding.findings import decide_all
from lake_gate.finding_events.deciding.lake import RUN_DEADLINE, Lake
from lake_gate.finding_events.digest import digest, is_worth_sending, worst_moved
from lake_gate.finding_events.index import INDEX_BUDGET, complete_index
from lake_gate.finding_events.moving import failure
from lake_gate.finding_events.places import WATERMARK
from lake_gate.finding_events.recording import (
    RECORD_SHAPE,
    TAKEN_SHAPE,
    Examination,
    Totals,
    build_record,
    entry_of,
    iter_entries,
)
from lake_gate.finding_events.watermark import Watermark
from lake_gate.finding_events.withdrawing import Withdrawing
from lake_gate.include import read_feeds
from lake_gate.ledger.book import heads
from lake_gate.model import jsonl
from lake_gate.model.evidence import Observation, Severity
from lake_gate.model.kept import without_values
from lake_gate.model.names import UNKNOWN
from lake_gate.model.run import ACTIONS, FEED_NAME, FINDINGS, IDS, LOOKED, MOVES, OBJECTS, RECORD, TAKEN, Run, ledger
from lake_gate.model.words import counted
from lake_gate.notifications.receipts import Receipts
from lake_gate.notifications.sending import send_once
from lake_gate.recording.documents import describe, write_recorded
from lake_gate.recording.record import NAMES_SHOWN
from lake_gate.s3.documents import (
    GONE,
    iter_items,
    need_dataclass,
    need_object,
    parse_object,
    read_document_or_none,
    update_document,
    write_document,
    write_document_once,
    write_lines,
)
from lake_gate.s3.versions import head_version

if TYPE_CHECKING:
    from airflow.sdk import Context
    from mypy_boto3_sqs import SQSClient


class TakeEventsOperator(GateOperator):
    """Take the messages that have triggered the run, and the watermark from which it begins.

    Messages that are not valid hints go to the dead-letter queue, with an attribute ``reason``; they are counted and
    never fail the task. Pushes ``since_ms`` (time from which findings are listed), ``ids_key`` (key of the document
    with further ids to get: those of the hints and of pending findings), ``findings_key`` (key of the document for the
    findings), and the numbers ``hints`` and ``poison``.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)

    def step(self, context: Context) -> dict[str, Any]:
        """Take the messages once: a run that is cleared begins from the same messages and watermark."""
        bronze, run = self.lake_settings.bronze_bucket, self.run_of(context)
        key = run.document(TAKEN)
        if (written := read_document_or_none(self.s3, bronze, key)) is None:
            written = write_document_once(self.s3, bronze, key, json.dumps(self._take(context)).encode())
        taken = parse_object(written, bronze, key, TAKEN_SHAPE)
        watermark = Watermark.of(taken["watermark"])
        ids = dict.fromkeys([*taken["finding_ids"], *sorted(watermark.pending)])
        write_document(self.s3, bronze, run.document(IDS), "\n".join(ids).encode())
        poison = sum(taken["poison"].values())
        self.log.info(
            "%s, %s, %s",
            counted(len(taken["finding_ids"]), "hint"),
            counted(len(watermark.pending), "pending finding"),
            counted(poison, "poison message"),
        )
        return {
            "since_ms": watermark.since_ms,
            "ids_key": run.document(IDS),
            "findings_key": run.document(FINDINGS),
            "hints": len(taken["finding_ids"]),
            "poison": poison,
        }

    def _take(self, context: Context) -> dict[str, Any]:
        hook = S3Hook(aws_conn_id=self.aws_conn_id)
        found = hints.parse_all(
            hints.iter_bodies(_extras(context)), account_id=hook.account_id, region=hook.conn_region_name
        )
        written = read_document_or_none(self.s3, self.lake_settings.bronze_bucket, WATERMARK)
        watermark = Watermark.parse(written, now_ms=_now_ms())
        return {
            "watermark": json.loads(watermark.to_bytes()),
            "finding_ids": found.finding_ids,
            "duplicates": found.duplicates,
            "poison": found.poison_counts,
            "dead_letters_failed": self._send_to_dead_letter_queue(found.poisoned),
        }

    def _send_to_dead_letter_queue(self, poisoned: list[tuple[str, hints.Poison]]) -> int:
        """Send poison to the dead-letter queue; return the number of messages that it did not accept: they are lost."""
        url, failed = self.lake_settings.dead_letter_queue_url, 0
        if not url and poisoned:
            self.log.warning("No dead-letter queue is set: %s dropped", counted(len(poisoned), "poison message"))
            return len(poisoned)
        for body, reason in poisoned:
            try:
                self._sqs.send_message(
                    QueueUrl=url,
                    MessageBody=body or " ",
                    MessageAttributes={"reason": {"DataType": "String", "StringValue": reason.value}},
                )
            except (ClientError, BotoCoreError) as error:  # a bad message must not delay findings
                self.log.warning("The dead-letter queue did not accept a message: %s", type(error).__name__)
                failed += 1
        return failed

    @cached_property
    def _sqs(self) -> SQSClient:
        client: SQSClient = SqsHook(aws_conn_id=self.aws_conn_id).conn
        return client


def _now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


def _extras(context: Context) -> Iterator[Mapping[str, Any]]:
    """Yield the extras of the asset events that have triggered the run; none in a scheduled or manual run."""
    triggering: Any = context.get("triggering_asset_events") or {}
    for events in triggering.values():
        for event in events:
            yield event.extra or {}


class DecideFindingsOperator(GateOperator):
    """Decide what is done with each object that the new findings are about; move nothing.

    Returns the chunks of the objects to move, see :class:`lake_gate.finding_events.chunks.Chunk`.

    :param run_deadline: how long a run of the gate may take before its objects are decided about without it.
    """

    def __init__(self, *, run_deadline: timedelta = RUN_DEADLINE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_deadline = run_deadline

    def step(self, context: Context) -> list[dict[str, Any]]:
        """Decide, and write ``actions.jsonl``."""
        settings, run = self.lake_settings, self.run_of(context)
        bronze, now = settings.bronze_bucket, datetime.now(UTC)
        self._record_revocations()
        is_index_complete = self._complete_index(bronze, now + INDEX_BUDGET)
        taken = need_object(self.s3, bronze, run.document(TAKEN), TAKEN_SHAPE)
        watermark = Watermark.of(taken["watermark"])
        new, examination = _examine(self.iter_document(run, FINDINGS), watermark)
        examination = replace(examination, is_index_complete=is_index_complete)
        lake = Lake(self.s3, bronze, settings.silver_bucket, now, self.run_deadline)
        pending = list_pending(self.s3, bronze)
        settled: dict[str, str] = {}
        lines, chunks = plan(decide_all(lake, new, pending, settled))
        write_document(self.s3, bronze, run.document(ACTIONS), lines)
        if is_index_complete:
            versions = {sha256: [*pending.get(sha256, ()), made] for sha256, made in settled.items()}
            examination = replace(
                examination, settled={sha256: list(filter(None, ids)) for sha256, ids in versions.items()}
            )
        write_document(self.s3, bronze, run.document(LOOKED), json.dumps(asdict(examination)).encode())
        self.log.info("%s about %s", *(counted(len(new), "new finding"), counted(lines.count(b"\n"), "object")))
        return [asdict(chunk) for chunk in chunks]

    def _record_revocations(self) -> None:
        """Record which exceptions the files of the feeds revoke; an error in it never stops a withdrawal."""
        try:
            for feed in read_feeds()[0]:
                record_revocations(self.s3, self.lake_settings, feed.name)
        except Exception as error:
            self.log.warning("Cannot record which exceptions were revoked: %s", class_of(error))

    def _complete_index(self, bronze: str, until: datetime) -> bool:
        """Rebuild the index by content if it is lost; an error in it never stops a withdrawal."""
        try:
            return complete_index(self.s3, bronze, until=until)
        except Exception as error:
            self.log.warning("Cannot rebuild the index by content: %s", class_of(error))
            return False


def _examine(findings: Iterator[dict[str, Any]], watermark: Watermark) -> tuple[list[Observation], Examination]:
    """Return the findings that no earlier run has processed, and the examination of all of them."""
    new: list[Observation] = []
    times: dict[str, int] = {}
    seen_before = unreadable = 0
    for finding in map(without_values, findings):
        finding_id = finding["id"]
        if finding_id != UNKNOWN:
            times[finding_id] = _milliseconds(finding.get("updatedAt"))
            if not watermark.is_new(finding_id, times[finding_id]):
                seen_before += 1
                continue
        try:
            new.append(Observation.from_api(finding, is_finding=True))
        except ValueError:  # it names no object, so that nothing can be done
            unreadable += 1
    return new, Examination(times, seen_before, unreadable)


def _milliseconds(time: str | None) -> int:
    """Return a time in milliseconds since 1970; 0 for None and for a text that is not a time."""
    try:
        return int(datetime.fromisoformat(time).timestamp() * 1000) if time else 0
    except (ValueError, TypeError, OverflowError):
        return 0


class WithdrawOperator(GateOperator):
    """Carry out one chunk of the actions: amend the runs, rewrite their markers, move the objects.

    Idempotent: a retry finishes what a crash has left. With an outlet of :func:`lake_gate.assets.changes` the assets of
    silver and quarantine of each feed get an event. Returns the number of objects that are where they should be. An
    object that cannot be moved does not keep back the others; the ledger has the class of the error, and the last task
    of the DAG fails.

    :param chunk: see :class:`lake_gate.finding_events.chunks.Chunk` (mapped, and never rendered as a template).
    """

    def __init__(self, *, chunk: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.chunk = chunk

    def step(self, context: Context) -> int:
        """Carry out the actions run by run.

        :raises NotWithdrawnError: when an object failed that a retry may move, and Airflow has a try left.
        """
        settings, events = self.lake_settings, self.run_of(context)
        withdrawing = Withdrawing(self.s3, settings, events, datetime.now(UTC).isoformat())
        start, size = int(self.chunk["start"]), int(self.chunk["size"])
        key = events.document(ACTIONS)
        lines = iter_items(self.s3, settings.bronze_bucket, key, Action.from_json, start=start, size=size)
        done: list[Done] = []
        retryable: list[str] = []
        for place, group in groupby(lines, key=lambda action: action.place):
            actions = list(group)
            results = self._carry_out(withdrawing, place, actions, context)
            retryable += [
                f"s3://{action.bucket}/{action.key} ({result.failed})"
                for action, result in zip(actions, results, strict=True)
                if result.is_passing
            ]
            done += results
        content = "".join(json.dumps(asdict(result)) + "\n" for result in done).encode()
        write_document(self.s3, settings.bronze_bucket, events.document(ledger("", start)), content)
        if retryable and _has_tries_left(context):
            raise NotWithdrawnError(len(retryable), retryable[:NAMES_SHOWN])
        return sum(result.moved is not None for result in done)

    def _carry_out(
        self, withdrawing: Withdrawing, place: tuple[str, str], actions: list[Action], context: Context
    ) -> list[Done]:
        """Carry out the actions about one run, or those about strays."""
        feed, folder = place
        try:
            if not feed:
                return withdrawing.move_strays(actions)
            run = Run.of_folder(feed, folder)
            done = withdrawing.withdraw(run, actions)
            self._announce(context, run, [action for action, result in zip(actions, done, strict=True) if result.moved])
        except Exception as error:
            self.log.warning("Cannot withdraw from %s: %s", f"{feed}/{folder}" if feed else "strays", class_of(error))
            return [failure(error)] * len(actions)
        return done

    def _announce(self, context: Context, run: Run, actions: list[Action]) -> None:
        settings = self.lake_settings
        record = read_document_or_none(self.s3, settings.bronze_bucket, run.document(RECORD))
        facts: dict[str, Any] = {
            "run_id": _run_id(record) or run.run_id,
            "withdrawn": sum(action.was == Outcome.PROMOTE for action in actions),
            "quarantined": sum(action.stricter_decision.outcome == Outcome.QUARANTINE for action in actions),
            "record": f"s3://{settings.bronze_bucket}/{run.document(RECORD)}",
            "marker": f"s3://{settings.silver_bucket}/{run.marker}",
        }
        if facts["withdrawn"]:
            assets.announce(context, self.outlets, assets.silver(run.feed), **facts)
        if facts["quarantined"]:
            assets.announce(context, self.outlets, assets.quarantine(run.feed), **facts)


def _run_id(record: bytes | None) -> str:
    """Return the run id in a record; empty when it cannot be read."""
    try:
        return str(jsonl.parse(record or b"{}")["run"]["run_id"])
    except (ValueError, KeyError, TypeError):
        return ""


def _has_tries_left(context: Context) -> bool:
    """Whether Airflow runs the task again if it fails now."""
    task_instance: Any = context.get("ti")
    return task_instance is not None and task_instance.try_number <= task_instance.max_tries


class RecordEventsOperator(GateOperator):
    """Write the record of the run, then move the watermark: later runs skip its findings.

    Pushes ``uri`` of the record and its ``totals``.

    :param chunks: chunks of the objects to move, as returned by
        :class:`lake_gate.finding_events.operators.DecideFindingsOperator` (templated).
    :param listed: how many findings Macie has returned, and how many ids it does not know:
        ``{"findings": n, "unknown": n}`` (templated).
    """

    template_fields = (*GateOperator.template_fields, "chunks", "listed")

    def __init__(self, *, chunks: list[dict[str, Any]] | str, listed: dict[str, int] | str, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.chunks = chunks
        self.listed = listed

    def step(self, context: Context) -> dict[str, Any]:
        """Join actions and moves; the watermark moves last."""
        run, bronze = self.run_of(context), self.lake_settings.bronze_bucket
        examination = need_dataclass(Examination, self.s3, bronze, run.document(LOOKED))
        taken = need_object(self.s3, bronze, run.document(TAKEN), TAKEN_SHAPE)
        failed_before = Watermark.of(taken["watermark"]).failed
        totals = Totals()
        record = build_record(
            run=run_facts(context),
            taken=taken,
            listed=xcom.parse(self.listed),
            examination=examination,
            objects_uri=self._write_objects(run, totals, failed_before),
            totals=totals,
        )
        record["documents"] = describe(self.s3, bronze, run, dict.fromkeys((TAKEN, FINDINGS, ACTIONS, OBJECTS), ""))
        content = json.dumps(record, indent=1, ensure_ascii=False).encode()
        uri = write_recorded(self.s3, self.lake_settings, run, content)
        clear_pending(
            self.s3,
            bronze,
            {sha256: ids for sha256, ids in examination.settled.items() if sha256 not in totals.failed_bytes},
        )
        self._move_watermark(run, examination, totals)
        self.log.info("Record: %s", uri)
        return {"uri": uri, "totals": record["totals"]}

    def _write_objects(self, run: Run, totals: Totals, failed_before: Mapping[str, Mapping[str, str]]) -> str:
        lines = map(jsonl.to_line, totals.counted(self._entries(run, failed_before)))
        return write_lines(self.s3, self.lake_settings.bronze_bucket, run.document(OBJECTS), lines)

    def _entries(self, run: Run, failed_before: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, Any]]:
        bronze = self.lake_settings.bronze_bucket
        actions = iter_items(self.s3, bronze, run.document(ACTIONS), Action.from_json)
        try:
            yield from iter_entries(actions, self._done(run), failed_before)
        except ValueError as problem:
            raise DamagedDocumentError(f"s3://{bronze}/{run.document(MOVES)}", str(problem)) from None

    def _done(self, run: Run) -> Iterator[Done]:
        for chunk in xcom.parse(self.chunks):
            name = ledger("", int(chunk["start"]))
            bronze, key = self.lake_settings.bronze_bucket, run.document(name)
            if head_version(self.s3, bronze, key) is None:
                raise DamagedDocumentError(f"s3://{bronze}/{key}", f"{GONE}; clear withdraw, which writes it")
            yield from iter_items(self.s3, bronze, key, Done.from_json)

    def _move_watermark(self, run: Run, examination: Examination, totals: Totals) -> None:
        bronze = self.lake_settings.bronze_bucket
        requested = self._requested_ids(run)
        # Ids that Macie no longer knows count as processed: they are not requested again.
        times = {**dict.fromkeys(filter(None, requested), 0), **examination.times}
        now_ms = _now_ms()

        def moved(current: bytes | None) -> bytes:
            return (
                Watermark.parse(current, now_ms=now_ms)
                .moved(times, totals.pending, totals.failed, now_ms=now_ms)
                .to_bytes()
            )

        update_document(self.s3, bronze, WATERMARK, moved)

    def _requested_ids(self, run: Run) -> list[str]:
        """Return the ids that were requested from Macie."""
        bronze, key = self.lake_settings.bronze_bucket, run.document(IDS)
        written = read_document_or_none(self.s3, bronze, key)
        try:
            return (written or b"").decode().split("\n")
        except UnicodeDecodeError:
            raise DamagedDocumentError(f"s3://{bronze}/{key}", "not text") from None


class CheckEventsOperator(GateOperator):
    """Fail when an object could not be decided about or moved.

    The last task: all other objects are moved, recorded and reported before.
    """

    def step(self, context: Context) -> None:
        """Read the record.

        :raises FindingsPendingError: with the first objects, and why each failed.
        """
        bronze, run = self.lake_settings.bronze_bucket, self.run_of(context)
        record = need_object(self.s3, bronze, run.document(RECORD), RECORD_SHAPE)
        totals = record["totals"]
        if count := totals["statuses"].get(Status.FAILED, 0):
            raise FindingsPendingError(record["objects_uri"], count, totals["first_failed"])


def _hash_of(totals: Mapping[str, Any]) -> str:
    """Return a hash of the results that a digest reports: a cleared run with other results sends another digest."""
    results = [totals[name] for name in ("statuses", "outcomes", "withdrawn", "moved")]
    return hashlib.sha256(json.dumps(results, sort_keys=True).encode()).hexdigest()[:8]


class NotifyEventsOperator(GateOperator):
    """Send one message about the run, if there is anything to report: to the High topic if a High object was moved.

    Returns the id of the message; None when no message was sent.
    """

    def step(self, context: Context) -> str | None:
        """Read the record and publish its digest."""
        settings, run = self.lake_settings, self.run_of(context)
        record = need_object(self.s3, settings.bronze_bucket, run.document(RECORD), RECORD_SHAPE)
        if not is_worth_sending(record):
            self.log.info("No message is sent: nothing has changed")
            return None
        uri = f"s3://{settings.bronze_bucket}/{run.document(RECORD)}"
        is_high = worst_moved(record) is Severity.HIGH
        amended = {str(entry.get("feed")) for entry in self._entries(run) if entry["now"]}
        feeds = [self.feed, *(feed for feed in amended if FEED_NAME.fullmatch(feed))]
        return send_once(
            digest(record, self._entries(run), uri, heads(self.s3, settings.ledger, feeds)),
            kind=f"digest-{_hash_of(record['totals'])}",
            topic_arn=settings.high_topic_arn if is_high else settings.low_topic_arn,
            receipts=Receipts(self.s3, settings.bronze_bucket, run),
            aws_conn_id=self.aws_conn_id,
        )

    def _entries(self, run: Run) -> Iterator[dict[str, Any]]:
        return iter_items(self.s3, self.lake_settings.bronze_bucket, run.document(OBJECTS), entry_of)
