"""What Macie found in which column: names from the header alone, cells, and what the decision rests on."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.decision.columns import ColumnLine, Judgement, line_of, lines_of, sentence
from lake_gate.decision.policy import Policy, parse
from lake_gate.model import jsonl
from lake_gate.model.evidence import CUSTOM_IDENTIFIER, Detection, Observation
from tests.builders import landed

PERSONAL = "PERSONAL_INFORMATION"
LANDED = landed("2026/patients.csv", header=("Id", "", "SSN", "PASSPORT"))
QUARANTINED: Judgement = ("quarantine", "findings_at_or_above_threshold", None)
PROMOTED: Judgement = ("promote", "findings_below_threshold", None)


def seen(*detections: Detection, severity: str | None = "High", finding_id: str | None = "f") -> Observation:
    kind = "SensitiveData:S3Object/Personal"
    return Observation("b", "k", "v", "e", "COMPLETE", None, severity, detections, kind, finding_id)


def personal(identifier: str, count: int, *columns: tuple[int, int]) -> Detection:
    return Detection(identifier, count, PERSONAL, columns)


def lines(*observations: Observation, judgement: Judgement = QUARANTINED, policy: Policy | None = None) -> Any:
    return list(lines_of(LANDED, judgement, observations, policy or Policy()))


def facts(found: list[ColumnLine], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(line, name) for name in names) for line in found]


def test_columns_have_the_names_of_the_header_and_only_these() -> None:
    found = lines(seen(personal("SSN", 30, (3, 20), (2, 9), (9, 1))))
    assert facts(found, "column", "index", "cells") == [(None, 2, 9), ("SSN", 3, 20), (None, 9, 1)]
    assert {line.name for line in found} == {"2026/patients.csv"}


def test_lines_are_sorted_by_index_then_identifier() -> None:
    found = lines(
        seen(personal("B", 2, (4, 1), (1, 1)), personal("A", 1, (4, 1)), Detection("C", 1, CUSTOM_IDENTIFIER))
    )
    assert facts(found, "index", "identifier") == [(None, "C"), (1, "B"), (4, "A"), (4, "B")]


def test_result_locates_more_cells_than_its_finding_and_both_count_the_same_occurrences() -> None:
    result = seen(personal("SSN", 1163, (3, 1000)), finding_id=None)
    found = lines(result, seen(personal("SSN", 1163, (3, 15))))
    assert facts(found, "cells", "is_capped", "count", "finding_ids") == [(1000, True, 1163, ["f"])]


@pytest.mark.parametrize(("count", "is_capped"), [(20, False), (21, True)])
def test_cells_are_capped_if_more_occurrences_were_counted_than_located(count: int, is_capped: bool) -> None:
    assert facts(lines(seen(personal("SSN", count, (3, 15), (4, 5)))), "is_capped") == [(is_capped,)] * 2


def test_identifier_without_cells_has_a_line_without_column() -> None:
    assert facts(lines(seen(personal("NAME", 7))), "column", "index", "cells", "is_capped", "count") == [
        (None, None, 0, False, 7)
    ]


@pytest.mark.parametrize(
    ("observations", "severities"),
    [
        ([seen(personal("A", 1))], {"A": "High"}),
        ([seen(personal("A", 1), personal("B", 1), severity="Low")], {"A": "Low", "B": "Low"}),
        ([seen(personal("A", 1), personal("B", 1))], {"A": None, "B": None}),  # which of the two is High is not shown
        ([seen(personal("A", 1), severity="unknown")], {"A": None}),
        ([seen(personal("A", 1), severity=None)], {"A": None}),
    ],
)
def test_severity_of_an_identifier_is_known_only_where_macie_shows_it(
    observations: list[Observation], severities: dict[str, str | None]
) -> None:
    assert {line.identifier: line.severity for line in lines(*observations)} == severities


POLICY = parse(
    "p",
    {
        "quarantine_threshold": "High",
        "promotion": "each by itself",
        "rules": [
            {"name": "documents", "then": "quarantine", "managed_identifiers": ["*_PASSPORT"]},
            {"name": "people", "then": "quarantine", "combination": [["NAME"], ["DATE", "PHONE"]]},
            {"name": "many", "then": "hold", "min_counts": {"MRN": 5}},
            {"name": "severe", "then": "hold", "min_severity": "Medium"},
            {"name": "rest", "then": "promote"},
        ],
    },
)
FOUND = seen(*(personal(name, 9) for name in ("NAME", "DATE", "USA_PASSPORT", "MRN", "ZIP")))


@pytest.mark.parametrize(
    ("judgement", "decided"),
    [
        (("quarantine", "quarantined_by_rule", "documents"), {"USA_PASSPORT"}),
        (("quarantine", "found_in_same_bytes", "documents"), {"USA_PASSPORT"}),
        (("quarantine", "quarantined_by_rule", "people"), {"NAME", "DATE"}),
        (("hold", "held_by_rule", "many"), {"MRN"}),
        (("hold", "held_by_rule", "severe"), {"NAME", "DATE", "USA_PASSPORT", "MRN", "ZIP"}),
        (("hold", "no_rule_allows", None), {"NAME", "DATE", "USA_PASSPORT", "MRN", "ZIP"}),
        (("quarantine", "findings_at_or_above_threshold", None), {"NAME", "DATE", "USA_PASSPORT", "MRN", "ZIP"}),
        (("hold", "analysis_partial", None), set()),
        (("hold", "run_not_promotable", None), set()),
        (("promote", "allowed_by_rule", "rest"), set()),
    ],
)
def test_deciding_identifiers_are_those_of_the_rule_or_of_the_threshold(
    judgement: Judgement, decided: set[str]
) -> None:
    found = lines(FOUND, judgement=judgement, policy=POLICY)
    assert {line.identifier for line in found if line.decided} == decided


def test_records_below_the_threshold_did_not_decide() -> None:
    found = lines(seen(personal("SSN", 1)), seen(personal("ZIP", 1), severity="Low"))
    assert {line.identifier for line in found if line.decided} == {"SSN"}


def test_rules_of_a_joined_policy_are_found_by_their_names() -> None:
    judgement = ("quarantine", "quarantined_by_rule", "documents")
    found = lines(FOUND, judgement=judgement, policy=Policy().joined(POLICY))
    assert {line.identifier for line in found if line.decided} == {"USA_PASSPORT"}


def test_same_column_of_the_same_table_has_the_same_key_in_other_runs() -> None:
    first, second = (
        list(lines_of(landed(name, header=header), PROMOTED, [seen(personal("SSN", 1, column))], Policy()))
        for name, header, column in (
            ("2026/patients.csv", ("Id", "SSN"), (2, 1)),
            ("2027/Patients.csv", ("Id", "New", "SSN"), (3, 1)),
        )
    )
    assert first[0].key == second[0].key == ("patients", "SSN", "SSN")


def test_line_comes_back_as_it_was_written() -> None:
    (line,) = lines(seen(personal("SSN", 30, (3, 20))))
    seen_first = line.seen_first({line.key: {"run_id": "r", "folder": "r", "at": "2026"}})
    assert line_of(jsonl.parse(seen_first.to_line())) == seen_first
    assert (line.first_seen, seen_first.first_seen) == (None, {"run_id": "r", "folder": "r", "at": "2026"})


@pytest.mark.parametrize("content", [None, [], {}, {"name": "secret-of-a-file"}])
def test_another_line_is_refused_without_its_content(content: Any) -> None:
    with pytest.raises(ValueError, match="not a ColumnLine") as refused:
        line_of(content)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("detection", "text"),
    [
        (personal("USA_PASSPORT", 12, (4, 12)), "USA_PASSPORT in column PASSPORT, 12 rows"),
        (personal("USA_PASSPORT", 1, (4, 1)), "USA_PASSPORT in column PASSPORT, 1 row"),
        (personal("USA_PASSPORT", 1163, (2, 1000)), "USA_PASSPORT in column 2, 1,000 or more rows"),
        (personal("NAME", 1200), "NAME x 1,200"),
    ],
)
def test_line_in_words(detection: Detection, text: str) -> None:
    assert [sentence(line) for line in lines(seen(detection))] == [text]
