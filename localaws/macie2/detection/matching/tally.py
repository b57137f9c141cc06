"""The hits of every identifier so far, in the order of the file.

Hits arrive table by table, within a table in any order; they are sorted at the end of a batch of tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.result import Detection, Occurrence
from localaws.macie2.identifiers import ManagedIdentifier
from localaws.macie2.identifiers.model import Category, Severity

LOCATED = 1000
# Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-pii.html (NAME and ADDRESS stop there)
ROW_RULE_CAP = 1000

#: A record, or a character, and a column in the record; sorts as the file does.
type Place = tuple[int, int]
type Where = Callable[[Place], Occurrence]
type What = Callable[[Place], Iterable[str]]


class Rated(Protocol):
    """An identifier that rates its number of occurrences."""

    def severity_of(self, count: int) -> Severity | None:
        """Return the severity, None for no detection."""


@dataclass(slots=True)
class Tally:
    """One identifier's hits.

    :param cap: counting stops there.
    """

    identifier: str
    category: Category | None
    rated: Rated
    cap: int | None = None
    count: int = 0
    occurrences: list[Occurrence] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    _fresh: list[tuple[Place, Where, What]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether the cap is reached."""
        return self.cap is not None and self.count >= self.cap

    @property
    def left(self) -> int:
        """Occurrences that still count, of a tally with a cap."""
        return 0 if self.cap is None else self.cap - self.count

    @property
    def missing(self) -> int:
        """Places that are still wanted."""
        return LOCATED - len(self.occurrences)

    def add(self, places: Iterable[Place], count: int, where: Where, what: What) -> None:
        """Add hits.

        :param places: one for each occurrence, in order; at least the first :attr:`missing`.
        :param count: how many occurrences there are in all.
        :param where: returns a place as an occurrence of the result.
        :param what: returns the matched texts at a place.
        """
        self.count += count
        self._fresh.extend((place, where, what) for place, _ in zip(places, range(self.missing), strict=False))

    def end_batch(self, wanted_texts: int) -> None:
        """Put the hits since the last batch in order."""
        if self.cap is not None:
            self.count = min(self.count, self.cap)
        if not self._fresh:
            return
        kept = sorted(self._fresh, key=lambda hit: hit[0])[: self.missing]
        self._fresh.clear()
        self.occurrences += [where(place) for place, where, _ in kept]
        for place, what in dict.fromkeys((place, what) for place, _, what in kept if wanted_texts):
            if len(self.texts) >= wanted_texts:
                break
            self.texts += what(place)

    def add_count(self, count: int) -> None:
        """Add hits without places."""
        self.count += count
        if self.cap is not None:
            self.count = min(self.count, self.cap)

    def detection(self) -> Detection | None:
        """Return the detection, None without hits or severity."""
        severity = self.rated.severity_of(self.count) if self.count else None
        if severity is None:
            return None
        return Detection(self.identifier, self.category, self.count, severity, tuple(self.occurrences))


class Tallies:
    """The tallies of one object, in the order of the identifiers.

    :param wanted_texts: how many matched texts are kept of each.
    """

    def __init__(self, matcher: Matcher, managed: Sequence[ManagedIdentifier], wanted_texts: int = 0) -> None:
        self._matcher, self._managed = matcher, managed
        self._by_id = {probe.id: Tally(probe.id, probe.category, probe) for probe in matcher.probes.values()}
        self._wanted_texts = wanted_texts
        by_rule = {identifier.row_rule: identifier for identifier in managed if identifier.row_rule}
        self.name = self._row_tally(by_rule.get("NAME"))
        self.address = self._row_tally(by_rule.get("ADDRESS"))

    def _row_tally(self, identifier: ManagedIdentifier | None) -> Tally | None:
        if identifier is None:
            return None
        tally = Tally(identifier.id, identifier.category, identifier.severity, ROW_RULE_CAP)
        self._by_id[identifier.id] = tally
        return tally

    def __getitem__(self, identifier: str) -> Tally:
        return self._by_id[identifier]

    def __iter__(self) -> Iterator[Tally]:
        return iter(self._by_id.values())

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not any(tally.count for tally in self)

    def end_batch(self) -> None:
        """Put the hits since the last batch in order."""
        for tally in self:
            tally.end_batch(self._wanted_texts)

    def add_counts(self, other: Tallies) -> None:
        """Add the counts of another file."""
        for tally in other:
            self[tally.identifier].add_count(tally.count)

    def empty(self) -> Tallies:
        """Return tallies of the same identifiers for another look at the same file."""
        return Tallies(self._matcher, self._managed, self._wanted_texts)

    def take_larger(self, other: Tallies) -> None:
        """Take the hits of another look at the same file where it found more."""
        for tally in other:
            mine = self[tally.identifier]
            if tally.count > mine.count:
                mine.count, mine.occurrences, mine.texts = tally.count, tally.occurrences, tally.texts

    def detections(self) -> tuple[Detection, ...]:
        """Return the detections so far."""
        found = (tally.detection() for tally in self)
        return tuple(detection for detection in found if detection is not None)

    def texts(self) -> dict[str, list[str]]:
        """Return the matched texts of the identifiers that have any."""
        return {tally.identifier: tally.texts[: self._wanted_texts] for tally in self if tally.texts}
