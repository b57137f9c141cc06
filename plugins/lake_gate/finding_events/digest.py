"""The message about a run of ``finding_events``: names, severities and counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lake_gate.finding_events.action import Status
from lake_gate.model.evidence import Severity
from lake_gate.model.words import counted
from lake_gate.notifications.message import Notice

QUIET = frozenset({Status.KNOWN, Status.PENDING, Status.ISOLATED, Status.GONE})
"""Statuses that need no message: the run that landed the object reports it, or nothing was done."""
_ORDER = [Status.FAILED, Status.MOVE, Status.LEFT, Status.STANDS]


def is_worth_sending(record: Mapping[str, Any]) -> bool:
    """Whether anything has changed that no message has reported.

    An object that fails again in the same way is not new, and a decision that stands changes nothing.
    """
    totals = record["totals"]
    loud = {status for status in totals["statuses"] if status not in {*QUIET, Status.FAILED, Status.STANDS}}
    return bool(record["events"]["poison"] or loud or totals.get("newly_failed"))


def worst_moved(record: Mapping[str, Any]) -> Severity | None:
    """Return the highest severity of the objects that were moved, or failed to be moved."""
    totals = record["totals"]
    named = {*totals["severities_moved"], *totals.get("severities_failed", ())}
    found = [Severity(name) for name in named if name in set(Severity)]
    return max(found, key=lambda severity: severity.rank, default=None)


def digest(
    record: Mapping[str, Any], entries: Iterable[Mapping[str, Any]], record_uri: str, heads: Sequence[str] = ()
) -> Notice:
    """Return the message about the run.

    :param entries: the lines of its ``objects.jsonl``.
    :param heads: see :func:`lake_gate.ledger.book.heads`.
    """
    totals, poison = record["totals"], sum(record["events"]["poison"].values())
    failed = totals["statuses"].get(Status.FAILED, 0)
    subject = f"[finding_events] {totals['withdrawn']} withdrawn from silver, {totals['moved']} moved in all"
    subject += f", {failed} failed" if failed else ""
    shown = sorted((entry for entry in entries if entry["status"] not in QUIET), key=_urgency)
    in_silver = sum(map(_may_be_in_silver, shown))
    subject += f" ({in_silver} may still be in silver)" if in_silver else ""
    lines = [
        f"Run {record['run']['run_id']}.",
        "Macie has reported findings outside the gate's own runs; they were decided about by the same policy.",
        f"Invalid messages of the findings queue in the dead-letter queue: {poison:,}." if poison else "",
        *(f"{counted(count, 'object')}: {status.replace('_', ' ')}." for status, count in totals["statuses"].items()),
        *heads,
        *map(_line, shown),
    ]
    severity = worst_moved(record)
    attributes: dict[str, str | int] = {
        "feed": "finding_events",
        "kind": "digest",
        "severity": severity.value if severity else "None",
        "outcome": _outcome(totals["outcomes"]),
        "withdrawn": totals["withdrawn"],
        "moved": totals["moved"],
        "poison": poison,
        "failed": failed,
    }
    return Notice(subject=subject, lines=lines, sms=subject, attributes=attributes, record_uri=record_uri)


def _outcome(outcomes: Mapping[str, int]) -> str:
    if outcomes.get("quarantine"):
        return "quarantined"
    return "held" if outcomes.get("hold") else "empty"


def _urgency(entry: Mapping[str, Any]) -> int:
    status = entry["status"]
    return _ORDER.index(status) if status in _ORDER else len(_ORDER)


def _may_be_in_silver(entry: Mapping[str, Any]) -> bool:
    return bool(entry["status"] == Status.FAILED and entry.get("was_in_silver") and not entry.get("now"))


def _line(entry: Mapping[str, Any]) -> str:
    severities: Sequence[str] = sorted(set(entry["findings"].values()))
    found = ", ".join(severities) or "held with its run"
    done = f"{entry['outcome']}, {entry['why']}" if entry["status"] == Status.MOVE else entry["why"] or ""
    was = f", was {entry['was']}" if entry["was"] else ""
    damaged = f", {entry['damaged']} of its run is damaged" if entry.get("damaged") else ""
    now = f", is in {entry['now']['bucket']} now" if entry["status"] == Status.FAILED and entry.get("now") else ""
    silver = ", may still be in silver" if _may_be_in_silver(entry) else ""
    details = f"{done}; {found}{was}{damaged}{now}{silver}"
    return f"- {entry['bucket']}/{entry['key']}: {entry['status'].replace('_', ' ')} ({details})"
