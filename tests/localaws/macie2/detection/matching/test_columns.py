"""The scan of a table: values, names over two columns, and counts of repeated values."""

from __future__ import annotations

from localaws.macie2.detection.matching.columns import TableScan
from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.matching.tables import Plan
from localaws.macie2.detection.matching.tally import Tallies
from localaws.macie2.detection.readers.csv_tables import CellRows
from localaws.macie2.identifiers import CATALOGUE
from tests.localaws.macie2.detection.scans import SSN

HEADER = ["ssn", "FIRST", "LAST"]


def _detections(*rows: list[str]) -> dict[str, list[tuple[int, int]]]:
    managed = [CATALOGUE[SSN], CATALOGUE["NAME"]]
    matcher = Matcher(managed, [])
    tallies = Tallies(matcher, managed)
    TableScan(matcher, tallies).read(CellRows(rows, HEADER, 2), Plan.by_names(matcher, HEADER))
    tallies.end_batch()
    return {
        detection.identifier: [(place.row, place.column) for place in detection.occurrences]  # type: ignore[union-attr]
        for detection in tallies.detections()
    }


def test_a_repeated_value_counts_in_every_cell() -> None:
    assert _detections(["078-05-1120", "", ""], ["x", "", ""], ["078-05-1120", "", ""]) == {SSN: [(2, 1), (4, 1)]}


def test_a_name_over_two_columns_counts_at_the_left_one() -> None:
    assert _detections(["", "Mary", "Smith"], ["", "Mary", ""]) == {"NAME": [(2, 2)]}


def test_a_table_without_rows_has_nothing() -> None:
    assert _detections() == {}
