"""The digest of a run: names, severities and counts; the run record has the lines that do not fit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lake_gate.decision.policy import Outcome
from lake_gate.decision.reason import Reason
from lake_gate.display.news import PAST, News
from lake_gate.model.words import counted, usd
from lake_gate.notifications.message import MAX_MESSAGE_BYTES, Notice, body_line, size_in_body
from lake_gate.recording.record import worst_severity

EMPTY = "empty"
_TO: dict[str, str] = {outcome: f"to {outcome}" for outcome in Outcome}
_STRICTEST_FIRST = (Outcome.QUARANTINE, Outcome.HOLD, Outcome.MASK, Outcome.PROMOTE)
_NAMES_SHOWN = 20


def digest(
    record: Mapping[str, Any],
    entries: Iterable[Mapping[str, Any]],
    record_uri: str,
    *,
    unsent: int = 0,
    page_url: str | None = None,
    report_uri: str | None = None,
    heads: Sequence[str] = (),
) -> Notice:
    """Return the message about a run: what is new, the sums and the links, then the files by outcome.

    :param record: ``record.json``.
    :param entries: the lines of ``objects.jsonl``, read once.
    :param record_uri: where the record is, as ``s3://bucket/key``.
    :param unsent: number of findings without a message of their own, in a feed that sends a message for each finding.
    :param page_url: address of the run on the Gate page.
    :param report_uri: address of the run's report.
    :param heads: see :func:`lake_gate.ledger.book.heads`.
    """
    news = News()
    lines, left_out = _lines_strictest_first(news.noted(entries), is_dry_run=record["dry_run"])
    more = counted(unsent, "more finding", "more findings")
    rest = f"{more} without a message of their own; the run record counts all." if unsent else ""
    return Notice(
        subject=_sentence(record),
        lines=[
            *(*_dry(record), *news.to_lines(), *_sums(record, page_url, report_uri)),
            *(*_facts(record), *heads, rest, *lines),
        ],
        sms=_sms(record),
        attributes=_attributes(record),
        record_uri=record_uri,
        left_out=left_out,
    )


def strictest_outcome(record: Mapping[str, Any]) -> str:
    """Return the strictest outcome of the objects: quarantined, held, promoted, or empty without objects."""
    outcomes = record["totals"]["outcomes"]
    return next((PAST[outcome] for outcome in _STRICTEST_FIRST if outcomes.get(outcome)), EMPTY)


def _sentence(record: Mapping[str, Any]) -> str:
    dry = "dry run: " if record["dry_run"] else ""
    return f"[{record['run']['feed']}] {dry}{_outcomes(record)}"


def _outcomes(record: Mapping[str, Any]) -> str:
    totals, words = record["totals"], _TO if record["dry_run"] else PAST
    if not totals["objects"]:
        return "empty delivery, nothing to do"
    counts = {outcome: totals["outcomes"].get(outcome, 0) for outcome in Outcome}
    outcomes = ", ".join(f"{counts[outcome]:,} {words[outcome]}" for outcome in _reported(counts))
    return f"{counted(totals['objects'], 'file')}: {outcomes}"


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


def _dry(record: Mapping[str, Any]) -> Iterator[str]:
    if record["dry_run"]:
        yield "Dry run: nothing was moved. This is what would happen to the files."


def _sums(record: Mapping[str, Any], page_url: str | None, report_uri: str | None) -> Iterator[str]:
    """Yield the outcomes and where to read on; empty texts for links that are not known."""
    worst, run = worst_severity(record), record["run"]
    yield f"{_outcomes(record)}. Highest severity: {worst or 'none'}."
    yield f"Files: {page_url}" if page_url else ""
    yield f"Report: {report_uri}" if report_uri else ""
    yield f"In Airflow: {run['airflow_url']}" if run.get("airflow_url") else ""


def _facts(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines about the run as a whole; empty texts for facts that do not apply."""
    run, totals, job = record["run"], record["totals"], record["job"]
    by = f", started by {run['started_by']}" if run.get("started_by") else ""
    yield f"Feed {run['feed']}, run {run['run_id']}{by}."
    yield f"Delivery: {run['source'][:1000]}."
    missing = (record.get("delivery") or {}).get("missing_tables") or []
    yield _named("Warning: tables are missing in this delivery", missing)
    if job and not job["settled"]:
        yield "Macie's results were still changing at the deadline: files without complete evidence were held."
    if beside := totals["beside_others"]:
        yield f"{counted(beside, 'file')} with other bytes in other versions of the same key."
    if reused := record.get("reused"):
        yield f"{counted(reused, 'file')} not scanned again: the same bytes were cleared before by the same rules."
    yield _cost(record.get("cost"))
    yield from _suppressed(record["rules"].get("suppression_rules"))
    yield from _excused(record["rules"])


