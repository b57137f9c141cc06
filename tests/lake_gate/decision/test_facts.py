"""Facts about an object, from all observations together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lake_gate.decision.facts import facts_of, has_unknown_severity, highest_severity, is_explained, merge_detections
from lake_gate.model.evidence import Detection, Observation, Severity
from tests.builders import landed
from tests.lake_gate.decision.test_decision import PERSONAL, UNSAID, found, result, seen


def test_highest_severity_counts_and_unknown_words_do_not() -> None:
    assert highest_severity([seen(), result("Low"), found("Medium"), found("Worst")]) is Severity.MEDIUM
    assert highest_severity([seen()]) is None


def test_largest_count_of_each_identifier_is_kept_after_adding_up_those_of_a_record() -> None:
    twice = (Detection("NAME", 2, "PERSONAL_INFORMATION"), Detection("NAME", 3, "PERSONAL_INFORMATION"))
    merged = merge_detections([result("Low", detections=twice), found("Low", detections=twice[1:])])
    assert [(each.identifier, each.count) for each in merged] == [("NAME", 5)]


@pytest.mark.parametrize(
    ("observation", "explained"),
    [
        (seen(), True),
        (result("High"), True),
        (result("High", finding_type=None), True),
        (result("High", finding_type="SensitiveData:S3Object/Financial"), False),
        (result("High", detections=()), False),
        (seen(finding_type=PERSONAL), False),
        (result("High", detections=UNSAID), False),
    ],
)
def test_severity_and_type_are_explained_by_the_detections(observation: Observation, explained: bool) -> None:
    assert is_explained(observation) is explained


def test_what_an_exception_excuses_counts_only_for_whether_the_severity_is_explained() -> None:
    excused = replace(result("High"), detections=(), severity=None, finding_type=None)
    facts = facts_of(landed("a.csv"), [result("High")], [excused])
    assert (facts.severity, facts.detections, facts.finding_types) == (None, (), frozenset())
    assert facts.is_severity_explained
    assert not facts_of(landed("a.csv"), [result("High", finding_type="new")], [excused]).is_severity_explained


def test_finding_without_a_severity_has_an_unknown_one() -> None:
    unknown = [
        has_unknown_severity(each) for each in (seen(), found(None), result(None), result("Worst"), found("Low"))
    ]
    assert unknown == [False, True, True, True, False]
