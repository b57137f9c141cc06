"""The run record (what happened to every landed object, and why) and the message that tells people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lake_gate.decision import Decision, Outcome
from lake_gate.evidence import Severity
from lake_gate.manifest import LandedObject

MAX_SUBJECT_CHARACTERS = 100
MAX_MESSAGE_BYTES = 256 * 1024
"""Limits of SNS Publish. Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where one object was found to be after its decision was carried out."""

    name: str
    bucket: str
    key: str
    version_id: str


def build_record(
    *,
    run: Mapping[str, Any],
    job: Mapping[str, Any] | None,
    policy: Mapping[str, Any],
    manifest: Iterable[LandedObject],
    decisions: Iterable[Decision],
    moved: Iterable[Moved],
    dry_run: bool,
) -> dict[str, Any]:
    """Return the run record: one entry per landed object, and whether all are accounted for.

    An object is accounted for when it has a decision and a place that was verified: the copy's, or in a dry run the
    one where it was landed.

    :param run: facts of the run (feed, run id, source, times), copied as they are.
    :param job: facts of the classification job, or None when the delivery was empty.
    """
    decision_of = {decision.name: decision for decision in decisions}
    place_of = {place.name: place for place in moved}
    objects = []
    for landed in manifest:
        place = place_of.get(landed.name)
        if place is None and dry_run:
            place = Moved(landed.name, landed.bucket, landed.key, landed.version_id)
        objects.append(_entry(landed, decision_of.get(landed.name), place))
    return {
        "schema": "lake-gate/run-record/1",
        "run": dict(run),
        "job": dict(job) if job else None,
        "policy": dict(policy),
        "dry_run": dry_run,
        "totals": _totals(objects),
        "accounted": all(_is_accounted(entry) for entry in objects),
        "objects": objects,
    }


def not_accounted(record: Mapping[str, Any]) -> list[str]:
    """Return the names of the objects without a decision or without a verified place."""
    return [entry["name"] for entry in record["objects"] if not _is_accounted(entry)]


def worst_severity(record: Mapping[str, Any]) -> Severity | None:
    """Return the highest severity that Macie gave any object of the run."""
    found = [Severity(name) for name in record["totals"]["findings"] if name in set(Severity)]
    return max(found, key=lambda severity: severity.rank, default=None)


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


def message(record: Mapping[str, Any], record_uri: str) -> str:
    """Return the body of the run's message: names, severities, counts; at most 256 KB, the rest in the record.

    :param record_uri: where the whole record is, as ``s3://bucket/key``.
    """
    run = record["run"]
    lines = [
        f"Feed {run['feed']}, run {run['run_id']}.",
        f"Delivery: {run['source']}.",
        "Nothing was moved: dry run." if record["dry_run"] else "",
        "The delivery was empty." if not record["objects"] else "",
    ]
    # Strictest first, so that what has to be left out is what needs the least attention.
    order = [Outcome.QUARANTINE, Outcome.HOLD, Outcome.PROMOTE]
    entries = sorted(record["objects"], key=lambda e: order.index(e["outcome"]) if e["outcome"] else -1)
    lines += [_message_line(entry) for entry in entries]
    return _fit([line for line in lines if line], f"Run record: {record_uri}")


def message_attributes(record: Mapping[str, Any]) -> dict[str, str | int]:
    """Return what subscriptions can filter on: feed, highest severity, dry run, number of objects by outcome."""
    return {
        "feed": record["run"]["feed"],
        "severity": worst_severity(record) or "None",
        "dry_run": str(record["dry_run"]).lower(),
        **{outcome.value: record["totals"]["outcomes"].get(outcome, 0) for outcome in Outcome},
    }


_PAST = {Outcome.PROMOTE: "promoted", Outcome.QUARANTINE: "quarantined", Outcome.HOLD: "held"}


def _entry(landed: LandedObject, decision: Decision | None, place: Moved | None) -> dict[str, Any]:
    return {
        "name": landed.name,
        "landed": {"bucket": landed.bucket, "key": landed.key, "version_id": landed.version_id, "etag": landed.etag},
        "size_bytes": landed.size_bytes,
        "sha256": landed.sha256,
        "outcome": decision.outcome if decision else None,
        "reason": decision.reason if decision else None,
        "status_reason": decision.status_reason if decision else None,
        "severity": decision.severity if decision else None,
        "findings": decision.findings if decision else {},
        "detections": decision.detections if decision else {},
        "now": {k: v for k, v in asdict(place).items() if k != "name"} if place else None,
    }


def _is_accounted(entry: Mapping[str, Any]) -> bool:
    return entry["outcome"] is not None and entry["now"] is not None


def _totals(objects: list[dict[str, Any]]) -> dict[str, Any]:
    findings: Counter[str] = Counter()
    for entry in objects:
        findings.update(entry["findings"])
    return {
        "objects": len(objects),
        "size_bytes": sum(entry["size_bytes"] for entry in objects),
        "outcomes": dict(Counter(entry["outcome"] for entry in objects if entry["outcome"])),
        "findings": dict(findings),
    }


def _message_line(entry: Mapping[str, Any]) -> str:
    found = ", ".join(f"{identifier} x {count}" for identifier, count in entry["detections"].items())
    severity = f", {entry['severity']}" if entry["severity"] else ""
    detail = f" ({found})" if found else ""
    return f"- {entry['name']}: {entry['outcome']}, {entry['reason']}{severity}{detail}"


def _fit(lines: list[str], last_line: str) -> str:
    """Join the lines, leaving out as many of the later ones as SNS's limit asks for."""
    room = MAX_MESSAGE_BYTES - len(last_line.encode()) - 2048  # for the line about the rest, and the attributes
    kept: list[str] = []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    if left_out := len(lines) - len(kept):
        kept.append(f"... and {left_out} more, in the run record.")
    return "\n".join([*kept, last_line])
