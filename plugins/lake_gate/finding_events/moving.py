"""Moves what was decided anew out of every place where it may be read: the same moves as the gate's own.

Where an object is, S3 shows, whatever was written down: every version with its bytes, at each place that a run may have
put it. Bronze goes first: from then on no task of the run can copy it into silver again. A retry finds what is left.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.decision.decision import Decision
from lake_gate.decision.plan import CHUNK_OBJECTS
from lake_gate.decision.policy import Outcome
from lake_gate.errors import FinalGateError, GateError, class_of, from_aws_error
from lake_gate.finding_events.action import Done
from lake_gate.finding_events.places import landed_key
from lake_gate.model.manifest import Moved
from lake_gate.model.names import loggable
from lake_gate.model.run import HELD_PREFIX, Run
from lake_gate.moving.transfer import Buckets, carry_out
from lake_gate.s3.multipart import abort_uploads_under_way
from lake_gate.s3.threads import map_threads
from lake_gate.s3.versions import list_histories

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

type Numbered = tuple[int, Decision]
"""A decision, and its place among those that were asked for: two strays may have one name."""


@dataclass(frozen=True, slots=True)
class RunPlaces(Buckets):
    """The buckets of the lake, for objects of a run that are no longer where they were landed."""

    def place(self, decision: Decision) -> tuple[str, str]:
        """Return where the object goes: to the key under which it was landed, also when it was held."""
        return Buckets.place(self, replace(decision, key=self._landed_key(decision)))

    def sources(self, decision: Decision) -> Iterator[tuple[str, str]]:
        """Yield (bucket, key) of the places that the object is to be taken from."""
        key = self._landed_key(decision)
        yield self.bronze, key
        if decision.outcome == Outcome.QUARANTINE:
            yield self.bronze, HELD_PREFIX + key
        yield self.silver, key

    def _landed_key(self, decision: Decision) -> str:
        return landed_key(decision.key, in_bronze=decision.bucket == self.bronze)


@dataclass(frozen=True, slots=True)
class StrayPlaces(RunPlaces):
    """The same for objects that no run has landed: what lies elsewhere under their key may be somebody else's."""

    def sources(self, decision: Decision) -> Iterator[tuple[str, str]]:
        """Yield the place that Macie has looked at."""
        yield decision.bucket, decision.key


def move_each(s3: S3Client, decisions: Sequence[Decision], run: Run, buckets: RunPlaces) -> list[Done]:
    """Move objects like :func:`move_all`; what fails is searched for by halves, and keeps no other where it is.

    :return: what has come of each, in the order given.
    """
    try:
        return [Done(moved) for moved in move_all(s3, decisions, run, buckets)]
    except Exception as error:
        if len(decisions) == 1:
            return [_failed(s3, decisions[0], buckets, error)]
    half = len(decisions) // 2
    return [one for part in (decisions[:half], decisions[half:]) for one in move_each(s3, part, run, buckets)]


def _failed(s3: S3Client, decision: Decision, buckets: RunPlaces, error: Exception) -> Done:
    """Say why an object could not be moved, and where it is all the same when it has left silver."""
    moved = None
    try:
        bucket, key = buckets.place(decision)
        copies = _with_versions(s3, [(0, replace(decision, bucket=bucket, key=key, version_id=""))], buckets)
        if copies and buckets.silver not in {place for place, _ in left_behind(s3, [decision], buckets)}:
            moved = Moved(decision.name, bucket, key, copies[0][1].version_id)
    except (ClientError, BotoCoreError, GateError, FinalGateError):
        log.warning("Where %s is now could not be read", loggable(f"s3://{decision.bucket}/{decision.key}"))
    return failure(error, moved)


def failure(error: Exception, moved: Moved | None = None) -> Done:
    """Return what an error says: its class, and whether the next try may succeed."""
    known = from_aws_error(error) if isinstance(error, ClientError | BotoCoreError) else error
    return Done(moved, class_of(error), is_passing=isinstance(known, GateError))


