"""A review in a browser, in a real Airflow: from the Gate page over the answers of people to silver, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import FrameLocator, Locator, Page, expect

from dev import in_process
from lake_gate.ledger.audit import Audit
from lake_gate.ledger.stores import BucketStore
from lake_gate.model.run import Run
from lake_gate.review.request import request_id_of
from tests.dag_steps import StepRun
from tests.e2e.browser import SECONDS, Chromium, start_browser, token_of
from tests.e2e.stack import Stack, wait_for

pytestmark = pytest.mark.slow

ORGANIZATIONS = b"Id,NAME,CITY,CARD NUMBER\n1,Baystate Hospital,Boston,4539578763621486\n"
CARD = "CREDIT_CARD_NUMBER"
WITH_PASSPORT = ORGANIZATIONS.replace(b"Id,", b"PASSPORT,").replace(b"\n1,", b"\nC03005988,")
STAFF = b"SSN,WARD\n219-09-9999,7\n"
REVIEW = "quarantine_review"
FEEDS: dict[str, dict[str, Any]] = {"clinic": {}, "staff": {"masking": "synthea_safe_harbor", "purge_after_days": 1}}


@dataclass(frozen=True)
class People:
    """Users of Airflow, each with a browser of his own."""

    browser: Chromium
    stack: Stack

    @contextmanager
    def page_of(self, name: str, path: str) -> Iterator[Page]:
        """The page that a user has opened."""
        with self.browser.page(url=self.stack.url, user=name) as page:
            page.goto(f"{self.stack.url}{path}")
            yield page

    def ask_from_run(self, delivered: Run, name: str, asked: str) -> str:
        """Let ann ask for a review of a file, from the run in Airflow; return the id of the run of the review."""
        with self.page_of("ann", f"/dags/{delivered.feed}_gate/runs/{quote(delivered.run_id)}") as page:
            page.get_by_role("link", name="Files", exact=True).click()
            frame: FrameLocator = page.frame_locator("iframe")
            frame.get_by_role("link", name=name, exact=True).click()
            started = fill_request(frame, asked)
            run_id = started.inner_text()
            started.click()
            page.wait_for_url(f"**/dags/{REVIEW}/runs/**")
        return run_id

    def ask_on_page(self, delivered: Run, name: str, asked: str) -> str:
        """Let ann ask on the Gate page at its own address; return the id of the run of the review."""
        with self.page_of("ann", page_of_file(delivered, name)) as page:
            return fill_request(page, asked).inner_text()

    def ask_in_form(self, delivered: Run, name: str, **fields: str) -> str:
        """Let ann ask in Airflow's form, as for an exception of a table; return the id of the run."""
        before = {run["dag_run_id"] for run in self.stack.runs(REVIEW)}
        with self.page_of("ann", f"/dags/{REVIEW}") as page:
            page.get_by_role("button", name="Trigger Dag").click()
            form = page.get_by_role("dialog")
            for field, text in {"run": delivered.run_id, "files": name, "reason": "public organisations"}.items():
                form.locator(f"#element_{field}").fill(text)
            choose(page, "asked", "Release as it is")
            for field, text in fields.items():
                if field == "exception_scope":
                    form.get_by_text("Exception, for a release").click()
                    choose(page, field, text)
                else:
                    form.locator(f"input[name=element_{field}]").fill(text)
            form.get_by_role("button", name="Trigger", exact=True).click()
            page.wait_for_url("**/runs/*")
        (run_id,) = {run["dag_run_id"] for run in self.stack.runs(REVIEW)} - before
        return str(run_id)

    def answer(self, name: str, run_id: str, task_id: str, option: str = "Approve") -> None:
        """Let a user answer in Airflow, at the address in the message about the request."""
        wait_for(lambda: self.waits(run_id, task_id), f"{task_id} of {run_id} to ask")
        with self.page_of(name, f"/dags/{REVIEW}/runs/{quote(run_id)}/tasks/{task_id}/required_actions") as page:
            expect(page.get_by_text("People who have to approve").first).to_be_visible()
            page.get_by_test_id(f"hitl-option-{option}").click()
            wait_for(lambda: not self.waits(run_id, task_id), "the answer to be taken")

    def answer_by_api(self, name: str, run_id: str, task_id: str) -> None:
        """Let a user approve by Airflow's API, as the button of :meth:`answer` does."""
        wait_for(lambda: self.waits(run_id, task_id), f"{task_id} of {run_id} to ask")
        path = f"/dags/{REVIEW}/dagRuns/{quote(run_id, safe='')}/taskInstances/{task_id}/-1/hitlDetails"
        who = {"Authorization": f"Bearer {token_of(self.stack.url, name)}"}

        def is_taken() -> bool:
            url, body = f"{self.stack.url}/api/v2{path}", {"chosen_options": ["Approve"]}
            code = requests.patch(url, json=body, headers=who, timeout=SECONDS).status_code
            return code in {
                HTTPStatus.OK,
                HTTPStatus.CONFLICT,
            }  # conflict: the answer before was lost, not the approval

        wait_for(is_taken, "the answer to be taken")

    def find_request(self, name: str, run_id: str, task_id: str) -> None:
        """Let a user find the request in Airflow's Required Actions."""
        wait_for(lambda: self.waits(run_id, task_id), f"{task_id} of {run_id} to ask")
        with self.page_of(name, "/required_actions") as page:
            expect(page.get_by_text("quarantined file").first).to_be_visible()

    def waits(self, run_id: str, task_id: str) -> bool:
        """Whether a task waits for an answer that no user has given."""
        path = f"/dags/{REVIEW}/dagRuns/{quote(run_id, safe='')}/taskInstances/{task_id}"
        api = self.stack.api(REVIEW)
        try:
            asked = api.get(f"{path}/-1/hitlDetails")
        except requests.HTTPError:
            return False
        return asked["response_received"] is False and api.get(path)["state"] == "deferred"


