from __future__ import annotations

from lake_gate.feed_reports.notice import notice
from lake_gate.feed_reports.period import Period
from lake_gate.model.runs import RunRow
from tests.lake_gate.pages.conftest import row


def test_the_message_has_the_sums_and_the_address() -> None:
    listed = [
        RunRow(**row("2", outcomes={"promote": 2, "quarantine": 1}, objects=3)),
        RunRow(**row("1", state="failed")),
    ]
    period = Period("synthea", "2026-11", "2026-12-01T00:00:00+00:00", listed)
    period.coverage.add("2", [("a.csv", True), ("b.csv", False)])
    message = notice(period, "s3://bronze/_reports/synthea/2026-11.html")
    assert message.subject == "[synthea] report of 2026-11: 2 runs"
    assert list(message.lines) == [
        "4 files in 2 runs, 1 failed.",
        "2 quarantined, 2 promoted.",
        "Evidence of a complete analysis: 1 of 2 promoted files.",
        "Scans: 1.00 USD, estimated.",
        "Report: s3://bronze/_reports/synthea/2026-11.html",
    ]


def test_a_month_without_runs_has_a_message_too() -> None:
    message = notice(Period("synthea", "2026-11", "2026-12-01T00:00:00+00:00", []), "s3://b/k")
    assert [line for line in message.lines if line] == ["0 files in 0 runs, 0 failed.", "Report: s3://b/k"]
