"""Review requests that need a person, and the answers about quarantined versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lake_gate.held import requests
from lake_gate.held.requests import read_reviews
from lake_gate.review.documents import add_answer, write_request, write_step
from lake_gate.review.request import OUTCOME, Answer
from tests.lake import Lake
from tests.lake_gate.review.requests import DEADLINE, NOW, make_file, make_request

ASKED, CLOSED = datetime.fromisoformat(NOW), "review-00000000000000{:02}"
FILE = ("synthea/1/organizations.csv", "v1")


def read(lake: Lake, after: timedelta = timedelta()) -> Any:
    return read_reviews(lake.s3, lake.bronze, ASKED.astimezone(UTC) + after)


def answer(lake: Lake, request: Any, *options: str, at: str = NOW) -> None:
    for number, option in enumerate(options):
        add_answer(lake.s3, lake.settings, request, Answer(option, f"bob{number}", f"{number}", at, request.sha256))


def close(lake: Lake, number: int, state: str, **changes: Any) -> None:
    request = write_request(lake.s3, lake.settings, make_request(id=CLOSED.format(number), **changes))
    write_step(lake.s3, lake.settings, request, OUTCOME, {"state": state, "at": NOW})


@pytest.mark.parametrize(
    ("options", "after", "state"),
    [
        ([], timedelta(hours=47), None),
        ([], timedelta(hours=48), "asked"),
        (["Approve"], timedelta(hours=50), "asked"),
        ([], timedelta(hours=72, minutes=59), None),
        ([], timedelta(hours=73), "expired"),
        (["Approve", "Approve"], timedelta(minutes=59), None),
        (["Approve", "Approve"], timedelta(hours=1), "approved"),
        (["Refuse"], timedelta(minutes=59), None),
        (["Refuse"], timedelta(hours=1), "refused"),
    ],
)
def test_a_request_is_told_near_its_deadline_or_when_it_is_stuck(
    lake: Lake, options: list[str], after: timedelta, state: str | None
) -> None:
    answer(lake, write_request(lake.s3, lake.settings, make_request()), *options)
    found = read(lake, after)
    assert [waiting.state for waiting in found.waiting] == ([state] if state else [])
    assert found.answers == {FILE: "open"}
    for waiting in found.waiting:
        assert (waiting.feed, waiting.asked, waiting.files) == ("synthea", "release", 1)
        assert (waiting.deadline_at, waiting.review_run_id) == (DEADLINE, "manual__1")


@pytest.mark.parametrize(
    ("state", "answered"),
    [("released", True), ("kept", True), ("purged", True), ("refused", False), ("expired", False), ("failed", False)],
)
def test_only_some_outcomes_answer_what_becomes_of_a_file(lake: Lake, state: str, answered: bool) -> None:
    close(lake, 1, state)
    found = read(lake, timedelta(days=9))
    assert (found.answers, found.waiting) == ({FILE: state} if answered else {}, [])


def test_an_open_request_does_not_make_an_answered_file_wait_again(lake: Lake) -> None:
    close(lake, 1, "kept")
    write_request(lake.s3, lake.settings, make_request(files=(make_file(), make_file("b.csv"))))
    assert read(lake).answers == {FILE: "kept", ("synthea/1/b.csv", "v1"): "open"}


@pytest.mark.parametrize("closed", [False, True])
def test_a_damaged_request_answers_nothing_and_is_told_while_it_is_open(lake: Lake, closed: bool) -> None:
    close(lake, 1, "kept") if closed else write_request(lake.s3, lake.settings, make_request(id=CLOSED.format(1)))
    lake.s3.put_object(Bucket=lake.bronze, Key=f"_reviews/synthea/{CLOSED.format(1)}/request.json", Body=b"{")
    found = read(lake)
    assert found.answers == {}
    assert [(waiting.id, waiting.state) for waiting in found.waiting] == (
        [] if closed else [(CLOSED.format(1), "damaged")]
    )


def test_keys_of_other_shapes_are_no_requests(lake: Lake) -> None:
    for key in ("synthea/x/request.json", "{{ 7*7 }}/review-0123456789abcdef/request.json", "request.json"):
        lake.put(lake.bronze, f"_reviews/{key}", b"{}")
    assert read(lake) == requests.Reviews()


def test_of_many_closed_requests_the_newest_are_read_and_the_others_counted(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MOST_CLOSED", 2)
    for number in range(3):
        close(lake, number, "kept", files=(make_file(f"{number}.csv"),))
    write_request(lake.s3, lake.settings, make_request())
    found = read(lake, timedelta(days=9))
    assert found.left_out == 1
    assert sorted(found.answers.values()) == ["kept", "kept", "open"]
    assert len(found.waiting) == 1
