"""The operators of the gate: thin, one step of the data's way each.

They share their first arguments: the settings of the run as a dict (:meth:`lake_gate.settings.Settings.to_json`) and
the feed. All AWS calls go through the connection ``aws_conn_id``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.hooks.sns import SnsHook
from airflow.providers.amazon.aws.hooks.ssm import SsmHook
from airflow.sdk import BaseOperator
from botocore.config import Config
from botocore.exceptions import ClientError

from lake_gate import decision, jsonl, landing, record
from lake_gate.documents import (
    iter_json_lines,
    read_document,
    read_document_or_none,
    write_document,
    write_document_once,
)
from lake_gate.errors import DecisionsStandError, NotAccountedError, UnknownObjectsError, from_client_error
from lake_gate.evidence import Job, Severity, gather
from lake_gate.manifest import LandedObject
from lake_gate.plan import plan
from lake_gate.policy import Policy, Promotion
from lake_gate.record import Moved
from lake_gate.run import Run
from lake_gate.settings import Settings, load_source
from lake_gate.source import shown
from lake_gate.transfer import Buckets, carry_out

if TYPE_CHECKING:
    from airflow.sdk import Context
    from mypy_boto3_s3 import S3Client

DECISIONS = "decisions.jsonl"
RECORD = "record.json"
MOVES = "moves/"
"""Documents below it: one for each mapped task that moves, empty while it does."""
MAX_CONNECTIONS = 32


class GateOperator(BaseOperator):
    """What the operators of the gate have in common.

    :param settings: settings of this run (templated).
    :param feed: name of the feed, first part of every key.
    :param aws_conn_id: Airflow connection.
    """

    template_fields: Sequence[str] = ("settings",)

    def __init__(
        self, *, settings: dict[str, Any], feed: str, aws_conn_id: str | None = "aws_default", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.settings = settings
        self.feed = feed
        self.aws_conn_id = aws_conn_id

    def execute(self, context: Context) -> Any:
        """Do the step; what AWS refuses is sorted into what retrying helps and what it does not."""
        try:
            return self.step(context)
        except ClientError as error:
            raise from_client_error(error) from None

    def step(self, context: Context) -> Any:
        """Do what the operator is for."""
        raise NotImplementedError

    @property
    def the_settings(self) -> Settings:
        """The settings, typed."""
        return Settings(**self.settings)

    @cached_property
    def s3(self) -> S3Client:
        """Client for S3; made once per task."""
        config = Config(max_pool_connections=MAX_CONNECTIONS, retries={"mode": "adaptive", "max_attempts": 10})
        client: S3Client = S3Hook(aws_conn_id=self.aws_conn_id, config=config).conn
        return client

    def run_of(self, context: Context) -> Run:
        """Return this run's places."""
        return Run(self.feed, context["run_id"])

    def read_manifest(self, context: Context) -> list[LandedObject]:
        """Return what this run landed."""
        key = self.run_of(context).document(landing.MANIFEST)
        return jsonl.load(LandedObject, read_document(self.s3, self.the_settings.bronze_bucket, key))


