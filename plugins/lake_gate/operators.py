"""The operators that land a delivery, decide about it and move it: thin, one step of the data's way each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import batched
from typing import TYPE_CHECKING, Any, cast

from airflow.providers.amazon.aws.hooks.ssm import SsmHook
from botocore.exceptions import BotoCoreError, ClientError

from lake_gate import jsonl
from lake_gate.base import BEGUN, DECISIONS, FINDINGS, JOB, MOVES, PLAN, RESULTS, GateOperator, is_true
from lake_gate.delivery import landing
from lake_gate.delivery.manifest import LandedObject
from lake_gate.delivery.source import shown
from lake_gate.documents import (
    read_document,
    read_document_or_none,
    write_document,
    write_document_once,
    write_version,
)
from lake_gate.errors import (
    DecisionsStandError,
    FinalGateError,
    GateError,
    UnknownObjectsError,
    from_client_error,
    from_transport_error,
)
from lake_gate.held import reprocessing
from lake_gate.include import read_policy
from lake_gate.judging import decision
from lake_gate.judging.decision import Decision
from lake_gate.judging.evidence import Evidence, Job, Severity, count_findings, gather
from lake_gate.judging.plan import CHUNK_OBJECTS, Chunks, plan
from lake_gate.judging.policy import Outcome, Promotion
from lake_gate.lineage import Place, delivery_at, feed_in
from lake_gate.moving.transfer import Buckets, carry_out
from lake_gate.recording.overlay import read_amendments
from lake_gate.recording.record import Moved
from lake_gate.run import Run
from lake_gate.scan import verdicts
from lake_gate.settings import load_source

if TYPE_CHECKING:
    from airflow.sdk import Context


class LandOperator(GateOperator):
    """Land a delivery below the run's prefix in bronze and write its manifest.

    Pushes ``source``, ``objects`` and ``size_bytes`` (what was landed), ``bucket`` and ``prefix`` (where), and
    ``documents`` (the prefix of what the run writes down).

    :param source: folder, .zip, ``s3://`` prefix or ``http(s)://`` zip (templated); a relative path: below the one of
        the settings; empty: that one itself; ``held://<reason>``, ``held://*``: what is held of the feed.
    """

    template_fields = (*GateOperator.template_fields, "source")

    def __init__(self, *, source: str, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.source = source

    def step(self, context: Context) -> dict[str, Any]:
        """Land, or find what was landed before."""
        settings, run = self.the_settings, self.run_of(context)
        source = load_source(SsmHook(aws_conn_id=self.aws_conn_id).conn, self.source)
        landing.check_versioning(self.s3, (settings.bronze_bucket, settings.silver_bucket, settings.quarantine_bucket))
        self.log.info("Landing %s below s3://%s/%s", shown(source), settings.bronze_bucket, run.prefix)
        landed = landing.land(
            self.s3, source, run, settings.bronze_bucket, local_source_root=settings.local_source_root
        )
        is_held = reprocessing.is_held(source)
        self.datasets_read = [
            feed_in(settings.bronze_bucket, run, is_held=True) if is_held else delivery_at(shown(source))
        ]
        self.datasets_written = [feed_in(settings.bronze_bucket, run)]
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
    ``decisions.jsonl``, none in a dry run. A few kilobytes at most, whatever the size of the delivery.

    :param evidence: how the wait for it ended (templated): ``{"settled": bool, …}``, False at the deadline; None when
        there was no job.
    :param policy: name of a file in ``include/policies`` (templated).
    :param quarantine_threshold: ``High``, ``Medium`` or ``Low`` (templated); counts where stricter than the policy.
    :param promotion: see :class:`lake_gate.judging.policy.Promotion` (templated); counts where it is stricter.
    :param is_dry_run: decide, but plan no moves (templated).
    """

    template_fields = (
        *GateOperator.template_fields,
        *("evidence", "policy", "quarantine_threshold", "promotion", "is_dry_run"),
    )

    def __init__(
        self,
        *,
        evidence: dict[str, Any] | None,
        policy: str,
        quarantine_threshold: str,
        promotion: str,
        is_dry_run: str | bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.evidence = evidence
        self.policy = policy
        self.quarantine_threshold = quarantine_threshold
        self.promotion = promotion
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> Chunks:
        """Decide, write the decisions and what they rest on, plan the moves."""
        run = self.run_of(context)
        policy, policy_sha256 = read_policy(self.policy)
        policy = policy.tightened(Severity(self.quarantine_threshold), Promotion(self.promotion))
        manifest = self.manifest(run)
        gathered = self._gather(run, manifest)
        job, of_job = self._job(run, count_findings(gathered))
        reused = verdicts.read_reused(self.s3, self.the_settings.bronze_bucket, run)
        content, chunks = plan(self._counted(decision.decide(manifest, job, gathered, policy, reused)))
        version_id = self._write_decisions(run, content)
        basis = {
            "decisions": version_id,
            "policy": {
                "name": policy.name,
                "sha256": policy_sha256,
                "quarantine_threshold": policy.quarantine_threshold,
                "promotion": policy.promotion,
            },
            "job": of_job,
            "chunks": chunks,
        }
        self._write_plan(run, basis)
        return {outcome: [] for outcome in chunks} if is_true(self.is_dry_run) else chunks

    def _gather(self, run: Run, manifest: Iterable[LandedObject]) -> dict[tuple[str, str], Evidence]:
        if read_document_or_none(self.s3, self.the_settings.bronze_bucket, run.document(JOB)) is None:
            return {}
        documents = (self.iter_document(run, name) for name in (RESULTS, FINDINGS))
        gathered = gather(*documents)
        if strangers := decision.unknown_objects(manifest, gathered):
            raise UnknownObjectsError(f"s3://{self.the_settings.bronze_bucket}/{run.prefix}", strangers)
        return gathered

    def _job(self, run: Run, findings: int) -> tuple[Job | None, dict[str, Any] | None]:
        """Return the run's job and what the plan says of it; None when verdicts speak for every object."""
        answer = read_document_or_none(self.s3, self.the_settings.bronze_bucket, run.document(JOB))
        if answer is None:
            self.log.info("There was no job: what no verdict speaks for is held")
            return None, None
        described = json.loads(answer)
        job = Job.from_api(described, settled=(self.evidence or {}).get("settled") is True, findings=findings)
        if not job.settled:
            self.log.warning("Macie's results were still changing at the deadline: what is not proven is held")
        if job.is_capped:
            self.log.warning("Macie shows %d findings and may have more: what is not proven is held", job.findings)
        return job, {**asdict(job), "findings_capped": job.is_capped, "arn": described.get("jobArn")}

    def _counted(self, decisions: Iterator[Decision]) -> Iterator[Decision]:
        counts: Counter[str] = Counter()
        for one in decisions:
            counts[f"{one.outcome} ({one.reason})"] += 1
            yield one
        self.log.info("Decided: %s", ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))

    def _write_decisions(self, run: Run, content: bytes) -> str:
        """Write the decisions, or find the same; others may take their place as long as nothing has been moved.

        Returns their version id.
        """
        bronze, key = self.the_settings.bronze_bucket, run.document(DECISIONS)
        version_id, is_this = write_version(self.s3, bronze, key, content)
        if not is_this and not self._begun(run):
            version_id, is_this = write_version(self.s3, bronze, key, content, replacing=version_id)
        if not is_this:
            raise DecisionsStandError(f"s3://{bronze}/{key}")
        return version_id

    def _write_plan(self, run: Run, basis: dict[str, Any]) -> None:
        """Write what was decided by, which stands with the decisions.

        A move that began meanwhile, on the decisions before, has written so before it looked at the plan: one of the
        two sees the other.
        """
        bronze, key = self.the_settings.bronze_bucket, run.document(PLAN)
        if not (self._begun(run) and read_document_or_none(self.s3, bronze, key)):
            write_document(self.s3, bronze, key, json.dumps(basis).encode())
        if any(begun["decisions"] != basis["decisions"] for begun in self._begun(run)):
            raise DecisionsStandError(f"s3://{bronze}/{run.document(DECISIONS)}")

    def _begun(self, run: Run) -> list[dict[str, Any]]:
        """Return what the chunks that have begun to move wrote down."""
        bronze = self.the_settings.bronze_bucket
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=run.document(MOVES))
        keys = [one["Key"] for page in pages for one in page.get("Contents", ()) if one["Key"].endswith(BEGUN)]
        return [json.loads(read_document(self.s3, bronze, key)) for key in keys]


