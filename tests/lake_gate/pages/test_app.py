from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import boto3
import pytest

from lake_gate.model.run import RELEASED, Run, index_of
from lake_gate.review.form import review_params
from tests.lake_gate.pages.conftest import POLICY, Browser, Written, column, entry, row
from tests.lake_gate.review.requests import make_file, make_request
from tests.lake_gate.steps import decide, landed_with_medium

RUN = "/gate/dags/synthea_gate/runs/1"
TIMES = {"asked_at": 0, "deadline_at": 3, "ends_at": 10}
"""Times of a request, in days from now."""
HOSTILE = "<img src=x onerror=alert(1)>\u202e{{7*7}}'\".csv"


def test_a_viewer_sees_which_file_was_quarantined_and_why(viewer: Browser, written: Written) -> None:
    written.run(entry(), entry("payers.csv", "promote"), columns=[column()])
    written.index(row(outcomes={"quarantine": 1, "promote": 1}))
    page = viewer.text(RUN)
    shown = ("patients.csv", "quarantined", "a rule of the policy quarantines these findings", "identity-documents")
    assert all(text in page for text in (*shown, "Numbers of people", "1 message", "0.50 USD"))
    assert page.index("patients.csv") < page.index("payers.csv")


def test_the_file_says_which_column_where_and_how_to_read_it(viewer: Browser, written: Written) -> None:
    written.run(entry(), columns=[column()])
    page = viewer.text(f"{RUN}/file", name="patients.csv")
    for shown in ("SSN", "1,000 or more", "of 1,163", "decided", "0f1e2d3c", "new in this run"):
        assert shown in page
    assert "arn:aws:iam::123456789012:role/lake-reviewer" in page
    assert "aws s3api get-object --profile gate-reviewer" in page


def test_exceptions_that_a_decision_has_used_are_named(viewer: Browser, written: Written) -> None:
    used: dict[str, Any] = {"reason": "allowed_by_exception", "exceptions": ["review-0123456789abcdef-1", HOSTILE]}
    written.run(entry(outcome="promote", **used), entry("payers.csv", "promote"), columns=[])
    page = viewer.text(f"{RUN}/file", name="patients.csv")
    assert "Exceptions used: " in page
    assert "review-0123456789abcdef-1" in page
    assert HOSTILE not in page
    assert "Exceptions used" not in viewer.text(f"{RUN}/file", name="payers.csv")


def test_review_can_be_asked_for_about_a_quarantined_file_alone(viewer: Browser, written: Written) -> None:
    written.run(entry(HOSTILE), entry("payers.csv", "promote"), columns=[column()])
    page = viewer.text(f"{RUN}/file", name=HOSTILE)
    assert "/api/v2/dags/quarantine_review/dagRuns" in page
    (about,) = re.findall(r"data-review='([^']*)'", page)
    assert json.loads(html.unescape(about)) == {"feed": "synthea", "run": "1", "files": [HOSTILE]}
    assert "quarantine_review" not in viewer.text(f"{RUN}/file", name="payers.csv")


def test_exception_for_the_table_can_be_asked_for_on_the_page_of_a_file(viewer: Browser, written: Written) -> None:
    """By column and identifier, for what the record has about the file alone."""
    found = [column(title=HOSTILE, index=1, cells=3, is_capped=False), column(), column(identifier="OTHER")]
    written.run(entry(), columns=found)
    page = viewer.text(f"{RUN}/file", name="patients.csv")
    offered = [json.loads(html.unescape(each)) for each in re.findall(r"<option value='([^']*)'", page)]
    identifier = "USA_SOCIAL_SECURITY_NUMBER"
    assert offered == [
        {"identifier": identifier, "column": HOSTILE, "most": 3},
        {"identifier": identifier, "column": "SSN", "most": 1163},
    ]
    assert set(offered[0]) < set(review_params())
    assert HOSTILE not in page


