"""Documents of requests: written once, read as written, and damaged ones are named."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from lake_gate.errors import DamagedDocumentError, ReviewError
from lake_gate.review.documents import add_answer, read_answers, read_request, read_step, write_request, write_step
from lake_gate.review.request import APPROVE, MOST_ANSWERS, MOST_IGNORED, OUTCOME, PURGING, RETURNED, Answer
from tests.lake import Lake
from tests.lake_gate.damage import CELL
from tests.lake_gate.review.requests import NOW, make_request

REQUEST = make_request()
KEY = f"{REQUEST.documents}request.json"
REPROCESS = {"dag_id": "synthea_gate", "run_id": f"reprocess-{REQUEST.id}", "source": f"held://review/{REQUEST.id}"}


def test_request_is_written_once(lake: Lake) -> None:
    assert read_request(lake.s3, lake.bronze, REQUEST.feed, REQUEST.id) is None
    written = write_request(lake.s3, lake.settings, REQUEST)
    assert write_request(lake.s3, lake.settings, replace(REQUEST, reason="other")) == written
    assert read_request(lake.s3, lake.bronze, REQUEST.feed, REQUEST.id) == written
    digest = hashlib.sha256(lake.read(lake.bronze, KEY)).hexdigest()
    assert (replace(written, sha256=""), written.sha256) == (REQUEST, digest)
    assert len(lake.versions(lake.bronze, KEY)) == 1


def test_request_that_could_not_be_read_again_is_not_written(lake: Lake) -> None:
    large = replace(REQUEST, files=(replace(REQUEST.files[0], detections={"X" * 2**20: 1}),))
    with pytest.raises(ReviewError, match="name fewer files"):
        write_request(lake.s3, lake.settings, large)
    assert lake.keys(lake.bronze, "_reviews/") == []


def test_answers_are_kept_in_their_order_and_up_to_a_number(lake: Lake) -> None:
    given = [Answer(APPROVE, f"user {number}", "", NOW) for number in range(MOST_ANSWERS + 2)]
    add_answers(lake, given)
    assert read_answers(lake.s3, lake.bronze, REQUEST) == given[:MOST_ANSWERS]


def test_answers_that_do_not_count_take_no_place_of_those_that_do(lake: Lake) -> None:
    ignored = [Answer(APPROVE, f"user {number}", "", NOW, note="why") for number in range(MOST_IGNORED + 2)]
    approval = Answer(APPROVE, "bob", "2", NOW)
    add_answers(lake, [*ignored, approval])
    assert read_answers(lake.s3, lake.bronze, REQUEST) == [*ignored[:MOST_IGNORED], approval]


def add_answers(lake: Lake, answers: list[Answer]) -> None:
    """Add answers in turn, each by a reader who has missed the two before it."""
    for number, answer in enumerate(answers):
        add_answer(lake.s3, lake.settings, REQUEST, answer, answers[: max(number - 2, 0)])


def test_outcome_is_written_once(lake: Lake) -> None:
    assert read_step(lake.s3, lake.bronze, REQUEST, OUTCOME) is None
    assert write_step(lake.s3, lake.settings, REQUEST, OUTCOME, {"state": "kept"}) == {"state": "kept"}
    assert write_step(lake.s3, lake.settings, REQUEST, OUTCOME, {"state": "released"}) == {"state": "kept"}


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"{}", json.dumps({**REQUEST.to_json(), "id": "review-0000000000000000"}).encode(), b"x" * 2**21],
)
def test_damaged_request_is_named_and_not_used(lake: Lake, content: bytes) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=KEY, Body=content)
    with pytest.raises(DamagedDocumentError, match=r"request\.json"):
        read_request(lake.s3, lake.bronze, REQUEST.feed, REQUEST.id)


@pytest.mark.parametrize(
    "change",
    [
        {"run_folder": "../1"},
        {"deadline_at": CELL},
        {"ends_at": "9999"},
        {"ends_at": NOW.replace("11-29", "11-31")},
        {"asked_at": NOW.replace("T", " ")},
    ],
)
def test_request_with_other_times_and_folders_is_damaged(lake: Lake, change: dict[str, str]) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=KEY, Body=json.dumps({**REQUEST.to_json(), **change}).encode())
    with pytest.raises(DamagedDocumentError, match=r"request\.json") as error:
        read_request(lake.s3, lake.bronze, REQUEST.feed, REQUEST.id)
    assert CELL not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (OUTCOME, {"state": CELL}),
        (OUTCOME, {"state": "asked"}),
        (OUTCOME, {}),
        (OUTCOME, {"state": "released", "reprocess": CELL}),
        (OUTCOME, {"state": "purged", "files": [CELL]}),
        (OUTCOME, {"state": "failed", "exceptions": CELL}),
        (RETURNED, {"reprocess": {"dag_id": CELL}}),
        (RETURNED, {"reprocess": REPROCESS, "approved_by": CELL}),
        (PURGING, {"at": NOW, "files": [{"key": CELL}]}),
        (PURGING, {"files": []}),
    ],
    ids=str,
)
def test_damaged_step_is_named_and_not_used(lake: Lake, name: str, content: dict[str, Any]) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=f"{REQUEST.documents}{name}", Body=json.dumps(content).encode())
    with pytest.raises(DamagedDocumentError, match=name) as error:
        read_step(lake.s3, lake.bronze, REQUEST, name)
    assert CELL not in str(error.value)


WITHOUT_TIME = json.dumps(asdict(Answer(APPROVE, "bob", "2", "0"))).encode()


@pytest.mark.parametrize("content", [b"{", b"{}", json.dumps({"option": 1}).encode(), WITHOUT_TIME])
def test_damaged_answer_is_named_and_not_passed_over(lake: Lake, content: bytes) -> None:
    add_answer(lake.s3, lake.settings, REQUEST, Answer(APPROVE, "bob", "2", NOW))
    lake.s3.put_object(Bucket=lake.bronze, Key=f"{REQUEST.documents}answers/01.json", Body=content)
    with pytest.raises(DamagedDocumentError, match="answers/01"):
        read_answers(lake.s3, lake.bronze, REQUEST)
