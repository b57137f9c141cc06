"""Decide about the objects of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lake_gate.errors import DamagedDocumentError
from lake_gate.finding_events.action import CARRIED, Status
from lake_gate.finding_events.deciding.damaged_runs import decide_damaged_run
from lake_gate.finding_events.deciding.finished_runs import decide_again
from lake_gate.finding_events.deciding.lake import Lake
from lake_gate.finding_events.deciding.matching import keep_by_content
from lake_gate.finding_events.deciding.result import FindingsByKey, Result, action_about, failed_action
from lake_gate.finding_events.deciding.strays import add_copies_in_silver
from lake_gate.finding_events.runs import Landing, read_landing
from lake_gate.model.evidence import Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import Run


def decide_run(lake: Lake, run: Run, direct: Mapping[str, list[Observation]], carried: FindingsByKey) -> Result:
    """Decide about the objects of one run; errors in its documents affect this run alone.

    :param direct: findings about the run's keys, by key.
    :param carried: findings elsewhere in the bytes that the run has landed, by key.
    """
    result = Result()
    try:
        _decide(lake, run, direct, carried, result)
    except DamagedDocumentError as damage:
        return decide_damaged_run(lake, run, direct, carried, damage)
    except Exception as error:
        place = {"feed": run.feed, "folder": run.folder}
        return Result([failed_action(found, error, **place) for found in (*direct.values(), *carried.values())])
    return result


def _decide(
    lake: Lake, run: Run, direct: Mapping[str, list[Observation]], carried: FindingsByKey, result: Result
) -> None:
    ids = {finding.finding_id or "" for found in direct.values() for finding in found}
    keys = direct.keys() | carried.keys()
    landing = read_landing(lake.s3, lake.bronze, run, keys, ids)
    if landing is None:
        for key in sorted(keys):
            result.strays += direct.get(key, [])
        return
    is_running = landing.record is None and lake.now - landing.landed_at < lake.run_deadline
    again: FindingsByKey = {}
    again_carried: FindingsByKey = {}
    place: dict[str, Any] = {"feed": run.feed, "folder": run.folder}
    for key in sorted(keys):
        found, elsewhere = direct.get(key, []), carried.get(key, [])
        if key not in landing.landed:
            result.strays += found
            continue
        landed = landing.landed[key]
        is_known = all(finding.finding_id in landing.known for finding in found) and not elsewhere
        is_left_to_run = is_running and not is_known
        if not is_left_to_run and not landing.is_dry and (landing.basis or not is_known):
            again[landed.name], again_carried[landed.name] = found, elsewhere
            continue
        try:
            keep_by_content(lake, landed, found, result)
            if is_left_to_run:
                new = [finding for finding in found if finding.finding_id not in landing.known]
                why = "" if new else CARRIED
                result.actions.append(action_about([*new, *elsewhere], Status.PENDING, why, **place))
            else:
                _leave(lake, landing, landed, found, elsewhere, result)
        except Exception as error:
            result.actions.append(failed_action([*found, *elsewhere], error, **place))
    if again:
        decide_again(lake, landing, again, again_carried, result)


def _leave(
    lake: Lake,
    landing: Landing,
    landed: LandedObject,
    found: list[Observation],
    elsewhere: list[Observation],
    result: Result,
) -> None:
    """Leave an object that its run has landed and not moved; a copy in silver is a stray."""
    place: dict[str, Any] = {"feed": landing.run.feed, "folder": landing.run.folder}
    not_in_silver = [finding for finding in found if finding.bucket != lake.silver]
    result.strays += [finding for finding in found if finding.bucket == lake.silver]
    add_copies_in_silver(lake, landed, [*not_in_silver, *elsewhere], result)
    if new := [finding for finding in not_in_silver if finding.finding_id not in landing.known]:
        result.actions.append(action_about(new, Status.LEFT, "dry_run", **place))
    elif not_in_silver:
        result.actions.append(action_about(not_in_silver, Status.KNOWN, "", **place))
