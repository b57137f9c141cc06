"""The tasks of a review: who is heard, what is done, and that it is done once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk.exceptions import AirflowSkipException
from botocore.exceptions import ClientError

from lake_gate.delivery.pin import check_pin, pin_run
from lake_gate.errors import (
    AwsError,
    DamagedDocumentError,
    ReviewedFilePurgedError,
    ReviewError,
    ReviewFailedError,
    RunPinnedError,
)
from lake_gate.exceptions.store import add_exception, read_exceptions
from lake_gate.feed import Feed
from lake_gate.ledger.audit import Audit
from lake_gate.ledger.chain import Line
from lake_gate.ledger.stores import BucketStore
from lake_gate.model.run import Run
from lake_gate.moving.tags import SEAL_TAG
from lake_gate.review import checking, documents, operators
from lake_gate.review.answering import moment_after
from lake_gate.review.documents import add_answer, open_requests, read_answers, read_request, write_request
from lake_gate.review.operators import (
    AskReviewersOperator,
    CarryOutOperator,
    CheckRequestOperator,
    CloseRequestOperator,
    NotifyReviewersOperator,
    ReprocessOperator,
)
from lake_gate.review.purging import amend_record
from lake_gate.review.request import APPROVE, MOST_IGNORED, REFUSE, Answer, request_id_of
from tests.lake import Lake
from tests.lake_gate.review.conftest import quarantined_run
from tests.lake_gate.review.requests import CONTENT
from tests.lake_gate.review.test_checking import PARAMS
from tests.snapshot import SetUpOnce

RUN_ID = "manual__1"
ID = request_id_of(RUN_ID)
HELD = f"held/synthea/{ID}/organizations.csv"


class WaitingError(Exception):
    """A task that waits for a person."""


class Review:
    """A review of the files of a quarantined run, task by task."""

    def __init__(self, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lake = lake
        self.given: list[Any] = []
        self.asked: list[Any] = []
        self.params: dict[str, Any] = {}
        review = self

        def execute(task: Any, context: Any) -> Any:
            review.asked.append(task)
            if not review.given:
                raise WaitingError
            return task.execute_complete(context, review.given.pop(0))

        monkeypatch.setattr(HITLOperator, "execute", execute)

    def step(self, operator: Any, asked_by: str | None = "ann", run_id: str = RUN_ID, **more: Any) -> Any:
        task = operator(task_id="t", settings=self.lake.settings.to_json(), feed="quarantine_review", **more)
        dag_run = SimpleNamespace(
            dag_id="quarantine_review", run_id=run_id, start_date=None, triggering_user_name=asked_by
        )
        return task.step({"run_id": run_id, "dag_run": dag_run, "params": self.params})

    def ask(self, run_id: str = RUN_ID, **changes: Any) -> str:
        self.params = {**PARAMS, **changes}
        made: str = self.step(CheckRequestOperator, run_id=run_id)
        return made

    def approve(self, *given: Any, number: int = 1) -> Any:
        self.given = [answer(*each) if isinstance(each, tuple) else each for each in given]
        return self.step(AskReviewersOperator, number=number)

    @property
    def request(self) -> Any:
        return read_request(self.lake.s3, self.lake.bronze, "synthea", ID)

    @property
    def answers(self) -> list[Answer]:
        return read_answers(self.lake.s3, self.lake.bronze, self.request)

    def document(self, name: str) -> Any:
        return self.lake.document(f"_reviews/synthea/{ID}/{name}")


def answer(by: str, option: str = APPROVE, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": {},
        "responded_at": at or datetime.now(UTC),
        "responded_by_user": {"id": by, "name": by},
        "timedout": False,
        **changes,
    }


TIMEOUT = answer("", REFUSE, responded_by_user=None, timedout=True)


@pytest.fixture
def review(lake: Lake, quarantined: Run, monkeypatch: pytest.MonkeyPatch) -> Review:
    """A review of the file of a run, which no user has asked for yet."""
    assert quarantined.folder == PARAMS["run"]
    return Review(lake, monkeypatch)


def later() -> str:
    return (datetime.now(UTC) + timedelta(days=10)).isoformat(timespec="seconds")


def expire(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "now", later)


def test_asker_is_the_user_who_has_started_the_run(review: Review) -> None:
    assert review.ask() == ID
    assert review.request.asked_by == "ann"


@pytest.mark.parametrize("user", [None, ""])
def test_run_that_no_user_has_started_is_refused(review: Review, user: str | None) -> None:
    review.params = PARAMS
    with pytest.raises(ReviewError, match="which user"):
        review.step(CheckRequestOperator, asked_by=user)
    assert review.request is None


def test_cleared_check_keeps_the_request_whatever_the_params_are_now(review: Review) -> None:
    review.ask(asked="rescan")
    review.ask(asked="release", reason="other")
    assert (review.request.asked, review.request.reason) == ("rescan", PARAMS["reason"])


def test_requests_that_are_made_at_once_are_no_more_than_a_user_may_have(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one is written between the count and the creation of this one."""
    other = f"review-{1:016x}"

    def write_both(s3: Any, settings: Any, request: Any) -> Any:
        write_request(s3, settings, replace(request, id=other))
        return write_request(s3, settings, request)

    monkeypatch.setattr(checking, "MOST_OPEN", 1)
    monkeypatch.setattr(operators, "write_request", write_both)
    for _ in range(2):
        with pytest.raises(ReviewError, match="open requests"):
            review.ask()
    assert [each.id for each in open_requests(review.lake.s3, review.lake.bronze)] == [other]
    assert (review.document("outcome.json")["state"], audited(review.lake)) == ("failed", [])


