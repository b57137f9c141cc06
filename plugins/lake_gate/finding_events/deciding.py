"""From findings to what is done about each object that they are about.

Each run and each stray is decided about in isolation: what fails is an action of its own, with the class of the error,
and shields no other object. A finding is about bytes: it is written down under their SHA-256 first, and then carried to
every other place where runs have landed the same bytes, see :mod:`lake_gate.content`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate import content
from lake_gate.decision.amendments import Amendments
from lake_gate.decision.binding import NULL_VERSION, may_be_about, names_version
from lake_gate.decision.decision import Decision
from lake_gate.decision.policies import DEFAULT_POLICY, read_policy
from lake_gate.decision.policy import Outcome, Promotion
from lake_gate.errors import DamagedDocumentError, class_of
from lake_gate.finding_events.action import CARRIED, Action, Status
from lake_gate.finding_events.moving import FromAnywhere, left_behind
from lake_gate.finding_events.places import is_document, landed_key, marked_by, run_of
from lake_gate.finding_events.reconciling import is_marker_of, is_settled, iter_unfinished
from lake_gate.finding_events.rejudging import Decided, judge_stray, rejudge
from lake_gate.finding_events.runs import Landing, Place, find_landed, read_decided, read_landing
from lake_gate.finding_events.strays import describe, sha256_in, undescribed
from lake_gate.model.evidence import UNKNOWN, Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, Run
from lake_gate.s3.documents import read_object_version
from lake_gate.s3.threads import map_threads
from lake_gate.s3.versions import head_version, list_histories

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

    @property
    def anywhere(self) -> FromAnywhere:
        """Where copies of a run's objects may be; quarantine is not asked."""
        return FromAnywhere(self.bronze, self.silver, "")


@dataclass(slots=True)
class Look:
    """What has come of looking at one run, or at one stray.

    :param strays: findings about what the run has not landed.
    :param of_bytes: what was found in bytes that are known, by their SHA-256.
    """

    actions: list[Action] = field(default_factory=list)
    strays: list[Observation] = field(default_factory=list)
    of_bytes: defaultdict[str, list[Observation]] = field(default_factory=lambda: defaultdict(list))


def decide_all(
    lake: Lake, findings: Iterable[Observation], pending: Iterable[str] = (), settled: dict[str, str] | None = None
) -> Iterator[Action]:
    """Yield one action for every object that something was found in, run by run.

    :param pending: SHA-256 of bytes whose known findings count as new, wherever runs have landed them.
    :param settled: takes the bytes that need no further look, each with the version id of the document by which this
        call has made them pending, if it has.
    """
    of_run: defaultdict[Run, Found] = defaultdict(lambda: defaultdict(list))
    strays: list[Observation] = []
    for found in (_with_readable_version(lake, observation) for observation in findings):
        key = landed_key(found.key, in_bronze=found.bucket == lake.bronze)
        run = run_of(key)
        if _is_document(lake, found):
            yield _action([found], Status.LEFT, "document_of_the_gate")
        elif run:
            of_run[run][key].append(found)
        else:
            strays.append(found)
    looks = {run: _look_at_run(lake, run, by_key, {}) for run, by_key in of_run.items()}
    around = _look_at_strays(lake, [*strays, *(one for look in looks.values() for one in look.strays)], set())
    carrying = _carry(lake, [*looks.values(), *around.values(), _look_at_pending(lake, pending)])
    carried = carrying.by_run
    yield from carrying.failed
    for run, by_key in carried.items():
        known = looks.get(run, Look()).actions
        if more := _worth_looking_at(lake, by_key, known):
            looks[run] = _look_at_run(lake, run, of_run.get(run, {}), more)
            around |= _look_at_strays(lake, looks[run].strays, around.keys())
    if settled is not None:
        settled |= _settled(carrying, looks)
    for look in (*looks.values(), *around.values()):
        yield from look.actions


def _settled(carrying: _Carrying, looks: Mapping[Run, Look]) -> dict[str, str]:
    """Return the bytes that were decided about in every run, with the version ids of what made them pending."""
    open_keys = {
        (run, landed_key(action.key, in_bronze=True))
        for run, look in looks.items()
        for action in look.actions
        if action.status in {Status.PENDING, Status.FAILED}
    }
    return {sha256: carrying.versions[sha256] for sha256, places in carrying.places.items() if not places & open_keys}


