"""Table at the end of a run: findings, decision and place of every file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_COLOURS = {"promote": "green", "mask": "cyan", "quarantine": "red", "hold": "yellow"}
_PIPE_WIDTH = 10_000
_NOWHERE = "NOT ACCOUNTED FOR"


def print_record(record: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the run record, with its ``objects``: one line per file, then the totals."""
    console = console or Console()
    if not console.is_terminal:
        console.width = _PIPE_WIDTH  # one searchable line for each file in a log or a pipe
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("file", "size", "findings", "decision", "reason", "where it is now"):
        table.add_column(column, justify="right" if column == "size" else "left", overflow="fold")
    for entry in record["objects"]:
        table.add_row(*_row(entry, _place(entry) if console.is_terminal else _address(entry)))
    console.print(table)
    if console.is_terminal and record["objects"]:
        console.print(Text(f"Keys: {_prefix(record['objects'][0])}<file>, in every bucket"))
    totals = record["totals"]
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(totals["outcomes"].items())) or "nothing"
    console.print(f"{totals['objects']} files, {_size(totals['size_bytes'])}: {outcomes}", highlight=False)
    if record["dry_run"]:
        console.print("Dry run, nothing was moved: the decisions are what would happen to the files.", highlight=False)


def _address(entry: Mapping[str, Any]) -> str:
    return f"s3://{entry['now']['bucket']}/{entry['now']['key']}" if entry["now"] else _NOWHERE


def _place(entry: Mapping[str, Any]) -> str:
    """Return the bucket, and the prefix of the object's key in it (``held/``)."""
    if not entry["now"]:
        return _NOWHERE
    return f"{entry['now']['bucket']}/{entry['now']['key'].removesuffix(entry['landed']['key'])}".rstrip("/")


def _prefix(entry: Mapping[str, Any]) -> str:
    return str(entry["landed"]["key"]).removesuffix(entry["name"])


def _row(entry: Mapping[str, Any], now: str) -> list[Text]:
    findings = ", ".join(f"{count} {severity}" for severity, count in entry["findings"].items()) or "-"
    outcome = entry["outcome"] or "NOT DECIDED"
    reason = entry["reason"] or "-"
    if entry["status_reason"]:
        reason += f" ({entry['status_reason']})"
    if copy := entry.get("masked"):
        reason += f"; masked copy: {copy['outcome']}, {copy['reason']}"
    # Texts, not strings: rich interprets markup and emoji names in strings, and names of files may contain them.
    texts = (entry["name"], _size(entry["size_bytes"]), findings, outcome, reason, now)
    row = [Text(_printable(text)) for text in texts]
    row[3].stylize(_COLOURS.get(outcome, "red"))
    return row


def _printable(text: str) -> str:
    """Escape control characters, which a terminal would execute."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _size(size_bytes: int) -> str:
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes} B"