def _cost(cost: Mapping[str, Any] | None) -> str:
    if not cost:
        return ""
    scanned = f"{counted(cost['objects'], 'file')}, {counted(cost['size_bytes'], 'byte')}"
    # Macie bills the uncompressed size.
    return (
        f"Scope of the scan: {scanned}, estimated cost {usd(cost['usd'], at_least=bool(cost.get('maybe_compressed')))}."
    )


def _suppressed(uses: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield how many findings rules have archived, see :class:`lake_gate.recording.suppression.Attribution`."""
    if not uses:
        return
    for name, findings in uses["by_rule"].items():
        yield f"Suppression rule {name!r} has archived {counted(findings, 'finding')}." if findings else ""
    if unexplained := uses["unexplained"]:
        yield f"{counted(unexplained, 'archived finding')} without a suppression rule of the repository."


def _excused(rules: Mapping[str, Any]) -> Iterator[str]:
    """Yield which exceptions were used, end soon, were never used, or have problems."""
    used = [f"{each['id']} ({counted(each['objects'], 'file')})" for each in rules.get("exceptions") or ()]
    standing = rules.get("standing_exceptions") or {}
    yield _named("Exceptions without which files would not have passed", used)
    yield _named("Exceptions that end within a week", standing.get("ending", ()))
    yield _named("Exceptions that no run has used so far", standing.get("never_used", ()))
    yield _named("Warning: problems with exceptions", standing.get("problems", ()))


def _named(what: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f"{what}: {', '.join(names[:_NAMES_SHOWN])}{more}." if names else ""


def _lines_strictest_first(entries: Iterable[Mapping[str, Any]], *, is_dry_run: bool) -> tuple[list[str], int]:
    """Return the lines of the objects below their outcomes, the strictest first, and the number of lines left out."""
    kept: dict[str | None, list[str]] = {None: [], **{outcome: [] for outcome in _STRICTEST_FIRST}}
    used, objects = dict.fromkeys(kept, 0), dict.fromkeys(kept, 0)
    left_out = 0
    for entry in entries:
        line = body_line(_line(entry))
        objects[entry["outcome"]] += 1
        used[entry["outcome"]] += size_in_body(line)
        if used[entry["outcome"]] <= MAX_MESSAGE_BYTES:  # more never fits, and a run may have 100,000 objects
            kept[entry["outcome"]].append(line)
        else:
            left_out += 1
    words = _TO if is_dry_run else PAST
    heads = {
        outcome: f"{words[Outcome(outcome)].capitalize() if outcome else 'Not decided'} ({number:,}):"
        for outcome, number in objects.items()
        if number
    }
    return [line for outcome, head in heads.items() for line in (head, *kept[outcome])], left_out


def _line(entry: Mapping[str, Any]) -> str:
    found = ", ".join(f"{identifier} {count:,}" for identifier, count in entry["detections"].items())
    severity = f", {entry['severity']}" if entry["severity"] else ""
    detail = f" ({found})" if found else ""
    copy = f"; {_copy(entry['masked'])}" if entry.get("masked") else ""
    return f"- {entry['name']}: {in_words(entry['reason'])}{severity}{detail}{copy}"


def in_words(reason: str | None) -> str:
    """Return the sentence of a reason; the reason itself if it is not known."""
    return next((known.text for known in Reason if known == reason), str(reason))


def _copy(copy: Mapping[str, Any]) -> str:
    """Return what became of a masked copy, and its risk if the spec names quasi-identifiers for it."""
    done = f"masked copy: {copy['outcome']}, {in_words(copy['reason'])}"
    if not (risk := copy["masking"].get("risk")):
        return done
    share = f"{100 * risk['share_below_5']:.1f} % of its rows are in groups below 5"
    return f"{done}; {share}, the smallest has {risk['smallest_group']}"
