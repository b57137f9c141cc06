"""Params of a feed's DAG: the trigger form."""

from __future__ import annotations

from airflow.sdk import Param

from lake_gate.delivery.held_objects import REASONS
from lake_gate.feed import Feed


def run_params(feed: Feed) -> dict[str, Param]:
    """Return the params of a feed's DAG; scheduled runs and backfills use the defaults."""
    return {
        "source": Param(
            None,
            type=["null", "string"],
            title="Source",
            description="Folder, .zip, s3:// prefix or http(s):// zip of the delivery. Empty: the feed's own.",
        ),
        "reprocess_held": Param(
            None,
            type=["null", "string"],
            enum=[None, "*", *REASONS],
            title="Re-process held files",
            description="Instead of a source: the feed's files that were held for this reason (*: all of them).",
        ),
        "policy": Param(
            feed.policy,
            type="string",
            pattern="^[a-z0-9_-]+$",
            title="Policy",
            description="File in `include/policies`, without `.json`. Applied together with the feed's own: for each "
            "file the stricter outcome of both stands.",
        ),
        "quarantine_threshold": Param(
            "High",
            type="string",
            enum=["High", "Medium", "Low"],
            title="Quarantine threshold",
            description="Files with findings of this severity or above are quarantined. Applied only if stricter than "
            "the policy's threshold.",
        ),
        "promotion": Param(
            "each by itself",
            type="string",
            enum=["each by itself", "all or nothing"],
            title="Promotion",
            description="All or nothing: no file is promoted unless every file may be. Applied only if stricter than "
            "the policy's promotion.",
        ),
        "max_scan_usd": Param(
            feed.max_scan_usd,
            type=["null", "number"],
            minimum=0,
            title="Maximum scan cost (USD)",
            description="If the estimate is higher, the run stops before the scan. Empty: no limit.",
        ),
        "dry_run": Param(False, type="boolean", title="Dry run", description="Decide and report, move nothing."),
    }