def page_of_file(delivered: Run, name: str) -> str:
    return f"/gate/dags/{delivered.feed}_gate/runs/{quote(delivered.run_id)}/file?name={quote(name)}"


def fill_request(page: Page | FrameLocator, asked: str) -> Locator:
    """Ask for a review on the page of a file; return the link to the run that is started."""
    page.get_by_text("Ask for a review of this file").click()
    page.get_by_label("Asked").select_option(asked)
    page.get_by_label("Why").fill("public organisations")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".result")).to_contain_text("Started: ")
    return page.locator(".result a")


def choose(page: Page, field: str, text: str) -> None:
    """Choose an option of a field of Airflow's trigger form."""
    page.locator(f"#element_{field}").click()
    page.get_by_role("option", name=text).click()


def put(stack: Stack, feed: str, night: str, name: str, content: bytes) -> str:
    """Put a file where the feed's deliveries are; return the source of that night."""
    bucket, folder = stack.lake.outputs["SourceBucket"], f"deliveries/{feed}/{night}/"
    stack.lake.s3.put_object(Bucket=bucket, Key=folder + name, Body=content)
    return f"s3://{bucket}/{folder}"


def deliver(stack: Stack, feed: str, night: str, name: str, content: bytes) -> Run:
    """Take a file through the gate."""
    conf = {"source": put(stack, feed, night, name, content)}
    stack.api(f"{feed}_gate").post(
        f"/dags/{feed}_gate/dagRuns", {"dag_run_id": night, "logical_date": None, "conf": conf}
    )
    return ended(stack, feed, night)


def deliver_by_steps(stack: Stack, feed: str, night: str, name: str, content: bytes) -> Run:
    """Take a file through the gate by the tasks alone: what Airflow does with a run is seen in those of `deliver`."""
    dag = in_process.load_dag(f"{feed}_gate")
    dag.get_task("await_job").pause_seconds = 1
    assert StepRun(dag, night, {"source": put(stack, feed, night, name, content)}).go().state == "success"
    return Run(feed, night)


def ended(stack: Stack, feed: str, run_id: str) -> Run:
    run = stack.ended_run(f"{feed}_gate", lambda run: run["dag_run_id"] == run_id)
    assert run["state"] == "success"
    return Run(feed, run_id)


def outcome(stack: Stack, run: Run) -> dict[str, Any]:
    """The entry of the only file of a run."""
    (entry,) = stack.lake.lines(run.document("objects.jsonl"))
    return dict(entry)


def document(stack: Stack, feed: str, run_id: str, name: str) -> Any:
    return stack.lake.document(f"_reviews/{feed}/{request_id_of(run_id)}/{name}")


def add_feeds(stack: Stack) -> None:
    """Add the feeds, and switch on their DAGs and that of reviews."""
    for feed, settings in FEEDS.items():
        stack.add_feed(feed, schedule=None, **settings)
    for feed in FEEDS:
        stack.offer_feed_for_review(feed)
    for dag_id in (*(f"{feed}_gate" for feed in FEEDS), REVIEW):
        stack.switch_on(dag_id)


USERS = {**dict.fromkeys(("ann", "bob", "cid"), "user"), "vic": "viewer"}


