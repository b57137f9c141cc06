"""The form that asks for a review, in a browser: what is shown, what is sent, and what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.browser import start_browser
from tests.lake_gate.pages.conftest import Browser, Written, column, entry

pytestmark = pytest.mark.slow

FILE = "/gate/dags/synthea_gate/runs/1/file?name=patients.csv"
STATIC = ("gate.js", "gate.css", "theme.js")
CONF = {"feed": "synthea", "run": "1", "files": ["patients.csv"], "reason": "why"}


@contextmanager
def opened(viewer: Browser, sent: list[dict[str, Any]]) -> Iterator[Page]:
    """Open the page of a file; what would start a run is kept in a list."""
    files = {"/file": viewer.get(FILE), **{f"/{name}": viewer.get(f"/gate/static/{name}") for name in STATIC}}

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(json.loads(route.request.post_data or "")["conf"])
            return route.fulfill(json={"dag_run_id": "manual__1"})
        found = next((files[end] for end in files if route.request.url.split("?")[0].endswith(end)), None)
        if found is None:
            return route.fulfill(status=404)
        return route.fulfill(body=found.content, content_type=found.headers["content-type"])

    with start_browser() as browser, browser.page() as page:
        page.route("**/*", answer)
        page.goto(f"http://airflow{FILE}")
        page.get_by_text("Ask for a review of this file").click()
        yield page


def ask(page: Page, asked: str, reason: str = "why") -> str:
    page.get_by_label("Asked").select_option(asked)
    page.get_by_label("Why").fill(reason)
    page.get_by_role("button", name="Ask", exact=True).click()
    result = page.locator(".result")
    expect(result).not_to_have_text("Starting …")
    return result.inner_text()


def test_fields_of_an_exception_are_shown_checked_and_sent_for_a_release_alone(
    viewer: Browser, written: Written
) -> None:
    written.run(entry(), columns=[column()])
    sent: list[dict[str, Any]] = []
    with opened(viewer, sent) as page:
        most, kind = page.get_by_label("At most"), page.get_by_label("Kind")
        assert (kind.is_visible(), most.is_visible()) == (False, False)
        page.get_by_label("Asked").select_option("release")
        assert (kind.is_visible(), most.is_visible()) == (True, False)
        page.get_by_label("Applies to").select_option(index=1)
        assert (most.is_visible(), most.input_value()) == (True, "1163")
        most.fill("0")
        ask(page, "release")
        assert sent == []
        page.get_by_label("Applies to").select_option("")
        assert not most.is_visible()
        assert "Required Actions" in ask(page, "release")
        page.reload()
        page.get_by_text("Ask for a review of this file").click()
        page.get_by_label("Asked").select_option("release_masked")
        kind.select_option("accepted")
        page.get_by_label("Applies to").select_option(index=1)
        most.fill("7")
        page.get_by_label("Last day").fill(page.get_by_label("Last day").get_attribute("max") or "")
        ask(page, "release_masked")
        page.reload()
        page.get_by_text("Ask for a review of this file").click()
        ask(page, "purge")
    table = {"exception_scope": "table", "identifier": "USA_SOCIAL_SECURITY_NUMBER", "column": "SSN", "most": 7}
    of_masked = {"asked": "release_masked", "exception_kind": "accepted", "until": sent[1]["until"], **table}
    assert sent == [
        {**CONF, "asked": "release", "exception_kind": "false_positive", "until": None},
        CONF | of_masked,
        {**CONF, "asked": "purge"},
    ]
    assert sent[1]["until"] > "2026-11-30"


def test_a_blank_reason_starts_nothing(viewer: Browser, written: Written) -> None:
    written.run(entry(), columns=[])
    sent: list[dict[str, Any]] = []
    with opened(viewer, sent) as page:
        for reason in ("", "   ", "\u3000"):
            ask(page, "keep", reason)
        page.locator("[data-review]").evaluate("form => form.noValidate = true")
        assert ask(page, "keep", "   ") == "Not started: say why, for those who answer."
        assert sent == []
        ask(page, "keep")
    assert sent == [{**CONF, "asked": "keep"}]
