"""The table at the end of a run, as people and pipes see it."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import pytest
from rich.console import Console

from dev.table import print_record


def entry(name: str = "patients.csv", **changes: Any) -> dict[str, Any]:
    """An entry of the run record; promoted and clean, but for the changes."""
    return {
        "name": name,
        "size_bytes": 1234,
        "outcome": "promote",
        "reason": "clean",
        "status_reason": None,
        "findings": {},
        "landed": {"bucket": "bronze", "key": f"synthea/run/{name}", "version_id": "v0"},
        "now": {"bucket": "silver", "key": f"synthea/run/{name}", "version_id": "v1"},
        **changes,
    }


def printed(*entries: dict[str, Any], width: int | None = None, dry_run: bool = False) -> list[str]:
    """Return the lines for a pipe, or with a width those for a terminal, without colours and margins."""
    outcomes: dict[str, int] = {}
    for item in entries:
        if item["outcome"]:
            outcomes[item["outcome"]] = outcomes.get(item["outcome"], 0) + 1
    sizes = sum(item["size_bytes"] for item in entries)
    totals = {"objects": len(entries), "size_bytes": sizes, "outcomes": outcomes}
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=width is not None, color_system=None)
    print_record({"objects": list(entries), "totals": totals, "dry_run": dry_run}, console)
    return [line.strip() for line in out.getvalue().splitlines()]


def line_of(name: str, lines: list[str]) -> list[str]:
    """Return the words of the line of a file."""
    (found,) = [line for line in lines if line.startswith(f"{name} ")]
    return found.split()


def test_everything_about_a_file_is_in_its_line_when_the_record_is_printed() -> None:
    quarantined = entry(
        "patients.csv",
        size_bytes=4_700_000,
        outcome="quarantine",
        reason="findings_at_or_above_threshold",
        findings={"High": 1, "Low": 2},
        now={"bucket": "quarantine", "key": "synthea/run/patients.csv", "version_id": "v2"},
    )
    lines = printed(quarantined, entry("allergies.csv"))
    assert line_of("patients.csv", lines) == [
        *("patients.csv", "4.7", "MB", "1", "High,", "2", "Low", "quarantine", "findings_at_or_above_threshold"),
        "s3://quarantine/synthea/run/patients.csv",
    ]
    assert line_of("allergies.csv", lines) == [
        *("allergies.csv", "1.2", "kB", "-", "promote", "clean", "s3://silver/synthea/run/allergies.csv")
    ]
    assert lines[-1] == "2 files, 4.7 MB: 1 promote, 1 quarantine"


def test_macies_own_reason_is_shown_when_it_gave_one() -> None:
    held = entry(outcome="hold", reason="analysis_skipped", status_reason="UNSUPPORTED_FILE_TYPE_EXCEPTION")
    assert "analysis_skipped (UNSUPPORTED_FILE_TYPE_EXCEPTION)" in " ".join(line_of("patients.csv", printed(held)))


@pytest.mark.parametrize(
    "name",
    ["[red]x.csv", "[/red]", "[link=https://example.org]a[/link].csv", ":warning:.csv", "a\\", "\\[b].csv", "é[0].csv"],
)
def test_name_that_looks_like_markup_is_shown_unchanged(name: str) -> None:
    words = line_of(name, printed(entry(name)))
    assert words[0] == name
    assert words[-1] == f"s3://silver/synthea/run/{name}"


def test_name_does_nothing_to_the_terminal_when_it_holds_control_characters() -> None:
    lines = printed(entry("a\x1b[2J\n.csv"), width=200)
    assert line_of(r"a\x1b[2J\n.csv", lines)


@pytest.mark.parametrize(
    ("changes", "notice"),
    [
        ({"now": None}, "NOT ACCOUNTED FOR"),
        ({"outcome": None, "reason": None, "now": None}, "NOT DECIDED"),
        ({"outcome": None, "reason": None}, "NOT DECIDED"),
    ],
    ids=["no place", "no decision and no place", "no decision"],
)
def test_file_that_is_not_accounted_for_is_marked(changes: dict[str, Any], notice: str) -> None:
    line = " ".join(line_of("patients.csv", printed(entry(**changes))))
    assert notice in line
    assert "None" not in line


def test_file_has_one_line_in_a_pipe_even_with_a_long_key() -> None:
    name = "x" * 900 + ".csv"
    assert line_of(name, printed(entry(name)))[-1] == f"s3://silver/synthea/run/{name}"


def test_nothing_is_cut_off_when_the_terminal_is_narrow() -> None:
    long_name = entry("immunizations_of_the_whole_state.csv")
    narrow = printed(long_name, width=60)
    assert max(map(len, narrow)) <= 60
    assert characters(narrow) == characters(printed(long_name, width=500))


def test_terminal_gets_the_bucket_of_each_file_and_the_key_once() -> None:
    held = {"bucket": "bronze", "key": "held/synthea/run/b.csv", "version_id": "v1"}
    lines = printed(entry("a.csv"), entry("b.csv", outcome="hold", now=held), width=120)
    assert (line_of("a.csv", lines)[-1], line_of("b.csv", lines)[-1]) == ("silver", "bronze/held")
    assert "Keys: synthea/run/<file>, in every bucket" in lines


def characters(lines: list[str]) -> Counter[str]:
    """All characters but blanks and rules: a folded column is spread over many lines."""
    return Counter("".join(lines).replace(" ", "").replace("─", ""))


def test_totals_are_printed_for_an_empty_delivery() -> None:
    assert printed()[-1] == "0 files, 0 B: nothing"


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_500_000, "2.5 MB"), (7_000_000_000, "7.0 GB")],
)
def test_size_is_shown_in_the_unit_that_suits_it(size_bytes: int, shown: str) -> None:
    assert f" {shown} " in " ".join(line_of("patients.csv", printed(entry(size_bytes=size_bytes))))


def test_dry_run_is_called_one() -> None:
    text = "Dry run, nothing was moved: the decisions are what would happen to the files."
    assert printed(entry(), dry_run=True)[-1] == text
    assert text not in printed(entry())
