"""The run record: outcome, reason and place of every landed object. Pure.

The record has two documents: ``objects.jsonl`` has one entry per landed object, ``record.json`` the totals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from heapq import merge
from typing import Any

from lake_gate.decision.decision import Decision
from lake_gate.decision.policy import Outcome
from lake_gate.decision.reason import Reason
from lake_gate.model import jsonl
from lake_gate.model.evidence import Severity
from lake_gate.model.manifest import LandedObject, Moved

NAMES_SHOWN = 5
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}
RECORD_SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "accounted": {"type": "boolean"},
        "dry_run": {"type": "boolean"},
        "run": {
            "type": "object",
            "properties": {
                **{name: {"type": "string"} for name in ("feed", "run_id", "source", "dag_id", "folder")},
                **{name: {"type": ["string", "null"]} for name in ("started_at", "started_by", "airflow_url")},
            },
            "required": ["feed", "run_id", "source"],
        },
        "rules": {
            "type": "object",
            "properties": {
                **{name: {"type": ["object", "null"]} for name in ("identifiers", "job_spec", "policy")},
                "exceptions": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            **{name: {"type": "string"} for name in ("id", "kind", "release", "until")},
                            "objects": {"type": "integer"},
                        },
                        "required": ["id", "kind", "release", "until", "objects"],
                    },
                },
                "standing_exceptions": {
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
                "suppression_rules": {
                    "type": ["object", "null"],
                    "properties": {"by_rule": _COUNTS, "unexplained": {"type": "integer"}},
                    "required": ["by_rule", "unexplained"],
                },
            },
        },
        "job": {
            "type": ["object", "null"],
            "properties": {"settled": {"type": "boolean"}},
            "required": ["settled"],
        },
        "delivery": {
            "type": ["object", "null"],
            "properties": {"missing_tables": {"type": ["array", "null"], "items": {"type": "string"}}},
        },
        "cost": {
            "type": ["object", "null"],
            "properties": {
                **{name: {"type": "integer"} for name in ("objects", "size_bytes", "maybe_compressed")},
                "usd": {"type": "number"},
            },
            "required": ["objects", "size_bytes", "usd"],
        },
        "scan": {
            "type": ["object", "null"],
            "properties": {name: {"type": ["integer", "null"]} for name in ("seconds", "bytes")},
        },
        "reused": {"type": "integer"},
        "totals": {
            "type": "object",
            "properties": {
                "objects": {"type": "integer"},
                "not_accounted": {"type": "integer"},
                "first_not_accounted": {"type": "array", "items": {"type": "string"}},
                "beside_others": {"type": "integer"},
                "outcomes": _COUNTS,
                "severities": {**_COUNTS, "propertyNames": {"enum": [severity.value for severity in Severity]}},
            },
            "required": ["objects", "not_accounted", "first_not_accounted", "outcomes", "severities"],
        },
        "marker_uri": {"type": ["string", "null"]},
    },
    "required": ["accounted", "dry_run"],
}
"""JSON Schema of the members of ``record.json`` that are read."""
_OUTCOMES = {*(outcome.value for outcome in Outcome), None}


def merge_by_name[Item: (Decision, Moved)](of_outcomes: Iterable[Iterable[Item]]) -> Iterator[Item]:
    """Merge items that are sorted by name within each outcome into the order of the manifest."""
    return merge(*of_outcomes, key=lambda item: item.name)


def iter_entries(
    manifest: Iterable[LandedObject], decisions: Iterable[Decision], moved: Iterable[Moved], *, dry_run: bool
) -> Iterator[dict[str, Any]]:
    """Yield one entry per landed object; all three arguments must be sorted by name.

    ``now`` is the verified place of the object: that of the copy, or in a dry run that of the landed object. An object
    is not accounted for if ``now`` or ``outcome`` is None, that is, not known.
    """
    decision_of, place_of = _Finder(decisions), _Finder(moved)
    for landed in manifest:
        place = place_of.find(landed.name)
        if place is None and dry_run:
            place = Moved(landed.name, landed.bucket, landed.key, landed.version_id)
        yield _entry(landed, decision_of.find(landed.name), place)


def with_copies(entries: Iterable[dict[str, Any]], copies: Mapping[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the entries, each with that of the object's masked copy as ``masked``; None without a copy.

    :param copies: entries of the masked run by name, each with the report on the masking.
    """
    for entry in entries:
        yield {**entry, "masked": copies.get(entry["name"])}


