"""Move objects that were decided about again out of every place where they can be read.

The copies are found in S3, not in documents: every version with the object's bytes, at each place where a run may have
put it. Bronze goes first: from then on no task of the run can copy the object into silver again. A retry moves the
copies that are left.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.decision.decision import Decision
from lake_gate.decision.plan import CHUNK_OBJECTS
from lake_gate.decision.policy import Outcome
from lake_gate.errors import FinalGateError, GateError, class_of, from_aws_error
from lake_gate.finding_events.action import Done
from lake_gate.finding_events.places import key_in
from lake_gate.model.manifest import Moved
from lake_gate.model.names import loggable
from lake_gate.model.run import HELD_PREFIX, Run, silver_key
from lake_gate.moving.transfer import Buckets, carry_out
from lake_gate.s3.multipart import abort_uploads_under_way
from lake_gate.s3.threads import map_threads
from lake_gate.s3.versions import list_histories

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

type Numbered = tuple[int, Decision]
"""A decision and its number among the given ones: two strays may have the same name."""


@dataclass(frozen=True, slots=True)
class RunPlaces(Buckets):
    """The places at which copies of a run's object may be, and the place to which it goes."""

    run: Run

    def place(self, decision: Decision) -> tuple[str, str]:
        """Return (bucket, key) of where the object goes: the key under which it was landed, also if it was held."""
        return Buckets.place(self, replace(decision, key=self._landed_key(decision)))

    def sources(self, decision: Decision) -> Iterator[tuple[str, str]]:
        """Yield (bucket, key) of every place where a copy of the object may be."""
        key = self._landed_key(decision)
        yield self.bronze, key
        if decision.outcome == Outcome.QUARANTINE:
            yield self.bronze, HELD_PREFIX + key
        yield self.silver, silver_key(key)

    def _landed_key(self, decision: Decision) -> str:
        return key_in(self.run, decision.key, in_bronze=decision.bucket == self.bronze)


@dataclass(frozen=True, slots=True)
class StrayPlaces(RunPlaces):
    """The place of an object that no run has landed: at other places its key may belong to another writer."""

    def sources(self, decision: Decision) -> Iterator[tuple[str, str]]:
        """Yield the place that Macie has analyzed."""
        yield decision.bucket, decision.key


def move_each(s3: S3Client, decisions: Sequence[Decision], run: Run, buckets: RunPlaces) -> list[Done]:
    """Move objects like :func:`move_all`, so that an object that cannot be moved does not keep back the others.

    After an error each half is tried again by itself, down to the single object.

    :return: the result for each decision, in the order given.
    """
    try:
        return [Done(moved) for moved in move_all(s3, decisions, run, buckets)]
    except Exception as error:
        if len(decisions) == 1:
            return [_failed(s3, decisions[0], buckets, error)]
    half = len(decisions) // 2
    return [*move_each(s3, decisions[:half], run, buckets), *move_each(s3, decisions[half:], run, buckets)]


def _failed(s3: S3Client, decision: Decision, buckets: RunPlaces, error: Exception) -> Done:
    """Return why an object could not be moved, and where its copy is if it has left silver."""
    moved = None
    try:
        bucket, key = buckets.place(decision)
        copies = _with_versions(s3, [(0, replace(decision, bucket=bucket, key=key, version_id=""))], buckets)
        if copies and buckets.silver not in {place for place, _ in left_behind(s3, [decision], buckets)}:
            moved = Moved(decision.name, bucket, key, copies[0][1].version_id)
    except (ClientError, BotoCoreError, GateError, FinalGateError):
        log.warning("Cannot read where %s is", loggable(f"s3://{decision.bucket}/{decision.key}"))
    return failure(error, moved)


def failure(error: Exception, moved: Moved | None = None) -> Done:
    """Return the class of an error, and whether a retry may succeed."""
    known = from_aws_error(error) if isinstance(error, ClientError | BotoCoreError) else error
    return Done(moved, class_of(error), is_passing=isinstance(known, GateError))


def left_behind(s3: S3Client, decisions: Sequence[Decision], buckets: RunPlaces) -> set[tuple[str, str]]:
    """Return (bucket, name) of every object that still has a copy at a place from which it is to be moved."""
    return {
        (found.bucket, found.name)
        for wanted in _by_source(((0, decision) for decision in decisions), buckets)
        for part in batched(wanted, CHUNK_OBJECTS)
        for _, found in _with_versions(s3, part, buckets)
    }


