"""Operators that reuse verdicts, list histories, and decide about every object of a run."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from lake_gate import content, xcom
from lake_gate.base import GateOperator
from lake_gate.decision import basis, decision, verdicts
from lake_gate.decision.binding import History, bind
from lake_gate.decision.columns import ColumnLine, Judgement, lines_of, sentence
from lake_gate.decision.decision import Decision, held_if_masked
from lake_gate.decision.earlier import write_columns
from lake_gate.decision.exceptions import without_masked
from lake_gate.decision.histories import iter_current_histories, read_histories
from lake_gate.decision.plan import Chunks, plan
from lake_gate.decision.policies import choose_policy
from lake_gate.decision.policy import Policy, Promotion
from lake_gate.decision.reason import Reason
from lake_gate.decision.standing import Standing, pin_exceptions, read_standing
from lake_gate.decision.verdict import Rules, Verdict, hash_of_policies, hashes_of
from lake_gate.errors import DamagedDocumentError, DecisionsStandError, UnknownObjectsError
from lake_gate.exceptions.store import record_revocations
from lake_gate.include import fingerprint, read_job_spec
from lake_gate.model import jsonl
from lake_gate.model.evidence import Evidence, Job, Observation, Severity, count_findings
from lake_gate.model.manifest import LandedObject
from lake_gate.model.names import loggable
from lake_gate.model.run import (
    COLUMNS,
    DECISIONS,
    FINDINGS,
    FOUND,
    HISTORIES,
    JOB,
    MANIFEST,
    PLAN,
    RECORD,
    REPROCESSED,
    RESULTS,
    REUSED,
    Run,
)
from lake_gate.model.words import counted
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

_MOST_LOGGED = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """Decisions about the objects of a run that are not written yet.

    :param decisions: read once.
    :param planned: facts of the plan.
    :param found: observations from the index by content, by SHA-256.
    :param observations_about: returns the observations that the decision about an object rests on.
    :param standing: exceptions in force.
    """

    manifest: Iterable[LandedObject]
    decisions: Iterator[Decision]
    policy: Policy
    planned: dict[str, Any]
    found: Mapping[str, Sequence[Observation]]
    observations_about: Callable[[LandedObject], tuple[Observation, ...]]
    standing: Standing = field(default_factory=lambda: Standing([]))


class DecideOperator(GateOperator):
    """Decide about every landed object on the evidence that was gathered beside the manifest.

    Findings in the same bytes at other places can make a decision stricter. Findings of this run are added to the index
    by content for other runs, also in a dry run, and also when the decisions are refused. The plan pins the versions of
    all documents that were decided on. It cannot change once moves have begun.

    Exceptions of the feed that are in force leave out detections; those that can only release a masked copy have no
    effect here.

    Returns, for each outcome, the chunks of the decisions to carry out: ``[start, size]`` in bytes of
    ``decisions.jsonl``, none in a dry run. A few kilobytes at most, whatever the size of the delivery.

    :param evidence: result of the wait for the evidence (templated): ``{"settled": bool, …}``, False at the deadline;
        None without a job.
    :param policy: name of the policy that the run asks for, a file in ``include/policies`` (templated).
    :param feed_policy: name of the feed's policy, if any. If the run asks for another one, the stricter outcome counts.
    :param quarantine_threshold: ``High``, ``Medium`` or ``Low`` (templated). Applied only if stricter than the policy's
        threshold.
    :param promotion: see :class:`lake_gate.decision.policy.Promotion` (templated). Applied only if stricter than the
        policy's.
    :param is_dry_run: decide, but plan no moves (templated). If the run has a pin, the pin's value is used instead.
    """

    template_fields = (
        *GateOperator.template_fields,
        *("evidence", "policy", "quarantine_threshold", "promotion", "is_dry_run"),
    )
    makes_copies: ClassVar[bool] = False
    """Whether the run makes masked copies of objects."""

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
        """Write the decisions and their plan; return the chunks to move."""
        run = self.run_of(context)
        judged = self._judge(run, self.evidence)
        return self._commit(run, judged, map(held_if_masked, judged.decisions))

    def _judge(self, run: Run, evidence: dict[str, Any] | str | None) -> Judged:
        """Decide on the evidence, and add it to the index by content.

        :param evidence: see the class.
        """
        bronze = self.lake_settings.bronze_bucket
        requested = Severity(self.quarantine_threshold), self._promotion(run)
        policy, policy_facts = choose_policy(self.feed_policy or self.policy, self.policy, *requested)
        pins = basis.pin(self.s3, bronze, run)
        manifest = self.manifest(run)
        gathered = self._gather(run, manifest, pins)
        job, job_facts = self._job(run, count_findings(gathered), pins, evidence)
        histories = read_histories(self.s3, bronze, run, pins[HISTORIES]) if HISTORIES in pins else {}
        self._keep_found(manifest, gathered, histories)
        found = self._found(run, manifest)
        reused = verdicts.read_reused(self.s3, bronze, run, found, version_id=pins[REUSED]) if REUSED in pins else {}
        standing = self._standing(run)
        is_masking = self.makes_copies and not run.is_masked
        exceptions = standing.exceptions if is_masking else without_masked(standing.exceptions)
        decided = decision.decide(
            *(manifest, job, gathered, policy, reused, found), histories=histories, exceptions=exceptions
        )

        def observations_about(landed: LandedObject) -> tuple[Observation, ...]:
            sources = reused.get(landed.name), found.get(landed.sha256, ()), histories.get(landed.key)
            return decision.observations_about(landed, gathered, *sources)

        planned = {"policy": policy_facts, "job": job_facts, "evidence": pins, "exceptions": standing.facts}
        return Judged(manifest, decided, policy, planned, found, observations_about, standing)

    def _commit(self, run: Run, judged: Judged, decided: Iterable[Decision], **facts: Any) -> Chunks:
        """Write the decisions, their plan, and what they rest on.

        :param decided: the decisions, which may be stricter than those of the judgement.
        :param facts: further facts of the plan.
        """
        noted: dict[str, Judgement] = {}
        decisions, chunks = plan(self._noted(decided, noted))
        is_dry_run = self.is_dry(run, self.is_dry_run)
        self._log_counts(noted, is_dry_run=is_dry_run)
        version_id = self._write_decisions(run, decisions)
        self._write_plan(run, {"decisions": version_id, "chunks": chunks, **judged.planned, **facts}, judged)

        def lines() -> Iterator[ColumnLine]:
            for landed in judged.manifest:
                yield from lines_of(landed, noted[landed.name], judged.observations_about(landed), judged.policy)

        write_columns(self.s3, self.lake_settings.bronze_bucket, run, lines)
        self._log_columns(lines())
        return {outcome: [] for outcome in chunks} if is_dry_run else chunks

    def _promotion(self, run: Run) -> Promotion:
        """Return the requested promotion; *all or nothing* if the run re-processes files that were held by that."""
        requested = Promotion(self.promotion)
        taken = self.iter_document(run, REPROCESSED, missing_ok=True)
        if requested is Promotion.ALL_OR_NOTHING or all(t.get("reason") != Reason.RUN_NOT_PROMOTABLE for t in taken):
            return requested
        self.log.warning(
            "Files are re-processed that an all-or-nothing run held: this run is all or nothing, too. "
            "None of them is promoted unless all its files may be"
        )
        return Promotion.ALL_OR_NOTHING

    def _gather(
        self, run: Run, manifest: Iterable[LandedObject], pins: Mapping[str, str]
    ) -> dict[tuple[str, str], Evidence]:
        if JOB not in pins:
            return {}
        documents = (self.iter_document(run, name, version_id=pins.get(name, "")) for name in (RESULTS, FINDINGS))
        gathered = basis.gather_records(self.lake_settings.bronze_bucket, run, *documents)
        if gathered and next(iter(manifest), None) is None:
            uri = f"s3://{self.lake_settings.bronze_bucket}/{run.document(MANIFEST)}"
            raise DamagedDocumentError(uri, "it is empty, although Macie has read objects of the run")
        if unknown := decision.unknown_objects(manifest, gathered):
            raise UnknownObjectsError(
                f"s3://{self.lake_settings.bronze_bucket}/{run.prefix}",
                [f"s3://{bucket}/{key}" for bucket, key in unknown],
            )
        return gathered

    def _job(
        self, run: Run, findings: int, pins: Mapping[str, str], evidence: dict[str, Any] | str | None
    ) -> tuple[Job | None, dict[str, Any] | None]:
        """Return the run's job and its description for the plan; None if verdicts apply to every object."""
        described = basis.read_job(self.s3, self.lake_settings.bronze_bucket, run, {"evidence": pins})
        if described is None:
            self.log.info("The run had no classification job: objects without a verdict are held")
            return None, None
        job = Job.from_api(described, settled=(xcom.parse(evidence) or {}).get("settled") is True, findings=findings)
        if not job.settled:
            self.log.warning(
                "Macie's results were still changing at the deadline: objects without complete evidence are held"
            )
        if job.is_capped:
            self.log.warning(
                "Macie shows %d findings and may have more: objects without complete evidence are held", job.findings
            )
        return job, {**asdict(job), "findings_capped": job.is_capped, "arn": described.get("jobArn")}

    def _keep_found(
        self,
        manifest: Iterable[LandedObject],
        gathered: Mapping[tuple[str, str], Evidence],
        histories: Mapping[str, History],
    ) -> None:
        """Add the observations about the landed bytes to the index by content."""
        found_by_sha256: defaultdict[str, list[Observation]] = defaultdict(list)
        for landed in manifest:
            if evidence := gathered.get((landed.bucket, landed.key)):
                bound = bind(landed, evidence, histories.get(landed.key))
                about_bytes = (*bound.own.results, *bound.own.findings, *bound.suspected)
                found = [observation for observation in about_bytes if observation.severity or observation.detections]
                if found:
                    found_by_sha256[landed.sha256] += found
        bronze = self.lake_settings.bronze_bucket
        for _ in map_threads(lambda item: content.add_found(self.s3, bronze, *item), found_by_sha256.items()):
            pass

    def _found(self, run: Run, manifest: Iterable[LandedObject]) -> dict[str, tuple[Observation, ...]]:
        """Return the observations from the index by content on the landed bytes, by SHA-256.

        Once moves have begun, the observations are those that the decisions were made on. Later ones are handled by
        ``finding_events``, which finds all runs that have landed these bytes.
        """
        bronze = self.lake_settings.bronze_bucket
        if self.begun(run):
            known = basis.read_found(self.s3, bronze, run, basis.read_basis(self.s3, bronze, run))
            if known is not None:
                return known
        hashes = dict.fromkeys(landed.sha256 for landed in manifest)
        items = map_threads(lambda sha256: content.read_found(self.s3, bronze, sha256), hashes)
        return {sha256: found for sha256, found in items if found}

    def _standing(self, run: Run) -> Standing:
        """Return the exceptions in force; once moves have begun, those that the decisions were made with."""
        bronze = self.lake_settings.bronze_bucket
        if self.begun(run):
            known = basis.read_exceptions(self.s3, bronze, run, basis.read_basis(self.s3, bronze, run))
            if known is not None:
                return Standing(known)
        record_revocations(self.s3, self.lake_settings, run.feed)
        return read_standing(self.s3, bronze, run.feed, datetime.now(UTC))

    def _noted(self, decisions: Iterable[Decision], judged: dict[str, Judgement]) -> Iterator[Decision]:
        """Yield the decisions, and note the judgement of each by its name."""
        for decided in decisions:
            judged[decided.name] = decided.outcome, decided.reason, decided.rule
            yield decided

    def _log_counts(self, judged: Mapping[str, Judgement], *, is_dry_run: bool) -> None:
        """Log the number of decisions by outcome and reason."""
        counts = Counter(f"{outcome} ({reason})" for outcome, reason, _ in judged.values())
        text = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items())) or "nothing was delivered"
        self.log.info("%s: %s", "Dry run, nothing is moved. Would be decided" if is_dry_run else "Decided", text)

    def _log_columns(self, lines: Iterable[ColumnLine]) -> None:
        """Log the columns for which objects are quarantined or held, as far as they have room."""
        deciding = (line for line in lines if line.decided)
        shown = list(islice(deciding, _MOST_LOGGED + 1))
        if shown:
            text = "\n".join(loggable(f"{line.name}: {sentence(line)}") for line in shown[:_MOST_LOGGED])
            more = f"\nand more; see {COLUMNS}" if len(shown) > _MOST_LOGGED else ""
            self.log.info("What the files are quarantined or held for:\n%s%s", text, more)

    def _write_decisions(self, run: Run, lines: bytes) -> str:
        """Write the decisions unless the same are there; replace others only if no move has begun.

        :return: version id of the document.
        :raises DecisionsStandError: when moves have begun on other decisions.
        """
        bronze, key = self.lake_settings.bronze_bucket, run.document(DECISIONS)
        version_id, is_this = write_version(self.s3, bronze, key, lines)
        if not is_this and not self.begun(run):
            version_id, is_this = write_version(self.s3, bronze, key, lines, replacing=version_id)
        if not is_this:
            raise DecisionsStandError(f"s3://{bronze}/{key}")
        return version_id

    def _write_plan(self, run: Run, planned: dict[str, Any], judged: Judged) -> None:
        """Write the plan; like the decisions, it is kept once moves have begun.

        A move records that it begins before it reads the plan, so that at least one of the two sees the other.

        :raises DecisionsStandError: when a move has begun on other decisions meanwhile.
        """
        bronze, key = self.lake_settings.bronze_bucket, run.document(PLAN)
        if not (self.begun(run) and read_document_or_none(self.s3, bronze, key)):
            pins = pin_exceptions(self.s3, bronze, run, judged.standing.exceptions)
            if judged.found:
                pins[FOUND] = self._write_found(run, judged.found)
            planned["evidence"] = {**planned["evidence"], **pins}
            write_document(self.s3, bronze, key, json.dumps(planned).encode())
        if any(begun["decisions"] != planned["decisions"] for begun in self.begun(run)):
            raise DecisionsStandError(f"s3://{bronze}/{run.document(DECISIONS)}")

    def _write_found(self, run: Run, found: Mapping[str, Sequence[Observation]]) -> str:
        """Write the observations from the index by content, so that later decisions can use the same ones.

        :return: version id of the document.
        """
        lines = (
            jsonl.to_line({"sha256": sha256, "found": [observation.to_json() for observation in observations]})
            for sha256, observations in sorted(found.items())
        )
        return put_version(self.s3, self.lake_settings.bronze_bucket, run.document(FOUND), b"".join(lines))


