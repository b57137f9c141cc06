"""What became of the same table before, in names and counts."""

from __future__ import annotations

import pytest

from lake_gate.display import past
from lake_gate.display.past import Past, outcomes_of, read_past
from lake_gate.model.run import OBJECTS, Run
from tests.lake_gate.pages.conftest import Written, entry, row, written

__all__ = ["written"]
RUN = Run("synthea", "9")


def history(written: Written, *outcomes: str) -> None:
    """Write runs of October, from the first on, and the run of today."""
    rows = []
    for number, outcome in enumerate(outcomes, start=1):
        written.run(entry(outcome=outcome), entry("other.csv", "promote"), run_id=str(number))
        rows.append(row(str(number), started_at=f"2026-10-{number:02}T02:00:00+00:00"))
    written.index(*rows, row("9", started_at="2026-11-28T02:00:00+00:00"))


def read(written: Written, *names: str) -> dict[str, Past]:
    return read_past(written.lake.s3, written.lake.bronze, RUN, names or ("patients.csv",))


def test_outcomes_are_those_of_earlier_runs_the_latest_first(written: Written) -> None:
    history(written, "promote", "promote", "quarantine")
    found = read(written)["patients.csv"]
    assert found.outcomes == (("2026-10-03", "quarantine"), ("2026-10-02", "promote"), ("2026-10-01", "promote"))
    assert found.words == "in 3 earlier runs: 2 promoted, 1 quarantined; last quarantined, 2026-10-03"


def test_a_new_table_has_no_history(written: Written) -> None:
    history(written, "promote")
    assert read(written, "new.csv")["new.csv"].words == "no earlier run of the feed with this table is known"


def test_at_most_some_runs_are_read(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MOST_RUNS", 2)
    history(written, "promote", "hold", "hold")
    assert [outcome for _, outcome in read(written)["patients.csv"].outcomes] == ["hold", "hold"]


def test_lists_that_are_damaged_or_too_large_are_counted(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    history(written, "promote", "hold")
    written.put(Run("synthea", "2").document(OBJECTS), b"{damaged")
    words = "in 1 earlier run: 1 promoted; last promoted, 2026-10-01; 1 earlier run could not be read"
    assert read(written)["patients.csv"].words == words
    monkeypatch.setattr(past, "MOST_BYTES", 10)
    assert read(written)["patients.csv"] == Past((), 2)


def test_file_of_the_same_name_counts_before_another_of_the_same_table() -> None:
    entries = [entry("x/patients.csv", "hold"), entry("patients.csv", "promote"), entry("y/patients.csv", "quarantine")]
    assert outcomes_of(entries, ["patients.csv", "z/patients.csv", "other.csv"]) == {
        "patients.csv": "promote",
        "z/patients.csv": "hold",
    }


def test_entries_of_other_shapes_are_left_out() -> None:
    assert outcomes_of([{"name": "a.csv", "outcome": "<b>"}, {"name": 3}, {}], ["a.csv"]) == {}
