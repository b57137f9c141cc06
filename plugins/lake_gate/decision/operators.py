"""The operator that decides for every object of a run."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lake_gate import content, xcom
from lake_gate.base import GateOperator
from lake_gate.decision import basis, decision, verdicts
from lake_gate.decision.binding import History, bind
from lake_gate.decision.decision import Decision
from lake_gate.decision.histories import look, read_histories
from lake_gate.decision.plan import Chunks, plan
from lake_gate.decision.policies import choose_policy
from lake_gate.decision.policy import Promotion
from lake_gate.decision.verdict import Rules, Verdict, hash_of_policies, hashes_of
from lake_gate.errors import DamagedDocumentError, DecisionsStandError, UnknownObjectsError
from lake_gate.include import fingerprint, read_job_spec
from lake_gate.model import jsonl
from lake_gate.model.evidence import Evidence, Job, Observation, Severity, count_findings
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import (
    BEGUN,
    DECISIONS,
    FINDINGS,
    FOUND,
    HISTORIES,
    JOB,
    MANIFEST,
    MOVES,
    PLAN,
    RECORD,
    RESULTS,
    REUSED,
    Run,
)
from lake_gate.s3.documents import (
    put_version,
    read_document_or_none,
    spooled,
    write_document,
    write_lines,
    write_version,
)
from lake_gate.s3.threads import map_threads
from lake_gate.scan import scope

if TYPE_CHECKING:
    from airflow.sdk import Context


class DecideOperator(GateOperator):
    """Decide for every landed object, on the evidence that was gathered beside the manifest.

    What Macie has found in the same bytes at other places may make a decision stricter; what it has found here is kept
    for the others, also in a dry run, and also when the decision is refused. The plan pins the versions of all that was
    decided on; once moves have begun it stands.

    Returns, for each outcome, the chunks of the decisions to carry out: ``[start, size]`` in bytes of
    ``decisions.jsonl``, none in a dry run. A few kilobytes at most, whatever the size of the delivery.

    :param evidence: how the wait for it ended (templated): ``{"settled": bool, …}``, False at the deadline; None when
        there was no job.
    :param policy: name of a file in ``include/policies``: what the run asks for (templated).
    :param feed_policy: name of the feed's own; where the run asks for another one, the stricter outcome of both stands.
        None: it has none.
    :param quarantine_threshold: ``High``, ``Medium`` or ``Low`` (templated); counts where stricter than the policy.
    :param promotion: see :class:`lake_gate.decision.policy.Promotion` (templated); counts where it is stricter.
    :param is_dry_run: decide, but plan no moves (templated); what was written down when the run began goes before it.
    """

    template_fields = (
        *GateOperator.template_fields,
        *("evidence", "policy", "quarantine_threshold", "promotion", "is_dry_run"),
    )

    def __init__(
        self,
        *,
        evidence: dict[str, Any] | str | None,
        policy: str,
        quarantine_threshold: str,
        promotion: str,
        is_dry_run: str | bool,
        feed_policy: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.evidence = evidence
        self.policy = policy
        self.quarantine_threshold = quarantine_threshold
        self.promotion = promotion
        self.is_dry_run = is_dry_run
        self.feed_policy = feed_policy

    def step(self, context: Context) -> Chunks:
        """Decide, write the decisions and what they rest on, plan the moves."""
        run, bronze = self.run_of(context), self.lake_settings.bronze_bucket
        asked = Severity(self.quarantine_threshold), Promotion(self.promotion)
        policy, of_policy = choose_policy(self.feed_policy or self.policy, self.policy, *asked)
        pins = basis.pin(self.s3, bronze, run)
        manifest = self.manifest(run)
        gathered = self._gather(run, manifest, pins)
        job, of_job = self._job(run, count_findings(gathered), pins)
        histories = read_histories(self.s3, bronze, run, pins[HISTORIES]) if HISTORIES in pins else {}
        self._keep_found(manifest, gathered, histories)
        found = self._found(run, manifest)
        reused = verdicts.read_reused(self.s3, bronze, run, found, version_id=pins[REUSED]) if REUSED in pins else {}
        decided = decision.decide(manifest, job, gathered, policy, reused, found, histories=histories)
        decisions, chunks = plan(self._counted(decided))
        version_id = self._write_decisions(run, decisions)
        self._write_plan(
            run,
            {"decisions": version_id, "policy": of_policy, "job": of_job, "chunks": chunks, "evidence": pins},
            found,
        )
        return {outcome: [] for outcome in chunks} if self.is_dry(run, self.is_dry_run) else chunks

    def _gather(
        self, run: Run, manifest: Iterable[LandedObject], pins: Mapping[str, str]
    ) -> dict[tuple[str, str], Evidence]:
        if JOB not in pins:
            return {}
        documents = (self.iter_document(run, name, version_id=pins.get(name, "")) for name in (RESULTS, FINDINGS))
        gathered = basis.gather_records(self.lake_settings.bronze_bucket, run, *documents)
        if gathered and next(iter(manifest), None) is None:
            where = f"s3://{self.lake_settings.bronze_bucket}/{run.document(MANIFEST)}"
            raise DamagedDocumentError(where, "it is empty, although Macie has read objects of the run")
        if strangers := decision.unknown_objects(manifest, gathered):
            raise UnknownObjectsError(
                f"s3://{self.lake_settings.bronze_bucket}/{run.prefix}",
                [f"s3://{bucket}/{key}" for bucket, key in strangers],
            )
        return gathered

    def _job(self, run: Run, findings: int, pins: Mapping[str, str]) -> tuple[Job | None, dict[str, Any] | None]:
        """Return the run's job and what the plan says of it; None when verdicts speak for every object."""
        described = basis.read_job(self.s3, self.lake_settings.bronze_bucket, run, {"evidence": pins})
        if described is None:
            self.log.info("There was no job: what no verdict speaks for is held")
            return None, None
        job = Job.from_api(
            described, settled=(xcom.parse(self.evidence) or {}).get("settled") is True, findings=findings
        )
        if not job.settled:
            self.log.warning("Macie's results were still changing at the deadline: what is not proven is held")
        if job.is_capped:
            self.log.warning("Macie shows %d findings and may have more: what is not proven is held", job.findings)
        return job, {**asdict(job), "findings_capped": job.is_capped, "arn": described.get("jobArn")}

    def _keep_found(
        self,
        manifest: Iterable[LandedObject],
        gathered: Mapping[tuple[str, str], Evidence],
        histories: Mapping[str, History],
    ) -> None:
        """Keep with the bytes what was found in them: from now on it counts wherever they are."""
        by_bytes: defaultdict[str, list[Observation]] = defaultdict(list)
        for landed in manifest:
            if of_object := gathered.get((landed.bucket, landed.key)):
                bound = bind(landed, of_object, histories.get(landed.key))
                of_bytes = (*bound.own.results, *bound.own.findings, *bound.suspected)
                found = [seen for seen in of_bytes if seen.severity or seen.detections]
                if found:
                    by_bytes[landed.sha256] += found
        bronze = self.lake_settings.bronze_bucket
        for _ in map_threads(lambda found: content.add_found(self.s3, bronze, *found), by_bytes.items()):
            pass

    def _found(self, run: Run, manifest: Iterable[LandedObject]) -> dict[str, tuple[Observation, ...]]:
        """Return what is known of the landed bytes, by their SHA-256; once moves have begun what was known then.

        What becomes known later is for ``finding_events``, which looks for all runs that have landed these bytes.
        """
        bronze = self.lake_settings.bronze_bucket
        if self.begun(run):
            known = basis.read_found(self.s3, bronze, run, basis.read_basis(self.s3, bronze, run))
            if known is not None:
                return known
        hashes = dict.fromkeys(landed.sha256 for landed in manifest)
        each = map_threads(lambda sha256: content.read_found(self.s3, bronze, sha256), hashes)
        return {sha256: found for sha256, found in each if found}

    def _counted(self, decisions: Iterator[Decision]) -> Iterator[Decision]:
        counts: Counter[str] = Counter()
        for one in decisions:
            counts[f"{one.outcome} ({one.reason})"] += 1
            yield one
        self.log.info("Decided: %s", ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))

    def _write_decisions(self, run: Run, lines: bytes) -> str:
        """Write the decisions, or find the same; others may take their place as long as nothing has been moved.

        Returns their version id.
        """
        bronze, key = self.lake_settings.bronze_bucket, run.document(DECISIONS)
        version_id, is_this = write_version(self.s3, bronze, key, lines)
        if not is_this and not self.begun(run):
            version_id, is_this = write_version(self.s3, bronze, key, lines, replacing=version_id)
        if not is_this:
            raise DecisionsStandError(f"s3://{bronze}/{key}")
        return version_id

    def _write_plan(self, run: Run, planned: dict[str, Any], found: Mapping[str, Sequence[Observation]]) -> None:
        """Write what was decided by, which stands with the decisions: so do the versions that it pins.

        A move that began meanwhile, on the decisions before, has written so before it looked at the plan: one of the
        two sees the other.
        """
        bronze, key = self.lake_settings.bronze_bucket, run.document(PLAN)
        if not (self.begun(run) and read_document_or_none(self.s3, bronze, key)):
            if found:
                planned["evidence"] = {**planned["evidence"], FOUND: self._write_found(run, found)}
            write_document(self.s3, bronze, key, json.dumps(planned).encode())
        if any(begun["decisions"] != planned["decisions"] for begun in self.begun(run)):
            raise DecisionsStandError(f"s3://{bronze}/{run.document(DECISIONS)}")

    def _write_found(self, run: Run, found: Mapping[str, Sequence[Observation]]) -> str:
        """Write down what was known of the bytes, so that who judges again knows the same; return its version id."""
        lines = (
            jsonl.to_line({"sha256": sha256, "found": [one.to_json() for one in of_bytes]})
            for sha256, of_bytes in sorted(found.items())
        )
        return put_version(self.s3, self.lake_settings.bronze_bucket, run.document(FOUND), b"".join(lines))


