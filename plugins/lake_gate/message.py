"""The message about a run: names, severities and counts, within SNS's limits; the rest is in the run record. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lake_gate.policy import Outcome
from lake_gate.record import worst_severity

MAX_SUBJECT_CHARACTERS = 100
MAX_MESSAGE_BYTES = 256 * 1024
"""Limits of SNS Publish. Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
_ATTRIBUTES_BYTES = 1024
"""What the message's attributes may take; they count within its limit."""
_PAST = {Outcome.PROMOTE: "promoted", Outcome.QUARANTINE: "quarantined", Outcome.HOLD: "held"}


def subject(record: Mapping[str, Any]) -> str:
    """Return the subject of the run's message: ASCII, at most 100 characters."""
    totals = record["totals"]
    if not totals["objects"]:
        text = f"[{record['run']['feed']}] empty delivery, nothing to do"
    else:
        outcomes = ", ".join(f"{totals['outcomes'].get(outcome, 0)} {_PAST[outcome]}" for outcome in Outcome)
        dry = "dry run: " if record["dry_run"] else ""
        text = f"[{record['run']['feed']}] {dry}{totals['objects']} files: {outcomes}"
    return clip_subject(text)


def clip_subject(text: str) -> str:
    """Make a text fit for the subject of an SNS message."""
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    return plain if len(plain) <= MAX_SUBJECT_CHARACTERS else plain[: MAX_SUBJECT_CHARACTERS - 3] + "..."


def message(record: Mapping[str, Any], entries: Iterable[Mapping[str, Any]], record_uri: str) -> str:
    """Return the body of the run's message: at most 256 KB.

    :param entries: the lines of ``objects.jsonl``, read once.
    :param record_uri: where the record is, as ``s3://bucket/key``.
    """
    run, totals = record["run"], record["totals"]
    unsettled = record["job"] and not record["job"]["settled"]
    before = [
        f"Feed {run['feed']}, run {run['run_id']}.",
        f"Delivery: {run['source'][:1000]}.",
        "Nothing was moved: dry run." if record["dry_run"] else "",
        "The delivery was empty." if not totals["objects"] else "",
        "Macie's results were still changing at the deadline: what is not proven was held." if unsettled else "",
        f"{totals['beside_others']} object(s) lie beside other bytes of the same key."
        if totals["beside_others"]
        else "",
    ]
    last = f"Run record: {record_uri}"
    room = MAX_MESSAGE_BYTES - _ATTRIBUTES_BYTES - len("\n".join([*before, last]).encode()) - 100  # for "... and more"
    return "\n".join(line for line in [*before, *_lines_that_fit(entries, room), last] if line)


def message_attributes(record: Mapping[str, Any]) -> dict[str, str | int]:
    """Return what subscriptions can filter on: feed, highest severity, dry run, number of objects by outcome."""
    return {
        "feed": record["run"]["feed"],
        "severity": worst_severity(record) or "None",
        "dry_run": str(record["dry_run"]).lower(),
        **{outcome.value: record["totals"]["outcomes"].get(outcome, 0) for outcome in Outcome},
    }


def _lines_that_fit(entries: Iterable[Mapping[str, Any]], room: int) -> list[str]:
    """Return the objects' lines, strictest outcome first: what has to be left out needs the least attention."""
    kept: dict[str | None, list[str]] = {None: [], Outcome.QUARANTINE: [], Outcome.HOLD: [], Outcome.PROMOTE: []}
    used = dict.fromkeys(kept, 0)
    total = 0
    for entry in entries:
        total += 1
        line = _line(entry)
        outcome = entry["outcome"]
        used[outcome] += len(line.encode()) + 1
        if used[outcome] <= room:  # more of one outcome never fit: a run of 100,000 stays out of memory
            kept[outcome].append(line)
    lines: list[str] = []
    for line in (line for of_outcome in kept.values() for line in of_outcome):
        room -= len(line.encode()) + 1
        if room < 0:
            break
        lines.append(line)
    return [*lines, f"... and {total - len(lines)} more, in the run record." if total > len(lines) else ""]


def _line(entry: Mapping[str, Any]) -> str:
    found = ", ".join(f"{identifier} x {count}" for identifier, count in entry["detections"].items())
    severity = f", {entry['severity']}" if entry["severity"] else ""
    detail = f" ({found})" if found else ""
    return f"- {entry['name']}: {entry['outcome']}, {entry['reason']}{severity}{detail}"