class LandOperator(GateOperator):
    """Land a delivery below the run's prefix in bronze and write its manifest.

    Pushes ``source``, ``objects`` and ``size_bytes`` (what was landed), ``bucket`` and ``prefix`` (where), and
    ``documents`` (the prefix of what the run writes down).

    :param source: folder, .zip, ``s3://`` prefix or ``http(s)://`` zip (templated); empty: the one of the settings.
    """

    template_fields = (*GateOperator.template_fields, "source")

    def __init__(self, *, source: str, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.source = source

    def step(self, context: Context) -> dict[str, Any]:
        """Land, or find what was landed before."""
        settings, run = self.the_settings, self.run_of(context)
        source = self.source or load_source(SsmHook(aws_conn_id=self.aws_conn_id).conn)
        landing.check_versioning(self.s3, (settings.bronze_bucket, settings.silver_bucket, settings.quarantine_bucket))
        self.log.info("Landing %s below s3://%s/%s", shown(source), settings.bronze_bucket, run.prefix)
        landed = landing.land(
            self.s3, source, run, settings.bronze_bucket, local_source_root=settings.local_source_root
        )
        if not landed:
            self.log.warning("The delivery at %s is empty: nothing to do", shown(source))
        return {
            "source": shown(source),
            "objects": len(landed),
            "size_bytes": sum(item.size_bytes for item in landed),
            "bucket": settings.bronze_bucket,
            "prefix": run.prefix,
            "documents": run.documents,
        }


class DecideOperator(GateOperator):
    """Decide for every landed object, on the evidence that was gathered beside the manifest.

    Returns, for each outcome, the chunks of the decisions to carry out: ``[start, size]`` in bytes of
    ``decisions.jsonl``, none in a dry run.

    :param evidence: how the wait for it ended (templated): ``{"settled": bool, …}``, False at the deadline.
    :param quarantine_threshold: ``High``, ``Medium`` or ``Low`` (templated).
    :param promotion: see :class:`lake_gate.policy.Promotion` (templated).
    :param is_dry_run: decide, but plan no moves (templated).
    """

    template_fields = (*GateOperator.template_fields, "evidence", "quarantine_threshold", "promotion", "is_dry_run")

    def __init__(
        self,
        *,
        evidence: dict[str, Any],
        quarantine_threshold: str,
        promotion: str,
        is_dry_run: str | bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.evidence = evidence
        self.quarantine_threshold = quarantine_threshold
        self.promotion = promotion
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> dict[str, list[list[int]]]:
        """Decide, write the decisions, plan the moves."""
        run, bronze = self.run_of(context), self.the_settings.bronze_bucket
        manifest = self.read_manifest(context)
        gathered = gather(self._read(run, "results.jsonl.gz"), self._read(run, "findings.jsonl"))
        if strangers := decision.unknown_objects(manifest, gathered):
            raise UnknownObjectsError(f"s3://{bronze}/{run.prefix}", strangers)
        answer = json.loads(read_document(self.s3, bronze, run.document("job.json")))
        job = Job.from_api(answer, settled=self.evidence["settled"] is True)
        policy = Policy(Severity(self.quarantine_threshold), Promotion(self.promotion))
        decisions = decision.decide(manifest, job, gathered, policy)
        content, chunks = plan(decisions)
        self._write(run, content)
        counts = {outcome.value: sum(d.outcome == outcome for d in decisions) for outcome in decision.Outcome}
        self.log.info("Decided: %s", counts)
        return {outcome: [] for outcome in chunks} if is_true(self.is_dry_run) else chunks

    def _read(self, run: Run, name: str) -> Iterator[dict[str, Any]]:
        return iter_json_lines(self.s3, self.the_settings.bronze_bucket, run.document(name))

    def _write(self, run: Run, content: bytes) -> None:
        """Write the decisions, or find the same; others may take their place as long as nothing has been moved."""
        bronze, key = self.the_settings.bronze_bucket, run.document(DECISIONS)
        if write_document_once(self.s3, bronze, key, content) == content:
            return
        if self.s3.list_objects_v2(Bucket=bronze, Prefix=run.document(MOVES), MaxKeys=1)["KeyCount"]:
            raise DecisionsStandError(f"s3://{bronze}/{key}")
        write_document(self.s3, bronze, key, content)


class MoveOperator(GateOperator):
    """Carry out one chunk of the decisions of one outcome: copy, verify, and (unless promoted) delete the source.

    Returns the number of objects that are where they should be.

    :param outcome: ``promote``, ``quarantine`` or ``hold``.
    :param chunk: ``[start, size]`` in bytes of ``decisions.jsonl`` (templated).
    """

    template_fields = (*GateOperator.template_fields, "chunk")

    def __init__(self, *, outcome: str, chunk: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.outcome = outcome
        self.chunk = chunk

    def step(self, context: Context) -> int:
        """Move, and write down where everything is now."""
        settings, run = self.the_settings, self.run_of(context)
        start, size = self.chunk
        moves = run.document(f"{MOVES}{self.outcome}-{start}.jsonl")
        write_document(self.s3, settings.bronze_bucket, moves, b"")  # from now on, the decisions stand
        data = read_document(self.s3, settings.bronze_bucket, run.document(DECISIONS), start=start, size=size)
        buckets = Buckets(settings.bronze_bucket, settings.silver_bucket, settings.quarantine_bucket)
        moved = carry_out(self.s3, jsonl.load(decision.Decision, data), run, buckets)
        write_document(self.s3, settings.bronze_bucket, moves, jsonl.dump(moved))
        return len(moved)


class RecordOperator(GateOperator):
    """Write the run record, which accounts for every landed object, and fail when it does not.

    Pushes ``uri`` of the record and its ``totals``.

    :param facts: what else the record says of the run (templated): ``source`` and ``policy``.
    :param is_dry_run: nothing was to be moved (templated).
    """

    template_fields = (*GateOperator.template_fields, "facts", "is_dry_run")

    def __init__(self, *, facts: dict[str, Any], is_dry_run: str | bool, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.facts = facts
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> dict[str, Any]:
        """Bring manifest, decisions and moves together."""
        run, bronze = self.run_of(context), self.the_settings.bronze_bucket
        decided = read_document_or_none(self.s3, bronze, run.document(DECISIONS)) or b""
        job = read_document_or_none(self.s3, bronze, run.document("job.json"))
        written = record.build_record(
            run=run_facts(context, self.feed, self.facts["source"]),
            job=job_facts(json.loads(job)) if job else None,
            policy=self.facts["policy"],
            manifest=self.read_manifest(context),
            decisions=jsonl.load(decision.Decision, decided),
            moved=self._moves(run),
            dry_run=is_true(self.is_dry_run),
        )
        content = json.dumps(written, indent=1, ensure_ascii=False).encode()
        uri = write_document(self.s3, bronze, run.document(RECORD), content)
        if missing := record.not_accounted(written):
            raise NotAccountedError(uri, missing)
        self.log.info("Run record: %s", uri)
        return {"uri": uri, "totals": written["totals"]}

    def _moves(self, run: Run) -> Iterator[Moved]:
        bronze = self.the_settings.bronze_bucket
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=run.document(MOVES)):
            for found in page.get("Contents", ()):
                yield from jsonl.load(Moved, read_document(self.s3, bronze, found["Key"]))


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
            subject=record.subject(written),
            message=record.message(written, f"s3://{settings.bronze_bucket}/{key}"),
            message_attributes=record.message_attributes(written),
        )
        return str(answer["MessageId"])


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


def job_facts(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what the run record keeps of DescribeClassificationJob."""
    return asdict(Job.from_api(answer, settled=True)) | {"arn": answer.get("jobArn")}


def is_true(rendered: str | bool) -> bool:
    """Return a templated boolean: Jinja renders True as the text ``True``."""
    return str(rendered).lower() == "true"