class _Finder[Item: (Decision, Moved)]:
    """Finds items by name in an iterable sorted by name; names must be looked up in the same order."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items: Iterator[Item] = iter(items)
        self._next: Item | None = next(self._items, None)

    def find(self, name: str) -> Item | None:
        while self._next is not None and self._next.name < name:
            self._next = next(self._items, None)
        return self._next if self._next is not None and self._next.name == name else None


@dataclass(slots=True)
class Totals:
    """Sums over the entries of a record, counted as they pass."""

    objects: int = 0
    size_bytes: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    archived_findings: int = 0
    beside_others: int = 0
    copies: Counter[str] = field(default_factory=Counter)
    exceptions: Counter[str] = field(default_factory=Counter)
    not_accounted: int = 0
    first_not_accounted: list[str] = field(default_factory=list)

    def counted(self, entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Yield the entries unchanged, and count each."""
        for entry in entries:
            self._count(entry)
            yield entry

    def _count(self, entry: Mapping[str, Any]) -> None:
        self.objects += 1
        self.size_bytes += entry["size_bytes"]
        self.findings.update(entry["findings"])
        self.severities.update([entry["severity"]] if entry["severity"] else [])
        self.archived_findings += entry["archived_findings"]
        if entry["outcome"]:
            self.outcomes[entry["outcome"]] += 1
            self.reasons[entry["reason"]] += 1
        self.exceptions.update(entry.get("exceptions", ()))
        if entry["now"] and entry["now"]["is_beside_others"]:
            self.beside_others += 1
        copy = entry.get("masked")
        if copy and copy["outcome"]:
            self.copies[copy["outcome"]] += 1
        if not (_is_accounted(entry) and (copy is None or _is_accounted(copy))):
            self.not_accounted += 1
            self.first_not_accounted += [entry["name"]] if len(self.first_not_accounted) < NAMES_SHOWN else []

    def to_json(self) -> dict[str, Any]:
        """Return the totals as in ``record.json``, where exceptions are among the rules."""
        sums = {part.name: getattr(self, part.name) for part in fields(self) if part.name != "exceptions"}
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in sums.items()}


def _is_accounted(entry: Mapping[str, Any]) -> bool:
    return bool(entry["outcome"] and entry["now"])


def build_record(
    *,
    run: Mapping[str, Any],
    rules: Mapping[str, Any],
    job: Mapping[str, Any] | None,
    totals: Totals,
    dry_run: bool,
    objects_uri: str,
    marker_uri: str,
    delivery: Mapping[str, Any] | None = None,
    cost: Mapping[str, Any] | None = None,
    scan_seconds: int | None = None,
) -> dict[str, Any]:
    """Return ``record.json``.

    :param run: facts of the run (feed, run id, source, times), copied as they are.
    :param rules: rules of the decisions, with hashes: policy, identifiers, job spec.
    :param job: facts of the classification job, or None when there was nothing to scan.
    :param objects_uri: URI of ``objects.jsonl``.
    :param marker_uri: URI of the marker in silver, which is written later.
    :param delivery: tables that were expected and missing.
    :param cost: estimated cost of the scan, or None when the delivery was empty.
    :param scan_seconds: how long the job took, or None if that is not known.
    """
    return {
        "schema": "lake-gate/run-record/2",
        "run": dict(run),
        "rules": dict(rules),
        "job": dict(job) if job else None,
        "dry_run": dry_run,
        "delivery": dict(delivery) if delivery else None,
        "cost": dict(cost) if cost else None,
        "scan": {"seconds": scan_seconds, "bytes": cost["size_bytes"] if cost and job else None},
        "reused": totals.reasons[Reason.VERDICT_REUSED],
        "totals": totals.to_json(),
        "accounted": totals.not_accounted == 0,
        "objects_uri": objects_uri,
        "marker_uri": None if dry_run else marker_uri,
    }


