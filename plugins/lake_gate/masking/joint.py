"""Decide about originals and their masked copies together. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lake_gate.decision.decision import Decision, held_if_masked, hold_with_run
from lake_gate.decision.policy import Outcome, Promotion
from lake_gate.decision.reason import Reason
from lake_gate.masking.report import Found
from lake_gate.masking.spec import MaskingSpec
from lake_gate.model import jsonl
from lake_gate.model.evidence import Observation
from lake_gate.model.manifest import LandedObject, dataset_of


@dataclass(frozen=True, slots=True)
class Masking:
    """Line of ``masked.jsonl``: the masking of one original.

    :param version_id: of the original.
    :param sha256: of the original.
    :param report: see :class:`lake_gate.masking.report.MaskReport`; None without a copy.
    :param reason: why there is no copy; None with a copy.
    :param problem: the same as a sentence, with names and numbers only.
    :param found: hash of what had been found in the original when it was masked, see :func:`hash_of`.
    """

    name: str
    version_id: str
    sha256: str
    report: dict[str, Any] | None
    reason: str | None
    problem: str | None = None
    found: str = ""

    @classmethod
    def from_json(cls, line: Any) -> Masking:
        """Parse a line of ``masked.jsonl``.

        :raises ValueError: when it is not such a line; the text contains nothing of the content.
        """
        masking = jsonl.from_dict(cls, line)
        if (masking.report is None) == (masking.reason is None) or masking.reason not in _REASONS:
            raise ValueError("not a Masking: neither a report nor a reason, or an unknown one")
        return masking


REFUSALS = {Reason.NO_MASKING_RULE, Reason.NOT_MASKABLE, Reason.MASKING_CHECK_FAILED, Reason.REIDENTIFICATION_RISK}
"""Reasons why an object has no masked copy."""
_REASONS = {*REFUSALS, None}


def hash_of(found: Iterable[Found]) -> str:
    """Return a hash of what was found in an object."""
    items = sorted((item.column or "", item.index or 0, item.identifier) for item in found)
    return hashlib.sha256(json.dumps(items).encode()).hexdigest()


def found_in(landed: LandedObject, observations: Iterable[Observation]) -> list[Found]:
    """Return the columns in which something was found, with the identifiers.

    An identifier that no record locates has neither column nor index, like one of which a record has more occurrences
    than any that locates it. A record may locate only some of what another one locates: a finding has fifteen
    occurrences in all.
    """
    columns: dict[str, set[int]] = {}
    most: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for detection in (detection for observation in observations for detection in observation.detections):
        columns.setdefault(detection.identifier, set()).update(position for position, _ in detection.columns)
        counts, is_located = most[detection.identifier], bool(detection.columns)
        counts[is_located] = max(counts[is_located], detection.count)
    for identifier, (not_located, located) in most.items():
        if not_located > located:
            columns[identifier].add(0)
    return [
        Found(landed.header[index - 1] or None if 0 < index <= len(landed.header) else None, index or None, identifier)
        for identifier, positions in sorted(columns.items())
        for index in sorted(positions)
    ]


def masked_if_named(decision: Decision, spec: MaskingSpec) -> Decision:
    """Return the decision about an original by policy and spec: tables that the spec names are always masked.

    Ids of patients that Macie does not recognise in such a table could be joined with the masked tables.
    """
    if decision.outcome != Outcome.PROMOTE or dataset_of(decision.name) not in spec.datasets:
        return decision
    return replace(decision, outcome=Outcome.MASK, reason=Reason.MASKED_BY_SPEC, rule=None)


def decide_together(
    originals: Iterable[Decision], copies: Iterable[Decision], masked: Mapping[str, Masking], promotion: Promotion
) -> tuple[list[Decision], list[Decision]]:
    """Return the final decisions about the objects of a run, and about their masked copies.

    :param originals: decisions on the run's own evidence.
    :param copies: decisions about the copies by the same policy, on the evidence about the copies.
    :param masked: what became of the originals that were to be masked, by name.
    """
    decided = [_original(decision, masked.get(decision.name)) for decision in originals]
    of_originals = {decision.name: decision for decision in decided}
    of_copies = [_copy(held_if_masked(decision), of_originals[decision.name], masked) for decision in copies]
    if promotion is Promotion.ALL_OR_NOTHING and not _are_promotable(decided, of_copies):
        return [hold_with_run(decision) for decision in decided], [hold_with_run(decision) for decision in of_copies]
    return decided, of_copies


def _original(decision: Decision, masking: Masking | None) -> Decision:
    """Return the decision about an original: it is held if there is no masked copy of exactly these bytes."""
    if decision.outcome != Outcome.MASK:
        return decision
    if masking is None or (masking.version_id, masking.sha256) != (decision.version_id, decision.sha256):
        return held_if_masked(decision)
    return replace(decision, outcome=Outcome.HOLD, reason=masking.reason) if masking.reason else decision


def _copy(decision: Decision, original: Decision, masked: Mapping[str, Masking]) -> Decision:
    """Return the decision about a copy: it is not promoted unless its original is masked."""
    if decision.outcome != Outcome.PROMOTE:
        return decision
    report = masked[decision.name].report if decision.name in masked else None
    if original.outcome == Outcome.MASK and report and report.get("sha256") == decision.sha256:
        return decision
    return replace(decision, outcome=Outcome.HOLD, reason=Reason.MASKED_NOT_CLEAN, rule=None)


def _are_promotable(originals: Iterable[Decision], copies: Iterable[Decision]) -> bool:
    return all(Outcome(decision.outcome).is_permission for decision in originals) and all(
        decision.outcome == Outcome.PROMOTE for decision in copies
    )