def test_requests_about_a_file_are_on_its_page_with_what_became_of_them(viewer: Browser, written: Written) -> None:
    written.run(entry(HOSTILE), entry("payers.csv"), columns=[])
    asked_at = datetime.now(UTC)
    times = {name: f"{asked_at + timedelta(days=days):%Y-%m-%dT%H:%M:%S+00:00}" for name, days in TIMES.items()}
    hostile = {"asked_by": HOSTILE, "review_run_id": HOSTILE, "files": (make_file(HOSTILE),), **times}
    asked = make_request(**hostile, asked="keep", exception=None)
    released = make_request(**hostile, id="review-1123456789abcdef")
    for request in (asked, released):
        written.put(f"{request.documents}request.json", json.dumps(request.to_json()).encode())
    reprocess = {"dag_id": "synthea_gate", "run_id": f"reprocess-{HOSTILE}", "source": HOSTILE}
    outcome = {"state": "released", "at": times["asked_at"], "reprocess": reprocess}
    written.put(f"{released.documents}outcome.json", json.dumps(outcome).encode())
    page = viewer.text(f"{RUN}/file", name=HOSTILE)
    assert HOSTILE not in page
    assert "\u202e" not in page
    assert "A request about this file is open" in page
    assert page.count("<b>Keep in quarantine</b>, asked by &lt;img") == 1
    assert "/required_actions" in page
    assert "released" in page
    assert f"/dags/synthea_gate/runs/{quote(f'reprocess-{HOSTILE}', safe='')}" in page
    assert page.index("A request about this file is open") < page.index("<form data-trigger")
    other = viewer.text(f"{RUN}/file", name="payers.csv")
    assert ("Reviews of this file" in other, "is open" in other) == (False, False)


def test_damaged_requests_do_not_break_the_page_of_a_file(viewer: Browser, written: Written) -> None:
    written.run(entry(), columns=[])
    written.put("_reviews/synthea/review-0123456789abcdef/request.json", b"219-09-9999")
    page = viewer.text(f"{RUN}/file", name="patients.csv")
    assert "1 request of the feed cannot be read" in page
    assert "219-09-9999" not in page


def test_problems_with_exceptions_are_on_the_page_of_a_run(viewer: Browser, written: Written) -> None:
    standing = {"ending": [], "never_used": [], "problems": [f"a.json revokes {HOSTILE}"]}
    written.run(entry(), rules={"policy": POLICY, "standing_exceptions": standing})
    page = viewer.text(RUN)
    assert "Problems with exceptions of the feed" in page
    assert "a.json revokes &lt;img" in page
    assert HOSTILE not in page
    written.run(entry())
    assert "Problems with exceptions" not in viewer.text(RUN)


def test_the_gate_shows_runs_what_waits_and_what_failed(viewer: Browser, written: Written) -> None:
    failed = row("2", state="failed", failed_task="create_job", reason="AccessDenied", outcomes={}, objects=None)
    written.index(failed, row("3", outcomes={"hold": 2}, is_dry_run=True), row())
    written.index(row("of-the-clinic"), feed="clinic")
    page = viewer.text("/gate/")
    for shown in ("create_job", "AccessDenied", "dry run", "of-the-clinic", "oldest for"):
        assert shown in page
    page = viewer.text("/gate/dags/synthea_gate")
    assert "of-the-clinic" not in page
    page = viewer.text("/gate/", feed="synthea", state="failed", dry="hide", since="2026-11-01", until="2026-11-30")
    assert "/runs/2" in page
    assert "/runs/3" not in page


@pytest.mark.parametrize("path", ["/gate/", "/gate/dags/synthea_gate", RUN, f"{RUN}/file?name=patients.csv"])
def test_a_damaged_index_is_on_the_page_that_is_shown_all_the_same(
    path: str, viewer: Browser, written: Written
) -> None:
    written.run(entry(), columns=[column()])
    written.put(index_of("synthea"), b"[" * 100_000)
    page = viewer.text(path)
    assert "The index of the runs of synthea is damaged" in page
    assert "No run yet" not in page
    assert "Not complete" in viewer.text("/gate/card")


