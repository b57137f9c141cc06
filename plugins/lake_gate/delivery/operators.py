"""Operators that land a delivery and check it for missing tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook

from lake_gate.base import GateOperator, is_true, origin
from lake_gate.delivery import held_source, landing
from lake_gate.delivery.pin import check_pin, pin_run
from lake_gate.delivery.source import check_address, redact, trim
from lake_gate.errors import SourceError, TablesMissingError
from lake_gate.feed import DATE
from lake_gate.lineage import delivery_at, feed_in
from lake_gate.model.manifest import dataset_of
from lake_gate.model.names import loggable
from lake_gate.model.run import Run
from lake_gate.model.runs import RUNNING
from lake_gate.runs_index import upsert
from lake_gate.settings import load_source

if TYPE_CHECKING:
    from airflow.sdk import Context


class LandOperator(GateOperator):
    """Land a delivery below the run's prefix in bronze and write its manifest.

    Pushes ``source``, ``objects`` and ``size_bytes`` (what was landed), ``bucket`` and ``prefix`` (where), and
    ``documents`` (the prefix of the run's documents).

    The source is not a template field: Airflow stores and displays rendered fields, and an address may hold a password
    or a signature. The params ``source`` and ``reprocess_held`` of the run override it.

    :param source: folder, .zip, ``s3://`` prefix or ``http(s)://`` zip; a relative path is below the source of the
        settings; empty: the source of the settings; ``held://<reason>``, ``held://*``: held objects of the feed.
        ``${date}`` is the date of the run (its logical date, in UTC).
    :param is_dry_run: pinned with the run (templated).
    """

    template_fields = (*GateOperator.template_fields, "is_dry_run")

    def __init__(self, *, source: str, is_dry_run: str | bool = False, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.source = source
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> dict[str, Any]:
        """Land the delivery, or return the objects that were landed before.

        :raises SourceError: when the source was chosen for this run and holds no files: a scheduled run may find none.
        """
        settings, run = self.lake_settings, self.run_of(context)
        chosen = self._chosen(context)
        source = self._address(chosen if chosen is not None else self._source_of_feed(context))
        must_exist = chosen is not None or DATE not in self.source  # only the folder of a day may be empty
        landing.check_versioning(self.s3, (settings.bronze_bucket, settings.silver_bucket, settings.quarantine_bucket))
        is_dry_run = is_true(self.is_dry_run)
        check_pin(self.s3, settings.bronze_bucket, run, source, is_dry_run=is_dry_run)
        place = f"s3://{settings.bronze_bucket}/{run.prefix}"
        dry = "Dry run, nothing will be moved. " if is_dry_run else ""
        self.log.info("%sLanding %s below %s", dry, loggable(redact(source)), place)
        landed = landing.land(
            self.s3,
            source,
            run,
            settings.bronze_bucket,
            local_source_root=settings.local_source_root,
            allowed_hosts=settings.allowed_source_hosts.split(","),
            must_exist=must_exist,
            before_landing=partial(self._begin, context, run, source, is_dry_run=is_dry_run),
        )
        is_held = held_source.is_held(source)
        self.datasets_read = [
            feed_in(settings.bronze_bucket, run, is_held=True) if is_held else delivery_at(redact(source))
        ]
        self.datasets_written = [feed_in(settings.bronze_bucket, run)]
        if not landed and chosen is not None and not is_held:
            raise SourceError(redact(source), "it was chosen for this run and holds no files")
        if not landed:
            self.log.warning("The delivery at %s is empty: nothing to do", loggable(redact(source)))
        return {
            "source": redact(source),
            "objects": len(landed),
            "size_bytes": sum(item.size_bytes for item in landed),
            "bucket": settings.bronze_bucket,
            "prefix": run.prefix,
            "documents": run.documents,
        }

    def _begin(self, context: Context, run: Run, source: str, *, is_dry_run: bool) -> None:
        """Pin the run, and add it to the index of the feed's runs."""
        bronze = self.lake_settings.bronze_bucket
        pinned = pin_run(self.s3, bronze, run, source, is_dry_run=is_dry_run)
        facts = {"started_at": pinned.began_at, "is_dry_run": pinned.dry_run, "source": pinned.source}
        cleared = {"state": RUNNING, "failed_task": None, "reason": None}
        upsert(self.s3, bronze, run, **facts, **cleared, **origin(context.get("dag_run")))

    def _chosen(self, context: Context) -> str | None:
        """Return the source in the params of the run; None: the source of the feed."""
        params = context.get("params") or {}
        if params.get("reprocess_held"):
            return f"{held_source.SCHEME}{params['reprocess_held']}"
        return trim(str(params.get("source") or "")) or None

    def _source_of_feed(self, context: Context) -> str:
        if DATE not in self.source:
            return self.source
        dag_run: Any = context["dag_run"]
        return self.source.replace(DATE, f"{dag_run.logical_date or dag_run.run_after:%Y-%m-%d}")

    def _address(self, source: str) -> str:
        check_address(source)
        return trim(load_source(SsmHook(aws_conn_id=self.aws_conn_id).conn, trim(source)))


class CheckExpectedOperator(GateOperator):
    """Check that a delivery has every table that the feed expects, before anything is scanned.

    Re-processed held objects are not a delivery, so they are not checked. Returns ``expected`` (number of tables) and
    ``missing_tables`` (their names).

    :param expect: ``{"tables": ["patients", …], "missing": "fail" or "warn"}``, see :class:`lake_gate.feed.Feed`.
    :param source: where the delivery came from (templated).
    """

    template_fields = (*GateOperator.template_fields, "source")

    def __init__(self, *, expect: Mapping[str, Any], source: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expect = expect
        self.source = source

    def step(self, context: Context) -> dict[str, Any]:
        """Compare the manifest's datasets with those expected."""
        is_delivery = not self.source.startswith("held://")
        expected = list(dict.fromkeys(table.lower() for table in self.expect["tables"] if is_delivery))
        delivered = {dataset_of(landed.name) for landed in self.manifest(self.run_of(context))}
        missing = [table for table in expected if table not in delivered]
        if missing and self.expect["missing"] == "fail":
            raise TablesMissingError(self.feed, len(expected), missing)
        if missing:
            self.log.warning("The delivery lacks %d expected table(s): %s", len(missing), ", ".join(missing))
        return {"expected": len(expected), "missing_tables": missing}