class MoveOperator(GateOperator):
    """Carry out one chunk of the decisions of one outcome: copy, verify, and (unless promoted) delete the source.

    The chunk's ledger says that its moves have begun (from then on the decisions stand), and at last where everything
    is; a chunk that is done is not touched again. Returns the number of objects that are where they should be.

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
        bronze, run = self.the_settings.bronze_bucket, self.run_of(context)
        start, size = self.chunk
        done = run.document(ledger(self.outcome, start))
        if (written := read_document_or_none(self.s3, bronze, done)) is None:
            decisions = self._begin(run, done + BEGUN)
            lines = self.iter_document(run, DECISIONS, start=start, size=size, version_id=decisions)
            written = write_document_once(self.s3, bronze, done, jsonl.dump(self._move(run, lines)))
        self.datasets_read = [feed_in(bronze, run)]
        self.datasets_written = [self._destination(run)]
        moved = jsonl.load(Moved, written)
        # Shown as the chunk's name; nothing is left of it when all its objects were withdrawn before.
        cast("dict[str, Any]", context)["moved"] = f"{len(moved)} from {moved[0].name}" if moved else "nothing"
        return len(moved)

    def _destination(self, run: Run) -> Place:
        settings = self.the_settings
        match Outcome(self.outcome):
            case Outcome.PROMOTE:
                return feed_in(settings.silver_bucket, run)
            case Outcome.QUARANTINE:
                return feed_in(settings.quarantine_bucket, run)
            case Outcome.HOLD:
                return feed_in(settings.bronze_bucket, run, is_held=True)

    def _begin(self, run: Run, key: str) -> str:
        """Write down that the chunk's moves begin, and on which version of the decisions; return its id."""
        bronze = self.the_settings.bronze_bucket
        begun = json.dumps({"decisions": self._planned(run)}).encode()
        decisions = json.loads(write_document_once(self.s3, bronze, key, begun))["decisions"]
        if decisions != self._planned(run):  # decided anew meanwhile: see DecideOperator
            raise DecisionsStandError(f"s3://{bronze}/{run.document(DECISIONS)}")
        return str(decisions)

    def _planned(self, run: Run) -> str:
        plan = read_document(self.s3, self.the_settings.bronze_bucket, run.document(PLAN))
        return str(json.loads(plan)["decisions"])

    def _move(self, run: Run, lines: Iterator[dict[str, Any]]) -> list[Moved]:
        settings = self.the_settings
        buckets = Buckets(settings.bronze_bucket, settings.silver_bucket, settings.quarantine_bucket)
        moved: list[Moved] = []
        errors: list[GateError | FinalGateError] = []
        # What was decided anew since then, more strictly, is moved by who did so.
        amended = read_amendments(self.s3, settings.bronze_bucket, run).made
        for window in batched((line for line in lines if line["name"] not in amended), CHUNK_OBJECTS):
            try:
                moved += carry_out(self.s3, [Decision(**line) for line in window], run, buckets)
            except (GateError, FinalGateError) as error:  # what comes after it is moved all the same
                errors.append(error)
            except ClientError as error:
                errors.append(from_client_error(error))
            except BotoCoreError as error:
                errors.append(from_transport_error(error))
        if errors:
            raise min(errors, key=lambda error: isinstance(error, FinalGateError))
        return moved


def ledger(outcome: str, start: int) -> str:
    """Return the name of the document that says where the objects of a chunk are."""
    return f"{MOVES}{outcome}-{start}.jsonl"
