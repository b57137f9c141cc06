"""The table of a run's files in the log of its task."""

from __future__ import annotations

from typing import Any

from lake_gate.model.names import ALARM
from lake_gate.recording.summary import MOST_LINES, summary


def entry(name: str, outcome: str | None = "promote", **changes: Any) -> dict[str, Any]:
    return {"name": name, "outcome": outcome, "reason": "clean", "severity": None, "detections": {}, **changes}


def test_strictest_files_come_first_with_what_was_found() -> None:
    entries = [
        entry("b.csv"),
        entry("a.csv"),
        entry("held.pdf", "hold", reason="not_analysed"),
        entry("p.csv", "quarantine", reason="quarantined_by_rule", severity="High", detections={"NAME": 1171, "X": 2}),
        entry("lost.csv", None),
    ]
    assert summary(entries, len(entries), is_dry_run=False).splitlines() == [
        "Files of the run:",
        "undecided   -       clean                           lost.csv",
        "quarantine  High    quarantined_by_rule             p.csv  NAME 1,171, X 2",
        "hold        -       not_analysed                    held.pdf",
        "promote     -       clean                           a.csv",
        "promote     -       clean                           b.csv",
    ]


def test_dry_run_says_that_nothing_was_moved() -> None:
    assert summary([entry("a.csv")], 1, is_dry_run=True).startswith("Dry run, nothing was moved.")


def test_long_run_shows_its_strictest_files_and_counts_the_rest() -> None:
    entries = [entry(f"{number:05}.csv", "hold" if number % 100 else "quarantine") for number in range(3000)]
    _, *lines, last = summary(entries, 3000, is_dry_run=False).splitlines()
    assert len(lines) == MOST_LINES
    assert all(line.startswith("quarantine") for line in lines[:30])
    assert last == "and 2,900 more; see objects.jsonl"


def test_name_stays_on_its_line_and_sets_off_no_alarm() -> None:
    (_, line) = summary([entry(f"a\n{ALARM}: x")], 1, is_dry_run=False).split("\n")
    assert "a\\n" in line
    assert ALARM not in line


def test_many_identifiers_are_cut_and_counted() -> None:
    line = summary([entry("a", detections={f"I{n}": n for n in range(1, 9)})], 1, is_dry_run=False)
    assert line.endswith("I1 1, I2 2, I3 3, I4 4, I5 5, and 3 more")


def test_empty_delivery_says_so() -> None:
    assert summary([], 0, is_dry_run=False) == "The delivery was empty"
