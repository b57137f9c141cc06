"""The digest of a run: names, severities and counts; the run record has the lines that do not fit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lake_gate.decision.policy import Outcome
from lake_gate.notifications.message import MAX_MESSAGE_BYTES, Notice, body_line, counted, size_in_body
from lake_gate.recording.record import worst_severity

EMPTY = "empty"
_PAST: dict[str, str] = dict(zip(Outcome, ("promoted", "masked", "quarantined", "held"), strict=True))
_TO: dict[str, str] = {outcome: f"to {outcome}" for outcome in Outcome}
_STRICTEST_FIRST = (Outcome.QUARANTINE, Outcome.HOLD, Outcome.MASK, Outcome.PROMOTE)
_NAMES_SHOWN = 20
_LEAST_USD = 0.005


def digest(
    record: Mapping[str, Any], entries: Iterable[Mapping[str, Any]], record_uri: str, *, unsent: int = 0
) -> Notice:
    """Return the message about a run.

    :param record: ``record.json``.
    :param entries: the lines of ``objects.jsonl``, read once.
    :param record_uri: where the record is, as ``s3://bucket/key``.
    :param unsent: number of findings without a message of their own, in a feed that sends a message for each finding.
    """
    lines, left_out = _lines_strictest_first(entries)
    more = counted(unsent, "more finding", "more findings")
    rest = f"{more} without a message of their own; the run record counts all." if unsent else ""
    return Notice(
        subject=_sentence(record),
        lines=[*_head(record), rest, *lines],
        sms=_sms(record),
        attributes=_attributes(record),
        record_uri=record_uri,
        left_out=left_out,
    )


def strictest_outcome(record: Mapping[str, Any]) -> str:
    """Return the strictest outcome of the objects: quarantined, held, promoted, or empty without objects."""
    outcomes = record["totals"]["outcomes"]
    return next((_PAST[outcome] for outcome in _STRICTEST_FIRST if outcomes.get(outcome)), EMPTY)


def _sentence(record: Mapping[str, Any]) -> str:
    totals = record["totals"]
    if not totals["objects"]:
        return f"[{record['run']['feed']}] empty delivery, nothing to do"
    verbs = _TO if record["dry_run"] else _PAST
    counts = {outcome: totals["outcomes"].get(outcome, 0) for outcome in Outcome}
    outcomes = ", ".join(f"{counts[outcome]} {verbs[outcome]}" for outcome in _reported(counts))
    dry = "dry run: " if record["dry_run"] else ""
    return f"[{record['run']['feed']}] {dry}{counted(totals['objects'], 'file')}: {outcomes}"


def _reported(counts: Mapping[Outcome, int]) -> Iterator[Outcome]:
    """Yield the outcomes; ``mask`` only if objects were masked, because most feeds cannot mask."""
    yield from (outcome for outcome in Outcome if counts[outcome] or outcome is not Outcome.MASK)


def _sms(record: Mapping[str, Any]) -> str:
    worst = worst_severity(record)
    return f"{_sentence(record)}. Severity: {worst or 'none'}."


def _attributes(record: Mapping[str, Any]) -> dict[str, str | int]:
    counts = {outcome: record["totals"]["outcomes"].get(outcome, 0) for outcome in Outcome}
    return {
        "feed": record["run"]["feed"],
        "kind": "digest",
        "severity": worst_severity(record) or "None",
        "outcome": strictest_outcome(record),
        "dry_run": str(record["dry_run"]).lower(),
        **{outcome.value: counts[outcome] for outcome in _reported(counts)},
    }


def _head(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines about the run as a whole; empty texts for facts that do not apply."""
    run, totals, job = record["run"], record["totals"], record["job"]
    yield f"Feed {run['feed']}, run {run['run_id']}."
    yield f"Delivery: {run['source'][:1000]}."
    yield "Nothing was moved: dry run." if record["dry_run"] else ""
    yield "The delivery was empty." if not totals["objects"] else ""
    yield _missing_tables((record.get("delivery") or {}).get("missing_tables") or [])
    if job and not job["settled"]:
        yield "Macie's results were still changing at the deadline: files without complete evidence were held."
    if totals["beside_others"]:
        yield f"Files that have other versions with other bytes under the same key: {totals['beside_others']}."
    if reused := record.get("reused"):
        yield f"Files that were not scanned again, as the same bytes were cleared before by the same rules: {reused}."
    yield _cost(record.get("cost"))
    yield from _suppressed(record["rules"].get("suppression_rules"))


def _missing_tables(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f"Warning: tables are missing in this delivery: {', '.join(names[:_NAMES_SHOWN])}{more}." if names else ""


def _cost(cost: Mapping[str, Any] | None) -> str:
    if not cost:
        return ""
    at_least = "at least " if cost.get("maybe_compressed") else ""  # Macie bills the uncompressed size
    scanned = f"{counted(cost['objects'], 'file')}, {counted(cost['size_bytes'], 'byte')}"
    usd = f"{at_least}{cost['usd']:.2f} USD" if cost["usd"] >= _LEAST_USD else "less than 0.01 USD"
    return f"Scope of the scan: {scanned}, estimated cost {usd}."


def _suppressed(uses: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield how many findings rules have archived, see :class:`lake_gate.recording.suppression.Attribution`."""
    if not uses:
        return
    for name, findings in uses["by_rule"].items():
        yield f"Suppression rule {name!r} has archived {counted(findings, 'finding')}." if findings else ""
    if uses["unexplained"]:
        yield f"Archived findings that match no suppression rule of the repository: {uses['unexplained']}."


def _lines_strictest_first(entries: Iterable[Mapping[str, Any]]) -> tuple[list[str], int]:
    """Return the lines of the objects, the strictest outcome first, and the number of lines that are left out."""
    kept: dict[str | None, list[str]] = {None: [], **{outcome: [] for outcome in _STRICTEST_FIRST}}
    used = dict.fromkeys(kept, 0)
    left_out = 0
    for entry in entries:
        line = body_line(_line(entry))
        used[entry["outcome"]] += size_in_body(line)
        if used[entry["outcome"]] <= MAX_MESSAGE_BYTES:  # more never fits, and a run may have 100,000 objects
            kept[entry["outcome"]].append(line)
        else:
            left_out += 1
    return [line for lines in kept.values() for line in lines], left_out


def _line(entry: Mapping[str, Any]) -> str:
    found = ", ".join(f"{identifier} x {count}" for identifier, count in entry["detections"].items())
    severity = f", {entry['severity']}" if entry["severity"] else ""
    detail = f" ({found})" if found else ""
    copy = f"; {_copy(entry['masked'])}" if entry.get("masked") else ""
    return f"- {entry['name']}: {entry['outcome']}, {entry['reason']}{severity}{detail}{copy}"


def _copy(copy: Mapping[str, Any]) -> str:
    """Return what became of a masked copy, and its risk if the spec names quasi-identifiers for it."""
    done = f"masked copy: {copy['outcome']}, {copy['reason']}"
    if not (risk := copy["masking"].get("risk")):
        return done
    share = f"{100 * risk['share_below_5']:.1f} % of its rows are in groups below 5"
    return f"{done}; {share}, the smallest has {risk['smallest_group']}"
