"""The operators that say what has happened: the run record, the marker in silver, the message."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

from airflow.providers.amazon.aws.hooks.sns import SnsHook

from lake_gate import message, record
from lake_gate.base import DECISIONS, OBJECTS, PLAN, RECORD, GateOperator, is_true
from lake_gate.decision import Decision
from lake_gate.documents import read_document, read_document_or_none, write_document, write_document_once
from lake_gate.errors import MarkerStandsError, NotAccountedError
from lake_gate.evidence import Severity
from lake_gate.operators import ledger
from lake_gate.plan import Chunks
from lake_gate.policy import Outcome
from lake_gate.record import Moved, Totals
from lake_gate.run import Run
from lake_gate.s3_answers import is_missing

if TYPE_CHECKING:
    from airflow.sdk import Context

_IN_MEMORY_BYTES = 8 * 1024**2


class RecordOperator(GateOperator):
    """Write the run record, which accounts for every landed object, and fail when it does not.

    Pushes ``uri`` of the record and its ``totals``.

    :param facts: what else the record says of the run (templated): ``source``, and of the rules ``identifiers`` and
        ``job_spec``, with their hashes.
    :param is_dry_run: nothing was to be moved (templated).
    """

    template_fields = (*GateOperator.template_fields, "facts", "is_dry_run")

    def __init__(self, *, facts: dict[str, Any], is_dry_run: str | bool, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.facts = facts
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> dict[str, Any]:
        """Bring manifest, decisions and moves together."""
        run, settings = self.run_of(context), self.the_settings
        basis = json.loads(read_document_or_none(self.s3, settings.bronze_bucket, run.document(PLAN)) or b"{}")
        totals = Totals()
        objects_uri = self._write_objects(run, basis, totals)
        written = record.build_record(
            run=run_facts(context, self.feed, self.facts["source"]),
            rules={"policy": basis.get("policy"), **{name: self.facts[name] for name in ("identifiers", "job_spec")}},
            job=basis.get("job"),
            totals=totals,
            dry_run=is_true(self.is_dry_run),
            objects_uri=objects_uri,
            marker_uri=f"s3://{settings.silver_bucket}/{run.marker}",
        )
        content = json.dumps(written, indent=1, ensure_ascii=False).encode()
        uri = write_document(self.s3, settings.bronze_bucket, run.document(RECORD), content)
        if totals.not_accounted:
            raise NotAccountedError(uri, totals.not_accounted, totals.first_not_accounted)
        self.log.info("Run record: %s", uri)
        return {"uri": uri, "totals": written["totals"]}

    def _write_objects(self, run: Run, basis: Mapping[str, Any], totals: Totals) -> str:
        """Write ``objects.jsonl`` as its parts are read: a run of any size goes through little memory."""
        chunks: Chunks = basis.get("chunks", {})
        entries = record.iter_entries(
            self.manifest(run),
            record.in_order(self._decisions(run, of_outcome, basis["decisions"]) for of_outcome in chunks.values()),
            record.in_order(self._moves(run, outcome, of_outcome) for outcome, of_outcome in chunks.items()),
            dry_run=is_true(self.is_dry_run),
        )
        with cast("IO[bytes]", SpooledTemporaryFile(_IN_MEMORY_BYTES)) as file:
            for entry in totals.counted(entries):
                file.write(_line(entry))
            file.seek(0)
            return write_document(self.s3, self.the_settings.bronze_bucket, run.document(OBJECTS), file)

    def _decisions(self, run: Run, chunks: list[list[int]], version_id: str) -> Iterator[Decision]:
        for start, size in chunks:
            part = {"start": start, "size": size, "version_id": version_id}
            yield from (Decision(**line) for line in self.iter_document(run, DECISIONS, **part))

    def _moves(self, run: Run, outcome: str, chunks: list[list[int]]) -> Iterator[Moved]:
        for start, _ in chunks:
            try:
                yield from (Moved(**line) for line in self.iter_document(run, ledger(outcome, start)))
            except self.s3.exceptions.ClientError as error:
                if not is_missing(error):  # a chunk that is not done: its objects are not accounted for
                    raise


class PublishOperator(GateOperator):
    """Write the run's marker into silver, last: it lists the versions that readers may trust.

    A run without a marker is not finished, and what it has copied so far is not to be read. A dry run has none.
    Returns the marker's address, None for a dry run.
    """

    def step(self, context: Context) -> str | None:
        """Write it once; it never changes."""
        run, settings = self.run_of(context), self.the_settings
        written = json.loads(read_document(self.s3, settings.bronze_bucket, run.document(RECORD)))
        if not written["accounted"]:  # somebody went on although the record had failed
            missing = written["totals"]
            uri = f"s3://{settings.bronze_bucket}/{run.document(RECORD)}"
            raise NotAccountedError(uri, missing["not_accounted"], missing["first_not_accounted"])
        if written["dry_run"]:
            self.log.info("A dry run promotes nothing: no marker")
            return None
        content = marker(written["run"], self.iter_document(run, OBJECTS))
        if write_document_once(self.s3, settings.silver_bucket, run.marker, content) != content:
            raise MarkerStandsError(written["marker_uri"])
        self.log.info("Marker: %s", written["marker_uri"])
        return str(written["marker_uri"])


class NotifyOperator(GateOperator):
    """Send one message about the run: to the High topic when something is High, to the other one else.

    Returns the id of the message.
    """

    def step(self, context: Context) -> str:
        """Read the record and publish its digest."""
        settings, run = self.the_settings, self.run_of(context)
        key = run.document(RECORD)
        written = json.loads(read_document(self.s3, settings.bronze_bucket, key))
        is_high = record.worst_severity(written) is Severity.HIGH
        answer: dict[str, Any] = SnsHook(aws_conn_id=self.aws_conn_id).publish_to_target(  # type: ignore[no-untyped-call]
            target_arn=settings.high_topic_arn if is_high else settings.low_topic_arn,
            subject=message.subject(written),
            message=message.message(written, self.iter_document(run, OBJECTS), f"s3://{settings.bronze_bucket}/{key}"),
            message_attributes=message.message_attributes(written),
        )
        return str(answer["MessageId"])


def marker(run: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the marker's JSON, one promoted object a line."""
    head = json.dumps({**record.marker_head(run), "objects": []}, ensure_ascii=False).removesuffix("]}")
    promoted = (record.marker_object(entry) for entry in entries if entry["outcome"] == Outcome.PROMOTE)
    return head.encode() + b",".join(b"\n" + _line(one).rstrip() for one in promoted) + b"\n]}\n"


def run_facts(context: Context, feed: str, source: str) -> dict[str, Any]:
    """Return what the run record says of the run itself; times in UTC."""
    dag_run = context["dag_run"]
    return {
        "feed": feed,
        "dag_id": dag_run.dag_id,
        "run_id": dag_run.run_id,
        "source": source,
        "started_at": dag_run.start_date.isoformat() if dag_run.start_date else None,
        "recorded_at": datetime.now(UTC).isoformat(),
    }


def _line(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
