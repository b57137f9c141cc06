"""Judge the objects of a run on the gathered evidence, and add what was found to the index by content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lake_gate import content, xcom
from lake_gate.decision import basis, decision, verdicts
from lake_gate.decision.binding import History, bind
from lake_gate.decision.decision import Decision
from lake_gate.decision.exceptions import without_masked
from lake_gate.decision.histories import read_histories
from lake_gate.decision.policies import choose_policy
from lake_gate.decision.policy import Policy, Promotion
from lake_gate.decision.reason import Reason
from lake_gate.decision.standing import Standing, read_standing
from lake_gate.errors import DamagedDocumentError, UnknownObjectsError
from lake_gate.exceptions.store import record_revocations
from lake_gate.model.evidence import Evidence, Job, Observation, Severity, count_findings
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import FINDINGS, HISTORIES, JOB, MANIFEST, REPROCESSED, RESULTS, REUSED, Run
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from lake_gate.decision.operators import DecideOperator


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


def judge(operator: DecideOperator, run: Run, evidence: dict[str, Any] | str | None) -> Judged:
    """Decide on the evidence, and add it to the index by content.

    :param evidence: see :class:`lake_gate.decision.operators.DecideOperator`.
    """
    bronze = operator.lake_settings.bronze_bucket
    requested = Severity(operator.quarantine_threshold), _promotion(operator, run)
    policy, policy_facts = choose_policy(operator.feed_policy or operator.policy, operator.policy, *requested)
    pins = basis.pin(operator.s3, bronze, run)
    manifest = operator.manifest(run)
    gathered = _gather(operator, run, manifest, pins)
    job, job_facts = _job(operator, run, count_findings(gathered), pins, evidence)
    histories = read_histories(operator.s3, bronze, run, pins[HISTORIES]) if HISTORIES in pins else {}
    _keep_found(operator, manifest, gathered, histories)
    found = _found(operator, run, manifest)
    reused = verdicts.read_reused(operator.s3, bronze, run, found, version_id=pins[REUSED]) if REUSED in pins else {}
    standing = _standing(operator, run)
    is_masking = operator.makes_copies and not run.is_masked
    exceptions = standing.exceptions if is_masking else without_masked(standing.exceptions)
    decided = decision.decide(
        *(manifest, job, gathered, policy, reused, found), histories=histories, exceptions=exceptions
    )

    def observations_about(landed: LandedObject) -> tuple[Observation, ...]:
        sources = reused.get(landed.name), found.get(landed.sha256, ()), histories.get(landed.key)
        return decision.observations_about(landed, gathered, *sources)

    planned = {"policy": policy_facts, "job": job_facts, "evidence": pins, "exceptions": standing.facts}
    return Judged(manifest, decided, policy, planned, found, observations_about, standing)


def _promotion(operator: DecideOperator, run: Run) -> Promotion:
    """Return the requested promotion; *all or nothing* if the run re-processes files that were held by that."""
    requested = Promotion(operator.promotion)
    taken = operator.iter_document(run, REPROCESSED, missing_ok=True)
    if requested is Promotion.ALL_OR_NOTHING or all(t.get("reason") != Reason.RUN_NOT_PROMOTABLE for t in taken):
        return requested
    operator.log.warning(
        "Files are re-processed that an all-or-nothing run held: this run is all or nothing, too. "
        "None of them is promoted unless all its files may be"
    )
    return Promotion.ALL_OR_NOTHING


def _gather(
    operator: DecideOperator, run: Run, manifest: Iterable[LandedObject], pins: Mapping[str, str]
) -> dict[tuple[str, str], Evidence]:
    if JOB not in pins:
        return {}
    documents = (operator.iter_document(run, name, version_id=pins.get(name, "")) for name in (RESULTS, FINDINGS))
    gathered = basis.gather_records(operator.lake_settings.bronze_bucket, run, *documents)
    if gathered and next(iter(manifest), None) is None:
        uri = f"s3://{operator.lake_settings.bronze_bucket}/{run.document(MANIFEST)}"
        raise DamagedDocumentError(uri, "it is empty, although Macie has read objects of the run")
    if unknown := decision.unknown_objects(manifest, gathered):
        raise UnknownObjectsError(
            f"s3://{operator.lake_settings.bronze_bucket}/{run.prefix}",
            [f"s3://{bucket}/{key}" for bucket, key in unknown],
        )
    return gathered


def _job(
    operator: DecideOperator, run: Run, findings: int, pins: Mapping[str, str], evidence: dict[str, Any] | str | None
) -> tuple[Job | None, dict[str, Any] | None]:
    """Return the run's job and its description for the plan; None if verdicts apply to every object."""
    described = basis.read_job(operator.s3, operator.lake_settings.bronze_bucket, run, {"evidence": pins})
    if described is None:
        operator.log.info("The run had no classification job: objects without a verdict are held")
        return None, None
    job = Job.from_api(described, settled=(xcom.parse(evidence) or {}).get("settled") is True, findings=findings)
    if not job.settled:
        operator.log.warning(
            "Macie's results were still changing at the deadline: objects without complete evidence are held"
        )
    if job.is_capped:
        operator.log.warning(
            "Macie shows %d findings and may have more: objects without complete evidence are held", job.findings
        )
    return job, {**asdict(job), "findings_capped": job.is_capped, "arn": described.get("jobArn")}


def _keep_found(
    operator: DecideOperator,
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
    bronze = operator.lake_settings.bronze_bucket
    for _ in map_threads(lambda item: content.add_found(operator.s3, bronze, *item), found_by_sha256.items()):
        pass


def _found(operator: DecideOperator, run: Run, manifest: Iterable[LandedObject]) -> dict[str, tuple[Observation, ...]]:
    """Return the observations from the index by content on the landed bytes, by SHA-256.

    Once moves have begun, the observations are those that the decisions were made on. Later ones are handled by
    ``finding_events``, which finds all runs that have landed these bytes.
    """
    bronze = operator.lake_settings.bronze_bucket
    if operator.begun(run):
        known = basis.read_found(operator.s3, bronze, run, basis.read_basis(operator.s3, bronze, run))
        if known is not None:
            return known
    hashes = dict.fromkeys(landed.sha256 for landed in manifest)
    items = map_threads(lambda sha256: content.read_found(operator.s3, bronze, sha256), hashes)
    return {sha256: found for sha256, found in items if found}


def _standing(operator: DecideOperator, run: Run) -> Standing:
    """Return the exceptions in force; once moves have begun, those that the decisions were made with."""
    bronze = operator.lake_settings.bronze_bucket
    if operator.begun(run):
        known = basis.read_exceptions(operator.s3, bronze, run, basis.read_basis(operator.s3, bronze, run))
        if known is not None:
            return Standing(known)
    record_revocations(operator.s3, operator.lake_settings, run.feed)
    return read_standing(operator.s3, bronze, run.feed, datetime.now(UTC))
