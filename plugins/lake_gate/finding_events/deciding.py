"""From findings to what is done about each object that they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lake_gate.delivery.manifest import LandedObject
from lake_gate.finding_events.action import Action, Status
from lake_gate.finding_events.places import is_document, landed_key, run_of
from lake_gate.finding_events.rejudging import Decided, judge_stray, rejudge
from lake_gate.finding_events.runs import DEFAULT_POLICY, Landing, Place, read_decided, read_landing
from lake_gate.finding_events.strays import describe
from lake_gate.include import read_policy
from lake_gate.judging.binding import may_be_about
from lake_gate.judging.decision import Decision
from lake_gate.judging.evidence import UNKNOWN, Observation
from lake_gate.judging.policy import Outcome, Policy
from lake_gate.moving.versions import head_version
from lake_gate.run import Run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_THREADS = 8
RUN_DEADLINE = timedelta(hours=24)
"""How long a run may go on, see ``dagrun_timeout`` of the gate's DAGs; one without a record is dead afterwards."""

type Found = dict[str, list[Observation]]
"""What was found, by some key of the object."""


@dataclass(frozen=True, slots=True)
class Lake:
    """Where the objects are, and when it is looked at them.

    :param now: aware, UTC.
    """

    s3: S3Client
    bronze: str
    silver: str
    now: datetime
    run_deadline: timedelta = RUN_DEADLINE


def decide_all(lake: Lake, findings: Iterable[Observation]) -> Iterator[Action]:
    """Yield one action for every object that something was found in, run by run."""
    of_run: defaultdict[Run, Found] = defaultdict(lambda: defaultdict(list))
    strays: list[Observation] = []
    for found in findings:
        key = landed_key(found.key, in_bronze=found.bucket == lake.bronze)
        run = run_of(key)
        if is_document(found.key):
            yield _action([found], Status.LEFT, "document_of_the_gate")
        elif run:
            of_run[run][key].append(found)
        else:
            strays.append(found)
    for run, by_key in of_run.items():
        yield from _decide_run(lake, run, by_key, strays)
    yield from _decide_strays(lake, strays)


def _decide_run(lake: Lake, run: Run, by_key: Found, strays: list[Observation]) -> Iterator[Action]:
    """Decide about the objects of one run; what it has not landed is added to the strays."""
    ids = {one.finding_id or "" for found in by_key.values() for one in found}
    landing = read_landing(lake.s3, lake.bronze, run, by_key, ids)
    judged: Found = {}
    for key, found in by_key.items():
        landed = landing.landed.get(key) if landing else None
        if landing is None or landed is None:
            strays += found
            continue
        new = [one for one in found if one.finding_id not in landing.known]
        place: dict[str, Any] = {"feed": run.feed, "folder": run.folder}
        if not new:
            yield _action(found, Status.KNOWN, "", **place)
        elif landing.record is None and lake.now - landing.landed_at < lake.run_deadline:
            yield _action(new, Status.PENDING, "", **place)
        elif landing.is_dry:
            yield _action(new, Status.LEFT, "dry_run", **place)
        else:
            judged[landed.name] = new
    if landing and judged:
        yield from _rejudge(lake, landing, judged, strays)


def _rejudge(lake: Lake, landing: Landing, found: Found, strays: list[Observation]) -> Iterator[Action]:
    decided, places = read_decided(lake.s3, lake.bronze, lake.silver, landing)
    landed = {one.name: one for one in landing.landed.values()}
    place: dict[str, Any] = {"feed": landing.run.feed, "folder": landing.run.folder}
    same: Found = {}
    for name, observations in found.items():
        was = decided.outcome(name)
        sorted_out: dict[str, list[Observation]] = defaultdict(list)
        for one in observations:
            sorted_out[_what_is(lake, one, landed[name], places[name], was)].append(one)
        strays += sorted_out["other"]
        if sorted_out["gone"]:
            status = Status.ISOLATED if was == Outcome.QUARANTINE else Status.GONE
            yield _action(sorted_out["gone"], status, "", was=was, **place)
        if sorted_out["same"]:
            same[name] = sorted_out["same"]
    if not same:
        return
    for decision, is_stricter in rejudge(decided, same):
        if is_stricter or decision.name in same:
            yield _of_run(lake, decided, decision, same.get(decision.name, []), is_stricter, place)