def move_all(s3: S3Client, decisions: Sequence[Decision], run: Run, buckets: RunPlaces) -> list[Moved | None]:
    """Move objects to the places that their decisions name, from every place where they have a copy.

    :param run: the run that the tags of the copies name.
    :return: where each object is now, in the order given; None if no copy of it exists.
    :raises GateError, FinalGateError: when an object could not be moved; all others were tried.
    """
    moved: dict[int, Moved] = {}
    errors: list[GateError | FinalGateError] = []
    numbered = list(enumerate(decisions))
    for outcome in (Outcome.QUARANTINE, Outcome.HOLD):
        for window in batched((item for item in numbered if item[1].outcome == outcome), CHUNK_OBJECTS):
            try:
                moved |= _move(s3, window, run, buckets, errors)
            except (ClientError, BotoCoreError) as error:
                errors.append(from_aws_error(error))
    if errors:
        raise min(errors, key=lambda error: isinstance(error, FinalGateError))
    return [moved.get(number) for number, _ in numbered]


def _move(
    s3: S3Client,
    decisions: Sequence[Numbered],
    run: Run,
    buckets: RunPlaces,
    errors: list[GateError | FinalGateError],
) -> dict[int, Moved]:
    """Move objects from one place after the other; an error at one place does not keep the objects at the others."""
    moved: dict[int, Moved] = {}
    # Before and after: a multipart copy that a task of the run has begun must not complete once the move is over.
    uploads = [place for _, decision in decisions if decision.part_bytes for place in buckets.sources(decision)]
    _abort(s3, uploads, errors)
    for wanted in _by_source(decisions, buckets):
        existing = _with_versions(s3, wanted, buckets)
        try:
            moved |= _carry_out(s3, existing, run, buckets)
        except (GateError, FinalGateError) as error:
            errors.append(error)
    _abort(s3, uploads, errors)
    rest = [(number, decision) for number, decision in decisions if number not in moved]
    return moved | _moved_before(s3, rest, run, buckets)


def _by_source(decisions: Iterable[Numbered], buckets: RunPlaces) -> list[list[Numbered]]:
    """Return the decisions for each place where a copy may be, each with its bucket and key there."""
    by_source: dict[tuple[str, bool], list[Numbered]] = {}
    for number, decision in decisions:
        for bucket, key in buckets.sources(decision):
            place = bucket, key.startswith(HELD_PREFIX)  # apart, so that no listing spans the keys in between
            by_source.setdefault(place, []).append((number, replace(decision, bucket=bucket, key=key)))
    return list(by_source.values())


def _abort(s3: S3Client, uploads: Sequence[tuple[str, str]], errors: list[GateError | FinalGateError]) -> None:
    """Abort uploads; an error is added to the others and does not stop the move."""
    try:
        abort_uploads_under_way(s3, uploads)
    except ClientError as error:
        errors.append(from_aws_error(error))


def _carry_out(s3: S3Client, decisions: Sequence[Numbered], run: Run, buckets: Buckets) -> dict[int, Moved]:
    moved = carry_out(s3, [decision for _, decision in decisions], run, buckets)
    return {number: place for (number, _), place in zip(decisions, moved, strict=True)}


def _with_versions(s3: S3Client, wanted: Sequence[Numbered], buckets: Buckets) -> list[Numbered]:
    """Return the decisions whose place has a version with their bytes, each with that version."""
    if not wanted:
        return []
    histories = list_histories(s3, wanted[0][1].bucket, [decision.key for _, decision in wanted])

    def find(item: Numbered) -> str | None:
        decision = item[1]
        bucket, key = decision.bucket, decision.key
        versions = histories[key].versions if key in histories else []
        # The decided version first: for an object that no run has landed S3 may show no SHA-256.
        if decision.version_id in versions:
            return decision.version_id
        checksums = ((version, buckets.checksum_at(s3, bucket, key, version)) for version in versions)
        return next((version for version, checksum in checksums if checksum == decision.checksum), None)

    found = map_threads(find, wanted)
    return [(number, replace(decision, version_id=version)) for (number, decision), version in found if version]


def _moved_before(s3: S3Client, decisions: Sequence[Numbered], run: Run, buckets: RunPlaces) -> dict[int, Moved]:
    """Return where the objects are that an earlier try has moved; an object without a copy there is gone."""
    targets: list[Numbered] = []
    for number, decision in decisions:
        bucket, key = buckets.place(decision)
        targets.append((number, replace(decision, bucket=bucket, key=key, version_id="")))
    existing = {number for number, _ in _with_versions(s3, targets, buckets)}
    return _carry_out(s3, [item for item in decisions if item[0] in existing], run, buckets)
