"""Land the delivery of a run: choose its source, pin the run to it, and describe what was landed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook

from lake_gate.base import is_true, origin
from lake_gate.delivery import held_source, landing
from lake_gate.delivery.pin import check_pin, pin_run
from lake_gate.delivery.source import check_address, redact, trim
from lake_gate.errors import SourceError
from lake_gate.feed import DATE
from lake_gate.lineage import delivery_at, feed_in
from lake_gate.model.names import loggable
from lake_gate.model.run import Run
from lake_gate.model.runs import RUNNING
from lake_gate.runs_index import upsert
from lake_gate.settings import load_source

if TYPE_CHECKING:
    from airflow.sdk import Context

    from lake_gate.delivery.operators import LandOperator


def land_delivery(operator: LandOperator, context: Context) -> dict[str, Any]:
    """Land the delivery, or find the objects that were landed before; return what the operator pushes.

    :raises SourceError: when the source was chosen for this run and holds no files: a scheduled run may find none.
    """
    settings, run = operator.lake_settings, operator.run_of(context)
    chosen = _chosen(context)
    source = _address(operator, chosen if chosen is not None else _source_of_feed(operator, context))
    must_exist = chosen is not None or DATE not in operator.source  # only the folder of a day may be empty
    landing.check_versioning(operator.s3, (settings.bronze_bucket, settings.silver_bucket, settings.quarantine_bucket))
    is_dry_run = is_true(operator.is_dry_run)
    check_pin(operator.s3, settings.bronze_bucket, run, source, is_dry_run=is_dry_run)
    place = f"s3://{settings.bronze_bucket}/{run.prefix}"
    operator.log.info("Landing %s below %s", loggable(redact(source)), place)
    landed = landing.land(
        operator.s3,
        source,
        run,
        settings.bronze_bucket,
        local_source_root=settings.local_source_root,
        allowed_hosts=settings.allowed_source_hosts.split(","),
        must_exist=must_exist,
        before_landing=partial(_begin, operator, context, run, source, is_dry_run=is_dry_run),
    )
    is_held = held_source.is_held(source)
    operator.datasets_read = [
        feed_in(settings.bronze_bucket, run, is_held=True) if is_held else delivery_at(redact(source))
    ]
    operator.datasets_written = [feed_in(settings.bronze_bucket, run)]
    if not landed and chosen is not None and not is_held:
        raise SourceError(redact(source), "it was chosen for this run and holds no files")
    if not landed:
        operator.log.warning("The delivery at %s is empty: nothing to do", loggable(redact(source)))
    return {
        "source": redact(source),
        "objects": len(landed),
        "size_bytes": sum(item.size_bytes for item in landed),
        "bucket": settings.bronze_bucket,
        "prefix": run.prefix,
        "documents": run.documents,
    }


def _begin(operator: LandOperator, context: Context, run: Run, source: str, *, is_dry_run: bool) -> None:
    """Pin the run, and add it to the index of the feed's runs."""
    bronze = operator.lake_settings.bronze_bucket
    pinned = pin_run(operator.s3, bronze, run, source, is_dry_run=is_dry_run)
    facts = {"started_at": pinned.began_at, "is_dry_run": pinned.dry_run, "source": pinned.source}
    cleared = {"state": RUNNING, "failed_task": None, "reason": None}
    upsert(operator.s3, bronze, run, **facts, **cleared, **origin(context.get("dag_run")))


def _chosen(context: Context) -> str | None:
    """Return the source in the params of the run; None: the source of the feed."""
    params = context.get("params") or {}
    if params.get("reprocess_held"):
        return f"{held_source.SCHEME}{params['reprocess_held']}"
    return trim(str(params.get("source") or "")) or None


def _source_of_feed(operator: LandOperator, context: Context) -> str:
    if DATE not in operator.source:
        return operator.source
    dag_run: Any = context["dag_run"]
    return operator.source.replace(DATE, f"{dag_run.logical_date or dag_run.run_after:%Y-%m-%d}")


def _address(operator: LandOperator, source: str) -> str:
    check_address(source)
    return trim(load_source(SsmHook(aws_conn_id=operator.aws_conn_id).conn, trim(source)))