def left_behind(s3: S3Client, decisions: Sequence[Decision], buckets: RunPlaces) -> set[tuple[str, str]]:
    """Return the bucket where, and the name of what, still has a copy at a place that it is to be taken from."""
    by_place: dict[tuple[str, bool], list[Numbered]] = {}
    for one in decisions:
        for bucket, key in buckets.sources(one):
            place = bucket, key.startswith(HELD_PREFIX)  # apart, so that no listing spans what lies between
            by_place.setdefault(place, []).append((0, replace(one, bucket=bucket, key=key)))
    return {
        (bucket, found.name)
        for (bucket, _), wanted in by_place.items()
        for part in batched(wanted, CHUNK_OBJECTS)
        for _, found in _with_versions(s3, part, buckets)
    }


def move_all(s3: S3Client, decisions: Sequence[Decision], run: Run, buckets: RunPlaces) -> list[Moved | None]:
    """Move objects to where their decisions send them, from wherever they are.

    :param run: whose folder the tags of the copies name.
    :return: where each is now, in the order given; None for what is nowhere any more.
    :raises GateError: when something could not be moved; all others were.
    """
    moved: dict[int, Moved] = {}
    errors: list[GateError | FinalGateError] = []
    numbered = list(enumerate(decisions))
    for outcome in (Outcome.QUARANTINE, Outcome.HOLD):
        for window in batched(((n, one) for n, one in numbered if one.outcome == outcome), CHUNK_OBJECTS):
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
    """Take objects from one place after the other; what fails at one must not keep the others where they are."""
    moved: dict[int, Moved] = {}
    by_source: dict[tuple[str, bool], list[Numbered]] = {}
    for number, one in decisions:
        for bucket, key in buckets.sources(one):
            place = bucket, key.startswith(HELD_PREFIX)
            by_source.setdefault(place, []).append((number, replace(one, bucket=bucket, key=key)))
    # Before and after: a copy in parts that a task of the run has under way must not complete once this is over.
    uploads = [place for _, one in decisions if one.part_bytes for place in buckets.sources(one)]
    _abort(s3, uploads, errors)
    for of_source in by_source.values():
        there = _with_versions(s3, of_source, buckets)
        try:
            carried = carry_out(s3, [one for _, one in there], run, buckets)
        except (GateError, FinalGateError) as error:
            errors.append(error)
            continue
        moved |= {number: one for (number, _), one in zip(there, carried, strict=True)}
    _abort(s3, uploads, errors)
    rest = [(number, one) for number, one in decisions if number not in moved]
    return moved | _moved_before(s3, rest, run, buckets)


def _abort(s3: S3Client, uploads: Sequence[tuple[str, str]], errors: list[GateError | FinalGateError]) -> None:
    """Abort uploads; one that cannot be aborted must not keep the objects where they are."""
    try:
        abort_uploads_under_way(s3, uploads)
    except ClientError as error:
        errors.append(from_aws_error(error))


def _with_versions(s3: S3Client, wanted: Sequence[Numbered], buckets: Buckets) -> list[Numbered]:
    """Return those that have a version with their bytes at their place, each with that version."""
    if not wanted:
        return []
    histories = list_histories(s3, wanted[0][1].bucket, [one.key for _, one in wanted])

    def find(one: Decision) -> str | None:
        versions = histories[one.key].versions if one.key in histories else []
        # The very version first: of an object that no run has landed S3 may show no SHA-256.
        if one.version_id in versions:
            return one.version_id
        place = one.bucket, one.key
        return next((each for each in versions if buckets.checksum_at(s3, *place, each) == one.checksum), None)

    found = map_threads(lambda numbered: find(numbered[1]), wanted)
    return [(number, replace(one, version_id=version)) for (number, one), version in found if version]


def _moved_before(s3: S3Client, decisions: Sequence[Numbered], run: Run, buckets: RunPlaces) -> dict[int, Moved]:
    """Return where those are that a try before this one has moved; of which there is no copy either, is gone."""
    targets = [
        (n, replace(one, bucket=place[0], key=place[1], version_id=""))
        for n, one in decisions
        for place in (buckets.place(one),)
    ]
    there = {number for number, _ in _with_versions(s3, targets, buckets)}
    rest = [item for item in decisions if item[0] in there]
    found = carry_out(s3, [one for _, one in rest], run, buckets)
    return {number: one for (number, _), one in zip(rest, found, strict=True)}
