"""The operator that decides for every object of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lake_gate.base import BEGUN, DECISIONS, FINDINGS, JOB, MOVES, PLAN, RESULTS, GateOperator, is_true
from lake_gate.delivery.manifest import LandedObject
from lake_gate.documents import read_document, read_document_or_none, write_document, write_version
from lake_gate.errors import DecisionsStandError, UnknownObjectsError
from lake_gate.include import read_policy
from lake_gate.judging import decision
from lake_gate.judging.decision import Decision
from lake_gate.judging.evidence import Evidence, Job, Severity, count_findings, gather
from lake_gate.judging.histories import read_histories
from lake_gate.judging.plan import Chunks, plan
from lake_gate.judging.policy import Promotion
from lake_gate.run import Run
from lake_gate.scan import verdicts

if TYPE_CHECKING:
    from airflow.sdk import Context


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
        histories = read_histories(self.s3, self.the_settings.bronze_bucket, run)
        decisions = decision.decide(manifest, job, gathered, policy, reused, histories=histories)
        content, chunks = plan(self._counted(decisions))
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
