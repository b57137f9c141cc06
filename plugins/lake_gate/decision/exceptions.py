"""Apply exceptions: leave out the detections in their scope from the facts about an object. Pure.

An exception never makes up for missing evidence, and excuses nothing beyond its scope: if an identifier occurs more
often than it allows, or cannot be placed in its columns, it excuses none of the occurrences.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lake_gate.decision.facts import is_explained
from lake_gate.model.evidence import Detection, Observation
from lake_gate.model.exception import MASKED, PolicyException
from lake_gate.model.manifest import LandedObject, dataset_of
from lake_gate.model.names import UNKNOWN


@dataclass(frozen=True, slots=True)
class Excused:
    """Detections of an object that do not count.

    :param identifiers: names of the identifiers.
    :param by: ids of the exceptions, sorted.
    """

    identifiers: frozenset[str] = frozenset()
    by: tuple[str, ...] = ()

    def remaining(self, observations: Iterable[Observation]) -> list[Observation]:
        """Return the observations without what is excused.

        Macie's severity of a record is that of all its detections, so it is kept if any of them remains, and if the
        detections do not explain it.
        """
        return [self._without_excused(observation) for observation in observations]

    def _without_excused(self, observation: Observation) -> Observation:
        remaining = tuple(each for each in observation.detections if each.identifier not in self.identifiers)
        if len(remaining) == len(observation.detections):
            return observation
        if remaining or not is_explained(observation):
            return replace(observation, detections=remaining)
        return replace(observation, detections=(), severity=None, finding_type=None)


def in_force(exceptions: Iterable[PolicyException], feed: str, at: str) -> list[PolicyException]:
    """Return the exceptions of a feed that are valid at this time.

    :param at: time in UTC, as ISO 8601.
    """
    return [exception for exception in exceptions if exception.feed == feed and exception.is_valid_at(at)]


def without_masked(exceptions: Iterable[PolicyException]) -> list[PolicyException]:
    """Return the exceptions by which the object itself may be promoted, not only a masked copy of it."""
    return [exception for exception in exceptions if exception.release != MASKED]


type Scopes = Mapping[str, Sequence[PolicyException]]
"""Exceptions by table, or by SHA-256."""


def by_scope(exceptions: Iterable[PolicyException]) -> Scopes:
    """Group exceptions for :func:`in_scope`: a run may have 100,000 objects."""
    scopes: defaultdict[str, list[PolicyException]] = defaultdict(list)
    for exception in exceptions:
        scopes[exception.sha256 or exception.dataset or ""].append(exception)
    return scopes


def in_scope(scopes: Scopes, landed: LandedObject) -> list[PolicyException]:
    """Return the exceptions that may be about an object."""
    return [*scopes.get(dataset_of(landed.name), ()), *scopes.get(landed.sha256, ())] if scopes else []


def excused_in(
    landed: LandedObject,
    observations: Sequence[Observation],
    results: Sequence[Observation],
    exceptions: Iterable[PolicyException],
) -> Excused:
    """Return what exceptions excuse in an object.

    :param observations: all about the object, the results included.
    :param results: discovery results about the object: only they prove in which columns all occurrences are.
    :param exceptions: those in force.
    """
    found = _found_in(observations, results)
    excused: defaultdict[str, set[str]] = defaultdict(set)
    of_columns: defaultdict[str, list[PolicyException]] = defaultdict(list)
    for exception in exceptions:
        if exception.sha256 is None and exception.column is not None:
            of_columns[exception.identifier or ""].append(exception)
            continue
        for identifier in _excused_by(exception, landed, found):
            excused[identifier].add(exception.id)
    for identifier, group in of_columns.items():
        if ids := _excused_in_columns(group, landed, found.get(identifier)):
            excused[identifier] |= ids
    return Excused(frozenset(excused), tuple(sorted({each for ids in excused.values() for each in ids})))


@dataclass(slots=True)
class _Found:
    """Occurrences of one identifier in an object.

    :param count: largest number that a record has.
    :param cells: largest number of cells that a record locates, by column.
    :param proven: the same in discovery results alone.
    """

    categories: set[str] = field(default_factory=set)
    count: int = 0
    cells: Counter[int] = field(default_factory=Counter)
    proven: Counter[int] = field(default_factory=Counter)
    is_embedded: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it is clear what was found: one identifier, of one category, in the object itself.

        Counts and columns of a file inside an archive are not those of the object.
        """
        return len(self.categories) == 1 and UNKNOWN not in self.categories and not self.is_embedded


def _found_in(observations: Iterable[Observation], results: Iterable[Observation]) -> dict[str, _Found]:
    found: defaultdict[str, _Found] = defaultdict(_Found)
    for observation in observations:
        for identifier, detections in _by_identifier(observation):
            each = found[identifier]
            each.categories |= {detection.category for detection in detections}
            each.count = max(each.count, sum(detection.count for detection in detections))
            each.cells |= _cells(detections)
            each.is_embedded |= observation.is_embedded
    for result in results:
        for identifier, detections in _by_identifier(result):
            found[identifier].proven |= _cells(detections)
    return found


def _by_identifier(observation: Observation) -> Iterator[tuple[str, list[Detection]]]:
    by_identifier: defaultdict[str, list[Detection]] = defaultdict(list)
    for detection in observation.detections:
        by_identifier[detection.identifier].append(detection)
    yield from by_identifier.items()


def _cells(detections: Iterable[Detection]) -> Counter[int]:
    cells: Counter[int] = Counter()
    for detection in detections:
        cells.update(dict(detection.columns))
    return cells


def _excused_by(exception: PolicyException, landed: LandedObject, found: Mapping[str, _Found]) -> Collection[str]:
    """Return the identifiers that an exception excuses, of an object or a whole table."""
    if exception.sha256 is not None:
        is_reviewed = all(
            each.is_known and each.count <= exception.detections.get(identifier, 0)
            for identifier, each in found.items()
        )
        if exception.sha256 != landed.sha256 or not is_reviewed:
            return ()
        return [identifier for identifier in found if exception.identifier in {None, identifier}]
    each = found.get(exception.identifier or "")
    if each is None or not each.is_known or not _is_in_table(exception, landed):
        return ()
    return [exception.identifier or ""] if each.count <= (exception.most or 0) else ()


def _is_in_table(exception: PolicyException, landed: LandedObject) -> bool:
    return exception.dataset == dataset_of(landed.name)


def _excused_in_columns(exceptions: Iterable[PolicyException], landed: LandedObject, found: _Found | None) -> set[str]:
    """Return the ids of the exceptions that together excuse an identifier in an object; none if one column is left.

    Macie locates at most 1,000 occurrences: of more, it is not known where the others are.
    """
    if found is None or not found.is_known:
        return set()
    by_column = {
        position: exception.id
        for exception in exceptions
        if _is_in_table(exception, landed) and (position := _position(exception.column, landed.header))
        if found.cells[position] <= (exception.most or 0)
    }
    is_elsewhere = any(column not in by_column for column, cells in found.cells.items() if cells)
    if is_elsewhere or sum(found.proven[column] for column in by_column) < found.count:
        return set()
    return {exception_id for column, exception_id in by_column.items() if found.cells[column]}


def _position(column: str | None, header: Sequence[str]) -> int:
    """Return the position of a column, from 1; 0 if it is not the name of exactly one column."""
    wanted = (column or "").strip().casefold()
    positions = [number for number, name in enumerate(header, 1) if name.strip().casefold() == wanted and wanted]
    return positions[0] if len(positions) == 1 else 0