class ReuseVerdictsOperator(GateOperator):
    """Find the landed objects whose bytes an earlier run has cleared by the same rules, and mark them for the job.

    ``reused.jsonl`` beside the manifest says which, and on which verdicts; ``decide`` reads it. The tag only spares
    their scan: without it they are scanned, and then the evidence decides. Returns how many there are.

    :param enabled: False: every object is scanned.
    :param identifiers: ``{name: {"sha256": …}}`` of the custom data identifiers (templated).
    :param job_spec: name of the job spec.
    :param policy: name of the policy that the run asks for (templated).
    :param feed_policy: name of the feed's own, which counts, too, where it is another one; None: it has none.
    :param quarantine_threshold: what the run asks for (templated); counts where stricter than the policy.
    """

    template_fields = (*GateOperator.template_fields, "identifiers", "policy", "quarantine_threshold")

    def __init__(
        self,
        *,
        enabled: bool,
        identifiers: Mapping[str, Mapping[str, str]],
        job_spec: str,
        policy: str,
        quarantine_threshold: str,
        feed_policy: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.enabled = enabled
        self.identifiers = identifiers
        self.job_spec = job_spec
        self.policy = policy
        self.quarantine_threshold = quarantine_threshold
        self.feed_policy = feed_policy

    def step(self, context: Context) -> int:
        """Look for verdicts anew in every try: what was one may be none any more."""
        run, bronze = self.run_of(context), self.lake_settings.bronze_bucket
        before = {name for name, _ in verdicts.iter_reused(self.s3, bronze, run)}
        names: set[str] = set()
        with spooled(self._lines(run, names)) as file:
            # In this order no object is ever left out that the document does not name.
            verdicts.unmark(self.s3, self._named(run, before - names))
            if before or names:
                write_document(self.s3, bronze, run.document(REUSED), file)
        verdicts.mark(self.s3, self._named(run, names))
        self.log.info("Verdicts of earlier runs speak for %d object(s)", len(names))
        return len(names)

    def _lines(self, run: Run, names: set[str]) -> Iterator[bytes]:
        """Yield the lines of the document, and add the name in each to the names."""
        for landed, verdict in self._find(run):
            names.add(landed.name)
            yield jsonl.to_line({"name": landed.name, **verdict.to_json()})

    def _named(self, run: Run, names: set[str]) -> Iterator[LandedObject]:
        return (landed for landed in self.manifest(run) if landed.name in names)

    def _find(self, run: Run) -> Iterable[tuple[LandedObject, Verdict]]:
        if not self.enabled:
            return ()
        spec = read_job_spec(self.job_spec)
        if why := scope.reuse_obstacle(spec):
            self.log.warning("No verdict is reused: %s", why)
            return ()
        asked = Severity(self.quarantine_threshold), Promotion.EACH_BY_ITSELF
        policy, of_policy = choose_policy(self.feed_policy or self.policy, self.policy, *asked)
        hashes = hashes_of(self.identifiers), fingerprint(spec), hash_of_policies(of_policy)
        rules = Rules(*hashes, policy.quarantine_threshold)
        bronze = self.lake_settings.bronze_bucket
        return verdicts.find(self.s3, bronze, self.manifest(run), rules, f"s3://{bronze}/{run.document(RECORD)}")


class GatherHistoriesOperator(GateOperator):
    """Write down the versions of every landed key for which a result or a finding names no version.

    ``histories.jsonl`` has one line for each; no line where Macie names the versions. Once moves have begun it stays as
    it is: decisions stand on it. Returns the number of keys.
    """

    def step(self, context: Context) -> int:
        """List the versions of these keys, all at once, after the evidence was gathered."""
        run, bronze = self.run_of(context), self.lake_settings.bronze_bucket
        keys = self._unnamed(run)
        if self.begun(run):
            self.log.warning("Moves have begun: what their decisions stand on is not looked at again")
            return len(keys)
        lines = (jsonl.to_line({"key": key, **one.to_json()}) for key, one in look(self.s3, bronze, keys))
        write_lines(self.s3, bronze, run.document(HISTORIES), lines)
        if keys:
            self.log.warning("Macie names no version for %d object(s): S3 says which versions there are", len(keys))
        return len(keys)

    def _unnamed(self, run: Run) -> set[str]:
        """Return the keys, as far as they are the run's; what is not an observation is reported by ``decide``."""
        keys = set()
        for payload in (line for name in (RESULTS, FINDINGS) for line in self.iter_document(run, name)):
            try:
                seen = Observation.from_api(payload, is_finding=False)
            except ValueError:
                continue
            is_of_run = seen.bucket == self.lake_settings.bronze_bucket and seen.key.startswith(run.prefix)
            if is_of_run and not seen.version_id:
                keys.add(seen.key)
        return keys

    def _is_moving(self, run: Run) -> bool:
        bronze = self.lake_settings.bronze_bucket
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=run.document(MOVES))
        return any(item["Key"].endswith(BEGUN) for page in pages for item in page.get("Contents", ()))