def test_sums_are_shown_without_releases_that_are_too_large(
    viewer: Browser, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.put(Run("synthea", "2").document(RELEASED), b"\n" * 100)
    written.index(row("2", source="held://*"), row("1", outcomes={"hold": 2}))
    monkeypatch.setattr("lake_gate.pages.lake.MOST_KEPT_BYTES", 10)
    assert "counted as held" in viewer.text("/gate/")


def test_the_card_has_the_sums(viewer: Browser, written: Written) -> None:
    written.index(row(outcomes={"quarantine": 4_321}))
    assert "4,321" in viewer.text("/gate/card")


@pytest.mark.parametrize("query", [{"feed": "nothing"}, {"state": "x", "since": "'", "until": "9", "dry": "maybe"}])
def test_filters_that_are_not_valid_are_ignored(query: dict[str, str], viewer: Browser, written: Written) -> None:
    written.index(row("any"))
    assert "/runs/any" in viewer.text("/gate/", **query)


def test_hostile_names_are_shown_as_text(viewer: Browser, written: Written) -> None:
    hostile_entry = entry(HOSTILE, rule="</b><script>", reason="<script>", detections={"<script>alert(2)</script>": 1})
    written.run(hostile_entry, columns=[column(HOSTILE, "<script>alert(3)</script>")])
    written.index(row(reason="<script>", source="<script>", started_by="<script>alert(4)</script>"))
    for page in (viewer.text(RUN), viewer.text("/gate/"), viewer.text(f"{RUN}/file", name=HOSTILE)):
        assert "<script>" not in page
        assert "<img" not in page
        assert "49" not in page
        assert "\u202e" not in page
    assert "alert(3)" in viewer.text(f"{RUN}/file", name=HOSTILE)
    assert HOSTILE.partition("\u202e")[0].replace("<", "&lt;").replace(">", "&gt;") in viewer.text(RUN)


@pytest.mark.parametrize(
    "run_id", ["..%2F..%2Fclinic%2F1", "%2e%2e", "none", "x" * 251, "%00", "a%0Ab", "1/../../clinic/1"]
)
def test_no_id_of_a_run_leads_out_of_its_feed(run_id: str, viewer: Browser, written: Written) -> None:
    written.put("_runs/clinic/1/run.json", b'{"run_id": "1"}')
    assert viewer.get(f"/gate/dags/synthea_gate/runs/{run_id}").status_code == 404


@pytest.mark.parametrize("name", ["", "nothing.csv", "../1/patients.csv", "x" * 5000])
def test_a_file_that_the_record_does_not_have(name: str, viewer: Browser, written: Written) -> None:
    written.run(entry())
    assert viewer.get(f"{RUN}/file", name=name).status_code == 404


def test_the_csv_has_what_was_searched_for(viewer: Browser, written: Written) -> None:
    written.run(entry("=a.csv"), entry("b.csv", "promote"), columns=[column("b.csv")])
    answer = viewer.get(f"{RUN}/files.csv", q="ssn")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="synthea-1.csv"'
    assert [line[0] for line in csv.reader(io.StringIO(answer.text, newline=""))] == ["name", "b.csv"]
    assert "'=a.csv" in viewer.get(f"{RUN}/files.csv").text


def test_the_report_is_saved_and_never_shown_in_airflow(viewer: Browser, written: Written) -> None:
    written.run(entry())
    assert "report.html" not in viewer.text(RUN)
    assert viewer.get(f"{RUN}/report.html").status_code == 404
    written.put(Run("synthea", "1").document("run_report.html"), b"<!doctype html><script>alert(1)</script>")
    assert f"{RUN}/report.html" in viewer.text(RUN)
    answer = viewer.get(f"{RUN}/report.html")
    assert answer.content == b"<!doctype html><script>alert(1)</script>"
    assert answer.headers["content-disposition"] == 'attachment; filename="synthea-1.html"'
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "9999999", "1"])
def test_a_page_that_is_not_a_number_is_the_first(page: str, viewer: Browser, written: Written) -> None:
    written.run(entry())
    assert "1–1 of 1 file" in viewer.text(RUN, page=page)


def test_ten_thousand_files_are_paged(viewer: Browser, written: Written) -> None:
    written.run(*(entry(f"{number:05}.csv", "promote") for number in range(10_001)))
    page = viewer.text(RUN)
    assert "1–100 of 10,001 files" in page
    assert page.count("<tr>") == 101
    assert "10,001–10,001 of 10,001" in viewer.text(RUN, page="101")
    assert "There is no page 102" in viewer.text(RUN, page="102")


def test_runs_before_there_were_columns_and_an_index(viewer: Browser, written: Written) -> None:
    old = entry()
    for name in ("rows", "columns", "finding_ids", "identifier_severities", "before"):
        del old[name]
    written.run(old, rules={"policy": {"name": "default", "sha256": "ab", "promotion": "each by itself"}})
    assert "patients.csv" in viewer.text(RUN)
    assert "has not recorded its text" in viewer.text(RUN)
    assert "No column evidence recorded" in viewer.text(f"{RUN}/file", name="patients.csv")
    assert "The index of the runs of synthea does not exist" in viewer.text("/gate/")


