"""The message about the report of a feed's month. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from lake_gate.display.words import DONE, OUTCOMES
from lake_gate.feed_reports.period import Period
from lake_gate.model.words import counted, usd
from lake_gate.notifications.message import Notice


def notice(period: Period, uri: str) -> Notice:
    """Return the message: the sums of the month, and the address of the report."""
    sentence = f"[{period.feed}] report of {period.month}: {counted(period.total.runs, 'run')}"
    return Notice(
        subject=sentence,
        lines=[*_lines(period), f"Report: {uri}"],
        sms=f"{sentence}.",
        attributes={"feed": period.feed, "kind": "report", "severity": "None", "outcome": "report"},
    )


def _lines(period: Period) -> Iterator[str]:
    total, coverage = period.total, period.coverage
    outcomes = [f"{total.outcomes[name]:,} {DONE[name]}" for name in reversed(OUTCOMES) if total.outcomes[name]]
    yield f"{counted(total.files, 'file')} in {counted(total.runs, 'run')}, {total.failed:,} failed."
    yield f"{', '.join(outcomes)}." if outcomes else ""
    if coverage.promoted:
        yield f"Evidence of a complete analysis: {coverage.proven:,} of {counted(coverage.promoted, 'promoted file')}."
    if count := period.withdrawn.count:
        yield f"{counted(count, 'file')} withdrawn from silver."
    yield f"Scans: {usd(total.usd)}, estimated." if total.usd else ""
