"""The operator that lands a delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook

from lake_gate.base import GateOperator
from lake_gate.delivery import landing
from lake_gate.delivery.source import shown
from lake_gate.held import reprocessing
from lake_gate.lineage import delivery_at, feed_in
from lake_gate.names import loggable
from lake_gate.settings import load_source

if TYPE_CHECKING:
    from airflow.sdk import Context


class LandOperator(GateOperator):
    """Land a delivery below the run's prefix in bronze and write its manifest.

    Pushes ``source``, ``objects`` and ``size_bytes`` (what was landed), ``bucket`` and ``prefix`` (where), and
    ``documents`` (the prefix of what the run writes down).

    :param source: folder, .zip, ``s3://`` prefix or ``http(s)://`` zip (templated); a relative path: below the one of
        the settings; empty: that one itself; ``held://<reason>``, ``held://*``: what is held of the feed.
    """

    template_fields = (*GateOperator.template_fields, "source")

    def __init__(self, *, source: str, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.source = source

    def step(self, context: Context) -> dict[str, Any]:
        """Land, or find what was landed before."""
        settings, run = self.the_settings, self.run_of(context)
        source = load_source(SsmHook(aws_conn_id=self.aws_conn_id).conn, self.source)
        landing.check_versioning(self.s3, (settings.bronze_bucket, settings.silver_bucket, settings.quarantine_bucket))
        self.log.info("Landing %s below s3://%s/%s", loggable(shown(source)), settings.bronze_bucket, run.prefix)
        landed = landing.land(
            self.s3, source, run, settings.bronze_bucket, local_source_root=settings.local_source_root
        )
        is_held = reprocessing.is_held(source)
        self.datasets_read = [
            feed_in(settings.bronze_bucket, run, is_held=True) if is_held else delivery_at(shown(source))
        ]
        self.datasets_written = [feed_in(settings.bronze_bucket, run)]
        if not landed:
            self.log.warning("The delivery at %s is empty: nothing to do", loggable(shown(source)))
        return {
            "source": shown(source),
            "objects": len(landed),
            "size_bytes": sum(item.size_bytes for item in landed),
            "bucket": settings.bronze_bucket,
            "prefix": run.prefix,
            "documents": run.documents,
        }