def states(written: Written) -> dict[str, str]:
    """Write runs in all states; a text that each of their pages shows, by run id."""
    written.index(
        row("running", state="running", outcomes={}),
        row("failed", state="failed", failed_task="land", reason="SourceError", outcomes={}),
        row("empty", state="empty", objects=0, outcomes={}),
    )
    written.run(entry(), run_id="dry", dry_run=True)
    written.run(run_id="nothing")
    written.run(entry(), run_id="lost", accounted=False)
    return {
        "running": "This run is going on",
        "failed": "This run failed at land",
        "empty": "No record",
        "dry": "would be quarantined",
        "nothing": "The delivery was empty",
        "lost": "Not every file is accounted for",
    }


def test_states_of_runs_have_pages_of_their_own(viewer: Browser, written: Written) -> None:
    for run_id, shown in states(written).items():
        assert shown in viewer.text(f"/gate/dags/synthea_gate/runs/{run_id}"), run_id


def test_time_of_a_run_is_that_of_its_record(viewer: Browser, written: Written) -> None:
    written.run(entry())
    written.index(row(started_at="2026-11-28T02:00:40+00:00"))  # when the delivery was landed
    page = viewer.text(RUN)
    assert "2026-11-28T02:00:00" in page
    assert "2026-11-28T02:00:40" not in page


def test_the_first_visit_says_how_to_begin(viewer: Browser, written: Written) -> None:
    assert "No run yet" in viewer.text("/gate/")


def test_a_reprocessed_file_is_followed_into_the_later_run(viewer: Browser, written: Written) -> None:
    held = entry("a.csv", "hold")
    written.run(held)
    now = {"bucket": written.lake.silver, "key": "synthea/2/a.csv", "version_id": "v"}
    released = {"name": "a.csv", "key": held["now"]["key"], "version_id": "v1", "now": now}
    written.put(Run("synthea", "2").document(RELEASED), json.dumps(released).encode())
    written.index(row("2", source="held://*", started_at="2026-11-29T00:00:00+00:00"), row())
    assert "re-processed since" in viewer.text(RUN)
    page = viewer.text(f"{RUN}/file", name="a.csv")
    assert "Moved since" in page
    assert f"s3://{written.lake.silver}/synthea/2/a.csv" in page


@pytest.mark.parametrize("name", ["record.json", "objects.jsonl", "columns.jsonl"])
def test_damaged_documents_are_named_and_not_shown(name: str, viewer: Browser, written: Written) -> None:
    run = written.run(entry(), columns=[column()])
    written.put(run.document(name), b"219-09-9999\n")
    answer = viewer.get(RUN, q="a")
    assert (answer.status_code, name in answer.text, "219-09-9999" in answer.text) == (502, True, False)


@pytest.mark.parametrize("content", [b'{"x":1}', b"{}", b'{"run":{},"totals":[]}'])
def test_a_record_that_is_none_is_damaged(content: bytes, viewer: Browser, written: Written) -> None:
    run = written.run(entry())
    written.put(run.document("record.json"), content)
    for address in (RUN, f"{RUN}/file?name=patients.csv"):
        answer = viewer.get(address)
        assert (answer.status_code, "A document is damaged" in answer.text) == (502, True)
        assert "record.json" in answer.text


def test_a_refusal_of_aws_is_a_page(viewer: Browser, written: Written) -> None:
    ssm: Any = boto3.client("ssm")
    ssm.put_parameter(Name="/lake_gate/bronze_bucket", Value="there-is-none", Overwrite=True)
    answer = viewer.get("/gate/")
    assert (answer.status_code, "NoSuchBucket" in answer.text) == (502, True)


def test_missing_settings_are_a_page(viewer: Browser, written: Written) -> None:
    boto3.client("ssm").delete_parameter(Name="/lake_gate/silver_bucket")
    answer = viewer.get("/gate/")
    assert (answer.status_code, "silver_bucket is missing" in answer.text) == (503, True)


