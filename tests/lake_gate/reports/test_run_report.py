"""What the report of a run is about: which files it lists, and what of them."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.reports.run_report import MOST_COPIES, MOST_FILES, MOST_IDENTIFIERS, CopyLine, RunReport
from tests.lake_gate.pages.conftest import column, entry
from tests.lake_gate.reports.made_up import ENTRIES, MASKING, RECORD, made_up


def test_the_strictest_files_come_first_then_the_most_severe_then_by_name() -> None:
    names = [line.file.name for line in made_up().files]
    assert names[:3] == ["claims.csv", "patients.csv", "notes.pdf"]
    assert names[-2:] == ["allergies.csv", "careplans.csv"]
    assert len(names) == len(ENTRIES)


def test_a_report_of_a_large_run_has_its_strictest_files_and_counts_all() -> None:
    def entries() -> Any:
        for number in range(MOST_FILES + 50):
            yield entry(f"{number:06}.csv", "promote")
        yield entry("z.csv", "quarantine")

    report = RunReport.collect(RECORD, entries(), [])
    assert (len(report.files), report.objects) == (MOST_FILES, MOST_FILES + 51)
    assert report.files[0].file.name == "z.csv"


def test_identifiers_that_decided_come_first_with_their_columns() -> None:
    (line,) = [line for line in made_up().files if line.file.name == "patients.csv"]
    found = [(item.name, item.count, item.decided, item.columns.items) for item in line.found.items]
    assert found == [
        ("USA_SOCIAL_SECURITY_NUMBER", 1163, True, ["SSN (1,000 or more)"]),
        ("NAME", 2326, False, ["FIRST (998)", "LAST (998)"]),
    ]


def test_many_identifiers_columns_copies_and_amendments_are_cut_and_counted() -> None:
    wide = entry("a.csv", detections={f"ID_{number}": number for number in range(1000)})
    columns = [column("a.csv", f"c{number}", number + 1, identifier="ID_999") for number in range(1000)]
    copied = [
        entry(f"{number}.csv", masked=entry(f"{number}.csv", "promote", masking=MASKING), amended={"was": "promote"})
        for number in range(MOST_COPIES + 3)
    ]
    report = RunReport.collect(RECORD, [wide, *copied], columns)
    (line,) = [line for line in report.files if line.file.name == "a.csv"]
    assert (len(line.found.items), line.found.left_out) == (MOST_IDENTIFIERS, 1000 - MOST_IDENTIFIERS)
    assert line.found.items[0].columns.left_out == 1000 - len(line.found.items[0].columns.items)
    assert (report.copies.left_out, report.amended.left_out) == (3, 3)


@pytest.mark.parametrize(
    "damaged", [{}, {"masking": None}, {"masking": {"methods": [], "risk": "x", "key_version": "1"}}]
)
def test_a_copy_of_another_shape_is_shown_as_unknown(damaged: dict[str, Any]) -> None:
    line = CopyLine.of(damaged)
    assert (line.methods, line.share_below_5, line.key_version) == ({}, None, None)


def test_records_of_older_versions_have_no_exceptions_and_no_rules() -> None:
    report = RunReport.collect({"run": {}, "totals": {}}, [{"name": "a.csv"}], [])
    assert (report.exceptions, report.identifiers, report.policies, report.outcomes) == ([], [], [], {})
