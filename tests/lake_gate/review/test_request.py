"""Who may answer a request, and which state follows from the answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lake_gate.review.request import (
    APPROVE,
    MOST_ANSWERS,
    REFUSE,
    Answer,
    Request,
    approvers,
    counted,
    problem_of,
    state_of,
    with_rules,
)
from tests.lake_gate.review.requests import AFTER_END, END, LATE, NOW, make_request


def answers(*given: tuple[str, str]) -> list[Answer]:
    return [Answer(option, by, by, NOW) for by, option in given]


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ([], "asked"),
        ([("bob", APPROVE)], "asked"),
        ([("bob", APPROVE), ("cid", APPROVE)], "approved"),
        ([("bob", APPROVE), ("cid", REFUSE)], "refused"),
        ([("bob", REFUSE)], "refused"),
        ([("bob", REFUSE), ("cid", APPROVE), ("dan", APPROVE)], "refused"),
        ([("bob", APPROVE), ("cid", APPROVE), ("dan", REFUSE)], "approved"),
        ([("ann", APPROVE), ("bob", APPROVE)], "asked"),
        ([("ann", REFUSE)], "asked"),
        ([("Ann ", APPROVE), ("ａｎｎ", APPROVE)], "asked"),
        ([("ＡＮＮ", APPROVE), ("bob", APPROVE)], "asked"),
        ([("bob", APPROVE), ("bob", APPROVE)], "asked"),
        ([("bob", APPROVE), ("BOB", APPROVE)], "asked"),
        ([("bob", "Maybe"), ("cid", "approve")], "asked"),
        ([("", APPROVE), ("", APPROVE)], "asked"),
        ([("ann", APPROVE), ("bob", APPROVE), ("bob", APPROVE), ("cid", APPROVE)], "approved"),
    ],
)
def test_release_takes_two_different_people_and_never_the_asker(given: Any, state: str) -> None:
    assert state_of(make_request(), answers(*given), NOW) == state


@pytest.mark.parametrize("asked", ["release_masked", "rescan", "keep"])
def test_request_that_needs_one_person_is_never_approved_by_the_asker(asked: str) -> None:
    request = make_request(asked=asked, approvals=1)
    assert state_of(request, answers(("ann", APPROVE)), NOW) == "asked"
    assert state_of(request, answers(("ann", APPROVE), ("bob", APPROVE)), NOW) == "approved"


def test_asker_is_known_by_the_id_as_well() -> None:
    given = [Answer(APPROVE, "another name", "ann", NOW), Answer(APPROVE, "bob", "2", NOW)]
    assert state_of(make_request(), given, NOW) == "asked"


def test_same_person_with_two_names_counts_once() -> None:
    given = [Answer(APPROVE, "bob", "2", NOW), Answer(APPROVE, "robert", "2", NOW)]
    assert state_of(make_request(), given, NOW) == "asked"


def test_only_listed_reviewers_count() -> None:
    request = make_request(reviewers=("bob", "cid"))
    assert state_of(request, answers(("bob", APPROVE), ("dan", APPROVE)), NOW) == "asked"
    assert state_of(request, answers(("dan", REFUSE)), NOW) == "asked"
    assert state_of(request, answers(("bob", APPROVE), ("cid", APPROVE)), NOW) == "approved"


def test_answer_after_the_deadline_does_not_count_and_the_request_is_expired() -> None:
    late = [replace(answer, at=LATE) for answer in answers(("bob", APPROVE), ("cid", APPROVE))]
    assert state_of(make_request(), late, LATE) == "expired"
    assert state_of(make_request(), [*answers(("bob", APPROVE)), late[1]], LATE) == "expired"
    assert state_of(make_request(), [replace(answer, at="") for answer in late], NOW) == "asked"


def test_approval_is_good_for_some_days_after_the_deadline() -> None:
    given = answers(("bob", APPROVE), ("cid", APPROVE))
    assert [state_of(make_request(), given, now) for now in (LATE, END)] == ["approved", "approved"]
    assert state_of(make_request(), given, AFTER_END) == "expired"


def test_answer_to_other_content_does_not_count() -> None:
    given = [replace(answer, request_sha256="a" * 64) for answer in answers(("bob", APPROVE), ("cid", APPROVE))]
    assert state_of(make_request(sha256="a" * 64), given, NOW) == "approved"
    assert state_of(make_request(sha256="b" * 64), given, NOW) == "asked"
    assert state_of(make_request(sha256="a" * 64), answers(("bob", APPROVE), ("cid", APPROVE)), NOW) == "asked"
    refused = [replace(answer, request_sha256="a" * 64) for answer in answers(("bob", REFUSE))]
    assert state_of(make_request(sha256="b" * 64), refused, NOW) == "asked"


def test_answers_that_do_not_count_never_end_the_request() -> None:
    request = make_request(reviewers=("bob", "cid"))
    given = answers(*[("ann", APPROVE), ("dan", REFUSE)] * MOST_ANSWERS)
    assert state_of(request, given, NOW) == "asked"
    assert state_of(request, [*given, *answers(("bob", APPROVE), ("cid", APPROVE))], NOW) == "approved"
    assert state_of(request, given, LATE) == "expired"


def test_of_two_lists_of_reviewers_both_count() -> None:
    request = with_rules(make_request(reviewers=("bob", "cid", "dan")), 1, ("cid", "dan", "eve"))
    assert state_of(request, answers(("bob", APPROVE), ("cid", APPROVE)), NOW) == "asked"
    assert state_of(request, answers(("eve", APPROVE), ("cid", APPROVE)), NOW) == "asked"
    assert state_of(request, answers(("bob", APPROVE), ("cid", APPROVE), ("dan", APPROVE)), NOW) == "approved"
    for narrowed in (with_rules(make_request(), 1, ("bob",)), with_rules(request, 1, ("eve",))):
        assert state_of(narrowed, answers(("bob", APPROVE), ("cid", APPROVE)), NOW) == "asked"


@pytest.mark.parametrize(("of_document", "today", "needed"), [(1, 2, 2), (2, 1, 2), (1, 0, 1)])
def test_of_two_numbers_of_approvals_the_higher_counts(of_document: int, today: int, needed: int) -> None:
    request = with_rules(make_request(approvals=of_document), today, ())
    states = [state_of(request, answers(*[("bob", APPROVE), ("cid", APPROVE)][:number]), NOW) for number in (1, 2)]
    assert states == ["approved" if number >= needed else "asked" for number in (1, 2)]


def test_refusal_by_a_user_who_is_not_a_reviewer_any_more_ends_nothing_and_an_earlier_one_stays() -> None:
    (refusal,) = answers(("bob", REFUSE))
    request = with_rules(make_request(), 2, ("cid", "dan"))
    assert problem_of(request, [], refusal, is_new=True) == "this user is not a reviewer of the feed any more"
    assert state_of(request, [refusal], NOW) == "refused"


def test_answer_that_did_not_count_when_it_was_given_never_counts() -> None:
    (approval,) = answers(("bob", APPROVE))
    request = make_request(approvals=1)
    assert [state_of(request, [replace(approval, note=note)], NOW) for note in ("", "why")] == ["approved", "asked"]


def test_approvers_are_those_whose_approvals_count() -> None:
    given = answers(("ann", APPROVE), ("bob", APPROVE), ("bob", APPROVE), ("cid", APPROVE), ("dan", APPROVE))
    assert (
        approvers(make_request(), given) == [answer.by for answer in counted(make_request(), given)] == ["bob", "cid"]
    )


def test_document_of_a_request_is_read_as_it_was_written() -> None:
    for request in (make_request(), make_request(exception=None, asked="rescan")):
        assert Request.from_json(json.loads(json.dumps(request.to_json()))) == request


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "x"},
        {"files": "a"},
        {"files": [{}]},
        {"asked": "delete"},
        {"approvals": 0},
        {"approvals": 3},
        {"approvals": "2"},
        {"sha256": "a" * 64},
        {"approvals_now": 0},
        {"reviewers_now": []},
        {"asked_by": 1},
        {"exception": {}},
        {"more": 1},
    ],
)
def test_damaged_document_is_not_a_request(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a"):
        Request.from_json({**make_request().to_json(), **change})
