"""The record of a run of ``finding_events``: its findings, actions and totals. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from lake_gate.decision.policy import Outcome
from lake_gate.finding_events.action import CARRIED, Action, Done, Status
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.recording.record import NAMES_SHOWN


@dataclass(frozen=True, slots=True)
class Examination:
    """The findings that a run has examined.

    :param times: when each finding was updated, in milliseconds since 1970, by id.
    :param seen_before: number of findings that an earlier run has processed.
    :param unreadable: number of findings that name no object.
    :param is_index_complete: whether the index by content lists every run that has landed the same bytes.
    :param settled: bytes that were decided about in every run, by SHA-256: version ids of the documents that made them
        pending.
    """

    times: dict[str, int]
    seen_before: int = 0
    unreadable: int = 0
    is_index_complete: bool = True
    settled: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Totals:
    """Sums over the objects, counted while they are written.

    :param withdrawn: number of objects that were in silver before.
    :param pending: ids of findings that are left for the next run.
    :param failed: ``bucket``, ``key`` and ``why`` of the objects that failed, by id of each finding.
    :param newly_failed: number of objects that failed, and did not fail in the same way in the run before.
    :param first_failed: URI and class of the error of the first objects that failed.
    :param failed_bytes: SHA-256 of the objects that could not be moved; not in the record.
    """

    objects: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    severities_moved: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    withdrawn: int = 0
    severities_failed: Counter[str] = field(default_factory=Counter)
    newly_failed: int = 0
    first_failed: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    failed: dict[str, dict[str, str]] = field(default_factory=dict)
    failed_bytes: set[str] = field(default_factory=set)

    def counted(self, entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Yield the entries unchanged, and count each."""
        for entry in entries:
            self._count(entry)
            yield entry

    def _count(self, entry: Mapping[str, Any]) -> None:
        self.objects += 1
        self.statuses[entry["status"]] += 1
        self.severities.update(entry["findings"].values())
        if entry["now"] and not entry["failed_before"]:
            self.moved += 1
            self.withdrawn += entry["was_in_silver"]
            self.outcomes[entry["outcome"]] += 1
            self.severities_moved.update(entry["findings"].values())
        if entry["status"] == Status.PENDING and entry["why"] != CARRIED:
            self.pending += entry["findings"]
        if entry["status"] == Status.FAILED:
            self._count_failed(entry)

    def _count_failed(self, entry: Mapping[str, Any]) -> None:
        ids = [*entry["findings"]] or entry["because"]
        self.pending += ids
        self.failed |= {finding_id: {name: entry[name] for name in ("bucket", "key", "why")} for finding_id in ids}
        self.severities_failed.update(entry["findings"].values())
        self.failed_bytes |= {entry["sha256"]} - {""}
        self.newly_failed += not entry["failed_before"]
        if len(self.first_failed) < NAMES_SHOWN:
            self.first_failed.append(f"s3://{entry['bucket']}/{entry['key']} ({entry['why']})")

    def to_json(self) -> dict[str, Any]:
        """Return the sums as ``record.json`` has them."""
        values = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "failed_bytes"}
        sums = {name: dict(value) if isinstance(value, Counter) else value for name, value in values.items()}
        return {**sums, "pending": len(set(self.pending)), "failed": self.statuses[Status.FAILED]}