def entry_of(line: Any) -> dict[str, Any]:
    """Return a parsed line of ``objects.jsonl``, with its shape checked.

    :raises ValueError: when it is not an entry; the message does not quote the content.
    """
    if not isinstance(line, dict):
        raise ValueError("not an entry: not an object")  # noqa: TRY004 - one error for every kind of damage
    read = {name: value for name, value in line.items() if name in _READ_OF_ENTRY}
    try:
        entry = jsonl.from_dict(_Entry, read)
        if entry.now is not None:
            jsonl.from_dict(Moved, {**entry.now, "name": entry.name})
        if entry.masked is not None:
            _check_copy(entry.masked)
    except ValueError as problem:
        raise ValueError(f"not an entry: {problem}") from None
    if entry.outcome not in _OUTCOMES:
        raise ValueError("not an entry: unknown outcome")
    return line


def _check_copy(copy: Mapping[str, Any]) -> None:
    """Check the entry of a masked copy, without which its place in silver is not known.

    :raises ValueError: when it is not an entry, or does not say how the copy was masked.
    """
    entry_of({name: value for name, value in copy.items() if name != "masked"})
    masking = copy.get("masking")
    needed = {"spec": str, "spec_sha256": str, "key_version": int}
    if not isinstance(masking, dict) or any(type(masking.get(name)) is not kind for name, kind in needed.items()):
        raise ValueError("the masking of the copy has an unexpected shape")


def placed_entry_of(line: Any) -> dict[str, Any]:
    """Return a parsed line of ``objects.jsonl``, like :func:`entry_of`, that must have the object's place and outcome.

    :raises ValueError: when it is not such an entry.
    """
    entry = entry_of(line)
    if entry.get("now") is None or entry["outcome"] is None:
        raise ValueError("not an entry: the place or the outcome of the object is missing")
    return entry


@dataclass(frozen=True, slots=True)
class _Entry:
    """Members of an entry that are read."""

    name: str
    size_bytes: int
    sha256: str
    outcome: str | None
    reason: str | None
    severity: str | None
    detections: dict[str, int]
    now: dict[str, Any] | None = None
    masked: dict[str, Any] | None = None


_READ_OF_ENTRY = frozenset(member.name for member in fields(_Entry))


def worst_severity(record: Mapping[str, Any]) -> Severity | None:
    """Return the highest severity of the run's objects; None if Macie reported none."""
    found = [Severity(name) for name in record["totals"]["severities"]]
    return max(found, key=lambda severity: severity.rank, default=None)


def marker_head(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a run's marker without its objects."""
    return {"schema": "lake-gate/silver-run/1", "feed": run["feed"], "run_id": run["run_id"]}


def marker_object(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item of the marker for a promoted object: the version that readers may trust.

    :param entry: of the object, or of its masked copy: then the item says by which rules and key it was masked.
    """
    now = entry["now"]
    item = {
        "key": now["key"],
        "version_id": now["version_id"],
        "size_bytes": entry["size_bytes"],
        "sha256": entry["sha256"],
    }
    if masking := entry.get("masking"):
        item["masked"] = {name: masking[name] for name in ("spec", "spec_sha256", "key_version")}
    return item


def _entry(landed: LandedObject, decision: Decision | None, place: Moved | None) -> dict[str, Any]:
    return {
        "name": landed.name,
        "landed": {"bucket": landed.bucket, "key": landed.key, "version_id": landed.version_id, "etag": landed.etag},
        "size_bytes": landed.size_bytes,
        "sha256": landed.sha256,
        "outcome": decision.outcome if decision else None,
        "reason": decision.reason if decision else None,
        "rule": decision.rule if decision else None,
        "status_reason": decision.status_reason if decision else None,
        "severity": decision.severity if decision else None,
        "findings": decision.findings if decision else {},
        "archived_findings": decision.archived_findings if decision else 0,
        "detections": decision.detections if decision else {},
        "verdict": decision.verdict if decision else None,
        "is_version_inferred": decision.is_version_inferred if decision else False,
        "exceptions": list(decision.exceptions) if decision else [],
        "rows": landed.rows,
        "columns": landed.columns,
        "now": {k: v for k, v in asdict(place).items() if k != "name"} if place else None,
    }
