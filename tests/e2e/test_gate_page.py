"""The Gate page in a browser, in a real Airflow: from the trigger form to the column that decided."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from lake_gate.model import jsonl
from lake_gate.model.run import OBJECTS, RECORD, Run
from lake_gate.model.words import counted
from tests.e2e.browser import Chromium, start_browser, violations
from tests.e2e.stack import Stack

pytestmark = pytest.mark.slow

VALUE = "219-09-9999"
HOSTILE = "<img src=x onerror=window.hacked=1>.csv"
FILES = {
    "patients.csv": f"NAME,SSN\nJohn Miller,{VALUE}\n".encode(),
    "visits.csv": b"WARD\nWARD-1\n",
    HOSTILE: b"<script>window.hacked=2</script>\nWARD-2\n",
    "notes.pdf": b"%PDF",
}
DAG = "clinic_gate"
MANY = 10_001


def test_people_find_out_what_happened(
    stack: Stack, record_property: Callable[[str, object], None], tmp_path: Path
) -> None:
    for name, content in FILES.items():
        key = f"deliveries/clinic/browser/{name}"
        stack.lake.s3.put_object(Bucket=stack.lake.outputs["SourceBucket"], Key=key, Body=content)
    stack.add_feed("clinic", schedule=None)
    stack.switch_on(DAG)
    with start_browser() as browser:
        run_id = start_a_run_by_the_form(browser, stack)
        find_the_column_that_decided(browser, stack, run_id)
        walk_to_each_answer(browser, stack, run_id, record_property)
        reach_the_page_from_everywhere(browser, stack, run_id)
        leave_the_frame(browser, stack, run_id)
        read_the_report(browser, stack, run_id, tmp_path)
        check_themes_and_sizes(browser, stack, run_id)
        use_the_keyboard_alone(browser, stack, run_id)
        page_through_many_files(browser, stack)
        process_held_files_again(browser, stack, run_id)


def start_a_run_by_the_form(browser: Chromium, stack: Stack) -> str:
    with browser.page() as page:
        page.goto(f"{stack.url}/dags/{DAG}")
        page.get_by_role("button", name="Trigger Dag").click()
        page.locator("#element_source").fill(f"s3://{stack.lake.outputs['SourceBucket']}/deliveries/clinic/browser/")
        page.get_by_role("dialog").get_by_role("button", name="Trigger", exact=True).click()
        page.wait_for_url("**/runs/*")
    run = stack.ended_run(DAG)
    assert run["state"] == "success"
    return str(run["dag_run_id"])


def find_the_column_that_decided(browser: Chromium, stack: Stack, run_id: str) -> None:
    """Two clicks from the run in Airflow: which file, which column, why, where, how to read it."""
    with browser.page() as page:
        page.goto(f"{stack.url}/dags/{DAG}/runs/{quote(run_id)}")
        page.get_by_role("link", name="Files", exact=True).click()
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("link", name=HOSTILE)).to_be_visible()
        frame.get_by_role("link", name="patients.csv", exact=True).click()
        decided = frame.get_by_role("row").filter(has_text="decided").filter(has_text="SSN")
        expect(decided.first).to_contain_text("USA_SOCIAL_SECURITY_NUMBER")
        expect(frame.get_by_text("aws s3api get-object")).to_contain_text("--profile gate-reviewer")
        expect(frame.locator("#where + dl")).to_contain_text("quarantine")
        assert VALUE not in frame.locator("html").inner_html()
        page.goto(address(stack.url, run_id, f"/file?name={quote(HOSTILE)}"))
        expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
        assert page.evaluate("window.hacked") is None


@dataclass
class Walk:
    """A person who looks for an answer, from a page of Airflow, with the mouse."""

    page: Page
    clicks: int = 0

    @property
    def frame(self) -> FrameLocator:
        """The Gate page in Airflow's page."""
        return self.page.frame_locator("iframe")

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1

    def open_files(self) -> None:
        self.click(self.page.get_by_role("link", name="Files", exact=True))

    def open_file(self, name: str) -> None:
        self.open_files()
        self.click(self.frame.get_by_role("link", name=name, exact=True))


def see_which_file(walk: Walk) -> None:
    walk.open_files()
    expect(walk.frame.get_by_role("row").filter(has_text="quarantined")).to_contain_text("patients.csv")


def see_which_column(walk: Walk) -> None:
    walk.open_file("patients.csv")
    expect(walk.frame.get_by_role("row").filter(has_text="SSN")).to_contain_text("USA_SOCIAL_SECURITY_NUMBER")


