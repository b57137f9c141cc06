"""Send the messages about a run: its digest, and if the feed asks for them those about single findings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from lake_gate.decision.basis import iter_pinned, read_basis
from lake_gate.ledger.book import heads
from lake_gate.links import run_on_page
from lake_gate.model.evidence import Severity
from lake_gate.model.kept import without_values
from lake_gate.model.run import FINDINGS, RECORD, RUN_REPORT, Run
from lake_gate.notifications.digest import digest, strictest_outcome
from lake_gate.notifications.finding_notices import most_severe
from lake_gate.notifications.receipts import Receipts
from lake_gate.notifications.sending import send_findings, send_once, try_all
from lake_gate.recording.entries import iter_entries, read_record
from lake_gate.recording.record import worst_severity
from lake_gate.runs_index import upsert
from lake_gate.s3.versions import head_version

if TYPE_CHECKING:
    from lake_gate.notifications.operators import NotifyOperator


def notify(operator: NotifyOperator, run: Run) -> str:
    """Publish the digest of the run's record and the messages about findings; return the id of the digest's message."""
    settings = operator.lake_settings
    key = run.document(RECORD)
    record = read_record(operator.s3, settings.bronze_bucket, run, "run", "totals", "rules", "job")
    findings, unsent = most_severe(_findings(operator, run)) if operator.messages == "each finding" else ([], 0)
    objects, uri = iter_entries(operator.s3, settings.bronze_bucket, run), f"s3://{settings.bronze_bucket}/{key}"
    page_url = run_on_page(record["run"].get("dag_id", ""), record["run"]["run_id"])
    links = {"page_url": page_url, "report_uri": _report_uri(operator, run)}
    ledger_heads = heads(operator.s3, settings.ledger, [run.feed])
    notice = digest(record, objects, uri, unsent=unsent, heads=ledger_heads, **links)
    is_high = worst_severity(record) is Severity.HIGH
    if record["dry_run"]:
        operator.log.info("Dry run: all its messages go to the low topic, whatever was found")
    receipts = Receipts(operator.s3, settings.bronze_bucket, run)
    send: dict[str, Any] = {"receipts": receipts, "aws_conn_id": operator.aws_conn_id}
    low = {"topic_arn": settings.low_topic_arn, **send}
    high = low if record["dry_run"] else {"topic_arn": settings.high_topic_arn, **send}
    message_id, *_ = try_all(
        partial(send_once, notice, kind=f"digest-{strictest_outcome(record)}", **(high if is_high else low)),
        partial(send_findings, [finding for finding in findings if finding.is_high], record["dry_run"], **high),
        partial(send_findings, [finding for finding in findings if not finding.is_high], record["dry_run"], **low),
    )
    upsert(operator.s3, settings.bronze_bucket, run, messages=[str(message_id)])
    return str(message_id)


def _report_uri(operator: NotifyOperator, run: Run) -> str | None:
    """Return the address of the run's report; None without one."""
    bronze, key = operator.lake_settings.bronze_bucket, run.document(RUN_REPORT)
    return f"s3://{bronze}/{key}" if head_version(operator.s3, bronze, key) else None


def _findings(operator: NotifyOperator, run: Run) -> Iterator[dict[str, Any]]:
    """Yield the findings on which the run has decided; none for an empty delivery."""
    bronze = operator.lake_settings.bronze_bucket
    return map(without_values, iter_pinned(operator.s3, bronze, run, read_basis(operator.s3, bronze, run), FINDINGS))
