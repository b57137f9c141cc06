"""The digest of a run: names, severities and counts; what does not fit is in the run record. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lake_gate.decision.policy import Outcome
from lake_gate.notifications.message import MAX_MESSAGE_BYTES, Notice, body_line, size_in_body
from lake_gate.recording.record import worst_severity

EMPTY = "empty"
_PAST = {Outcome.PROMOTE: "promoted", Outcome.QUARANTINE: "quarantined", Outcome.HOLD: "held"}
_STRICTEST_FIRST = (Outcome.QUARANTINE, Outcome.HOLD, Outcome.PROMOTE)
_NAMES_SHOWN = 20


def digest(
    record: Mapping[str, Any], entries: Iterable[Mapping[str, Any]], record_uri: str, *, not_told: int = 0
) -> Notice:
    """Return the message about a run.

    :param record: ``record.json``.
    :param entries: the lines of ``objects.jsonl``, read once.
    :param record_uri: where the record is, as ``s3://bucket/key``.
    :param not_told: number of findings that get no message of their own, although the feed asks for one each.
    """
    lines, left_out = _lines_strictest_first(entries)
    rest = f"{not_told} more findings than there are messages for; this run's record counts all." if not_told else ""
    return Notice(
        subject=_sentence(record),
        lines=[*_head(record), rest, *lines],
        sms=_sms(record),
        attributes=_attributes(record),
        record_uri=record_uri,
        left_out=left_out,
    )


def outcome(record: Mapping[str, Any]) -> str:
    """Return the strictest thing that happened to any object: quarantined, held, promoted, or empty."""
    return next((_PAST[one] for one in _STRICTEST_FIRST if record["totals"]["outcomes"].get(one)), EMPTY)


def _sentence(record: Mapping[str, Any]) -> str:
    totals = record["totals"]
    if not totals["objects"]:
        return f"[{record['run']['feed']}] empty delivery, nothing to do"
    outcomes = ", ".join(f"{totals['outcomes'].get(outcome, 0)} {_PAST[outcome]}" for outcome in Outcome)
    dry = "dry run: " if record["dry_run"] else ""
    return f"[{record['run']['feed']}] {dry}{totals['objects']} files: {outcomes}"


def _sms(record: Mapping[str, Any]) -> str:
    worst = worst_severity(record)
    return f"{_sentence(record)}. Highest severity: {worst or 'none'}."


def _attributes(record: Mapping[str, Any]) -> dict[str, str | int]:
    return {
        "feed": record["run"]["feed"],
        "kind": "digest",
        "severity": worst_severity(record) or "None",
        "outcome": outcome(record),
        "dry_run": str(record["dry_run"]).lower(),
        **{one.value: record["totals"]["outcomes"].get(one, 0) for one in Outcome},
    }


def _head(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is said of the run as a whole; empty texts where there is nothing to say."""
    run, totals, job = record["run"], record["totals"], record["job"]
    yield f"Feed {run['feed']}, run {run['run_id']}."
    yield f"Delivery: {run['source'][:1000]}."
    yield "Nothing was moved: dry run." if record["dry_run"] else ""
    yield "The delivery was empty." if not totals["objects"] else ""
    yield _missing_tables((record.get("delivery") or {}).get("missing_tables") or [])
    if job and not job["settled"]:
        yield "Macie's results were still changing at the deadline: what is not proven was held."
    if totals["beside_others"]:
        yield f"{totals['beside_others']} object(s) lie beside other bytes of the same key."
    if reused := record.get("reused"):
        yield f"{reused} object(s) were not scanned again: the same bytes were cleared before, by the same rules."
    yield _cost(record.get("cost"))
    yield from _suppressed(record["rules"].get("suppression_rules"))


def _missing_tables(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f"Warning: tables are missing in this delivery: {', '.join(names[:_NAMES_SHOWN])}{more}." if names else ""


def _cost(cost: Mapping[str, Any] | None) -> str:
    if not cost:
        return ""
    least = "no less than " if cost.get("maybe_compressed") else ""  # Macie bills what is inside
    scanned = f"{cost['objects']} object(s), {cost['size_bytes']} bytes"
    return f"In the scan's scope: {scanned}, estimated at {least}{cost['usd']:.2f} USD."


def _suppressed(uses: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield what suppression rules have hidden from people; see :class:`lake_gate.recording.suppression.Uses`."""
    if not uses:
        return
    for name, findings in uses["by_rule"].items():
        yield f"Suppression rule {name!r} has archived {findings} finding(s)." if findings else ""
    if uses["unexplained"]:
        yield f"{uses['unexplained']} archived finding(s) that no suppression rule of the repository explains."


def _lines_strictest_first(entries: Iterable[Mapping[str, Any]]) -> tuple[list[str], int]:
    """Return the objects' lines, as what has to be left out needs the least attention, and how many are left out."""
    kept: dict[str | None, list[str]] = {None: [], **{one: [] for one in _STRICTEST_FIRST}}
    used = dict.fromkeys(kept, 0)
    left_out = 0
    for entry in entries:
        line = body_line(_line(entry))
        used[entry["outcome"]] += size_in_body(line)
        if used[entry["outcome"]] <= MAX_MESSAGE_BYTES:  # more never fits: a run of 100,000 stays out of memory
            kept[entry["outcome"]].append(line)
        else:
            left_out += 1
    return [line for of_outcome in kept.values() for line in of_outcome], left_out


def _line(entry: Mapping[str, Any]) -> str:
    found = ", ".join(f"{identifier} x {count}" for identifier, count in entry["detections"].items())
    severity = f", {entry['severity']}" if entry["severity"] else ""
    detail = f" ({found})" if found else ""
    return f"- {entry['name']}: {entry['outcome']}, {entry['reason']}{severity}{detail}"
