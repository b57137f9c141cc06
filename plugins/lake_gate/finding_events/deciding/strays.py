"""Decide about objects that no run has landed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from lake_gate.decision.policies import DEFAULT_POLICY, read_policy
from lake_gate.decision.policy import Outcome
from lake_gate.finding_events.action import Action, Status
from lake_gate.finding_events.deciding.lake import THREADS, Lake
from lake_gate.finding_events.deciding.matching import has_bytes_of, head_of
from lake_gate.finding_events.deciding.result import Result, action_about, failed_action
from lake_gate.finding_events.places import run_of
from lake_gate.finding_events.rejudging import judge_stray
from lake_gate.finding_events.runs import Place
from lake_gate.finding_events.strays import describe, sha256_in, undescribed
from lake_gate.model.evidence import Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, silver_key
from lake_gate.s3.threads import map_threads
from lake_gate.s3.versions import head_version, list_histories


def decide_strays(lake: Lake, strays: Iterable[Observation], known: Iterable[Place]) -> dict[Place, Result]:
    """Decide about each stray version in isolation: an error becomes an action of its own.

    :param known: places that were decided about before; they are left out.
    """
    by_place: defaultdict[Place, list[Observation]] = defaultdict(list)
    for finding in strays:
        by_place[finding.bucket, finding.key, finding.version_id].append(finding)
    for place in known:
        by_place.pop(place, None)
    results = map_threads(lambda found: _decide_isolated(lake, found), by_place.values(), THREADS)
    return {place: result for place, (_, result) in zip(by_place, results, strict=True)}


def _decide_isolated(lake: Lake, found: list[Observation]) -> Result:
    result = Result()
    try:
        result.actions.append(_decide(lake, found, result))
    except Exception as error:
        result.actions.append(failed_action(found, error))
    return result


def _decide(lake: Lake, found: list[Observation], result: Result) -> Action:
    """Decide about a stray; its content is read only if it is to be moved."""
    bucket, key = found[0].bucket, found[0].key
    heads = (head_of(lake.s3, finding) for finding in found)  # all of the same version, or of the latest
    head = next(filter(None, heads), None)
    if head is None:
        return action_about(found, Status.GONE, "")
    if sha256 := sha256_in(head):
        result.by_content[sha256] += found
    if bucket == lake.bronze and _may_be_landing(lake, key, head):
        return action_about(found, Status.PENDING, "")
    policy = read_policy(DEFAULT_POLICY)[0]
    outcome = judge_stray(undescribed(bucket, key, head), found, policy).outcome
    if bucket == lake.bronze and outcome != Outcome.QUARANTINE:
        return action_about(found, Status.LEFT, "below_threshold")
    stray = describe(lake.s3, bucket, key, head)
    if not sha256:
        result.by_content[stray.sha256] += found
    decision = judge_stray(stray, found, policy)
    silver_version_id = decision.version_id if bucket == lake.silver else ""
    details: dict[str, Any] = {"decision": asdict(decision), "silver_version_id": silver_version_id}
    return action_about(found, Status.MOVE, decision.reason, **details)


def _may_be_landing(lake: Lake, key: str, head: Mapping[str, Any]) -> bool:
    """Whether a run may be landing the object: its manifest is written last."""
    run = run_of(key)
    return (
        run is not None
        and lake.now - head["LastModified"] < lake.run_deadline
        and head_version(lake.s3, lake.bronze, run.document(MANIFEST)) is None
    )


def add_copies_in_silver(lake: Lake, landed: LandedObject, found: Sequence[Observation], result: Result) -> None:
    """Add the findings to the strays, for each version in silver that has the landed bytes under the landed key."""
    strays = [stray for stray in result.strays if (stray.bucket, stray.key) == (lake.silver, silver_key(landed.key))]
    known = {stray.version_id for stray in strays}
    result.strays += [copy for copy in _in_silver(lake, landed, found) if copy.version_id not in known]


def _in_silver(lake: Lake, landed: LandedObject, found: Sequence[Observation]) -> list[Observation]:
    if not found:
        return []
    key = silver_key(landed.key)
    history = list_histories(lake.s3, lake.silver, [key])[key]
    heads = {version: head_version(lake.s3, lake.silver, key, version) for version in history.versions}
    return [
        replace(finding, bucket=lake.silver, key=key, version_id=version, etag="")
        for version, head in heads.items()
        if head and has_bytes_of(landed, head)
        for finding in found
    ]
