"""Requests about a file on its page: read from their documents, whatever else is there."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest

from lake_gate.pages import reviews
from lake_gate.pages.reviews import Form, Reviews, read_reviews
from lake_gate.review.documents import MOST_BYTES, read_request
from lake_gate.review.form import review_params
from lake_gate.review.request import Answer, Request
from tests.lake import Lake
from tests.lake_gate.review.requests import AFTER_END, LATE, NOW, make_file, make_request

ID = "review-0123456789abcdef"


def put(lake: Lake, name: str, content: Any, review_id: str = ID) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lake.s3.put_object(Bucket=lake.bronze, Key=f"_reviews/synthea/{review_id}/{name}", Body=body)


def put_request(lake: Lake, **changes: Any) -> Request:
    """Write a request, and return it as it is read."""
    request = make_request(**changes)
    put(lake, "request.json", request.to_json(), request.id)
    found = read_request(lake.s3, lake.bronze, "synthea", request.id)
    assert found
    return found


def answer(lake: Lake, request: Request, number: int, by: str, option: str = "Approve") -> None:
    put(lake, f"answers/{number:02}.json", asdict(Answer(option, by, f"id-{by}", NOW, request.sha256)), request.id)


def read(lake: Lake, name: str = "organizations.csv", run: str = "1", now: str = NOW) -> Reviews:
    return read_reviews(lake.s3, lake.bronze, "synthea", run, name, now)


def test_only_requests_about_this_file_of_this_run_are_listed(lake: Lake) -> None:
    put_request(lake, files=(make_file(), make_file("b.csv")))
    put_request(lake, id="review-1123456789abcdef", run_folder="2")
    put_request(lake, id="review-2123456789abcdef", files=(make_file("c.csv"),))
    for name, run, expected in (("b.csv", "1", [ID]), ("b.csv", "2", []), ("d.csv", "1", [])):
        found = read(lake, name, run)
        assert ([item.request.id for item in found.items], found.damaged, found.is_complete) == (expected, 0, True)


def test_an_open_request_has_who_asks_until_when_and_who_has_answered(lake: Lake) -> None:
    request = put_request(lake)
    answer(lake, request, 1, "ann")  # the asker: it does not count
    answer(lake, request, 2, "bob")
    (found,) = read(lake).open
    assert (found.request.asked_by, found.asked_words, found.state_words) == (
        "ann",
        "release as it is",
        "waits for answers",
    )
    assert found.answers == [("bob", True)]


@pytest.mark.parametrize(
    ("given", "now", "expected", "is_open"),
    [
        ([], NOW, "asked", True),
        ([], LATE, "expired", False),
        ([("bob", "Approve"), ("cid", "Approve")], LATE, "approved", True),
        ([("bob", "Approve"), ("cid", "Approve")], AFTER_END, "expired", False),
        ([("bob", "Approve"), ("cid", "Refuse")], NOW, "refused", False),
    ],
)
def test_state_without_an_outcome_follows_from_the_answers(
    lake: Lake, given: Any, now: str, expected: str, is_open: bool
) -> None:
    request = put_request(lake)
    for number, (by, option) in enumerate(given, 1):
        answer(lake, request, number, by, option)
    (found,) = read(lake, now=now).items
    assert (found.state, found.is_open) == (expected, is_open)


def test_what_has_begun_to_be_carried_out_stays_open_after_its_end(lake: Lake) -> None:
    put_request(lake)
    put(lake, "returned.json", {})
    assert [found.state for found in read(lake, now=AFTER_END).open] == ["approved"]


def test_an_outcome_names_the_run_that_has_re_processed_the_file(lake: Lake) -> None:
    put_request(lake)
    reprocess = {"dag_id": "synthea_gate", "run_id": f"reprocess-{ID}", "source": f"held://review/{ID}"}
    put(lake, "outcome.json", {"state": "released", "at": LATE, "reprocess": reprocess})
    (found,) = read(lake).items
    assert (found.state, found.closed_at, found.reprocess_run_id) == ("released", LATE, f"reprocess-{ID}")
    assert not found.is_open


def test_the_latest_request_is_first(lake: Lake) -> None:
    for number, at in enumerate((NOW, LATE, AFTER_END)):
        put_request(lake, id=f"review-{number}123456789abcdef", asked_at=at)
    assert [found.request.asked_at for found in read(lake).items] == [AFTER_END, LATE, NOW]


@pytest.mark.parametrize("content", [b"", b"219-09-9999", {"x": 1}, b"[" * 100_000, b"{" + b" " * 1024**2 + b"}"])
def test_damaged_requests_are_counted_and_stop_nothing(lake: Lake, content: Any) -> None:
    put_request(lake)
    put(lake, "request.json", content, "review-1123456789abcdef")
    put(lake, "request.json", content, "not-ours")
    found = read(lake)
    assert ([item.request.id for item in found.items], found.damaged) == ([ID], 1)


@pytest.mark.parametrize("name", ["outcome.json", "answers/01.json"])
@pytest.mark.parametrize("content", [b"219-09-9999", [], {"state": "<b>"}, {"state": []}])
def test_damaged_answers_and_outcomes_leave_the_state_open_to_doubt(lake: Lake, name: str, content: Any) -> None:
    put_request(lake)
    put(lake, name, content)
    (found,) = read(lake).items
    assert (found.state, found.is_open) == ("damaged", False)


@pytest.mark.parametrize(
    ("limit", "value"), [("MOST_LISTED", 3), ("MOST_READ", 2), ("MOST_READ_BYTES", 2000), ("MOST_SHOWN", 2)]
)
def test_what_a_page_does_not_read_is_said(lake: Lake, limit: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        put_request(lake, id=f"review-{number}123456789abcdef")
    assert (len(read(lake).items), read(lake).is_complete) == (4, True)
    monkeypatch.setattr(reviews, limit, value)
    found = read(lake)
    assert 1 <= len(found.items) <= 3
    assert not found.is_complete


def test_the_form_has_the_choices_and_defaults_of_the_params() -> None:
    params, form = review_params(), Form.at(datetime(2026, 11, 30, tzinfo=UTC))
    for words, name in ((form.asked, "asked"), (form.kinds, "exception_kind")):
        assert set(words) == set(params[name].schema["enum"])
        assert next(iter(words)) == params[name].value
    assert (form.first_day, form.last_day) == ("2026-11-30", "2027-12-01")
    assert f"empty: {form.days} days from today" in str(params["until"].description)


def test_a_request_that_is_too_large_hides_no_other(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "MOST_READ_BYTES", 2 * MOST_BYTES)
    put_request(lake)
    put(lake, "request.json", b"x" * (3 * MOST_BYTES), "review-0023456789abcdef")  # the latest
    found = read(lake)
    assert ([item.request.id for item in found.items], found.damaged, found.is_complete) == ([ID], 1, True)
