"""The record of a run of ``finding_events``: what was found, what was done, how far it has come. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from lake_gate.finding_events.action import Action, Status
from lake_gate.judging.policy import Outcome
from lake_gate.recording.record import Moved


@dataclass(frozen=True, slots=True)
class Looked:
    """The findings that a run has looked at.

    :param times: when each was updated, in milliseconds since 1970, by id.
    :param seen_before: how many of them were dealt with by a run before.
    :param unreadable: how many name no object.
    """

    times: dict[str, int]
    seen_before: int = 0
    unreadable: int = 0


@dataclass(slots=True)
class Totals:
    """Sums over the objects, counted as they pass.

    :param withdrawn: objects that were in silver, and are not any more.
    :param pending: ids of findings that are left for the next run.
    """

    objects: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    severities_moved: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    withdrawn: int = 0
    pending: list[str] = field(default_factory=list)

    def counted(self, entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Yield the entries on, each counted."""
        for entry in entries:
            self._count(entry)
            yield entry

    def _count(self, entry: Mapping[str, Any]) -> None:
        self.objects += 1
        self.statuses[entry["status"]] += 1
        self.severities.update(entry["findings"].values())
        if entry["status"] == Status.MOVE:
            self.moved += 1
            self.withdrawn += entry["was_in_silver"]
            self.outcomes[entry["outcome"]] += 1
            self.severities_moved.update(entry["findings"].values())
        if entry["status"] == Status.PENDING:
            self.pending += entry["findings"]

    def to_json(self) -> dict[str, Any]:
        """Return the sums as ``record.json`` has them."""
        sums = {one.name: getattr(self, one.name) for one in fields(self)}
        told = {name: dict(value) if isinstance(value, Counter) else value for name, value in sums.items()}
        return {**told, "pending": len(self.pending)}


def iter_entries(actions: Iterable[Action], moved: Iterator[Moved | None]) -> Iterator[dict[str, Any]]:
    """Yield the line of ``objects.jsonl`` of each action.

    :param moved: where the objects are that were to be moved, in the same order; None: nowhere any more.
    """
    for action in actions:
        place = next(moved) if action.status == Status.MOVE else None
        is_gone = action.status == Status.MOVE and place is None
        yield {
            "bucket": action.bucket,
            "key": action.key,
            "version_id": action.version_id,
            "feed": action.feed,
            "folder": action.folder,
            "findings": action.findings,
            "status": Status.GONE if is_gone else action.status,
            "why": action.why,
            "was": action.was,
            "was_in_silver": bool(action.silver_version_id) or action.was == Outcome.PROMOTE,
            "outcome": action.decision["outcome"] if action.decision else action.was,
            "now": asdict(place) if place else None,
        }


def build_record(
    *,
    run: Mapping[str, Any],
    taken: Mapping[str, Any],
    listed: Mapping[str, int],
    looked: Looked,
    totals: Totals,
    objects_uri: str,
) -> dict[str, Any]:
    """Return ``record.json``.

    :param run: facts of the run, copied as they are.
    :param taken: what it began from.
    :param listed: how many findings Macie has told of, and how many ids it does not know.
    """
    events = {name: taken[name] for name in ("duplicates", "poison", "dead_letters_failed")}
    return {
        "schema": "lake-gate/finding-events/1",
        "run": dict(run),
        "events": {"hints": len(taken["finding_ids"]), **events},
        "findings": {
            **listed,
            "new": len(looked.times) - looked.seen_before,
            "seen_before": looked.seen_before,
            "unreadable": looked.unreadable,
        },
        "totals": totals.to_json(),
        "objects_uri": objects_uri,
    }