class ReuseVerdictsOperator(GateOperator):
    """Find the landed objects whose bytes were promoted or masked by the same rules before, and tag them for the job.

    ``reused.jsonl`` beside the manifest lists the objects with their verdicts, for ``decide``. The tag only avoids the
    scan: objects without it are scanned and decided on that evidence. Returns the number of objects.

    :param enabled: False to have every object scanned.
    :param identifiers: ``{name: {"sha256": …}}`` of the custom data identifiers (templated).
    :param job_spec: name of the job spec.
    :param policy: name of the policy that the run asks for (templated).
    :param feed_policy: name of the feed's policy, if any; if it is another one, both count.
    :param quarantine_threshold: threshold that the run asks for (templated). Applied only if stricter than the policy's
        threshold.
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
        """Find and write the verdicts again in every try, because a verdict may have become void."""
        run, bronze = self.run_of(context), self.lake_settings.bronze_bucket
        before = {name for name, _ in verdicts.iter_reused(self.s3, bronze, run)}
        names: set[str] = set()
        with spooled(self._lines(run, names)) as file:
            # In this order the job never leaves out an object that the document does not name.
            verdicts.unmark(self.s3, self._named(run, before - names))
            if before or names:
                write_document(self.s3, bronze, run.document(REUSED), file)
        verdicts.mark(self.s3, self._named(run, names))
        self.log.info("Verdicts of earlier runs apply to %s", counted(len(names), "file"))
        return len(names)

    def _lines(self, run: Run, names: set[str]) -> Iterator[bytes]:
        """Yield the lines of ``reused.jsonl``, and add the name in each line to the names."""
        for landed, verdict in self._find(run):
            names.add(landed.name)
            yield jsonl.to_line({"name": landed.name, **verdict.to_json()})

    def _named(self, run: Run, names: set[str]) -> Iterator[LandedObject]:
        return (landed for landed in self.manifest(run) if landed.name in names)

    def _find(self, run: Run) -> Iterable[tuple[LandedObject, Verdict]]:
        if not self.enabled:
            return ()
        spec = read_job_spec(self.job_spec)
        if obstacle := scope.reuse_obstacle(spec):
            self.log.warning("Verdicts are not reused: %s", obstacle)
            return ()
        requested = Severity(self.quarantine_threshold), Promotion.EACH_BY_ITSELF
        policy, policy_facts = choose_policy(self.feed_policy or self.policy, self.policy, *requested)
        hashes = hashes_of(self.identifiers), fingerprint(spec), hash_of_policies(policy_facts)
        rules = Rules(*hashes, policy.quarantine_threshold)
        bronze = self.lake_settings.bronze_bucket
        return verdicts.find(self.s3, bronze, self.manifest(run), rules, f"s3://{bronze}/{run.document(RECORD)}")


class GatherHistoriesOperator(GateOperator):
    """Write the history of every landed key for which a result or a finding names no version.

    ``histories.jsonl`` has one line per key. It is not changed once moves have begun, because decisions rest on it.
    Returns the number of keys.
    """

    def step(self, context: Context) -> int:
        """List the versions of these keys together, after the evidence was gathered."""
        run, bronze = self.run_of(context), self.lake_settings.bronze_bucket
        keys = self._keys_without_version(run)
        if self.begun(run):
            self.log.warning("Moves have begun: the histories behind their decisions are kept")
            return len(keys)
        histories = iter_current_histories(self.s3, bronze, keys)
        lines = (jsonl.to_line({"key": key, **history.to_json()}) for key, history in histories)
        write_lines(self.s3, bronze, run.document(HISTORIES), lines)
        if keys:
            self.log.warning("Macie names no version for %s: S3 lists the versions", counted(len(keys), "file"))
        return len(keys)

    def _keys_without_version(self, run: Run) -> set[str]:
        """Return the keys of this run's objects; records that are not valid are reported by ``decide``."""
        keys = set()
        for payload in (line for name in (RESULTS, FINDINGS) for line in self.iter_document(run, name)):
            try:
                observation = Observation.from_api(payload, is_finding=False)
            except ValueError:
                continue
            is_in_bronze = observation.bucket == self.lake_settings.bronze_bucket
            if is_in_bronze and observation.key.startswith(run.prefix) and not observation.version_id:
                keys.add(observation.key)
        return keys