def _with_readable_version(lake: Lake, found: Observation) -> Observation:
    """Return the observation without its version id where no version has it: then it may be about any."""
    if not found.version_id or names_version(found):
        return found
    try:
        is_there = found.version_id == NULL_VERSION and head_version(lake.s3, found.bucket, found.key, NULL_VERSION)
    except ClientError:  # asked again where the object is looked at, and named there
        return found
    return found if is_there else replace(found, version_id="")


def _is_document(lake: Lake, found: Observation) -> bool:
    """Whether the gate itself has written it; a marker is known by what is in it, too: others may write to silver."""
    if found.bucket == lake.bronze:
        return is_document(found.key)
    if (run := marked_by(found.key)) is None:
        return False
    try:
        written = read_object_version(lake.s3, found.bucket, found.key, found.version_id)
    except Exception:  # it is dealt with like any object around the gate, and named when that fails, too
        return False
    return written is not None and is_marker_of(run, written)


# ---- the same bytes elsewhere


@dataclass(slots=True)
class _Carrying:
    """What was found, carried to every place where runs have landed the same bytes.

    :param places: run and landed key of each, by SHA-256.
    :param versions: version id of the document that made the bytes pending, by SHA-256; empty where nothing was new.
    """

    by_run: defaultdict[Run, Found] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    failed: list[Action] = field(default_factory=list)
    places: dict[str, set[tuple[Run, str]]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


def _carry(lake: Lake, looks: Iterable[Look]) -> _Carrying:
    """Write down what was found in which bytes, and find out where else runs have landed them."""
    of_bytes: defaultdict[str, list[Observation]] = defaultdict(list)
    for look in looks:
        for sha256, found in look.of_bytes.items():
            of_bytes[sha256] += found
    carrying = _Carrying()

    def places(sha256: str) -> list[content.LandedAt] | Exception:
        try:
            # Before it is read who has landed them.
            carrying.versions[sha256] = content.add_found(lake.s3, lake.bronze, sha256, of_bytes[sha256])
            return list(content.iter_landed(lake.s3, lake.bronze, sha256))
        except Exception as error:
            return error

    for sha256, landed_at in map_threads(places, of_bytes, _THREADS):
        found = _each_once(of_bytes[sha256])
        if isinstance(landed_at, Exception):
            carrying.failed.append(_failed(found, landed_at))
            continue
        carrying.places[sha256] = {(place.run, place.run.prefix + place.name) for place in landed_at}
        for place in landed_at:
            key = place.run.prefix + place.name
            carrying.by_run[place.run][key] += [
                replace(one, bucket=lake.silver, key=key, version_id="", etag="") for one in found
            ]
    return carrying


def _look_at_pending(lake: Lake, pending: Iterable[str]) -> Look:
    look = Look()
    for sha256, found in map_threads(lambda sha256: content.read_found(lake.s3, lake.bronze, sha256), pending):
        look.of_bytes[sha256] += found
    return look


def _each_once(found: Iterable[Observation]) -> list[Observation]:
    return list({one.finding_id: one for one in found}.values())


def _worth_looking_at(lake: Lake, by_key: Found, known: Iterable[Action]) -> Found:
    """Return what is carried to a run and was not decided about with it already.

    Also of a run that is over, and has no copy in silver: a task of it that is cleared may make one.
    """
    dealt_with = {
        (landed_key(action.key, in_bronze=action.bucket == lake.bronze), finding_id)
        for action in known
        for finding_id in action.findings
    }
    new = {
        key: [seen for seen in found if (key, seen.finding_id or UNKNOWN) not in dealt_with]
        for key, found in by_key.items()
    }
    return {key: found for key, found in new.items() if found}


# ---- objects of runs


def _look_at_run(lake: Lake, run: Run, direct: Mapping[str, list[Observation]], carried: Found) -> Look:
    """Decide about the objects of one run; whatever is wrong with its documents is a matter of this run alone.

    :param direct: by key, what was found in what lies under these keys.
    :param carried: by key, what was found elsewhere in the bytes that the run has landed under these keys.
    """
    look = Look()
    try:
        _decide_run(lake, run, direct, carried, look)
    except DamagedDocumentError as damage:
        return _look_at_damaged(lake, run, direct, carried, damage)
    except Exception as error:
        place = {"feed": run.feed, "folder": run.folder}
        return Look([_failed(found, error, **place) for found in (*direct.values(), *carried.values())])
    return look


def _decide_run(lake: Lake, run: Run, direct: Mapping[str, list[Observation]], carried: Found, look: Look) -> None:
    ids = {one.finding_id or "" for found in direct.values() for one in found}
    keys = direct.keys() | carried.keys()
    landing = read_landing(lake.s3, lake.bronze, run, keys, ids)
    is_young = landing is not None and landing.record is None and lake.now - landing.landed_at < lake.run_deadline
    judged: Found = {}
    more: Found = {}
    place: dict[str, Any] = {"feed": run.feed, "folder": run.folder}
    for key in sorted(keys):
        found, other = direct.get(key, []), carried.get(key, [])
        if landing is None or key not in landing.landed:
            look.strays += found
            continue
        landed = landing.landed[key]
        is_known = all(one.finding_id in landing.known for one in found) and not other
        if not (is_young and not is_known) and not landing.is_dry and (landing.basis or not is_known):
            judged[landed.name], more[landed.name] = found, other
            continue
        try:
            _note_bytes(lake, landed, found, look)
            if is_young and not is_known:
                new = [one for one in found if one.finding_id not in landing.known]
                look.actions.append(_action([*new, *other], Status.PENDING, "" if new else CARRIED, **place))
            else:
                _leave(lake, landing, landed, found, other, look)
        except Exception as error:
            look.actions.append(_failed([*found, *other], error, **place))
    if landing and judged:
        _rejudge(lake, landing, judged, more, look)


def _note_bytes(lake: Lake, landed: LandedObject, found: Iterable[Observation], look: Look) -> None:
    """Keep what was found in the landed bytes, whatever becomes of the object."""
    for one in found:
        if (one.bucket, one.version_id) == (landed.bucket, landed.version_id):
            look.of_bytes[landed.sha256].append(one)
            continue
        head = _head(lake.s3, one)
        if head and _has_bytes_of(landed, head):
            look.of_bytes[landed.sha256].append(one)


def _leave(
    lake: Lake, landing: Landing, landed: LandedObject, found: list[Observation], other: list[Observation], look: Look
) -> None:
    """Leave what a run has landed and not moved; what lies in silver all the same went there around the gate."""
    place: dict[str, Any] = {"feed": landing.run.feed, "folder": landing.run.folder}
    here = [one for one in found if one.bucket != lake.silver]
    look.strays += [one for one in found if one.bucket == lake.silver]
    _add_astray(lake, landed, [*here, *other], look)
    if new := [one for one in here if one.finding_id not in landing.known]:
        look.actions.append(_action(new, Status.LEFT, "dry_run", **place))
    elif here:
        look.actions.append(_action(here, Status.KNOWN, "", **place))


def _add_astray(lake: Lake, landed: LandedObject, found: Sequence[Observation], look: Look) -> None:
    """Add what was found to the strays as said of each version in silver that has the landed bytes."""
    seen = {one.version_id for one in look.strays if (one.bucket, one.key) == (lake.silver, landed.key)}
    look.strays += [one for one in _in_silver(lake, landed, found) if one.version_id not in seen]


def _in_silver(lake: Lake, landed: LandedObject, found: Sequence[Observation]) -> list[Observation]:
    """Return the findings as said of each version in silver that has the landed bytes under the landed key."""
    if not found:
        return []
    history = list_histories(lake.s3, lake.silver, [landed.key])[landed.key]
    heads = {version: head_version(lake.s3, lake.silver, landed.key, version) for version in history.versions}
    return [
        replace(one, bucket=lake.silver, key=landed.key, version_id=version, etag="")
        for version, head in heads.items()
        if head and _has_bytes_of(landed, head)
        for one in found
    ]


def _rejudge(lake: Lake, landing: Landing, found: Found, carried: Found, look: Look) -> None:
    """Decide again about objects of a run that is over, by its own policy, and finish what was begun before."""
    decided, places, amendments = read_decided(lake.s3, lake.bronze, lake.silver, landing)
    landed = {one.name: one for one in landing.landed.values()}
    same: Found = {}
    for name, observations in found.items():
        is_amended = name in amendments.made
        same[name] = _sort_out(lake, landing, landed[name], observations, places[name], decided, is_amended, look)
    everything = {name: of for name in found if (of := [*same[name], *carried[name]])}
    unfinished, settled = _unfinished(lake, landing, decided, amendments)
    told = amendments.done.keys() if settled else set()
    because = sorted(
        {id_ for part in (found, carried) for of in part.values() for one in of if (id_ := one.finding_id)}
    )
    context: dict[str, Any] = {"because": because, "feed": landing.run.feed, "folder": landing.run.folder}
    for decision, is_stricter in rejudge(decided, everything):
        name = decision.name
        if is_stricter and (name in everything or decided.policy.promotion is Promotion.ALL_OR_NOTHING):
            look.actions.append(_to_move(lake, decided, decision, everything.get(name, []), context))
        elif name in unfinished:
            of_it = same.get(name, [])
            look.actions.append(_to_finish(decided, amendments, name, of_it, context, is_told=name in told))
        elif name in everything:
            look.actions += _as_it_is(landing, decided, decision, same[name])
            if name not in amendments.made and decided.outcome(name) in {Outcome.QUARANTINE, Outcome.HOLD}:
                _add_astray(lake, landed[name], everything[name], look)


def _sort_out(
    lake: Lake,
    landing: Landing,
    landed: LandedObject,
    found: Iterable[Observation],
    places: set[Place],
    decided: Decided,
    is_amended: bool,
    look: Look,
) -> list[Observation]:
    """Return what was found in the landed bytes; what was found in others becomes a stray, what is gone an action."""
    was = decided.outcome(landed.name)
    place: dict[str, Any] = {"feed": landing.run.feed, "folder": landing.run.folder, "was": was}
    same: list[Observation] = []
    for one in found:
        try:
            what = _what_is(lake, one, landed, places, was, is_amended=is_amended)
        except Exception as error:
            look.actions.append(_failed([one], error, **place))
            continue
        if what == "same":
            same.append(one)
        elif what == "other":
            look.strays.append(one)
        else:
            status = Status.ISOLATED if was == Outcome.QUARANTINE else Status.GONE
            look.actions.append(_action([one], status, "", **place))
    if same:
        look.of_bytes[landed.sha256] += same
    return same


def _to_move(
    lake: Lake, decided: Decided, decision: Decision, found: Sequence[Observation], context: dict[str, Any]
) -> Action:
    now = decided.entries[decision.name]["now"] or {}
    silver = now["version_id"] if now.get("bucket") == lake.silver else ""
    told = {"was": decided.outcome(decision.name), "decision": asdict(decision), "silver_version_id": silver}
    return _action(found, Status.MOVE, decision.reason, about=decision, **told, **context)


def _to_finish(
    decided: Decided,
    amendments: Amendments,
    name: str,
    found: Sequence[Observation],
    context: dict[str, Any],
    *,
    is_told: bool,
) -> Action:
    """Return the action that makes the rest of a withdrawal that was begun before.

    :param is_told: the run's record has it already: only a copy is left.
    """
    amendment, was = amendments.made[name], decided.outcome(name)
    if not is_told:
        was = (decided.entries[name].get("amended") or {}).get("was", was)
    about = amendment.decision
    more = {"was": was, "decision": asdict(about), "silver_version_id": amendment.silver_version_id}
    context = {**context, "because": sorted({*context["because"], *amendment.findings})}
    return _action(found, Status.MOVE, about.reason, about=about, **more, **context)


def _as_it_is(landing: Landing, decided: Decided, decision: Decision, found: Sequence[Observation]) -> Iterator[Action]:
    """Yield the action about an object that stays where it is; none where the finding was only carried to it."""
    was = decided.outcome(decision.name)
    place: dict[str, Any] = {"feed": landing.run.feed, "folder": landing.run.folder, "was": was}
    if new := [one for one in found if one.finding_id not in landing.known]:
        status = Status.ISOLATED if was == Outcome.QUARANTINE else Status.STANDS
        if decided.has_plan:
            yield _action(new, status, decision.reason, **place)
        else:
            yield _action(new, Status.LEFT, "below_threshold", **place)
    elif found:
        yield _action(found, Status.KNOWN, "", **place)


def _unfinished(lake: Lake, landing: Landing, decided: Decided, amendments: Amendments) -> tuple[set[str], bool]:
    """Return the amended objects whose withdrawal is not complete, and whether marker and record say what they should.

    Not complete: it was not carried out to its end, a copy is left, or marker or record lag behind.
    """
    if not amendments.made:
        return set(), True
    decisions = [one.decision for one in amendments.made.values()]
    behind = {name for _, name in left_behind(lake.s3, decisions, lake.anywhere)}
    settled = is_settled(
        *(lake.s3, lake.bronze, lake.silver, landing.run),
        *(landing.basis, landing.record, amendments),
        dry_run=landing.is_dry,
    )
    names = {one.name for one in decided.manifest}
    return names & set(iter_unfinished(amendments, behind, settled=settled)), settled


def _what_is(
    lake: Lake, found: Observation, landed: LandedObject, places: set[Place], was: str | None, *, is_amended: bool
) -> str:
    """Say what Macie has looked at: the ``same`` bytes as were landed, ``other`` ones, or what is ``gone``."""
    # What its run has quarantined or held, and lies in silver all the same, another writer has put there.
    is_astray = found.bucket == lake.silver and was in {Outcome.QUARANTINE, Outcome.HOLD} and not is_amended
    if not is_astray and _is_of(lake.s3, found, landed, places):
        return "same"
    head = _head(lake.s3, found)
    if head is None:
        return "same" if (found.bucket, found.key, found.version_id) in places else "gone"
    return "same" if _has_bytes_of(landed, head) and not is_astray else "other"


def _has_bytes_of(landed: LandedObject, head: Mapping[str, Any]) -> bool:
    return (head["ContentLength"], head.get("ChecksumSHA256")) == (landed.size_bytes, landed.checksum)


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
    try:
        head = head_version(s3, found.bucket, found.key, found.version_id)
    except ClientError as error:
        if class_of(error) not in {"403", "AccessDenied"}:
            raise
        # To show a checksum, S3 asks for the key of the object, which may be the uploader's; for all else it does not.
        # Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html ("x-amz-checksum-mode")
        version: dict[str, Any] = {"VersionId": found.version_id} if found.version_id else {}
        head = dict(s3.head_object(Bucket=found.bucket, Key=found.key, **version))
    can_be = bool(found.version_id) or (head is not None and found.etag in {"", head["ETag"].strip('"')})
    return head if can_be else None


# ---- objects of runs whose documents cannot be read


def _look_at_damaged(
    lake: Lake, run: Run, direct: Mapping[str, list[Observation]], carried: Found, damage: DamagedDocumentError
) -> Look:
    """Withdraw what is severe by the default policy, since the run's own documents cannot tell; name all else."""
    look = Look()
    told: dict[str, Any] = {"feed": run.feed, "folder": run.folder, "damaged": damage.document}
    for key in direct.keys() | carried.keys():
        found = [*direct.get(key, []), *carried.get(key, [])]
        try:
            look.actions += _decide_damaged(lake, run, key, found, look, damage, told)
        except Exception as error:
            look.actions.append(_failed(found, error, **told))
    return look


def _decide_damaged(
    lake: Lake,
    run: Run,
    key: str,
    found: list[Observation],
    look: Look,
    damage: DamagedDocumentError,
    told: dict[str, Any],
) -> Iterator[Action]:
    landed = find_landed(lake.s3, lake.bronze, run, key)
    by_bytes: dict[str, tuple[LandedObject, list[Observation]]] = {}
    gone: list[Observation] = []
    for one in found:
        if (seen := _described(lake, one, landed)) is None:
            gone.append(one)
            continue
        by_bytes.setdefault(seen.sha256, (seen, []))[1].append(one)
    if gone:
        yield _action(gone, Status.GONE, "", **told)
    policy = read_policy(DEFAULT_POLICY)[0]
    for seen, observations in by_bytes.values():
        look.of_bytes[seen.sha256] += [one for one in observations if one.version_id]
        named = replace(seen, name=key.removeprefix(run.prefix))
        decision = judge_stray(named, observations, policy)
        if decision.outcome != Outcome.QUARANTINE:
            yield _failed(observations, damage, **told)
        elif left_behind(lake.s3, [decision], lake.anywhere):
            silver = seen.version_id if seen.bucket == lake.silver else ""
            moved: dict[str, Any] = {"decision": asdict(decision), "silver_version_id": silver}
            yield _action(observations, Status.MOVE, decision.reason, **moved, **told)
        else:
            yield _action(observations, Status.ISOLATED, "", **told)


def _described(lake: Lake, found: Observation, landed: LandedObject | None) -> LandedObject | None:
    """Return what Macie has looked at, by the manifest where it has the object, or by its content; None: it is gone."""
    if landed and (found.bucket, found.version_id) in {(landed.bucket, landed.version_id), (lake.silver, "")}:
        return landed
    # What is carried here names no version: of what the index says of these bytes, nothing can be looked up.
    head = _head(lake.s3, found) if found.version_id or found.etag else head_version(lake.s3, found.bucket, found.key)
    if head is None:
        return None
    if landed and _has_bytes_of(landed, head):
        return landed
    return describe(lake.s3, found.bucket, found.key, head)


# ---- objects that no run has landed


def _look_at_strays(lake: Lake, strays: Iterable[Observation], known: Iterable[Place]) -> dict[Place, Look]:
    by_version: defaultdict[Place, list[Observation]] = defaultdict(list)
    for one in strays:
        by_version[one.bucket, one.key, one.version_id].append(one)
    for place in known:
        by_version.pop(place, None)
    looks = map_threads(lambda found: _look_at_stray(lake, found), by_version.values(), _THREADS)
    return {place: look for place, (_, look) in zip(by_version, looks, strict=True)}


def _look_at_stray(lake: Lake, found: list[Observation]) -> Look:
    look = Look()
    try:
        look.actions.append(_decide_stray(lake, found, look))
    except Exception as error:
        look.actions.append(_failed(found, error))
    return look


def _decide_stray(lake: Lake, found: list[Observation], look: Look) -> Action:
    """Decide about an object around the gate; its content is read only if it is to be moved."""
    bucket, key = found[0].bucket, found[0].key
    heads = (_head(lake.s3, one) for one in found)  # all name the same version, or none: then any may mean the latest
    head = next(filter(None, heads), None)
    if head is None:
        return _action(found, Status.GONE, "")
    if sha256 := sha256_in(head):
        look.of_bytes[sha256] += found
    if bucket == lake.bronze and _may_be_landing(lake, key, head):
        return _action(found, Status.PENDING, "")
    policy = read_policy(DEFAULT_POLICY)[0]
    outcome = judge_stray(undescribed(bucket, key, head), found, policy).outcome
    if bucket == lake.bronze and outcome != Outcome.QUARANTINE:
        return _action(found, Status.LEFT, "below_threshold")
    stray = describe(lake.s3, bucket, key, head)
    if not sha256:
        look.of_bytes[stray.sha256] += found
    decision = judge_stray(stray, found, policy)
    silver_version_id = decision.version_id if bucket == lake.silver else ""
    told: dict[str, Any] = {"decision": asdict(decision), "silver_version_id": silver_version_id}
    return _action(found, Status.MOVE, decision.reason, **told)


def _may_be_landing(lake: Lake, key: str, head: Mapping[str, Any]) -> bool:
    """Whether a run may be landing the object just now: its manifest is written last."""
    run = run_of(key)
    return (
        run is not None
        and lake.now - head["LastModified"] < lake.run_deadline
        and head_version(lake.s3, lake.bronze, run.document(MANIFEST)) is None
    )


# ---- actions


def _failed(found: Sequence[Observation], error: Exception, **more: Any) -> Action:
    return _action(found, Status.FAILED, class_of(error), **more)


def _action(
    found: Sequence[Observation], status: Status, why: str, *, about: Decision | None = None, **more: Any
) -> Action:
    """Return the action about an object.

    :param about: says which object when nothing was found in it itself: it is held with its run.
    """
    looked_at: Any = found[0] if found else about
    severities = {one.finding_id or UNKNOWN: one.severity or UNKNOWN for one in found}
    return Action(looked_at.bucket, looked_at.key, looked_at.version_id, severities, status, why, **more)