def test_an_unexpected_error_shows_nothing_of_its_text(
    viewer: Browser, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("219-09-9999")

    monkeypatch.setattr("lake_gate.pages.views.read_run", fail)
    answer = viewer.get(RUN)
    assert (answer.status_code, "219-09-9999" in answer.text) == (500, False)
    assert answer.headers["cache-control"] == "private, no-store"


def test_the_pages_write_nothing(viewer: Browser, user: Browser, written: Written) -> None:
    written.run(entry(outcome="hold"), columns=[column()])
    before = written.lake.s3.list_object_versions(Bucket=written.lake.bronze)["Versions"]
    for path in ("/gate/", "/gate/card", RUN, f"{RUN}/file?name=patients.csv", f"{RUN}/files.csv"):
        user.text(path)
    assert written.lake.s3.list_object_versions(Bucket=written.lake.bronze)["Versions"] == before


def masked_entry() -> dict[str, Any]:
    """A line of ``objects.jsonl`` about a file whose original is in quarantine, and its masked copy in silver."""
    original, copy = entry(), entry(outcome="promote")
    return {**original, "outcome": "mask", "reason": "masked_by_rule", "masked": copy}


def test_a_masked_copy_has_its_place_and_its_command(viewer: Browser, written: Written) -> None:
    written.run(masked_entry(), columns=[column()])
    assert "masked copy" in viewer.text(RUN)
    page = viewer.text(f"{RUN}/file", name="patients.csv")
    assert "s3://lake-silver-123456789012-us-east-1/synthea/1/patients.csv" in page
    assert "aws s3api get-object --bucket lake-silver-123456789012-us-east-1" in page


def test_how_a_copy_was_masked_is_on_the_page_of_its_file(viewer: Browser, written: Written) -> None:
    methods = {"SSN": "token", HOSTILE: HOSTILE, **{f"C{number}": "null" for number in range(300)}}
    risk = {"quasi_identifiers": ["ZIP", HOSTILE], "smallest_group": 1, "rows_below_5": 2, "share_below_5": 0.125}
    masking = {"spec": "clinic", "spec_sha256": "5b" * 32, "key_version": 7, "methods": methods, "risk": risk}
    masked = masked_entry()
    masked["masked"]["masking"] = masking
    written.run(masked, columns=[column()])
    page = viewer.text(f"{RUN}/file", name="patients.csv")
    for shown in ("clinic", "5b" * 8, "<dd>7</dd>", "<code>token</code>", "smallest group: 1 row; 12.5 % of the rows"):
        assert shown in page
    assert "And 102 more columns: objects.jsonl has all." in page
    assert HOSTILE not in page
    masked["masked"]["masking"] = {**masking, "methods": 3, "risk": None, "key_version": "x"}
    written.run(masked, columns=[column()])
    page = viewer.text(f"{RUN}/file", name="patients.csv")
    assert ("the spec names no quasi-identifiers" in page, "No column is masked." in page) == (True, True)


@pytest.mark.parametrize(("outcome", "is_shown"), [("hold", True), ("quarantine", True), ("promote", False)])
def test_what_would_be_decided_today_is_offered_for_files_that_wait(
    viewer: Browser, written: Written, outcome: str, is_shown: bool
) -> None:
    now = {"bucket": written.lake.quarantine if outcome == "quarantine" else written.lake.bronze, "version_id": "v1"}
    now["key"] = f"{'held/' if outcome == 'hold' else ''}synthea/1/{HOSTILE}"
    place = {} if outcome == "promote" else {"now": {**now, "is_beside_others": False}}
    written.run(entry(HOSTILE, outcome, **place), columns=[])
    page = viewer.text(f"{RUN}/file", name=HOSTILE)
    assert ("What would be decided now?" in page) is is_shown
    page = viewer.text(f"{RUN}/file", name=HOSTILE, today="yes")
    assert ("Not known. The run has not decided." in page) is is_shown


def test_the_page_says_what_would_be_decided_today(viewer: Browser, written: Written) -> None:
    landed = landed_with_medium(written.lake)
    decide(written.lake, "Medium")
    now = {"bucket": written.lake.quarantine, "key": landed.key, "version_id": "v1", "is_beside_others": False}
    written.run(entry("a.csv", now=now), columns=[])
    page = viewer.text(f"{RUN}/file", name="a.csv", today="yes")
    assert "by the policy <b>default</b>. Nothing is scanned, and nothing is moved." in page
    assert "To do it, ask for a review" in page
    assert "Problems with exceptions" not in page
    written.put("_exceptions/synthea/damaged.json", b"219-09-9999")
    page = viewer.text(f"{RUN}/file", name="a.csv", today="yes")
    assert "Problems with exceptions of the feed" in page
    assert "_exceptions/synthea/damaged.json is damaged" in page
    assert "219-09-9999" not in page