def see_why(walk: Walk) -> None:
    walk.open_file("patients.csv")
    expect(walk.frame.locator(".lead")).to_contain_text("Quarantined: ")


def see_where_it_is(walk: Walk) -> None:
    walk.open_file("patients.csv")
    expect(walk.frame.locator("#where + dl")).to_contain_text("s3://lake-quarantine-")


def copy_how_to_read_it(walk: Walk) -> None:
    walk.open_file("patients.csv")
    walk.click(walk.frame.get_by_role("button", name="Copy the command that reads the file"))
    expect(walk.frame.get_by_role("status")).to_have_text("Copied")


def see_the_cost(walk: Walk) -> None:
    walk.open_files()
    expect(walk.frame.locator("dd").filter(has_text="USD")).to_be_visible()


def see_what_was_told(walk: Walk) -> None:
    walk.open_files()
    expect(walk.frame.locator("dd").filter(has_text="1 message")).to_be_visible()


def see_which_file_from_home(walk: Walk) -> None:
    """From the card, over the list of runs."""
    walk.click(walk.frame.get_by_role("link").filter(has_text="quarantined"))
    walk.click(walk.frame.get_by_role("row").filter(has_text="quarantined").get_by_role("link", name="manual").first)
    expect(walk.frame.get_by_role("row").filter(has_text="quarantined")).to_contain_text("patients.csv")


ANSWERS = {
    "which file": see_which_file,
    "which column": see_which_column,
    "why": see_why,
    "where it is": see_where_it_is,
    "how to read it": copy_how_to_read_it,
    "what it cost": see_the_cost,
    "what was told": see_what_was_told,
    "which file, from Home": see_which_file_from_home,
}
MOST_CLICKS = 4


def walk_to_each_answer(browser: Chromium, stack: Stack, run_id: str, record: Callable[[str, object], None]) -> None:
    """Each answer needs few clicks; the seconds are reported and asserted nowhere, as they are those of the machine.

    The page of Airflow is loaded once: between the walks the person goes back to the tasks of the run, or Home.
    """
    with browser.page() as page:
        page.goto(f"{stack.url}/dags/{DAG}/runs/{quote(run_id)}")
        for question, find in ANSWERS.items():
            page.get_by_role("link", name="Home" if "Home" in question else "Task Instances", exact=True).first.click()
            expect(page.locator("iframe")).to_have_count(1 if "Home" in question else 0)
            walk, began = Walk(page), time.monotonic()
            find(walk)
            seconds = time.monotonic() - began
            answer = f"{counted(walk.clicks, 'click')}, {seconds:.1f} s"
            print(f"{question}: {answer}")  # noqa: T201 - for people, with pytest -s
            record(f"walk: {question}", answer)
            assert walk.clicks <= MOST_CLICKS, question


def address(url: str, run_id: str, rest: str = "") -> str:
    return f"{url}/gate/dags/{DAG}/runs/{quote(run_id, safe='')}{rest}"


def reach_the_page_from_everywhere(browser: Chromium, stack: Stack, run_id: str) -> None:
    with browser.page() as page:
        page.goto(stack.url)
        expect(page.frame_locator("iframe").get_by_text("1 quarantined")).to_be_visible()
        page.get_by_role("link", name="Gate", exact=True).click()
        expect(page.frame_locator("iframe").get_by_role("link", name=run_id, exact=True)).to_be_visible()
        page.goto(f"{stack.url}/dags/{DAG}")
        page.locator(f'a[href="/dags/{DAG}/plugin/gate-dag"]').click()
        expect(page.frame_locator("iframe").get_by_role("heading", name="Gate clinic")).to_be_visible()
        page.goto(f"{stack.url}/dags/read_silver_clinic/plugin/gate-dag")
        expect(page.frame_locator("iframe").get_by_text("Not a feed of the gate")).to_be_visible()


def leave_the_frame(browser: Chromium, stack: Stack, run_id: str) -> None:
    """The frame in which Airflow shows the page allows neither downloads nor links to the page around it."""
    with browser.page() as page:
        page.goto(f"{stack.url}/dags/{DAG}/runs/{quote(run_id)}/plugin/gate-files")
        frame = page.frame_locator("iframe")
        with page.expect_download() as download:
            frame.get_by_role("link", name="Download CSV").click()
        assert Path(download.value.path()).read_text().startswith('"name","size_bytes",')
        frame.get_by_role("link", name="Tasks and logs").click()
        page.wait_for_url(lambda url: "plugin" not in url)


