"""Facts about an object that the rules of a policy are matched with, from the observations about it. Pure.

If observations differ, the highest severity and the largest counts are the facts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from lake_gate.decision.policy import Facts
from lake_gate.model.evidence import CUSTOM_IDENTIFIER, Detection, Observation, Severity
from lake_gate.model.manifest import LandedObject, dataset_of
from lake_gate.model.names import UNKNOWN
from lake_gate.model.run import MASKED_PREFIX


def facts_of(landed: LandedObject, observations: Sequence[Observation], counting: Sequence[Observation]) -> Facts:
    """Return the facts about an object.

    :param counting: the observations without what exceptions excuse.
    """
    return Facts(
        dataset=dataset_of(landed.name),
        severity=highest_severity(counting),
        finding_types=frozenset(observation.finding_type for observation in counting if observation.finding_type),
        detections=merge_detections(counting),
        is_severity_explained=all(map(is_explained, observations)),
        is_masked_copy=landed.key.startswith(MASKED_PREFIX),
    )


_TYPES = {
    "PERSONAL_INFORMATION": "SensitiveData:S3Object/Personal",
    "FINANCIAL_INFORMATION": "SensitiveData:S3Object/Financial",
    "CREDENTIALS": "SensitiveData:S3Object/Credentials",
    CUSTOM_IDENTIFIER: "SensitiveData:S3Object/CustomIdentifier",
}
_MULTIPLE = "SensitiveData:S3Object/Multiple"


def is_explained(observation: Observation) -> bool:
    """Whether the detections explain severity and type of an observation.

    Source: https://docs.aws.amazon.com/macie/latest/user/findings-types.html
    """
    categories = {detection.category for detection in observation.detections}
    if not categories:
        return observation.severity is None and observation.finding_type is None
    expected = _TYPES.get(*categories) if len(categories) == 1 else _MULTIPLE
    return observation.finding_type in {None, expected}


_SEVERITIES = frozenset(Severity)


def highest_severity(observations: Iterable[Observation]) -> Severity | None:
    known = [Severity(observation.severity) for observation in observations if observation.severity in _SEVERITIES]
    return max(known, key=lambda severity: severity.rank, default=None)


def has_unknown_severity(observation: Observation) -> bool:
    if observation.severity is None:
        return bool(observation.detections) or observation.finding_id is not None
    return observation.severity not in _SEVERITIES


def merge_detections(observations: Iterable[Observation]) -> tuple[Detection, ...]:
    """Merge all detections, each with its largest count: a result and its finding count the same occurrences."""
    largest: Counter[tuple[str, str]] = Counter()
    for observation in observations:
        counts: Counter[tuple[str, str]] = Counter()
        for detection in observation.detections:
            counts[detection.category, detection.identifier] += detection.count
        largest |= counts
    return tuple(Detection(identifier, count, category) for (category, identifier), count in sorted(largest.items()))


def count_by_severity(findings: Iterable[Observation]) -> dict[str, int]:
    # Sorted, because of findings that are listed twice with different severities one is kept, whatever their order.
    ordered = sorted(findings, key=lambda finding: finding.severity or "")
    severities = {finding.finding_id: finding.severity or UNKNOWN for finding in ordered}
    return dict(sorted(Counter(severities.values()).items()))


def count_by_identifier(detections: Iterable[Detection]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for detection in detections:
        counts[detection.identifier] = counts.get(detection.identifier, 0) + detection.count
    return dict(sorted(counts.items()))
