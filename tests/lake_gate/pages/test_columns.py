from __future__ import annotations

from lake_gate.display.columns import Detection
from lake_gate.pages.columns import MOST_IN_STRIP, PastRun, is_same_table, of_file, seen, strip
from tests.lake_gate.pages.conftest import column


def test_the_strip_has_a_cell_for_each_column() -> None:
    found = [
        Detection.of(column(index=2)),
        Detection.of(column(title="ZIP", index=4, decided=False, identifier="ADDRESS")),
    ]
    cells = strip(found, 5)
    assert [(cell.has_detections, cell.decided) for cell in cells] == [
        *((False, False), (True, True), (False, False), (True, False), (False, False))
    ]
    assert cells[3].title == "4 ZIP: ADDRESS"


def test_the_strip_ends_somewhere() -> None:
    assert len(strip([Detection.of(column(index=10**9))], None)) == MOST_IN_STRIP
    assert len(strip([], 10**9)) == MOST_IN_STRIP
    assert strip([Detection.of(column(index=-1)), Detection.of(column(index=None))], None) == []


def test_detections_of_a_file_are_in_the_order_of_its_columns() -> None:
    lines = [column(index=None, title=None), column(index=9), column("other.csv"), column(index=2, title=None)]
    assert [item.column_words for item in of_file(lines, "patients.csv")] == ["column 2", "SSN", "anywhere in the file"]


def test_first_and_last_run_of_an_identifier_in_a_column() -> None:
    runs = [
        PastRun("3", "c", "patients.csv", "promote", {("SSN", "NAME"): 1}),
        PastRun("2", "b", "patients.csv", "promote", {}),
        PastRun("1", "a", "patients.csv", "promote", {("SSN", "NAME"): 1, ("ZIP", "ADDRESS"): 2}),
    ]
    found = {(item.column, item.identifier): (item.first.run_id, item.last.run_id, item.runs) for item in seen(runs)}
    assert found == {("SSN", "NAME"): ("1", "3", 2), ("ZIP", "ADDRESS"): ("1", "1", 1)}


def test_a_table_is_the_same_in_another_folder() -> None:
    assert is_same_table("2026-11-28/Patients.csv", "patients.CSV")
    assert not is_same_table("patients.csv", "payers.csv")