def read_the_report(browser: Chromium, stack: Stack, run_id: str, folder: Path) -> None:
    """The report is saved, and opened from the disk: it needs nothing else, executes nothing, and prints."""
    report = folder / "report.html"
    with browser.page() as page:
        page.goto(f"{stack.url}/dags/{DAG}/runs/{quote(run_id)}/plugin/gate-files")
        with page.expect_download() as download:
            page.frame_locator("iframe").get_by_role("link", name="Report", exact=True).click()
        download.value.save_as(report)
    assert VALUE not in report.read_text()
    with browser.page() as page:
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(report.as_uri())
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        row = page.get_by_role("row").filter(has_text="patients.csv")
        expect(row.first).to_contain_text("USA_SOCIAL_SECURITY_NUMBER")
        expect(row.first).to_contain_text("decided")
        assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
        assert page.evaluate("window.hacked") is None
        assert violations(page) == []
        for size in ("A4", "Letter"):
            assert page.pdf(format=size, path=folder / f"report-{size}.pdf").startswith(b"%PDF")
        assert requested == [report.as_uri()]


def check_themes_and_sizes(browser: Chromium, stack: Stack, run_id: str) -> None:
    for dark in (False, True):
        for phone in (False, True):
            with browser.page(dark=dark, phone=phone) as page:
                for rest in ("", "/file?name=patients.csv"):
                    check_layout(page, address(stack.url, run_id, rest), dark=dark)
                check_layout(page, f"{stack.url}/gate/", dark=dark)
                check_layout(page, f"{stack.url}/gate/dags/nothing_gate", dark=dark)
    with browser.page() as page:  # Airflow's own switch counts more than the system's
        page.goto(stack.url)
        page.evaluate("localStorage.setItem('theme', 'dark')")
        page.goto(f"{stack.url}/plugin/gate")
        expect(page.frame_locator("iframe").locator("html")).to_have_attribute("data-theme", "dark")
        page.evaluate("localStorage.removeItem('theme')")


def check_layout(page: Page, url: str, *, dark: bool) -> None:
    page.goto(url)
    assert violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), f"{url} is wider than the screen"
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") is not dark


def use_the_keyboard_alone(browser: Chromium, stack: Stack, run_id: str) -> None:
    with browser.page() as page:
        page.goto(address(stack.url, run_id))
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        tab_to(page, "input[type=search]")
        page.keyboard.type("ssn")
        page.keyboard.press("Enter")
        expect(page.get_by_text("1–1 of 1 file that match, of 4")).to_be_visible()
        tab_to(page, "table a")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="patients.csv")).to_be_visible()
        tab_to(page, "[data-copy]")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("Copied")


def tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached with the Tab key")


def page_through_many_files(browser: Chromium, stack: Stack) -> None:
    """More files than a page has: the documents of such a run, as its tasks would write them."""
    run, lake = Run("clinic", "many"), stack.lake
    lines = b"".join(map(jsonl.to_line, ({"name": f"{number:05}.csv", "outcome": "promote"} for number in range(MANY))))
    totals = {"objects": MANY, "size_bytes": 0, "outcomes": {"promote": MANY}, "severities": {}}
    record = {"dry_run": False, "run": {"run_id": "many", "source": "s3://s/"}, "totals": totals, "rules": {}}
    for name, content in ((OBJECTS, lines), (RECORD, json.dumps(record).encode())):
        lake.s3.put_object(Bucket=lake.bronze, Key=run.document(name), Body=content)
    with browser.page() as page:
        page.goto(address(stack.url, "many"))
        expect(page.get_by_text("1–100 of 10,001 files")).to_be_visible()
        page.get_by_role("link", name="Next").click()
        expect(page.get_by_text("101–200 of 10,001 files")).to_be_visible()
        page.get_by_role("searchbox").fill("09999")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("link", name="09999.csv")).to_be_visible()


def process_held_files_again(browser: Chromium, stack: Stack, run_id: str) -> None:
    with browser.page() as page:
        page.goto(address(stack.url, run_id))
        page.get_by_text("Process held files of this feed again").click()
        page.get_by_label("Held because").select_option("*")
        page.get_by_role("button", name="Start a run").click()
        expect(page.locator(".result a")).to_be_visible()
        started = page.locator(".result a").inner_text()
    run = stack.ended_run(DAG, lambda run: run["dag_run_id"] == started)
    assert (run["state"], run["conf"]["reprocess_held"], run["conf"]["dry_run"]) == ("success", "*", True)
