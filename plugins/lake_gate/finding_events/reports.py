"""The operators that say what a run of ``finding_events`` has done: its record, the watermark, the message."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lake_gate import jsonl
from lake_gate.base import OBJECTS, RECORD, GateOperator
from lake_gate.documents import read_document, write_document, write_lines
from lake_gate.errors import FindingsPendingError
from lake_gate.finding_events.action import Action, Done, Status
from lake_gate.finding_events.digest import digest, is_worth_telling, worst_moved
from lake_gate.finding_events.places import ACTIONS, IDS, LOOKED, TAKEN, WATERMARK, ledger
from lake_gate.finding_events.recording import Looked, Totals, build_record, iter_entries
from lake_gate.finding_events.watermark import Watermark
from lake_gate.judging.evidence import Severity
from lake_gate.recording.overlay import update_document
from lake_gate.run import Run
from lake_gate.telling import notices
from lake_gate.telling.receipts import Receipts

if TYPE_CHECKING:
    from airflow.sdk import Context


class RecordEventsOperator(GateOperator):
    """Write the record of the run, and move the watermark: from now on its findings are dealt with.

    Pushes ``uri`` of the record and its ``totals``.

    :param chunks: what was to be moved, as returned by
        :class:`lake_gate.finding_events.operators.DecideFindingsOperator` (templated).
    :param listed: how many findings Macie has told of (templated): ``{"findings": n, "unknown": n}``.
    """

    template_fields = (*GateOperator.template_fields, "chunks", "listed")

    def __init__(self, *, chunks: list[dict[str, Any]], listed: dict[str, int], **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.chunks = chunks
        self.listed = listed

    def step(self, context: Context) -> dict[str, Any]:
        """Bring actions and moves together; the watermark moves last."""
        run, bronze = self.run_of(context), self.the_settings.bronze_bucket
        looked = Looked(**json.loads(read_document(self.s3, bronze, run.document(LOOKED))))
        taken = json.loads(read_document(self.s3, bronze, run.document(TAKEN)))
        failed_before = Watermark.parse(json.dumps(taken["watermark"]).encode()).failed
        totals = Totals()
        record = build_record(
            run=_facts(context),
            taken=taken,
            listed=self.listed,
            looked=looked,
            objects_uri=self._write_objects(run, totals, failed_before),
            totals=totals,
        )
        content = json.dumps(record, indent=1, ensure_ascii=False).encode()
        uri = write_document(self.s3, bronze, run.document(RECORD), content)
        self._move_watermark(run, looked, totals)
        self.log.info("Record: %s", uri)
        return {"uri": uri, "totals": record["totals"]}

    def _write_objects(self, run: Run, totals: Totals, failed_before: Mapping[str, Mapping[str, str]]) -> str:
        actions = (Action(**line) for line in self.iter_document(run, ACTIONS))
        lines = map(jsonl.to_line, totals.counted(iter_entries(actions, self._done(run), failed_before)))
        return write_lines(self.s3, self.the_settings.bronze_bucket, run.document(OBJECTS), lines)

    def _done(self, run: Run) -> Iterator[Done]:
        for chunk in self.chunks:
            yield from map(Done.from_json, self.iter_document(run, ledger(int(chunk["start"]))))

    def _move_watermark(self, run: Run, looked: Looked, totals: Totals) -> None:
        bronze = self.the_settings.bronze_bucket
        asked = read_document(self.s3, bronze, run.document(IDS)).decode().split("\n")
        # Of what was asked for, what Macie does not know any more has not to be asked for again.
        times = {**dict.fromkeys(filter(None, asked), 0), **looked.times}

        def moved(there: bytes | None) -> bytes:
            return Watermark.parse(there).moved(times, totals.pending, totals.failed).to_bytes()

        update_document(self.s3, bronze, WATERMARK, moved)


class CheckEventsOperator(GateOperator):
    """Fail when an object could not be dealt with, after all others were moved, recorded and told of.

    The last task, so that no failure of one object stops what comes after it.
    """

    def step(self, context: Context) -> None:
        """Read the record; raise with the first objects and why each failed."""
        bronze, run = self.the_settings.bronze_bucket, self.run_of(context)
        record = json.loads(read_document(self.s3, bronze, run.document(RECORD)))
        totals = record["totals"]
        if count := totals["statuses"].get(Status.FAILED, 0):
            raise FindingsPendingError(record["objects_uri"], count, totals["first_failed"])


class NotifyEventsOperator(GateOperator):
    """Send one message about the run, if anything is worth one: to the High topic when something High was moved.

    Returns the id of the message, None when there is none.
    """

    def step(self, context: Context) -> str | None:
        """Read the record and publish its digest."""
        settings, run = self.the_settings, self.run_of(context)
        record = json.loads(read_document(self.s3, settings.bronze_bucket, run.document(RECORD)))
        if not is_worth_telling(record):
            self.log.info("Nothing that anybody has to be told of")
            return None
        uri = f"s3://{settings.bronze_bucket}/{run.document(RECORD)}"
        is_high = worst_moved(record) is Severity.HIGH
        return notices.send_once(
            digest(record, self.iter_document(run, OBJECTS), uri),
            kind="digest",
            topic_arn=settings.high_topic_arn if is_high else settings.low_topic_arn,
            receipts=Receipts(self.s3, settings.bronze_bucket, run),
            aws_conn_id=self.aws_conn_id,
        )


def _facts(context: Context) -> dict[str, Any]:
    dag_run = context["dag_run"]
    return {
        "dag_id": dag_run.dag_id,
        "run_id": dag_run.run_id,
        "started_at": dag_run.start_date.isoformat() if dag_run.start_date else None,
        "recorded_at": datetime.now(UTC).isoformat(),
    }