def test_request_with_answers_is_not_withdrawn(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    review.ask()
    review.approve(("bob",))
    monkeypatch.setattr(checking, "MOST_OPEN", 0)
    assert review.ask() == ID


def test_feed_that_is_not_known_is_refused(review: Review) -> None:
    with pytest.raises(ReviewError, match="include/feeds"):
        review.ask(feed="other")


def test_release_is_done_once_two_other_people_have_approved(review: Review) -> None:
    review.ask()
    assert review.approve(("bob",)) == "asked"
    assert review.approve(("cid",), number=2) == "approved"
    assert review.step(CarryOutOperator) == 1
    reprocess = {
        "dag_id": "synthea_gate",
        "run_id": f"reprocess-{ID}",
        "source": f"held://review/{ID}",
    }
    assert review.lake.read(review.lake.bronze, HELD) == CONTENT
    (exception,) = read_exceptions(review.lake.s3, review.lake.bronze, "synthea")
    assert (exception.requested_by, exception.approved_by, exception.request) == ("ann", ("bob", "cid"), ID)
    assert review.step(CloseRequestOperator) == "released"
    assert review.document("outcome.json")["reprocess"] == reprocess
    assert review.document("outcome.json")["answered_by"] == ["bob", "cid"]


def test_answers_that_do_not_count_are_noted_and_the_task_asks_again(review: Review) -> None:
    review.ask()
    wrong = [("ann",), answer("bob", "Maybe"), answer("bob", responded_by_user=None), ("bob",)]
    assert review.approve(*wrong) == "asked"
    assert [given.note != "" for given in review.answers] == [True, True, True, False]
    with pytest.raises(WaitingError):
        review.approve(("bob",), ("ann",), ("Bob",), number=2)
    shown = review.asked[-1].body
    assert shown.startswith("3 earlier answers did not count.\n\n**The answer of bob at 20")
    assert "UTC does not count: the asker does not answer.**" in shown
    assert "UTC does not count: this user has answered already.**" in shown
    assert "Approved by bob." in shown
    assert review.approve(("cid",), number=2) == "approved"


def test_log_says_why_an_answer_does_not_count(review: Review, capsys: pytest.CaptureFixture[str]) -> None:
    review.ask()
    with pytest.raises(WaitingError):
        review.approve(("ann",), ("a%sn{{x}}\n",))
    logged = capsys.readouterr().out
    assert "UTC does not count: the asker does not answer." in logged
    assert "UTC does not count: Airflow does not say who gave it." in logged
    assert "the log of this task says why" in review.asked[0].body


def test_users_who_may_not_answer_end_no_request(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often: their answers are noted up to a number, and each is waited for like the first."""
    set_rules(monkeypatch, reviewers={"rescan": ["bob"]})
    review.ask(asked="rescan")
    start = datetime.now(UTC) - timedelta(minutes=1)
    given = [answer("ann", REFUSE, start + timedelta(seconds=number)) for number in range(MOST_IGNORED + 2)]
    assert review.approve(*given, ("dan", REFUSE), ("bob",)) == "approved"
    assert len(review.asked) == len(given) + 2
    assert [given.by for given in review.answers] == ["ann"] * MOST_IGNORED + ["bob"]
    assert len(lines_of(review.lake)) == MOST_IGNORED + 2
    assert review.step(CarryOutOperator) == 1


def test_asker_alone_never_gets_a_file_back(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    review.ask(asked="rescan")
    with pytest.raises(WaitingError):
        review.approve(("ann",), ("ann",))
    expire(review, monkeypatch)
    with pytest.raises(AirflowSkipException):
        review.step(CarryOutOperator)
    assert review.lake.keys(review.lake.bronze, "held/") == []
    assert review.step(CloseRequestOperator) == "expired"


def set_rules(monkeypatch: pytest.MonkeyPatch, **rules: Any) -> None:
    """Let the feed's file have these rules from now on."""
    monkeypatch.setattr(operators, "read_feeds", lambda: ([Feed("synthea", "o", **rules)], []))


def test_reviewer_who_was_removed_since_the_request_does_not_approve(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rules(monkeypatch, reviewers={"release": ["bob", "cid", "dan"]})
    review.ask()
    set_rules(monkeypatch, reviewers={"release": ["cid", "dan", "eve"]})
    assert review.approve(("bob",), ("eve",), ("cid",)) == "asked"
    assert review.approve(("bob", REFUSE), ("dan",), number=2) == "approved"
    assert [given.by for given in review.answers if not given.note] == ["cid", "dan"]


def test_approval_of_a_reviewer_who_was_removed_since_is_not_carried_out(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve_release(review)
    set_rules(monkeypatch, reviewers={"release": ["cid", "dan"]})
    with pytest.raises(ReviewError, match="too few answers count"):
        review.step(CarryOutOperator)
    assert review.lake.keys(review.lake.bronze, "held/") == []
    assert review.approve(("dan",), number=2) == "approved"
    assert review.step(CarryOutOperator) == 1
    (exception,) = read_exceptions(review.lake.s3, review.lake.bronze, "synthea")
    set_rules(monkeypatch, reviewers={"release": ["eve", "fay"]})  # it was carried out by the rules of its time
    assert review.step(CloseRequestOperator) == "released"
    assert list(exception.approved_by) == review.document("outcome.json")["answered_by"] == ["cid", "dan"]


def test_approvals_that_the_feed_asks_for_since_count(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    review.ask(asked="rescan")
    assert review.approve(("bob",)) == "approved"
    set_rules(monkeypatch, approvals={"rescan": 2})
    with pytest.raises(ReviewError, match="too few answers count"):
        review.step(CarryOutOperator)
    with pytest.raises(ReviewError, match="too few answers count"):
        review.step(CloseRequestOperator)
    with pytest.raises(WaitingError):
        review.approve(number=2)
    assert "approve**: 2" in review.asked[-1].body
    assert review.approve(("cid",), number=2) == "approved"
    assert review.step(CarryOutOperator) == 1
    assert review.step(CloseRequestOperator) == "released"
    assert review.document("outcome.json")["answered_by"] == ["bob", "cid"]


def test_purge_that_has_begun_goes_on_after_its_reviewers_were_removed(
    purged: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(purged, monkeypatch)
    set_rules(monkeypatch, reviewers={"purge": ["eve", "fay"]})
    purged.step(CarryOutOperator)
    assert purged.step(CloseRequestOperator) == "purged"
    assert purged.document("outcome.json")["answered_by"] == ["bob", "cid"]


def test_first_answer_is_enough_for_everything_but_a_release(review: Review) -> None:
    review.ask(asked="rescan")
    assert review.approve(("bob",)) == "approved"
    with pytest.raises(AirflowSkipException, match="approved: no further answer is asked for"):
        review.approve(number=2)
    assert len(review.asked) == 1


def test_refusal_ends_the_request_and_nobody_else_is_asked(review: Review) -> None:
    review.ask()
    assert review.approve(("bob", REFUSE)) == "refused"
    with pytest.raises(AirflowSkipException, match="refused: no further answer is asked for"):
        review.approve(("cid",), number=2)
    assert len(review.asked) == 1
    with pytest.raises(AirflowSkipException):
        review.step(CarryOutOperator)
    assert review.step(CloseRequestOperator) == "refused"
    assert read_exceptions(review.lake.s3, review.lake.bronze, "synthea") == []


def test_request_that_is_not_answered_in_time_is_expired(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    review.ask()
    with pytest.raises(WaitingError):
        review.approve(TIMEOUT)  # the clocks differ by a moment: it asks again, for a second
    expire(review, monkeypatch)
    for number in (1, 2):
        with pytest.raises(AirflowSkipException, match="expired: no further answer is asked for"):
            review.approve(TIMEOUT, number=number)
    assert review.answers == []
    with pytest.raises(AirflowSkipException):
        review.step(CarryOutOperator)
    assert review.step(CloseRequestOperator) == "expired"


def test_every_wait_has_the_deadline_of_the_request(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    review.ask(answer_within_hours=3)
    with pytest.raises(WaitingError):
        review.approve()
    left = review.asked[0].response_timeout
    assert timedelta(hours=2, minutes=59) < left <= timedelta(hours=3)
    assert review.asked[0].defaults == [REFUSE]
    monkeypatch.setattr(operators, "now", lambda: review.request.deadline_at)
    with pytest.raises(WaitingError):
        review.approve()
    assert review.asked[1].response_timeout == timedelta(seconds=1)


def test_late_answer_does_not_count(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    review.ask(asked="rescan")
    expire(review, monkeypatch)
    add_answer(
        review.lake.s3,
        review.lake.settings,
        review.request,
        Answer(APPROVE, "bob", "bob", later(), review.request.sha256),
    )
    with pytest.raises(AirflowSkipException):
        review.step(CarryOutOperator)


def test_cleared_task_does_not_ask_again_what_is_answered(review: Review) -> None:
    review.ask()
    review.approve(("bob",))
    review.approve()
    assert len(review.asked) == 1
    assert [given.by for given in review.answers] == ["bob"]


def test_reviewer_sees_the_files_and_no_text_is_a_template(review: Review) -> None:
    review.ask(reason="{{ 77*77 }}")
    with pytest.raises(WaitingError):
        review.approve()
    (task,) = review.asked
    assert "organizations.csv" in task.body
    assert "{{" not in task.body
    assert "5929" not in task.body
    assert not {"body", "subject"} & set(task.template_fields)
    assert "Baystate" not in task.body


def test_task_that_was_marked_as_done_releases_nothing(review: Review) -> None:
    review.ask()
    for operator in (CarryOutOperator, CloseRequestOperator):
        with pytest.raises(ReviewError, match="marked as done"):
            review.step(operator)
    review.approve(("bob",))
    with pytest.raises(ReviewError, match="marked as done"):
        review.step(CarryOutOperator)
    assert review.lake.keys(review.lake.bronze, "held/") == []


def test_without_a_request_no_task_does_anything(review: Review) -> None:
    review.params = PARAMS
    for operator in (CarryOutOperator, CloseRequestOperator):
        with pytest.raises(ReviewError, match="does not exist"):
            review.step(operator)


def test_damaged_answer_stops_the_release(review: Review) -> None:
    review.ask(asked="rescan")
    review.approve(("bob",))
    review.lake.s3.put_object(Bucket=review.lake.bronze, Key=f"_reviews/synthea/{ID}/answers/01.json", Body=b"{")
    with pytest.raises(DamagedDocumentError):
        review.step(CarryOutOperator)


def test_kept_files_stay_where_they_are(review: Review) -> None:
    review.ask(asked="keep")
    assert review.approve(("bob",)) == "approved"
    with pytest.raises(AirflowSkipException):
        review.step(CarryOutOperator)
    assert review.step(CloseRequestOperator) == "kept"
    assert review.lake.keys(review.lake.bronze, "held/") == []


def test_end_of_a_request_is_in_the_log_of_its_last_task(review: Review, capsys: pytest.CaptureFixture[str]) -> None:
    review.ask(asked="keep")
    review.approve(("bob", REFUSE))
    review.step(CloseRequestOperator)
    assert "State: refused. [synthea] The review request (keep, 1 file) was refused:" in capsys.readouterr().out


def test_rescan_adds_no_exception(review: Review) -> None:
    review.ask(asked="rescan")
    review.approve(("bob",))
    assert review.step(CarryOutOperator) == 1
    assert read_exceptions(review.lake.s3, review.lake.bronze, "synthea") == []


def fails(method: str) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise ClientError({"Error": {"Code": "SlowDown"}}, method)

    return fail


@pytest.mark.parametrize("crash", ["give_back", "add_exception", "write_step"])
def test_retry_after_a_crash_finishes_the_release_once(
    review: Review, monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    review.ask()
    review.approve(("bob",))
    review.approve(("cid",), number=2)
    with monkeypatch.context() as broken:
        broken.setattr(operators, crash, fails(crash))
        with pytest.raises(ClientError):
            review.step(CarryOutOperator)
    assert review.step(CarryOutOperator) == review.step(CarryOutOperator)
    assert len(review.lake.versions(review.lake.bronze, HELD)) == 1
    assert len(read_exceptions(review.lake.s3, review.lake.bronze, "synthea")) == 1


def test_cleared_release_copies_nothing_again(review: Review) -> None:
    review.ask(asked="rescan")
    review.approve(("bob",))
    review.step(CarryOutOperator)
    (version,) = review.lake.versions(review.lake.bronze, HELD)
    review.lake.s3.delete_object(Bucket=review.lake.bronze, Key=HELD, VersionId=version)  # the feed has taken it
    review.step(CarryOutOperator)
    assert review.lake.keys(review.lake.bronze, "held/") == []


def approve_release(review: Review, **changes: Any) -> None:
    review.ask(**changes)
    review.approve(("bob",))
    review.approve(("cid",), number=2)


def is_failed(review: Review) -> bool:
    """Whether the release fails for good, with a message, and nothing of it is held or excused."""
    received = review.lake.messages_of(review.lake.settings.low_topic_arn)
    for _ in range(2):
        with pytest.raises(AirflowSkipException):
            review.step(CarryOutOperator)
        with pytest.raises(ReviewFailedError, match=r"outcome\.json"):
            review.step(CloseRequestOperator)
    (sent,) = received()
    left = read_exceptions(review.lake.s3, review.lake.bronze, "synthea"), review.lake.keys(review.lake.bronze, "held/")
    return "could not be carried out" in sent["Subject"] and left == ([], [])


@pytest.fixture
def both(lake: Lake, once: SetUpOnce, monkeypatch: pytest.MonkeyPatch) -> Review:
    """An approved release of two files."""
    review = Review(lake, monkeypatch)

    def set_up() -> dict[str, Any]:
        quarantined_run(lake, organizations=CONTENT, providers=b"Id\n1\n")
        approve_release(review, files=["organizations.csv", "providers.csv"])
        return review.params

    review.params = once(set_up)
    return review


def forge(review: Review) -> None:
    """Replace the second file by other bytes under its seal, and the document that names its version."""
    file = review.request.files[1]
    place: Any = {"Bucket": review.lake.quarantine, "Key": file.key}
    review.lake.s3.delete_object(**place, VersionId=file.version_id)
    tagging = urlencode({SEAL_TAG: file.checksum})
    forged = review.lake.s3.put_object(**place, Body=b"Id\n2\n", Tagging=tagging)["VersionId"]
    key = f"_reviews/synthea/{ID}/request.json"
    content = review.lake.read(review.lake.bronze, key).replace(file.version_id.encode(), forged.encode())
    review.lake.s3.put_object(Bucket=review.lake.bronze, Key=key, Body=content)


def test_file_that_has_left_quarantine_meanwhile_fails_the_request_before_anything_is_copied(
    both: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = both.request.files[1]
    both.lake.s3.delete_object(Bucket=both.lake.quarantine, Key=file.key, VersionId=file.version_id)
    monkeypatch.setattr(operators, "give_back", lambda *_: pytest.fail("a file was copied"))
    assert is_failed(both)
    assert both.document("outcome.json")["state"] == "failed"


def test_file_with_other_bytes_takes_the_copies_of_the_others_back(
    both: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(both)
    sha256 = both.request.sha256
    given = [replace(each, request_sha256=sha256) for each in both.answers]
    monkeypatch.setattr(operators, "read_answers", lambda *_: given)
    assert is_failed(both)
    assert "its bytes are not those that were reviewed" in both.document("outcome.json")["problem"]


def test_copies_of_an_earlier_try_are_taken_back(both: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(operators, "add_exception", fails("PutObject"))
        with pytest.raises(ClientError):
            both.step(CarryOutOperator)
    assert len(both.lake.keys(both.lake.bronze, "held/")) == 2
    lake, name = both.lake, f"_exceptions/synthea/{ID}-2.json"
    lake.s3.put_object(Bucket=lake.bronze, Key=name, Body=b"{}")
    assert is_failed(both)


def test_exception_that_the_file_of_the_feed_revokes_fails_the_request(
    both: Review, revoke: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operators, "give_back", lambda *_: pytest.fail("a file was copied"))
    revoke(f"{ID}-2")
    assert is_failed(both)
    assert "revokes its id" in both.document("outcome.json")["problem"]


def test_exception_that_ends_before_the_answers_fails_the_request(review: Review) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    review.ask(until=datetime.now(UTC).date().isoformat())
    review.approve(answer("bob", at=tomorrow))
    review.approve(answer("cid", at=tomorrow), number=2)
    assert is_failed(review)
    assert "exception ended on" in review.document("outcome.json")["problem"]


@pytest.fixture
def half_added(both: Review, monkeypatch: pytest.MonkeyPatch) -> Review:
    """A release that has died after the first of its two exceptions was added."""

    def add_first(s3: Any, bronze: str, exception: Any) -> Any:
        return add_exception(s3, bronze, exception) if exception.id == f"{ID}-1" else fails("PutObject")()

    with monkeypatch.context() as broken:
        broken.setattr(operators, "add_exception", add_first)
        with pytest.raises(ClientError):
            both.step(CarryOutOperator)
    return both


def test_exceptions_of_a_request_that_failed_are_named(half_added: Review, revoke: Callable[[str], None]) -> None:
    received = half_added.lake.messages_of(half_added.lake.settings.low_topic_arn)
    revoke(f"{ID}-2")
    with pytest.raises(AirflowSkipException):
        half_added.step(CarryOutOperator)
    with pytest.raises(ReviewFailedError):
        half_added.step(CloseRequestOperator)
    (sent,) = received()
    assert half_added.document("outcome.json")["exceptions"] == [f"{ID}-1"]
    assert f"apply until they are revoked: {ID}-1" in sent["Message"]


def test_exceptions_of_a_request_that_expired_are_named(half_added: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "now", lambda: moment_after(half_added.request.ends_at, seconds=1))
    assert half_added.step(CloseRequestOperator) == "expired"
    assert half_added.document("outcome.json")["exceptions"] == [f"{ID}-1"]


def test_approval_ends(both: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(operators, "add_exception", fails("PutObject"))
        with pytest.raises(ClientError):
            both.step(CarryOutOperator)
    monkeypatch.setattr(operators, "now", lambda: moment_after(both.request.ends_at, seconds=1))
    with pytest.raises(AirflowSkipException):
        both.step(CarryOutOperator)
    assert both.step(CloseRequestOperator) == "expired"
    assert both.lake.keys(both.lake.bronze, "held/") == []


def test_release_that_was_carried_out_in_time_is_closed_at_any_time(
    both: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    both.step(CarryOutOperator)
    monkeypatch.setattr(operators, "now", lambda: moment_after(both.request.ends_at, seconds=1))
    both.step(CarryOutOperator)
    assert both.step(CloseRequestOperator) == "released"


def test_approvals_of_another_content_of_the_request_release_nothing(both: Review) -> None:
    forge(both)
    with pytest.raises(ReviewError, match="too few answers count"):
        both.step(CarryOutOperator)
    assert both.lake.keys(both.lake.bronze, "held/") == []


def test_answer_has_the_hash_of_the_request(both: Review) -> None:
    content = both.lake.read(both.lake.bronze, f"_reviews/synthea/{ID}/request.json")
    assert {given.request_sha256 for given in both.answers} == {hashlib.sha256(content).hexdigest()}


def test_feed_that_lets_one_person_approve_asks_once(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "read_feeds", lambda: ([Feed("synthea", "o", approvals={"release": 1})], []))
    review.ask()
    assert review.approve(("bob",)) == "approved"
    with pytest.raises(AirflowSkipException):
        review.approve(number=2)
    assert len(review.asked) == 1


@pytest.fixture
def triggered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None, Any]]:
    """DAG, run id and conf of each run that is started."""
    started: list[tuple[str, str | None, Any]] = []
    monkeypatch.setattr(
        TriggerDagRunOperator,
        "execute",
        lambda task, _: started.append((task.trigger_dag_id, task.trigger_run_id, task.conf)),
    )
    return started


def test_run_of_the_feed_is_that_of_the_documents(both: Review, triggered: list[Any]) -> None:
    both.step(CarryOutOperator)
    both.step(ReprocessOperator)
    assert triggered == [("synthea_gate", f"reprocess-{ID}", {"source": f"held://review/{ID}"})]


@pytest.mark.parametrize(("source", "is_dry_run"), [("s3://other/", False), (f"held://review/{ID}", True)])
def test_run_of_the_same_id_that_waits_already_lands_nothing(
    both: Review, triggered: list[Any], source: str, *, is_dry_run: bool
) -> None:
    both.step(CarryOutOperator)
    both.step(ReprocessOperator)
    assert len(triggered) == 1
    run = Run("synthea", f"reprocess-{ID}")
    with pytest.raises(RunPinnedError):
        check_pin(both.lake.s3, both.lake.bronze, run, source, is_dry_run=is_dry_run)
    check_pin(both.lake.s3, both.lake.bronze, run, f"held://review/{ID}", is_dry_run=False)


@pytest.mark.parametrize("changes", [None, {"dag_id": "other"}, {"source": "held://*"}, {"run_id": "other"}])
def test_no_run_is_started_that_the_documents_do_not_say(
    both: Review, triggered: list[Any], changes: dict[str, str] | None
) -> None:
    if changes:
        key = f"_reviews/synthea/{ID}/returned.json"
        run = {"dag_id": "synthea_gate", "run_id": f"reprocess-{ID}", "source": f"held://review/{ID}"}
        both.lake.put(both.lake.bronze, key, json.dumps({"reprocess": {**run, **changes}}).encode())
    with pytest.raises(ReviewError, match="no file was given back"):
        both.step(ReprocessOperator)
    assert triggered == []


@pytest.mark.parametrize(
    ("source", "is_dry_run", "is_started"),
    [(f"held://review/{ID}", False, True), (f"held://review/{ID}", True, False), ("s3://other/", False, False)],
)
def test_run_of_the_same_id_with_other_values_is_not_taken_for_the_scan(
    both: Review, triggered: list[Any], source: str, *, is_dry_run: bool, is_started: bool
) -> None:
    both.step(CarryOutOperator)
    run = Run("synthea", f"reprocess-{ID}")
    pin_run(both.lake.s3, both.lake.bronze, run, source, is_dry_run=is_dry_run)
    with nullcontext() if is_started else pytest.raises(RunPinnedError):
        both.step(ReprocessOperator)
    assert bool(triggered) == is_started


@pytest.fixture
def purged(review: Review, once: SetUpOnce, monkeypatch: pytest.MonkeyPatch) -> Review:
    """An approved purge of a file."""
    monkeypatch.setattr(operators, "read_feeds", lambda: ([Feed("synthea", "o", purge_after_days=0)], []))

    def set_up() -> dict[str, Any]:
        approve_release(review, asked="purge")
        return review.params

    review.params = once(set_up)
    return review


def test_purge_deletes_the_file_says_so_in_the_record_and_starts_no_run(purged: Review, triggered: list[Any]) -> None:
    (file,) = purged.request.files
    for _ in range(2):
        if _:
            with pytest.raises(AirflowSkipException):
                purged.step(CarryOutOperator)
        else:
            purged.step(CarryOutOperator)
        with pytest.raises(AirflowSkipException):
            purged.step(ReprocessOperator)
        assert purged.step(CloseRequestOperator) == "purged"
    assert (purged.lake.keys(purged.lake.quarantine), triggered) == ([], [])
    outcome = purged.document("outcome.json")
    assert outcome["answered_by"] == ["bob", "cid"]
    assert outcome["files"] == [{"name": file.name, "key": file.key, "deleted": [file.version_id], "left": []}]
    (entry,) = purged.lake.lines("_runs/synthea/1/objects.jsonl")
    assert (entry["outcome"], entry["purged"]["by"]) == ("quarantine", ID)
    kinds = [line.kind for line in lines_of(purged.lake)]
    assert kinds == ["review", "review", "review", "purge", "purge", "review"]
    report = purged.lake.read(purged.lake.bronze, "_runs/synthea/1/run_report.html").decode()
    assert "purged from quarantine on" in report
    assert re.search(rf"{ID}</th>.*purged</td>", report)
    assert audited(purged.lake) == []


def test_nothing_more_is_asked_about_a_purged_file(purged: Review) -> None:
    purged.step(CarryOutOperator)
    with pytest.raises(ReviewedFilePurgedError, match=rf"organizations\.csv was purged on .* by the request {ID}"):
        purged.ask(run_id="manual__2", asked="keep")


def test_approved_request_about_a_file_that_was_purged_meanwhile_fails_and_says_so(purged: Review) -> None:
    other = replace(purged.request, id="review-0000000000000000")
    amend_record(purged.lake.s3, purged.lake.settings, other, "2026-11-01T10:00:00+00:00")
    with pytest.raises(AirflowSkipException, match="was purged on 2026-11-01"):
        purged.step(CarryOutOperator)
    with pytest.raises(ReviewFailedError, match="It has moved no file"):
        purged.step(CloseRequestOperator)
    assert purged.document("outcome.json")["state"] == "failed"


def test_purge_needs_two_people(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "read_feeds", lambda: ([Feed("synthea", "o", purge_after_days=0)], []))
    review.ask(asked="purge")
    review.approve(("bob",))
    with pytest.raises(ReviewError, match="too few answers count"):
        review.step(CarryOutOperator)
    assert len(review.lake.keys(review.lake.quarantine)) == 1


@pytest.mark.parametrize("crash", ["purge", "amend_record"])
def test_purge_that_has_begun_goes_on(purged: Review, monkeypatch: pytest.MonkeyPatch, crash: str) -> None:
    (file,) = purged.request.files
    with monkeypatch.context() as broken:
        broken.setattr(operators, crash, fails(crash))
        with pytest.raises(ClientError):
            purged.step(CarryOutOperator)
    monkeypatch.setattr(operators, "now", lambda: moment_after(purged.request.ends_at, seconds=1))
    purged.step(CarryOutOperator)
    assert purged.step(CloseRequestOperator) == "purged"
    assert purged.document("outcome.json")["files"][0]["deleted"] == [file.version_id]
    assert purged.lake.keys(purged.lake.quarantine) == []


def test_version_that_is_added_before_a_purge_goes_on_is_deleted_and_named(
    purged: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = purged.request.files
    with monkeypatch.context() as broken:
        broken.setattr(operators, "purge", fails("DeleteObject"))
        with pytest.raises(ClientError):
            purged.step(CarryOutOperator)
    place: Any = {"Bucket": purged.lake.quarantine, "Key": file.key}
    same = urlencode({SEAL_TAG: file.checksum})
    added, other = (
        purged.lake.s3.put_object(**place, Body=CONTENT, Tagging=tagging)["VersionId"] for tagging in (same, "")
    )
    purged.step(CarryOutOperator)
    (listed,) = purged.document("outcome.json")["files"]
    assert (listed["deleted"], listed["left"]) == ([file.version_id, added], [other])
    assert purged.lake.versions(purged.lake.quarantine, file.key) == [other]


def begin(purged: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a purge die after the file is deleted, before the record says so."""
    with monkeypatch.context() as broken:
        broken.setattr(operators, "amend_record", fails("PutObject"))
        with pytest.raises(ClientError):
            purged.step(CarryOutOperator)


def test_purge_that_has_begun_is_not_closed_before_it_is_done(purged: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(purged, monkeypatch)
    monkeypatch.setattr(operators, "now", lambda: moment_after(purged.request.ends_at, seconds=1))
    with pytest.raises(ReviewError, match="marked as done"):
        purged.step(CloseRequestOperator)
    purged.step(CarryOutOperator)
    assert purged.step(CloseRequestOperator) == "purged"


def test_refusal_after_the_last_approval_does_not_stop_a_purge_that_has_begun(
    purged: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(purged, monkeypatch)
    lake, request, at = purged.lake, purged.request, datetime.now(UTC).isoformat(timespec="seconds")
    add_answer(lake.s3, lake.settings, request, Answer(REFUSE, "dan", "dan", at, request.sha256))
    purged.step(CarryOutOperator)
    assert purged.step(CloseRequestOperator) == "purged"
    assert purged.document("outcome.json")["answered_by"] == ["bob", "cid"]


def test_approval_of_a_purge_ends(purged: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "now", lambda: moment_after(purged.request.ends_at, seconds=1))
    with pytest.raises(AirflowSkipException):
        purged.step(CarryOutOperator)
    assert purged.step(CloseRequestOperator) == "expired"
    assert len(purged.lake.keys(purged.lake.quarantine)) == 1


def test_purge_of_a_file_that_is_not_the_reviewed_one_fails(purged: Review) -> None:
    (file,) = purged.request.files
    place: Any = {"Bucket": purged.lake.quarantine, "Key": file.key, "VersionId": file.version_id}
    purged.lake.s3.put_object_tagging(**place, Tagging={"TagSet": [{"Key": SEAL_TAG, "Value": "AAAA"}]})
    assert is_failed(purged)
    assert purged.lake.versions(purged.lake.quarantine, file.key) == [file.version_id]


def test_two_messages_are_sent_once_each(review: Review) -> None:
    received = review.lake.messages_of(review.lake.settings.low_topic_arn)
    review.ask(asked="keep")
    review.step(NotifyReviewersOperator, answered_in="approve")
    review.step(NotifyReviewersOperator, answered_in="approve")
    review.approve(("bob",))
    for _ in range(2):
        with pytest.raises(AirflowSkipException):
            review.step(CarryOutOperator)
        review.step(CloseRequestOperator)
    asked, closed = received()
    assert asked["Subject"] == "[synthea] Review request: keep, 1 file"
    assert "kept in quarantine" in closed["Subject"]
    assert "Baystate" not in json.dumps([asked, closed])


def lines_of(lake: Lake) -> list[Line]:
    """Return the lines but for those of the run whose files are reviewed."""
    listed = lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix="_ledger/synthea/")["Contents"]
    lines = [Line.parse(lake.read(lake.bronze, item["Key"])) for item in reversed(listed)]
    return [line for line in lines if line.kind != "record"]


def audited(lake: Lake) -> list[str]:
    store = BucketStore(lake.s3, lake.bronze)
    report = Audit(store, store, "synthea").run()
    return [problem for problem in (*report.problems, *report.unchecked) if "_runs/" not in problem]


def test_each_document_of_a_review_has_a_line_in_the_ledger(review: Review) -> None:
    review.ask()
    review.approve(("bob",))
    review.approve(("cid",), number=2)
    review.step(CarryOutOperator)
    review.step(CloseRequestOperator)
    lines = [(line.kind, line.uri.rpartition("/")[2]) for line in lines_of(review.lake)]
    assert lines == [
        *(("review", "request.json"), ("review", "01.json"), ("review", "02.json"), ("exception", f"{ID}-1.json")),
        *(("release", "returned.json"), ("review", "outcome.json")),
    ]
    assert audited(review.lake) == []


def test_line_of_a_try_that_died_is_written_by_the_next(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(documents, "append_document", fails("append_document"))
        with pytest.raises(ClientError):
            review.ask()
    review.ask()
    assert [line.uri.rpartition("/")[2] for line in lines_of(review.lake)] == ["request.json"]
    assert audited(review.lake) == []


def test_line_of_an_answer_whose_task_died_is_written_although_no_user_is_asked_again(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    review.ask(asked="rescan")
    with monkeypatch.context() as broken:
        broken.setattr(documents, "append_document", fails("append_document"))
        with pytest.raises(AwsError):
            review.approve(("bob",))
    assert review.approve() == "approved"
    assert [line.uri.rpartition("/")[2] for line in lines_of(review.lake)] == ["request.json", "01.json"]
    assert audited(review.lake) == []
