"""Words of the pages: outcomes, reasons, sizes, numbers with their nouns. Pure."""

from __future__ import annotations

from lake_gate.decision.reason import Reason
from lake_gate.model.names import loggable
from lake_gate.model.words import counted
from lake_gate.model.words import usd as money

OUTCOMES = ("promote", "mask", "hold", "quarantine")
"""Outcomes from loose to strict, the order of the segments of a bar."""
STRICTEST_FIRST = {outcome: rank for rank, outcome in enumerate(("", *reversed(OUTCOMES)))}
"""Rank of each outcome in lists; files without an outcome come first."""
DONE = {"promote": "promoted", "mask": "masked", "hold": "held", "quarantine": "quarantined"}
_PLANNED = {
    "promote": "would be promoted",
    "mask": "would be masked",
    "hold": "would be held",
    "quarantine": "would be quarantined",
}
ANSWERS = ("released", "kept", "purged")
"""States of review requests that answer what becomes of a quarantined file; after any other one it waits again."""
SEVERITIES = {"High": 3, "Medium": 2, "Low": 1}
_REASONS = {reason.value: reason.text for reason in Reason}
_MOST_CHARACTERS = 400


def outcome_word(outcome: str, *, is_dry_run: bool = False) -> str:
    """Return the outcome of a file in words; "not decided" for an unknown one."""
    return (_PLANNED if is_dry_run else DONE).get(outcome, "not decided")


def reason_words(reason: str) -> str:
    """Return the sentence of a reason; the reason itself if it is not known."""
    return _REASONS.get(reason) or shown(reason)


def shown(name: object) -> str:
    """Return a text from outside on a single line: unprintable characters and direction marks are escaped."""
    return "" if name is None else loggable(str(name), _MOST_CHARACTERS)


def size(size_bytes: int | None) -> str:
    """Return a size in decimal units."""
    if size_bytes is None:
        return ""
    for unit, factor in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return counted(size_bytes, "byte")


def usd(amount: float | None) -> str:
    """Return an amount of money; nothing as "0 USD"."""
    if amount is None:
        return ""
    return money(amount) if amount else "0 USD"


def duration(seconds: float) -> str:
    """Return a length of time in its largest unit: "3 days"."""
    for noun, factor in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= factor:
            return counted(int(seconds // factor), noun)
    return counted(max(int(seconds), 0), "second")