@pytest.mark.parametrize("stack", [{"users": USERS}], indirect=True, ids=["users"])
def test_people_review_what_was_quarantined(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(stack.folder / "include"))
    add_feeds(stack)
    # Not beside the browser's event loop.
    staff = deliver_by_steps(stack, "staff", "night-1", "staff.csv", STAFF)
    held = deliver_by_steps(stack, "clinic", "night-0", "notes.pdf", b"%PDF")
    with start_browser() as browser:
        people = People(browser, stack)
        exception = release_the_table(people)
        release_a_masked_copy(people, staff)
        let_a_request_wait(people, staff)
        purge(people, staff)
        be_anonymous(people, held)
        be_a_viewer(people, held)
    later_nights(stack, exception)


def release_the_table(people: People) -> str:
    """Ask, answer oneself in vain, be approved by two others; return the id of the exception."""
    stack = people.stack
    delivered = deliver(stack, "clinic", "night-1", "organizations.csv", ORGANIZATIONS)
    assert outcome(stack, delivered)["outcome"] == "quarantine"
    kept = people.ask_from_run(delivered, "organizations.csv", "keep")
    people.find_request("bob", kept, "approve")
    people.answer("bob", kept, "approve")
    stack.ended_run(REVIEW, lambda run: run["dag_run_id"] == kept)
    assert document(stack, "clinic", kept, "outcome.json")["state"] == "kept"
    scope = {"exception_scope": "The table", "identifier": CARD, "most": "5"}
    asked = people.ask_in_form(delivered, "organizations.csv", **scope)
    people.answer("ann", asked, "approve")
    assert document(stack, "clinic", asked, "request.json")["asked_by"] == "ann"
    people.answer("bob", asked, "approve")
    people.answer("cid", asked, "approve_second")
    review = stack.ended_run(REVIEW, lambda run: run["dag_run_id"] == asked)
    assert review["state"] == "success"
    closed = document(stack, "clinic", asked, "outcome.json")
    assert (closed["state"], closed["answered_by"]) == ("released", ["bob", "cid"])
    again = ended(stack, "clinic", closed["reprocess"]["run_id"])
    entry = outcome(stack, again)
    assert (entry["outcome"], entry["reason"]) == ("promote", "allowed_by_exception")
    (exception,) = entry["exceptions"]
    assert exception.startswith(request_id_of(asked))
    with people.page_of("ann", f"/gate/dags/clinic_gate/runs/{quote(again.run_id)}") as page:
        page.get_by_role("link", name=entry["name"], exact=True).click()
        expect(page.get_by_text("Exceptions used")).to_contain_text(exception)
    return str(exception)


def later_nights(stack: Stack, exception: str) -> None:
    """The same table passes by itself, unless there is more in it, and until the exception ends."""

    def entry_of(night: str, content: bytes) -> dict[str, Any]:
        return outcome(stack, deliver_by_steps(stack, "clinic", night, "organizations.csv", content))

    passed = entry_of("night-2", ORGANIZATIONS)
    assert (passed["outcome"], passed["exceptions"]) == ("promote", [exception])
    more = entry_of("night-3", WITH_PASSPORT)
    assert (more["outcome"], more["exceptions"]) == ("quarantine", [])
    assert any("PASSPORT" in identifier for identifier in more["detections"])
    verify(stack, "clinic", [])
    end(stack, exception)
    late = entry_of("night-4", ORGANIZATIONS)
    assert (late["outcome"], late["exceptions"]) == ("quarantine", [])
    verify(stack, "clinic", [exception])


def end(stack: Stack, exception: str) -> None:
    """Move the dates of an exception into the past by the days that it still has, as if they had passed."""
    key = f"_exceptions/clinic/{exception}.json"
    content = stack.lake.document(key)
    until = datetime.fromisoformat(content["until"]).date()
    days = until - datetime.now(UTC).date() + timedelta(days=1)
    content["until"] = (until - days).isoformat()
    content["created_at"] = (datetime.fromisoformat(content["created_at"]) - days).isoformat()
    stack.lake.s3.put_object(Bucket=stack.lake.bronze, Key=key, Body=json.dumps(content).encode())


def verify(stack: Stack, feed: str, changed: list[str]) -> None:
    """The ledger vouches for all documents but those of which a test has written another version."""
    store = BucketStore(stack.lake.s3, stack.lake.bronze)
    problems = Audit(store, store, feed).run().problems
    assert {name for name in changed for problem in problems if name in problem} == set(changed)
    assert [problem for problem in problems if not any(name in problem for name in changed)] == []


