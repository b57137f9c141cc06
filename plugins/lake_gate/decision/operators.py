"""Operators that reuse verdicts, list histories, and decide about every object of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from lake_gate.base import GateOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from lake_gate.decision.plan import Chunks


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
        from lake_gate.decision.committing import commit
        from lake_gate.decision.decision import held_if_masked
        from lake_gate.decision.judging import judge

        run = self.run_of(context)
        judged = judge(self, run, self.evidence)
        return commit(self, run, judged, map(held_if_masked, judged.decisions))


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
        from lake_gate.decision.reusing import reuse_verdicts

        return reuse_verdicts(self, self.run_of(context))


class GatherHistoriesOperator(GateOperator):
    """Write the history of every landed key for which a result or a finding names no version.

    ``histories.jsonl`` has one line per key. It is not changed once moves have begun, because decisions rest on it.
    Returns the number of keys.
    """

    def step(self, context: Context) -> int:
        """List the versions of these keys together, after the evidence was gathered."""
        from lake_gate.decision.histories import gather_histories

        return gather_histories(self, self.run_of(context))
