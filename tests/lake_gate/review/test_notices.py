"""Messages about requests: names, counts and who, never a value."""

from __future__ import annotations

import json

import pytest

from lake_gate.review.notices import asked_notice, closed_notice
from lake_gate.review.request import APPROVE, Answer, State
from tests.lake_gate.review.requests import NOW, make_file, make_request


def body_of(sns: dict[str, str]) -> str:
    return str(json.loads(sns["Message"])["default"])


def test_request_is_sent_with_the_link_to_its_answer() -> None:
    sns = asked_notice(make_request(), "https://airflow/x").to_sns()
    assert sns["Subject"] == "[synthea] Review request: release, 1 file"
    for part in ("Asked by ann: public organisations", "never the asker: 2", "https://airflow/x", "organizations.csv"):
        assert part in body_of(sns)
    assert "None" not in body_of(asked_notice(make_request(), None).to_sns())


@pytest.mark.parametrize("state", sorted(set(State) - {State.ASKED, State.APPROVED}))
def test_end_of_a_request_is_sent_with_its_state(state: State) -> None:
    sns = closed_notice(make_request(), [Answer(APPROVE, "bob", "2", NOW)], {"state": str(state)}).to_sns()
    assert ("quarantine" in sns["Subject"] + body_of(sns)) or state is State.RELEASED
    assert "Approve: bob" in body_of(sns)
    assert sns["MessageAttributes"]["outcome"]["StringValue"] == state


def test_release_names_the_run_that_scans_again() -> None:
    outcome = {"state": "released", "reprocess": {"dag_id": "synthea_gate", "run_id": "reprocess-review-0"}}
    assert "Run of synthea_gate: reprocess-review-0" in body_of(closed_notice(make_request(), [], outcome).to_sns())


def test_line_breaks_in_names_add_no_line() -> None:
    request = make_request(files=(make_file("a\nb.csv"),), reason="x\ny")
    harmless = make_request(files=(make_file("a b.csv"),), reason="x y")
    sent, expected = (body_of(asked_notice(each, None).to_sns()) for each in (request, harmless))
    assert sent.count("\n") == expected.count("\n")
