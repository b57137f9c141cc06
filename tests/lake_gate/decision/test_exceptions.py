"""Exceptions excuse what is in their scope and nothing else, whatever the evidence.

The rows of ``docs/decisions.md`` about them are in ``test_decision.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_gate.decision.binding import History
from lake_gate.decision.decision import Decision
from lake_gate.decision.exceptions import by_scope, excused_in, in_force, in_scope
from lake_gate.decision.policy import Outcome, Policy
from lake_gate.decision.verdict import Verdict
from lake_gate.model.evidence import Detection, Evidence, Job, Observation, Severity
from lake_gate.model.exception import PolicyException
from lake_gate.model.names import UNKNOWN
from tests.builders import landed
from tests.examples import examples
from tests.lake_gate.decision import test_decision as cases
from tests.lake_gate.decision.test_decision import (
    EXCUSED,
    IN_COLUMN,
    MASKED_ONLY,
    OF_BYTES,
    TABLE,
    found,
    result,
)
from tests.lake_gate.exceptions.samples import OF_OBJECT, OF_TABLE

AT = "2026-11-29T19:00:00+00:00"
SCOPES = [
    EXCUSED,
    MASKED_ONLY,
    OF_BYTES,
    IN_COLUMN,
    replace(EXCUSED, most=5),
    replace(EXCUSED, identifier="NAME", most=200),
    replace(EXCUSED, identifier="Patient ID", most=2),
    replace(EXCUSED, identifier="Worst", most=200),
    replace(IN_COLUMN, column="NOTES"),
    replace(OF_BYTES, detections={"USA_PASSPORT_NUMBER": 4, "NAME": 200, "Patient ID": 2}),
    replace(EXCUSED, dataset="b"),
]
exceptions_in_force = st.lists(st.sampled_from(SCOPES), min_size=1, max_size=4).map(
    lambda picked: [replace(each, id=f"e{number}") for number, each in enumerate(picked)]
)
columns = st.sampled_from([(), ((2, 3),), ((2, 2),), ((2, 2), (3, 1)), ((3, 3),)])
located = st.builds(
    lambda observation, places: replace(
        observation,
        detections=tuple(
            replace(each, columns=place) for each, place in zip(observation.detections, places, strict=False)
        ),
    ),
    cases.observations,
    st.lists(columns, min_size=3, max_size=3),
)
evidences = st.builds(
    Evidence,
    results=st.lists(located, max_size=3).map(tuple),
    findings=st.lists(located.map(lambda o: replace(o, finding_id="f")), max_size=3).map(tuple),
)


def decide_with(exceptions: Sequence[PolicyException], *evidence: Any, history: History | None = None) -> Decision:
    return cases.decide_one(*evidence, history=history, landed=TABLE, exceptions=exceptions)


@settings(max_examples=examples(500), deadline=None)
@given(evidences, cases.jobs, cases.policies, cases.verdicts, cases.histories, cases.elsewheres, exceptions_in_force)
def test_without_an_exception_no_decision_is_looser(
    evidence: Evidence,
    job: Job,
    policy: Policy,
    verdict: Verdict | None,
    history: History | None,
    elsewhere: list[Observation],
    exceptions: list[PolicyException],
) -> None:
    gathered = (evidence, job, policy, verdict, elsewhere)
    decision = decide_with(exceptions, *gathered, history=history)
    without = decide_with((), *gathered, history=history)
    assert not cases.is_looser(without, decision)
    assert not cases.is_looser(decide_with(exceptions[1:], *gathered, history=history), decision)
    assert bool(decision.exceptions) == cases.is_looser(decision, without)
    assert set(decision.exceptions) <= {exception.id for exception in exceptions}
    assert (decision.detections, decision.severity) == (without.detections, without.severity)


@settings(max_examples=examples(500), deadline=None)
@given(
    evidences,
    cases.jobs,
    cases.policies,
    cases.verdicts,
    cases.elsewheres,
    exceptions_in_force,
    st.sampled_from(list(Severity)),
    st.integers(0, 5),
)
def test_stricter_evidence_never_loosens_a_decision_with_exceptions(
    evidence: Evidence,
    job: Job,
    policy: Policy,
    verdict: Verdict | None,
    elsewhere: list[Observation],
    exceptions: list[PolicyException],
    severity: Severity,
    more: int,
) -> None:
    before = decide_with(exceptions, evidence, job, policy, verdict, elsewhere)
    worse = Evidence(
        *(tuple(cases.worsened(o, severity, more) for o in part) for part in (evidence.results, evidence.findings))
    )
    assert not cases.is_looser(decide_with(exceptions, worse, job, policy, verdict, elsewhere), before)
    worse_elsewhere = [cases.worsened(observation, severity, more) for observation in elsewhere]
    assert not cases.is_looser(decide_with(exceptions, evidence, job, policy, verdict, worse_elsewhere), before)
    new = found(severity, detections=(Detection("CREDIT_CARD_NUMBER", 1 + more, "PERSONAL_INFORMATION"),))
    assert not cases.is_looser(decide_with(exceptions, evidence, job, policy, verdict, [*elsewhere, new]), before)
    if evidence.findings:  # the first finding can be the one that was missing
        further = replace(evidence, findings=(*evidence.findings, new))
        assert not cases.is_looser(decide_with(exceptions, further, job, policy, verdict, elsewhere), before)


def is_excused(identifier: str, records: list[Observation], exceptions: list[PolicyException]) -> bool:
    """Whether an exception covers all occurrences; written independently of the code, from the docs."""
    counts: dict[str, int] = {}
    for record in records:
        for name in {each.identifier for each in record.detections}:
            total = sum(each.count for each in record.detections if each.identifier == name)
            counts[name] = max(counts.get(name, 0), total)
    of_table = [each for each in exceptions if each.dataset == "a" and each.identifier == identifier]
    whole = any(each.column is None and counts[identifier] <= (each.most or 0) for each in of_table)
    of_bytes = any(
        each.sha256 == TABLE.sha256 and all(count <= each.detections.get(name, 0) for name, count in counts.items())
        for each in exceptions
    )
    names = {(each.column or "").lower(): each.most or 0 for each in of_table if each.column}
    cells = [
        c for record in records for each in record.detections if each.identifier == identifier for c in each.columns
    ]
    in_columns = bool(cells) and all(TABLE.header[position - 1].lower() in names for position, _ in cells)
    return whole or of_bytes or in_columns


@settings(max_examples=examples(1000), deadline=None)
@given(evidences, cases.elsewheres, exceptions_in_force)
def test_high_is_promoted_only_if_exceptions_cover_every_identifier_of_the_record(
    evidence: Evidence, elsewhere: list[Observation], exceptions: list[PolicyException]
) -> None:
    decision = decide_with(exceptions, evidence, cases.DONE, Policy(), None, elsewhere)
    if decision.outcome in {Outcome.PROMOTE, Outcome.MASK}:
        own = [o for o in (*evidence.results, *evidence.findings) if cases.is_about(o, None)]
        records = [*own, *elsewhere]
        for record in records:
            if record.severity == "High":
                assert record.detections
                assert all(is_excused(each.identifier, records, exceptions) for each in record.detections)


@pytest.mark.parametrize(
    ("exception", "feed", "at"),
    [
        (OF_TABLE, "other", AT),
        (OF_TABLE, "synthea", "2027-01-01T00:00:00+00:00"),
        (OF_TABLE, "synthea", "2026-10-31T23:59:59+00:00"),
        (replace(OF_TABLE, feed="other"), "synthea", AT),
    ],
    ids=["another feed's run", "it has ended", "it does not exist yet", "another feed's exception"],
)
def test_exception_is_not_in_force(exception: PolicyException, feed: str, at: str) -> None:
    assert in_force([exception], feed, at) == []
    assert in_force([OF_OBJECT], "synthea", AT) == [OF_OBJECT]


def test_only_exceptions_of_the_table_and_of_the_bytes_may_be_about_an_object() -> None:
    exceptions = [EXCUSED, OF_TABLE, OF_BYTES, OF_OBJECT]
    assert in_scope(by_scope(exceptions), landed("folder/A.csv")) == [EXCUSED, OF_BYTES]
    assert in_scope(by_scope(()), TABLE) == []


@pytest.mark.parametrize("category", [UNKNOWN, "CREDENTIALS"])
def test_identifier_of_an_unknown_or_a_second_category_is_not_excused(category: str) -> None:
    other = (Detection("USA_PASSPORT_NUMBER", 1, category),)
    records = [result("High"), found("High", detections=other)]
    for exception in (EXCUSED, OF_BYTES):
        assert excused_in(TABLE, records, records[:1], [exception]).by == ()


def test_more_than_macie_locates_is_not_excused_in_a_column() -> None:
    detections = (Detection("USA_PASSPORT_NUMBER", 1001, "PERSONAL_INFORMATION", ((2, 1000),)),)
    records = [result("High", detections=detections)]
    assert excused_in(TABLE, records, records, [replace(IN_COLUMN, most=5000)]).by == ()
    fewer = [replace(records[0], detections=(replace(detections[0], count=1000),))]
    assert excused_in(TABLE, fewer, fewer, [replace(IN_COLUMN, most=5000)]).by == (IN_COLUMN.id,)
    assert excused_in(TABLE, fewer, fewer, [replace(IN_COLUMN, most=999)]).by == ()


def test_columns_of_an_exception_for_the_whole_table_do_not_matter() -> None:
    records = [result("High", detections=cases.cells((1, 1), (3, 2)))]
    assert excused_in(TABLE, records, (), [EXCUSED]).by == (EXCUSED.id,)


def test_exception_for_another_table_or_other_bytes_excuses_nothing() -> None:
    records = [result("High")]
    for exception in (replace(EXCUSED, dataset="b"), replace(OF_BYTES, sha256="b" * 64)):
        assert excused_in(TABLE, records, records, [exception]).by == ()
