"""Documents of a review that another writer has damaged: each reader works, or ends in an error that names them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk.exceptions import AirflowSkipException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_gate.errors import FinalGateError, GateError
from lake_gate.pages.reviews import read_reviews as read_for_page
from lake_gate.reports.reviews import read_reviews as read_for_report
from lake_gate.review.operators import (
    AskReviewersOperator,
    CarryOutOperator,
    CheckRequestOperator,
    CloseRequestOperator,
    NotifyReviewersOperator,
    ReprocessOperator,
)
from tests.examples import examples
from tests.lake import Lake
from tests.lake_gate.damage import NO_SHRINKING, Damage, damages, showing_no_cell
from tests.lake_gate.review.conftest import quarantined_run
from tests.lake_gate.review.requests import NOW
from tests.lake_gate.review.test_operators import ID, Review, WaitingError

PREFIX = f"_reviews/synthea/{ID}/"
STEPS: dict[str, tuple[Any, dict[str, Any]]] = {
    "check_request": (CheckRequestOperator, {}),
    "notify_reviewers": (NotifyReviewersOperator, {"answered_in": "approve"}),
    "approve": (AskReviewersOperator, {"number": 2}),
    "carry_out": (CarryOutOperator, {}),
    "reprocess": (ReprocessOperator, {}),
    "close": (CloseRequestOperator, {}),
}
EXPECTED = (GateError, FinalGateError, AirflowSkipException, WaitingError)


class Documents:
    """The documents of a review that is over, which are damaged and restored."""

    def __init__(self, review: Review) -> None:
        self.review, self.lake = review, review.lake
        review.ask()
        review.approve(("bob",))
        review.approve(("cid",), number=2)
        for name in ("carry_out", "close"):
            self.do(name)
        listed = self.lake.s3.list_objects_v2(Bucket=self.lake.bronze, Prefix=PREFIX)["Contents"]
        self.written = {item["Key"]: self.lake.read(self.lake.bronze, item["Key"]) for item in listed}

    def do(self, name: str) -> Any:
        operator, arguments = STEPS[name]
        return self.review.step(operator, **arguments)

    def damage(self, key: str, damage: Damage, gone: str) -> None:
        """Write all documents again, one of them damaged and another one not."""
        for each, content in self.written.items():
            self.lake.s3.put_object(Bucket=self.lake.bronze, Key=each, Body=damage(content) if each == key else content)
        if gone != key:
            self.lake.s3.delete_object(Bucket=self.lake.bronze, Key=gone)


@pytest.fixture
def reviewed(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Documents:
    quarantined_run(lake)
    monkeypatch.setattr(TriggerDagRunOperator, "execute", lambda *_: None)
    return Documents(Review(lake, monkeypatch))


@settings(suppress_health_check=list(HealthCheck), max_examples=examples(50), deadline=None, phases=NO_SHRINKING)
@given(data=st.data(), name=st.sampled_from([*sorted(STEPS), "page", "report"]), damage=damages())
def test_reader_works_or_names_the_damaged_document(
    reviewed: Documents, data: st.DataObject, name: str, damage: Damage
) -> None:
    keys = st.sampled_from(sorted(reviewed.written))
    reviewed.damage(data.draw(keys), damage, data.draw(keys))
    s3, bronze = reviewed.lake.s3, reviewed.lake.bronze
    if name == "page":
        read_for_page(s3, bronze, "synthea", "1", "organizations.csv", NOW)
    elif name == "report":
        list(read_for_report(s3, bronze, "synthea").items)
    else:
        with suppress(*EXPECTED), showing_no_cell(*EXPECTED):
            reviewed.do(name)
