"""The files that reports are: complete in themselves, hostile names are text, and no member of a record is needed.

``UPDATE_SNAPSHOTS=1`` writes the snapshots again; look at the result in a browser and in a print before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lake_gate.feed_reports.period import Period, Withdrawn
from lake_gate.model.runs import RunRow
from lake_gate.reports.rendering import TEMPLATES, render
from tests.lake_gate.pages.conftest import column, entry, row
from tests.lake_gate.reports.html import parse
from tests.lake_gate.reports.made_up import BRONZE, RECORD, made_up

HOSTILE = [
    "<script>alert(1)</script>",
    "{{7*7}}{% raw %}",
    "\"'><img src=x onerror=alert(1)>",
    "</style></title><base href=//evil.example>",
    "\u202egnp.exe",
    "a\nb\x00\x1b[2J",
    "\ud800",
    "javascript:alert(1)",
]


NO_MEMBERS = {"name": "a.csv", "outcome": None}


def check_snapshot(name: str, content: bytes) -> None:
    """Compare with the committed file; the style is left out: it is looked at, not compared."""
    head, _, rest = content.decode().partition("<style>")
    text = head.partition("sha256-")[0] + "…" + rest.partition("</style>")[2]
    path = Path(__file__).parent / "snapshots" / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


def rendered(record: Any = RECORD, **more: Any) -> bytes:
    return render("run_report.html", report=made_up(record, **more), record=record, bronze=BRONZE, ledger=BRONZE)


def test_the_report_of_the_made_up_run_is_the_committed_one() -> None:
    check_snapshot("run_report.html", rendered())


def test_the_report_says_what_became_of_the_run() -> None:
    text = parse(rendered()).text
    for expected in (
        *("7 files: 2 quarantined 1 held 1 masked 3 promoted", "USA_SOCIAL_SECURITY_NUMBER × 1,163 in SSN (1,000"),
        *("appears in column SSN", "rule identity-documents (Numbers of people)", "org-names false positive as is"),
        *("was promoted until 29 Nov 2026, 08:00", "1.0 % of the rows in groups below 5", "number 417", "e" * 64),
        *("1 expected table is missing", "0.01 USD estimated", "r-2026-11-29-a", "python -m lake_gate.verify"),
    ):
        assert expected in text


def test_problems_with_exceptions_are_in_the_report() -> None:
    record = {**RECORD, "rules": {**RECORD["rules"], "standing_exceptions": {"problems": ["a.json revokes mistyped"]}}}
    assert "Problems with exceptions a.json revokes mistyped" in parse(rendered(record)).text
    assert "Problems with exceptions" not in parse(rendered()).text


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_text(name: str) -> None:
    policy = {"name": name, "sha256": name, "content": {"description": name, "rules": [{"name": name, "then": name}]}}
    record = {
        **RECORD,
        "run": dict.fromkeys(("feed", "run_id", "source", "started_by", "started_at"), name),
        "rules": {"policy": policy, "identifiers": {name: {"sha256": name}}, "job_spec": {"name": name}},
        "job": {"job_id": name, "status": name},
        "delivery": {"missing_tables": [name]},
    }
    masked = entry(name, "promote", masking={"spec": name, "methods": {"a": name}})
    lines = [entry(name, rule=name, status_reason=name, detections={name: 1}, masked=masked, severity=name)]
    parsed = parse(rendered(record, entries=lines, columns=[column(name, name, identifier=name)]))
    assert "49" not in parsed.text.replace("1,149", "")
    visible = name.encode("unicode_escape").decode() if not name.isprintable() else " ".join(name.split())
    assert parsed.text.count(visible) > 10
    assert all(character.isprintable() for character in parsed.text)


@pytest.mark.parametrize(
    "record",
    [{}, {"run": None, "totals": [], "rules": 3, "job": "x"}, {"rules": {"policy": {"name": 3, "content": []}}}],
)
def test_members_that_a_record_does_not_have_are_left_out(record: dict[str, Any]) -> None:
    content = render(
        "run_report.html",
        report=made_up(record, [NO_MEMBERS], [{}], ledger_head=None, documents=()),
        record=record,
        bronze="b",
        ledger="b",
    )
    assert "no decision is recorded" in parse(content).text


def test_a_report_of_100_000_files_is_cut_and_says_so() -> None:
    entries = (entry(f"{number:06}.csv", "promote") for number in range(100_000))
    content = rendered(entries=entries, columns=())
    assert "The 500 strictest files of 100,000" in parse(content).text
    assert len(content) < 1024**2


def test_the_largest_report_is_one_that_the_page_reads() -> None:
    from lake_gate.pages.lake import MOST_OBJECT_BYTES

    name = "'" * 2000
    many = {f"{name[:390]}{number}": number for number in range(20)}
    entries = [
        entry(
            name, detections=many, rule=name, status_reason=name, masked=entry(name, "promote"), amended={"was": name}
        )
        for _ in range(600)
    ]
    columns = [column(name, f"{number}{name}", number, identifier=one) for one in many for number in range(1, 9)]
    assert len(rendered(entries=entries, columns=columns)) < MOST_OBJECT_BYTES


@pytest.mark.parametrize("path", sorted(TEMPLATES.iterdir()), ids=lambda path: path.name)
def test_templates_ask_no_other_host_and_mark_nothing_as_safe(path: Path) -> None:
    text = path.read_text()
    for forbidden in ("http:", "https:", "=//", "<script", "<link", "<img", "| safe", "|safe", "autoescape", "url("):
        assert forbidden not in text, forbidden


def month(name: str = "", **more: Any) -> Any:
    """The report of a made-up month, with a name from outside at every place that has one."""
    listed = [
        row("d", started_at="2026-11-28T02:00:00+00:00", outcomes={"promote": 12, "mask": 2, "quarantine": 2},
            objects=16) | {"run_id": name or "d"},
        row("c", started_at="2026-11-28T01:00:00+00:00", is_dry_run=True),
        row("b", started_at="2026-11-02T02:00:00+00:00", state="failed", failed_task=name or "create_job",
            reason=name or "AccessDenied", outcomes={}, objects=None, size_bytes=None, usd=None, severity=name or None),
        row("a", started_at="2026-10-03T02:00:00+00:00", outcomes={"quarantine": 3}),
    ]  # fmt: skip
    period = Period("synthea", "2026-11", "2026-12-01T00:00:00+00:00", [RunRow(**item) for item in listed], **more)
    period.coverage.add("d", [("a.csv", True), (name or "b.csv", False)])
    period.coverage.unread.add(name or "z")
    period.withdrawn.add(
        Withdrawn(name or "d", name or "w.csv", "quarantine", name or "found_in_same_bytes", "", False)
    )
    used = {"id": name or "org-names", "kind": name or "accepted", "release": "as_is", "until": "2026-12-31"}
    period.add_record({"reused": 4, "rules": {"exceptions": [{**used, "objects": 1}]}})
    asked = {"asked_at": "2026-11-29T09:00:00+00:00", "run_folder": "d", "closed_at": "2026-11-30T09:00:00+00:00"}
    for review in (
        {"id": name or "r-1", "action": name or "release", "state": name or "expired", "names": ["x.csv", "y.csv"]},
        {"id": name or "r-2", "action": name or "keep", "state": name or "kept", "names": ["x.csv"]},
    ):
        people = {"asked_by": name or "ann", "answered_by": [name or "bob", name or "cid"]}
        period.add_review({**asked, **people, **review, "reason": name or "as agreed", "files": len(review["names"])})
    return period


def rendered_month(period: Any) -> bytes:
    return render("period_report.html", period=period, made_at="2026-12-01T07:00:00+00:00")


def test_the_report_of_the_made_up_month_is_the_committed_one() -> None:
    check_snapshot("period_report.html", rendered_month(month()))


def test_the_report_of_a_month_has_its_sums() -> None:
    text = parse(rendered_month(month())).text
    for expected in (
        *(
            "16 files in 3 runs: 2 quarantined 2 masked 12 promoted",
            "1 of 2 , 50 %",
            "2026-11-02 1 0",
            "create_job: Acc",
        ),
        *(
            "2 to 7 days 2 1 0 1 0 1",
            "more than 30 days 3 1 0 0 0 3",
            "org-names accepted as is 2026-12-31 1 1",
            "r-1 release as agreed ann 29 Nov 2026, 09:00 expired bob, cid",
            "about them: expired 2, kept 1.",
        ),
        *(
            "w.csv quarantined not moved yet",
            "1.00 USD",
            "d: b.csv",
            "Documents of 1 run are damaged",
            "4 files not scanned again",
        ),
    ):
        assert expected in text


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_text_in_the_report_of_a_month(name: str) -> None:
    parsed = parse(rendered_month(month(name)))
    visible = name.encode("unicode_escape").decode() if not name.isprintable() else " ".join(name.split())
    assert parsed.text.count(visible) > 8
    assert all(character.isprintable() for character in parsed.text)


def test_a_month_without_runs_has_a_report() -> None:
    text = parse(rendered_month(Period("synthea", "2026-11", "2026-12-01T00:00:00+00:00", []))).text
    assert "No run began in this month." in text