def iter_entries(
    actions: Iterable[Action], done: Iterator[Done], failed_before: Mapping[str, Mapping[str, str]]
) -> Iterator[dict[str, Any]]:
    """Yield the line of ``objects.jsonl`` of each action.

    :param done: results of the actions that move an object, in the same order.
    :param failed_before: objects that failed in the run before, with ``why``, by id of each finding.
    :raises ValueError: when the number of results is not that of the moves.
    """
    for action in actions:
        result = next(done, None) if action.status == Status.MOVE else Done()
        if result is None:
            raise ValueError("fewer lines than actions")
        status, why, place = action.status, action.why, result.moved
        if result.failed:
            status, why = Status.FAILED, result.failed
        elif action.status == Status.MOVE and place is None:
            status = Status.GONE
        ids = [*action.findings] or action.because
        before = [failed_before.get(finding_id, {}) for finding_id in ids]
        yield {
            "bucket": action.bucket,
            "key": action.key,
            "version_id": action.version_id,
            "feed": action.feed,
            "folder": action.folder,
            "findings": action.findings,
            "because": action.because,
            "sha256": action.decision["sha256"] if action.decision else "",
            "status": status,
            "why": why,
            "damaged": action.damaged,
            "failed_before": status == Status.FAILED and any(failure.get("why") == why for failure in before),
            "was": action.was,
            "was_in_silver": bool(action.silver_version_id) or action.was == Outcome.PROMOTE,
            "outcome": action.decision["outcome"] if action.decision else action.was,
            "now": asdict(place) if place else None,
        }
    if next(done, None) is not None:
        raise ValueError("more lines than actions")


@dataclass(frozen=True, slots=True)
class _Entry:
    """Members of a line of ``objects.jsonl`` that the message about the run shows."""

    bucket: str
    key: str
    findings: dict[str, str]
    status: str
    why: str
    was: str | None
    outcome: str | None
    now: dict[str, Any] | None
    damaged: str = ""
    was_in_silver: bool = False


_ENTRY_MEMBERS = frozenset(member.name for member in fields(_Entry))


def entry_of(line: Any) -> dict[str, Any]:
    """Return a line of ``objects.jsonl`` after checking its shape.

    :raises ValueError: when it is of another shape; the text never holds content.
    """
    if not isinstance(line, dict):
        raise ValueError("not an entry: not an object")  # noqa: TRY004 - the same error for all damage
    entry = jsonl.from_dict(_Entry, {name: value for name, value in line.items() if name in _ENTRY_MEMBERS})
    if entry.now is not None:
        jsonl.from_dict(Moved, entry.now)
    return line


_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}
_COUNTS = {"type": "object", "additionalProperties": _NUMBER}
TAKEN_SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "watermark": {"type": "object"},
        "finding_ids": {"type": "array", "items": _TEXT},
        "duplicates": _NUMBER,
        "poison": _COUNTS,
        "dead_letters_failed": _NUMBER,
    },
    "required": ["watermark", "finding_ids", "duplicates", "poison", "dead_letters_failed"],
}
"""JSON Schema of ``taken.json``."""
RECORD_SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "run": {"type": "object", "properties": {"run_id": _TEXT}, "required": ["run_id"]},
        "events": {"type": "object", "properties": {"poison": _COUNTS}, "required": ["poison"]},
        "totals": {
            "type": "object",
            "properties": {
                **dict.fromkeys(("statuses", "outcomes", "severities_moved", "severities_failed"), _COUNTS),
                **dict.fromkeys(("moved", "withdrawn", "newly_failed"), _NUMBER),
                "first_failed": {"type": "array", "items": _TEXT},
            },
            "required": ["statuses", "outcomes", "severities_moved", "moved", "withdrawn", "first_failed"],
        },
        "objects_uri": _TEXT,
    },
    "required": ["run", "events", "totals", "objects_uri"],
}
"""JSON Schema of the members of ``record.json`` that are read."""


def build_record(
    *,
    run: Mapping[str, Any],
    taken: Mapping[str, Any],
    listed: Mapping[str, int],
    examination: Examination,
    totals: Totals,
    objects_uri: str,
) -> dict[str, Any]:
    """Return ``record.json``.

    :param run: facts of the run, copied unchanged.
    :param taken: content of ``taken.json``.
    :param listed: how many findings Macie has returned, and how many ids it does not know.
    """
    events = {name: taken[name] for name in ("duplicates", "poison", "dead_letters_failed")}
    return {
        "schema": "lake-gate/finding-events/1",
        "run": dict(run),
        "events": {"hints": len(taken["finding_ids"]), **events},
        "findings": {
            **listed,
            "new": len(examination.times) - examination.seen_before,
            "seen_before": examination.seen_before,
            "unreadable": examination.unreadable,
        },
        "index_complete": examination.is_index_complete,
        "totals": totals.to_json(),
        "objects_uri": objects_uri,
    }
