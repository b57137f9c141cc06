"""Lines of ``columns.jsonl``: what Macie found in which column of each object, and what the decision rests on. Pure.

Macie locates occurrences by position; the name of a column is the one in the header of the manifest, which has only
known names (:mod:`lake_gate.delivery.header`). No decision rests on these lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from lake_gate.decision.policy import Outcome, Policy
from lake_gate.decision.reason import Reason
from lake_gate.model import jsonl
from lake_gate.model.evidence import MOST_CELLS, Detection, Observation, Severity
from lake_gate.model.manifest import LandedObject, dataset_of
from lake_gate.model.names import UNKNOWN

MOST_IDS = 20
_SEVERITIES = frozenset(Severity)

type Key = tuple[str, str | int | None, str]
"""Dataset, name or position of the column, and identifier: the same in other runs of the feed."""

type Judgement = tuple[str, str, str | None]
"""Outcome, reason, and name of the policy's rule, of a decision."""


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """Identifier in a column of an object; or in an object without located cells, then without column and index.

    :param name: name of the object in the manifest.
    :param column: name of the column; None if the manifest's header does not have it.
    :param index: position of the column, from 1.
    :param severity: of this identifier alone, where Macie's severity of the object shows it; else None.
    :param cells: number of cells that Macie located; with ``is_capped`` there may be more.
    :param count: occurrences in the whole object.
    :param decided: the decision against a promotion rests on the identifier.
    :param finding_ids: of the findings that report the identifier.
    :param first_seen: earliest known run of the feed with the same :attr:`key`; None: this run.
    """

    name: str
    column: str | None
    index: int | None
    identifier: str
    category: str
    severity: str | None
    cells: int
    is_capped: bool
    count: int | None
    decided: bool
    finding_ids: Sequence[str] = ()
    first_seen: dict[str, Any] | None = None

    @property
    def key(self) -> Key:
        """What the line is about, in whatever run of the feed."""
        return dataset_of(self.name), self.column or self.index, self.identifier

    def to_line(self) -> bytes:
        """Return the line of the document."""
        return jsonl.to_line({member.name: getattr(self, member.name) for member in fields(self)})

    def seen_first(self, seen: Mapping[Key, dict[str, Any]]) -> ColumnLine:
        """Return the line with the run in which the same was seen first."""
        return replace(self, first_seen=seen.get(self.key))


def line_of(content: Any) -> ColumnLine:
    """Parse a line of ``columns.jsonl``.

    :raises ValueError: when it is not such a line; the text contains nothing of the content.
    """
    return jsonl.from_dict(ColumnLine, content)


def lines_of(
    landed: LandedObject, judgement: Judgement, observations: Sequence[Observation], policy: Policy
) -> Iterator[ColumnLine]:
    """Yield the lines of an object, sorted by index and identifier.

    :param observations: see :func:`lake_gate.decision.decision.observations_about`.
    """
    decided = _deciding(judgement, observations, policy)
    lines: list[ColumnLine] = []
    for (category, identifier), count in sorted(_counts(observations).items()):
        columns = _columns(observations, category, identifier)
        common: dict[str, Any] = {
            "name": landed.name,
            "identifier": identifier,
            "category": category,
            "severity": _severity(observations, category, identifier),
            "is_capped": bool(columns) and not sum(columns.values()) >= count < MOST_CELLS,
            "count": count,
            "decided": (category, identifier) in decided,
            "finding_ids": _finding_ids(observations, category, identifier),
        }
        for index, cells in columns.items() or ((None, 0),):
            lines.append(ColumnLine(column=_name_of(landed, index), index=index, cells=cells, **common))
    yield from sorted(lines, key=lambda line: (line.index or 0, line.identifier, line.category))


def _name_of(landed: LandedObject, index: int | None) -> str | None:
    return landed.header[index - 1] or None if index and index <= len(landed.header) else None


def _counts(observations: Iterable[Observation]) -> Counter[tuple[str, str]]:
    """Return the largest count of each identifier: result and finding count the same occurrences."""
    largest: Counter[tuple[str, str]] = Counter()
    for observation in observations:
        counts: Counter[tuple[str, str]] = Counter()
        for detection in observation.detections:
            counts[detection.category, detection.identifier] += detection.count
        largest |= counts
    return largest


def _named(observation: Observation, category: str, identifier: str) -> list[Detection]:
    return [each for each in observation.detections if (each.category, each.identifier) == (category, identifier)]


def _columns(observations: Iterable[Observation], category: str, identifier: str) -> dict[int, int]:
    """Return the located cells of an identifier by column: those of the record that locates most of each."""
    most: Counter[int] = Counter()
    for observation in observations:
        for detection in _named(observation, category, identifier):
            most |= Counter(dict(detection.columns))
    return dict(sorted(most.items()))


def _severity(observations: Iterable[Observation], category: str, identifier: str) -> str | None:
    """Return the severity of an identifier if a record shows it.

    The severity of a record is the highest of its identifiers. Source:
    https://docs.aws.amazon.com/macie/latest/user/findings-severity.html
    """
    for observation in observations:
        is_alone = len({(each.category, each.identifier) for each in observation.detections}) == 1
        is_shown = is_alone or observation.severity == Severity.LOW
        if is_shown and observation.severity in _SEVERITIES and _named(observation, category, identifier):
            return str(observation.severity)
    return None


def _finding_ids(observations: Iterable[Observation], category: str, identifier: str) -> list[str]:
    ids = (
        observation.finding_id
        for observation in observations
        if observation.finding_id not in {None, UNKNOWN} and _named(observation, category, identifier)
    )
    return list(dict.fromkeys(map(str, ids)))[:MOST_IDS]


def _deciding(judgement: Judgement, observations: Sequence[Observation], policy: Policy) -> set[tuple[str, str]]:
    """Return category and identifier of the detections for which the object is quarantined or held."""
    outcome, reason, rule_name = judgement
    detections = [detection for observation in observations for detection in observation.detections]
    if outcome == Outcome.PROMOTE:
        return set()
    if rules := policy.rules_named(rule_name):
        detections = [each for each in detections if any(rule.rests_on(each) for rule in rules)]
    elif outcome == Outcome.QUARANTINE:
        detections = list(_reaching(observations, policy.quarantine_threshold))
    elif reason != Reason.NO_RULE_ALLOWS:
        return set()
    return {(each.category, each.identifier) for each in detections}


def _reaching(observations: Iterable[Observation], threshold: Severity) -> Iterator[Detection]:
    """Yield the detections of the records that reach the threshold."""
    for observation in observations:
        if observation.severity in _SEVERITIES and Severity(observation.severity).rank >= threshold.rank:
            yield from observation.detections


def sentence(line: ColumnLine) -> str:
    """Return the line in words, as logs show it: ``USA_PASSPORT_NUMBER in column PASSPORT, 1,000 or more rows``."""
    if line.index is None:
        return f"{line.identifier} x {line.count:,}" if line.count else line.identifier
    return f"{line.identifier} in {place_in_words(line.column, line.index, line.cells, is_capped=line.is_capped)}"


def place_in_words(column: str | None, index: int, cells: int, *, is_capped: bool) -> str:
    """Return a column and the number of its rows: ``column NOTES, 12 rows``."""
    rows = "1 row" if cells == 1 and not is_capped else f"{cells:,}{' or more' if is_capped else ''} rows"
    return f"column {column or index}, {rows}"