def _of_run(
    lake: Lake, decided: Decided, decision: Decision, found: Sequence[Observation], moves: bool, place: dict[str, Any]
) -> Action:
    was = decided.outcome(decision.name)
    if moves:
        now = decided.entries[decision.name]["now"] or {}
        silver = now["version_id"] if now.get("bucket") == lake.silver else ""
        told = {"was": was, "decision": asdict(decision), "silver_version_id": silver}
        return _action(found, Status.MOVE, decision.reason, about=decision, **told, **place)
    if not decided.has_plan:
        return _action(found, Status.LEFT, "below_threshold", was=was, **place)
    status = Status.ISOLATED if was == Outcome.QUARANTINE else Status.STANDS
    return _action(found, status, decision.reason, was=was, **place)


def _what_is(lake: Lake, found: Observation, landed: LandedObject, places: set[Place], was: str | None) -> str:
    """Say what Macie has looked at: the ``same`` bytes as were landed, ``other`` ones, or what is ``gone``."""
    is_astray = found.bucket == lake.silver and was in {Outcome.QUARANTINE, Outcome.HOLD}
    if not is_astray and _is_of(lake.s3, found, landed, places):
        return "same"
    head = _head(lake.s3, found)
    if head is None:
        return "same" if (found.bucket, found.key, found.version_id) in places else "gone"
    is_same = (head["ContentLength"], head.get("ChecksumSHA256")) == (landed.size_bytes, landed.checksum)
    # What is to be in quarantine or held, and lies in silver all the same, somebody has put there.
    return "same" if is_same and not is_astray else "other"


def _is_of(s3: S3Client, found: Observation, landed: LandedObject, places: set[Place]) -> bool:
    """Whether it is about one of the places of a landed object; what names no version is, if it can be."""
    if found.version_id:
        return (found.bucket, found.key, found.version_id) in places
    for bucket, key, version_id in places:
        if (bucket, key) != (found.bucket, found.key) or not version_id:
            continue
        if version_id == landed.version_id:
            etag = landed.etag
        else:
            head = head_version(s3, bucket, key, version_id)
            etag = head["ETag"].strip('"') if head else found.etag  # taken away since: it cannot be told from it
        if may_be_about(found, replace(landed, version_id=version_id, etag=etag)):
            return True
    return False


def _head(s3: S3Client, found: Observation) -> dict[str, Any] | None:
    """Return what S3 tells of the version that Macie names, or of the latest, when it names none and can mean that."""
    head = head_version(s3, found.bucket, found.key, found.version_id)
    can_be = bool(found.version_id) or (head is not None and found.etag in {"", head["ETag"].strip('"')})
    return head if can_be else None


def _decide_strays(lake: Lake, strays: Iterable[Observation]) -> Iterator[Action]:
    by_version: defaultdict[Place, list[Observation]] = defaultdict(list)
    for one in strays:
        by_version[one.bucket, one.key, one.version_id].append(one)
    policy = read_policy(DEFAULT_POLICY)[0]
    with ThreadPoolExecutor(_THREADS) as pool:
        yield from pool.map(lambda found: _decide_stray(lake, found, policy), by_version.values())


def _decide_stray(lake: Lake, found: list[Observation], policy: Policy) -> Action:
    bucket, key = found[0].bucket, found[0].key
    heads = (_head(lake.s3, one) for one in found)  # all name the same version, or none: then any may mean the latest
    head = next(filter(None, heads), None)
    if head is None:
        return _action(found, Status.GONE, "")
    if bucket == lake.bronze and _may_be_landing(lake, key, head):
        return _action(found, Status.PENDING, "")
    decision = judge_stray(describe(lake.s3, bucket, key, head), found, policy)
    if bucket == lake.bronze and decision.outcome != Outcome.QUARANTINE:
        return _action(found, Status.LEFT, "below_threshold")
    silver_version_id = decision.version_id if bucket == lake.silver else ""
    told: dict[str, Any] = {"decision": asdict(decision), "silver_version_id": silver_version_id}
    return _action(found, Status.MOVE, decision.reason, **told)


def _may_be_landing(lake: Lake, key: str, head: dict[str, Any]) -> bool:
    """Whether a run may be landing the object just now: its manifest is written last."""
    run = run_of(key)
    return (
        run is not None
        and lake.now - head["LastModified"] < lake.run_deadline
        and read_landing(lake.s3, lake.bronze, run, (), ()) is None
    )


def _action(
    found: Sequence[Observation], status: Status, why: str, *, about: Decision | None = None, **more: Any
) -> Action:
    """Return the action about an object.

    :param about: says which object when nothing was found in it itself: it is held with its run.
    """
    looked_at: Any = found[0] if found else about
    severities = {one.finding_id or UNKNOWN: one.severity or UNKNOWN for one in found}
    return Action(looked_at.bucket, looked_at.key, looked_at.version_id, severities, status, why, **more)
