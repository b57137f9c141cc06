"""Which scenarios are chosen, and how the report shows them."""

from __future__ import annotations

from tests.faults.choice import faults_of, sample, slot
from tests.faults.report import report
from tests.faults.scenario import FAULTS, OVERWRITE, Outcome

CALLS = [
    "check_macie macie2:GetMacieSession",
    "land s3:PutObject bronze a.csv",
    "land s3:ListObjectVersions bronze",
    "await_job/trigger macie2:DescribeClassificationJob #2",
    "promote s3:CopyObject silver a.csv",
    "hold s3:DeleteObjects bronze",
]


def test_nothing_is_overwritten_before_anything_has_landed() -> None:
    assert [OVERWRITE in faults_of(call, CALLS) for call in CALLS] == [False, False, True, True, True, True]


def test_sample_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    scenarios = [(call, fault) for call in CALLS for fault in FAULTS]
    assert sample(scenarios, 7, "1") == sample(scenarios, 7, "1")
    assert len(sample(scenarios, 7, "1")) == 7
    assert sample(scenarios, 7, "1") != sample(scenarios, 7, "2")


def test_kills_after_a_call_are_chosen_among_the_moves() -> None:
    assert {slot(CALLS, "killed_after", number, "1") for number in range(2)} == set(CALLS[-2:])


def test_polls_that_may_not_come_are_not_chosen() -> None:
    chosen = {slot(CALLS, "timeout", number, "1") for number in range(len(CALLS) - 1)}
    assert chosen == set(CALLS) - {CALLS[3]}


def test_report_shows_every_outcome_in_its_place_and_what_failed() -> None:
    outcomes = [
        Outcome(CALLS[4], "timeout", "task retried: promote"),
        Outcome(CALLS[4], "killed_after", "run continued after kill", ["DOUBLED: a.csv has 2 versions in silver"]),
        Outcome(CALLS[5], "overwrite", "clean.csv promoted as it was landed"),
    ]
    text = report(CALLS, outcomes)
    assert "3 scenarios at 6 calls: 1 broke a promise." in text
    assert "DOUBLED: a.csv has 2 versions in silver" in text
    assert "| `s3:CopyObject silver a.csv` |  |  |  | retried |  | **FAILED** |  |  |" in text
    assert "| `s3:DeleteObjects bronze` |  |  |  |  |  |  |  | promoted |" in text
    assert text == report(CALLS, list(reversed(outcomes)))
