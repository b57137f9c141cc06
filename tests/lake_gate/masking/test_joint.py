"""Decisions about originals and their masked copies together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lake_gate.decision.decision import Decision
from lake_gate.decision.policy import Promotion
from lake_gate.masking.joint import Masking, decide_together, found_in, masked_if_named
from lake_gate.masking.spec import DatasetSpec, MaskingSpec
from lake_gate.model.evidence import Detection, Observation
from tests.builders import decided, landed
from tests.lake_gate.decision.test_decision import OF_MASKING, ROWS

COPY_SHA256 = "11" * 32
ORIGINAL = decided("a.csv", "mask", reason="masked_by_rule")
COPY = decided(landed("a.csv", key="masked/synthea/1/a.csv", sha256=COPY_SHA256), "promote")
MADE = Masking("a.csv", "v1", ORIGINAL.sha256, {"sha256": COPY_SHA256}, None)

NAMES_A = MaskingSpec("s", "ab", 1, 1945, datasets={"a": DatasetSpec({})})


def refused(reason: str) -> Masking:
    return replace(MADE, report=None, reason=reason)


def together(
    originals: list[Decision],
    copies: list[Decision],
    *maskings: Masking,
    promotion: Promotion = Promotion.EACH_BY_ITSELF,
) -> list[tuple[str, str]]:
    """Return outcome and reason of the originals, then of the copies."""
    of_originals, of_copies = decide_together(originals, copies, {item.name: item for item in maskings}, promotion)
    return [(decision.outcome, decision.reason) for decision in (*of_originals, *of_copies)]


def test_copy_of_an_object_that_is_masked_is_promoted() -> None:
    assert together([ORIGINAL], [COPY], MADE) == [("mask", "masked_by_rule"), ("promote", "clean")]


SHOWN = {
    "the masking spec has no rule for one of its columns": "no_masking_rule",
    "a row cannot be parsed": "not_maskable",
    "its masked copy fails a check": "masking_check_failed",
    "its masked copy has a group of rows smaller than `min_k`": "reidentification_risk",
}


@pytest.mark.parametrize(("what", "outcome", "reason"), [row for row in ROWS if row[0] in OF_MASKING])
def test_decision_follows_the_document(what: str, outcome: str, reason: str) -> None:
    if what.startswith("a masked copy"):
        masked_again = replace(COPY, outcome="mask", reason="masked_by_rule")
        assert together([ORIGINAL], [masked_again], MADE) == [("mask", "masked_by_rule"), (outcome, reason)]
    elif what.endswith("no masked copy of these bytes"):
        judged = masked_if_named(decided("a.csv", "promote"), NAMES_A) if "spec" in what else ORIGINAL
        if "exception" in what:
            judged = replace(ORIGINAL, reason="masked_by_exception")
        assert together([judged], []) == [(outcome, reason)]
    elif outcome == "mask":
        judged = masked_if_named(decided("a.csv", "promote"), NAMES_A)
        assert together([judged], [COPY], MADE)[0] == (outcome, reason)
    else:
        assert SHOWN[what.rpartition(", and ")[2]] == reason
        assert together([ORIGINAL], [], refused(reason)) == [(outcome, reason)]


@pytest.mark.parametrize(
    "masking",
    [None, replace(MADE, version_id="v2"), replace(MADE, sha256="22" * 32)],
    ids=["none", "of another version", "of other bytes"],
)
def test_object_without_a_copy_of_exactly_its_bytes_is_held(masking: Masking | None) -> None:
    assert together([ORIGINAL], [], *filter(None, [masking])) == [("hold", "masked_by_rule")]


@pytest.mark.parametrize("outcome", ["promote", "hold", "quarantine"])
def test_copy_of_an_object_that_is_not_masked_any_more_is_held(outcome: str) -> None:
    assert together([decided("a.csv", outcome)], [COPY], MADE)[1] == ("hold", "masked_not_clean")


def test_copy_with_other_bytes_than_its_report_is_held() -> None:
    other = replace(MADE, report={"sha256": "22" * 32})
    assert together([ORIGINAL], [COPY], other)[1] == ("hold", "masked_not_clean")


def test_copy_that_is_quarantined_stays_so() -> None:
    severe = replace(COPY, outcome="quarantine", reason="findings_at_or_above_threshold")
    assert together([ORIGINAL], [severe], MADE)[1] == ("quarantine", "findings_at_or_above_threshold")


CLEAN = decided("b.csv", "promote")
HELD = ("hold", "run_not_promotable")
ALL = Promotion.ALL_OR_NOTHING


def test_masked_object_counts_as_promotable_if_all_or_nothing() -> None:
    outcomes = [outcome for outcome, _ in together([ORIGINAL, CLEAN], [COPY], MADE, promotion=ALL)]
    assert outcomes == ["mask", "promote", "promote"]


@pytest.mark.parametrize(
    ("originals", "copies", "masking"),
    [
        ([ORIGINAL, CLEAN], [replace(COPY, outcome="hold", reason="not_analysed")], MADE),
        ([ORIGINAL, CLEAN], [], refused("not_maskable")),
        ([ORIGINAL, CLEAN, decided("c.csv", "hold", reason="not_analysed")], [COPY], MADE),
    ],
    ids=["the copy is held", "there is no copy", "another object is held"],
)
def test_nothing_is_promoted_when_all_or_nothing_and_one_may_not_be(
    originals: list[Decision], copies: list[Decision], masking: Masking
) -> None:
    decisions = together(originals, copies, masking, promotion=ALL)
    assert "promote" not in {outcome for outcome, _ in decisions}
    assert decisions[1] == HELD


@pytest.mark.parametrize(
    ("decision", "outcome", "reason"),
    [
        (CLEAN, "promote", "clean"),
        (decided("A.csv", "promote", reason="verdict_reused"), "mask", "masked_by_spec"),
        (decided("a.csv", "hold", reason="not_analysed"), "hold", "not_analysed"),
        (decided("a.csv", "quarantine", reason="quarantined_by_rule"), "quarantine", "quarantined_by_rule"),
        (ORIGINAL, "mask", "masked_by_rule"),
    ],
)
def test_table_that_the_spec_names_is_never_promoted_unmasked(decision: Decision, outcome: str, reason: str) -> None:
    judged = masked_if_named(decision, NAMES_A)
    assert (judged.outcome, judged.reason) == (outcome, reason)
    without_copy = decide_together([judged], [], {}, Promotion.EACH_BY_ITSELF)[0][0]
    assert without_copy.outcome == ("hold" if outcome == "mask" else outcome)


def test_identifier_is_found_in_the_columns_of_all_records_together() -> None:
    def seen(**columns: tuple[tuple[int, int], ...]) -> Observation:
        detections = tuple(Detection(name, 1, "PERSONAL_INFORMATION", located) for name, located in columns.items())
        return Observation("b", "k", "v", "e", "COMPLETE", None, "Low", detections)

    item = landed("a.csv", header=("Id", ""))
    records = [seen(NAME=((1, 9), (3, 1)), SSN=()), seen(NAME=((2, 1),), SSN=())]
    assert [(found.column, found.index, found.identifier) for found in found_in(item, records)] == [
        ("Id", 1, "NAME"),
        (None, 2, "NAME"),
        (None, 3, "NAME"),
        (None, None, "SSN"),
    ]


@pytest.mark.parametrize(("count", "indices"), [(3, [1]), (4, [None, 1])])
def test_more_than_any_record_locates_may_be_in_any_column(count: int, indices: list[int | None]) -> None:
    def seen(count: int, *columns: tuple[int, int]) -> Observation:
        detection = Detection("NAME", count, "PERSONAL_INFORMATION", columns)
        return Observation("b", "k", "v", "e", "COMPLETE", None, "Low", (detection,))

    records = [seen(3, (1, 1)), seen(count)]
    assert [found.index for found in found_in(landed("a.csv"), records)] == indices


@pytest.mark.parametrize(
    "changes",
    [{"reason": "clean"}, {"report": None}, {"reason": "no_masking_rule"}, {"report": None, "reason": "x"}, {"x": 1}],
    ids=str,
)
def test_line_that_is_not_of_a_masking_is_refused(changes: dict[str, Any]) -> None:
    line = {"name": "a.csv", "version_id": "v", "sha256": "s", "report": {}, "reason": None, **changes}
    with pytest.raises(ValueError, match="not a Masking"):
        Masking.from_json(line)
