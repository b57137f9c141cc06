"""Carry findings to every place where runs have landed the same bytes, see :mod:`lake_gate.content`.

A finding is about bytes: it is kept under their SHA-256 first. Only then are the places of the bytes read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lake_gate import content
from lake_gate.finding_events.action import Action
from lake_gate.finding_events.deciding.lake import THREADS, Lake
from lake_gate.finding_events.deciding.result import FindingsByKey, Result, failed_action
from lake_gate.finding_events.places import key_in
from lake_gate.model.evidence import Observation
from lake_gate.model.names import UNKNOWN
from lake_gate.model.run import Run, silver_key
from lake_gate.s3.threads import map_threads


@dataclass(slots=True)
class Carried:
    """Findings at every place where runs have landed the bytes that they are about.

    :param places: run and landed key of each place, by SHA-256.
    :param versions: version id of the document that made the bytes pending, by SHA-256; empty when no finding was new.
    """

    by_run: defaultdict[Run, FindingsByKey] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    failed: list[Action] = field(default_factory=list)
    places: dict[str, set[tuple[Run, str]]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


def carry(lake: Lake, results: Iterable[Result]) -> Carried:
    """Keep the findings by content, and return them for every place where runs have landed that content."""
    by_content: defaultdict[str, list[Observation]] = defaultdict(list)
    for result in results:
        for sha256, found in result.by_content.items():
            by_content[sha256] += found
    carried = Carried()

    def keep_and_list(sha256: str) -> tuple[list[content.LandedAt], Exception | None]:
        landed_at: list[content.LandedAt] = []
        try:
            # Keep the findings before the places are read: see lake_gate.content.
            carried.versions[sha256] = content.add_found(lake.s3, lake.bronze, sha256, by_content[sha256])
            landed_at.extend(content.iter_landed(lake.s3, lake.bronze, sha256))
        except Exception as error:
            return landed_at, error
        return landed_at, None

    for sha256, (landed_at, error) in map_threads(keep_and_list, by_content, THREADS):
        found = _distinct(by_content[sha256])
        if error:
            carried.failed.append(failed_action(found, error))
        else:  # bytes of which not all places are known stay pending
            carried.places[sha256] = {(place.run, place.run.prefix + place.name) for place in landed_at}
        for place in landed_at:
            key = place.run.prefix + place.name
            carried.by_run[place.run][key] += [
                replace(finding, bucket=lake.silver, key=silver_key(key), version_id="", etag="") for finding in found
            ]
    return carried


def read_pending(lake: Lake, pending: Iterable[str]) -> Result:
    """Return everything that was found in bytes whose findings are pending.

    :param pending: SHA-256 of the bytes.
    """
    result = Result()
    for sha256, found in map_threads(lambda sha256: content.read_found(lake.s3, lake.bronze, sha256), pending):
        result.by_content[sha256] += found
    return result


def _distinct(found: Iterable[Observation]) -> list[Observation]:
    return list({finding.finding_id: finding for finding in found}.values())


def not_decided(lake: Lake, run: Run, by_key: FindingsByKey, actions: Iterable[Action]) -> FindingsByKey:
    """Return the findings carried to a run that its actions do not include.

    They also count for a run that is over and has no copy in silver: a task of it that is cleared may make one.
    """
    decided = {
        (key_in(run, action.key, in_bronze=action.bucket == lake.bronze), finding_id)
        for action in actions
        for finding_id in action.findings
    }
    new = {
        key: [finding for finding in found if (key, finding.finding_id or UNKNOWN) not in decided]
        for key, found in by_key.items()
    }
    return {key: found for key, found in new.items() if found}
