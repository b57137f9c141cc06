"""What would be decided about a file today: by the policy and the exceptions of today, on the evidence that is there.

Nothing is scanned, moved or written. The evidence is that of the run's decision, and what was reported in the same
bytes since. It costs about eight reads, and one for each exception of the feed; a page computes it only when asked.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from lake_gate.content import read_found
from lake_gate.decision.basis import gather_about, job_of, read_basis
from lake_gate.decision.decision import Decision, decide, held_if_masked
from lake_gate.decision.exceptions import without_masked
from lake_gate.decision.histories import read_histories
from lake_gate.decision.policies import choose_policy
from lake_gate.decision.policy import Outcome, Policy, Promotion
from lake_gate.decision.reason import Reason
from lake_gate.decision.standing import read_standing
from lake_gate.decision.verdict import Verdict
from lake_gate.decision.verdicts import find_reused
from lake_gate.display.policies import first_problems
from lake_gate.errors import DamagedDocumentError, DocumentTooLargeError, FinalGateError, class_of
from lake_gate.include import include_path, read_feeds
from lake_gate.model import jsonl
from lake_gate.model.evidence import Observation, Severity
from lake_gate.model.exception import PolicyException, prefix_of
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import FINDINGS, HISTORIES, MANIFEST, PLAN, RESULTS, REUSED, Run
from lake_gate.s3.documents import iter_items

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.feed import Feed

log = logging.getLogger(__name__)

_MEGABYTE = 1024**2
MOST_BYTES: Mapping[str, int] = {
    MANIFEST: 64 * _MEGABYTE,
    PLAN: 16 * _MEGABYTE,
    RESULTS: 4 * _MEGABYTE,  # compressed, to a twentieth or so
    FINDINGS: 64 * _MEGABYTE,
    HISTORIES: 16 * _MEGABYTE,
    REUSED: 64 * _MEGABYTE,
}
"""Sizes of the largest documents of a run that are read for this."""
MOST_FOUND_BYTES = 16 * _MEGABYTE
MOST_EXCEPTIONS = 200
"""Most documents of exceptions of a feed that are read for this."""
_NO_DOUBT = {Reason.NO_RULE_ALLOWS, Reason.HELD_BY_RULE, Reason.MASKED_BY_RULE, Reason.MASKED_BY_EXCEPTION}
"""Reasons to hold a file although the evidence is complete."""


@dataclass(frozen=True, slots=True)
class Today:
    """Decision about a file by the rules of today.

    :param outcome: empty if it is not known.
    :param policy: name of the feed's policy.
    :param exceptions: ids of the exceptions without which the outcome would be stricter.
    :param exception_problems: what is wrong with exceptions of the feed, in sentences: they are not used.
    :param is_all_or_nothing: the policy promotes the file only if all files of its run may be promoted.
    :param is_masking: the feed makes masked copies, which are decided about by a scan of the copy.
    :param problem: why it is not known, as a sentence.
    """

    outcome: str = ""
    reason: str = ""
    rule: str = ""
    policy: str = ""
    exceptions: tuple[str, ...] = ()
    exception_problems: Sequence[str] = ()
    is_all_or_nothing: bool = False
    is_masking: bool = False
    problem: str = ""

    @property
    def needs_evidence(self) -> bool:
        """Whether the file would be held because the evidence does not suffice."""
        return self.outcome == Outcome.HOLD and self.reason not in _NO_DOUBT


def decide_today(s3: S3Client, bronze: str, run: Run, name: str, sizes: Mapping[str, int], now: datetime) -> Today:
    """Return what would be decided about a file of a run today.

    :param sizes: bytes of the documents of the run, by name.
    :param now: aware, UTC.
    """
    if large := [document for document, most in MOST_BYTES.items() if sizes.get(document, 0) > most]:
        return Today(problem=f"{', '.join(large)} of the run is larger than a page reads.")
    if PLAN not in sizes:
        return Today(problem="The run has not decided.")
    try:
        include_path("policies")
    except FinalGateError:
        return Today(problem="This server of Airflow does not have the policies. A dry run of the feed says it.")
    feed = next((feed for feed in read_feeds()[0] if feed.name == run.feed), None)
    if feed is None:
        return Today(problem="The feed's file is missing or not valid.")
    try:
        return _decide(s3, bronze, run, name, feed, now)
    except DocumentTooLargeError as error:
        return Today(problem=f"{error.document} is larger than a page reads.")
    except DamagedDocumentError as error:
        log.warning("What would be decided today is not shown: %s", error)
        return Today(problem="A document of the evidence is damaged, or the version that the run decided on is gone.")
    except (FinalGateError, ValueError) as error:
        log.warning("What would be decided today is not shown: %s", class_of(error))
        return Today(problem="The policy, or the plan of the run, is not valid.")


def _decide(s3: S3Client, bronze: str, run: Run, name: str, feed: Feed, now: datetime) -> Today:
    basis = read_basis(s3, bronze, run)
    landed = _find(s3, bronze, run, name)
    if landed is None:
        return Today(problem="The manifest of the run does not have the file.")
    if _count_exceptions(s3, bronze, feed.name) > MOST_EXCEPTIONS:
        return Today(
            problem=f"The feed has more than {MOST_EXCEPTIONS} documents of exceptions, more than a page reads."
        )
    # The loosest that a run can ask for, so that the policy's own threshold and promotion apply.
    policy, _ = choose_policy(feed.policy, feed.policy, Severity.HIGH, Promotion.EACH_BY_ITSELF)
    standing = read_standing(s3, bronze, feed.name, now)
    found = read_found(s3, bronze, landed.sha256, most_bytes=MOST_FOUND_BYTES)
    exceptions = standing.exceptions if feed.masking else without_masked(standing.exceptions)
    decision = _decision(s3, bronze, run, basis, landed, policy, exceptions, found)
    decision = decision if feed.masking else held_if_masked(decision)
    is_permitted = Outcome(decision.outcome).is_permission
    return Today(
        outcome=decision.outcome,
        reason=decision.reason,
        rule=decision.rule or "",
        policy=policy.name,
        exceptions=decision.exceptions,
        exception_problems=first_problems(standing.facts["problems"]),
        is_all_or_nothing=is_permitted and policy.promotion is Promotion.ALL_OR_NOTHING,
        is_masking=is_permitted and feed.masking is not None,
    )


def _decision(
    s3: S3Client,
    bronze: str,
    run: Run,
    basis: Mapping[str, Any],
    landed: LandedObject,
    policy: Policy,
    exceptions: list[PolicyException],
    found: tuple[Observation, ...],
) -> Decision:
    """Return the decision about a file by itself."""
    pins = basis.get("evidence", {})
    histories = read_histories(s3, bronze, run, pins[HISTORIES]) if HISTORIES in pins else {}
    verdicts: dict[str, Verdict] = {}
    if REUSED in pins and (verdict := find_reused(s3, bronze, run, landed.name, found, version_id=pins[REUSED])):
        verdicts = {landed.name: verdict}
    evidence = gather_about(s3, bronze, run, {(landed.bucket, landed.key)}, basis)
    alone = replace(policy, promotion=Promotion.EACH_BY_ITSELF)
    (decision,) = decide(
        *([landed], job_of(basis), evidence, alone, verdicts, {landed.sha256: found}),
        histories=histories,
        exceptions=exceptions,
    )
    return decision


def _find(s3: S3Client, bronze: str, run: Run, name: str) -> LandedObject | None:
    manifest = iter_items(s3, bronze, run.document(MANIFEST), partial(jsonl.from_dict, LandedObject))
    return next((landed for landed in manifest if landed.name == name), None)


def _count_exceptions(s3: S3Client, bronze: str, feed: str) -> int:
    """Return the number of documents of a feed's exceptions, at most one more than are read."""
    listed = s3.list_objects_v2(Bucket=bronze, Prefix=prefix_of(feed), MaxKeys=MOST_EXCEPTIONS + 1)
    return listed["KeyCount"]