def release_a_masked_copy(people: People, delivered: Run) -> None:
    """One person releases a masked copy: silver has no number of a person."""
    stack = people.stack
    assert outcome(stack, delivered)["outcome"] == "quarantine"
    asked = people.ask_on_page(delivered, "staff.csv", "release_masked")
    people.answer_by_api("bob", asked, "approve")
    stack.ended_run(REVIEW, lambda run: run["dag_run_id"] == asked)
    again = ended(stack, "staff", document(stack, "staff", asked, "outcome.json")["reprocess"]["run_id"])
    entry = outcome(stack, again)
    assert (entry["outcome"], entry["masked"]["outcome"]) == ("mask", "promote")
    copy = entry["masked"]["now"]
    assert stack.lake.read(stack.lake.silver, copy["key"], copy["version_id"]) == STAFF.replace(b"219-09-9999", b"")


def let_a_request_wait(people: People, delivered: Run) -> None:
    """No user answers; the deadline is an hour away, so it is moved, and the task that waits is cleared."""
    stack = people.stack
    asked = people.ask_on_page(delivered, "staff.csv", "rescan")
    wait_for(lambda: people.waits(asked, "approve"), "the request to wait")
    key = f"_reviews/staff/{request_id_of(asked)}/request.json"
    request = stack.lake.document(key)
    request["deadline_at"] = (datetime.now(UTC) + timedelta(seconds=SECONDS)).isoformat(timespec="seconds")
    stack.lake.s3.put_object(Bucket=stack.lake.bronze, Key=key, Body=json.dumps(request).encode())
    clear = {"dry_run": False, "dag_run_id": asked, "task_ids": ["approve"], "only_failed": False}
    stack.api(REVIEW).post(f"/dags/{REVIEW}/clearTaskInstances", clear)
    review = stack.ended_run(REVIEW, lambda run: run["dag_run_id"] == asked)
    assert review["state"] == "success"
    assert document(stack, "staff", asked, "outcome.json")["state"] == "expired"
    assert stack.lake.keys(stack.lake.bronze, "held/staff/") == []


def purge(people: People, night: Run) -> None:
    """Two people purge a file for good; one of them is not enough."""
    stack = people.stack
    stack.lake.make_older(stack.lake.quarantine, timedelta(days=1))
    asked = people.ask_on_page(night, "staff.csv", "purge")
    people.answer_by_api("bob", asked, "approve")
    entry = outcome(stack, night)
    assert entry.get("purged") is None
    people.answer_by_api("bob", asked, "approve_second")
    people.answer_by_api("cid", asked, "approve_second")
    review = stack.ended_run(REVIEW, lambda run: run["dag_run_id"] == asked)
    assert review["state"] == "success"
    assert document(stack, "staff", asked, "outcome.json")["state"] == "purged"
    listed = stack.lake.s3.list_object_versions(Bucket=stack.lake.quarantine, Prefix=entry["now"]["key"])
    assert (listed.get("Versions", []), listed.get("DeleteMarkers", [])) == ([], [])
    with people.page_of("ann", page_of_file(night, "staff.csv")) as page:
        expect(page.locator("body")).to_contain_text("no version of it is left")


def be_anonymous(people: People, held: Run) -> None:
    """Who is not signed in sees nothing, and is back on the page after signing in."""
    url = people.stack.url
    night = f"{url}/gate/dags/clinic_gate/runs/{held.run_id}"
    with people.browser.page(url=url) as page:
        for address in (f"{url}/gate/", night):
            answer = page.goto(address)
            assert answer
            assert answer.status == 401
            expect(page.get_by_role("heading", name="Not signed in")).to_be_visible()
        page.get_by_role("link", name="Sign in").click()
        page.get_by_label("Username").fill("ann")
        page.get_by_label("Password").fill("ann")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("link", name="notes.pdf")).to_be_visible()
        assert page.url == night


def be_a_viewer(people: People, held: Run) -> None:
    """A viewer sees the files, is offered no run, and is refused one by Airflow."""
    with people.page_of("vic", f"/gate/dags/clinic_gate/runs/{held.run_id}") as page:
        expect(page.get_by_role("link", name="notes.pdf")).to_be_visible()
        expect(page.get_by_role("button", name="Start a run")).to_have_count(0)
        status = page.evaluate(
            """async path => (await fetch(path, {method: "POST", headers: {"Content-Type": "application/json"},
            body: JSON.stringify({logical_date: null})})).status""",
            "/api/v2/dags/clinic_gate/dagRuns",
        )
        assert status == 403
