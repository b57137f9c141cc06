"""The table at the end of a run: what happened to every file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_COLOURS = {"promote": "green", "quarantine": "red", "hold": "yellow"}


def print_record(record: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the run record: one line per file, then the totals."""
    console = console or Console()
    if not console.is_terminal:
        console.width = 200  # in a log or a pipe nothing is cut
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("file", "size", "findings", "decision", "reason", "where it is now"):
        table.add_column(column, justify="right" if column == "size" else "left", overflow="fold")
    for entry in record["objects"]:
        table.add_row(*_row(entry))
    console.print(table)
    totals = record["totals"]
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(totals["outcomes"].items())) or "nothing"
    console.print(f"{totals['objects']} files, {_size(totals['size_bytes'])}: {outcomes}", highlight=False)


def _row(entry: Mapping[str, Any]) -> list[str]:
    findings = ", ".join(f"{count} {severity}" for severity, count in entry["findings"].items()) or "-"
    reason = f"{entry['reason']} ({entry['status_reason']})" if entry["status_reason"] else str(entry["reason"])
    colour = _COLOURS.get(entry["outcome"], "red")
    now = f"s3://{entry['now']['bucket']}/{entry['now']['key']}" if entry["now"] else "NOT ACCOUNTED FOR"
    decision = f"[{colour}]{entry['outcome']}[/{colour}]"
    return [escape(entry["name"]), _size(entry["size_bytes"]), findings, decision, reason, escape(now)]


def _size(size_bytes: int) -> str:
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes} B"
