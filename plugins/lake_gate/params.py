"""Params of a feed's DAG: the trigger form, and the check of what a run was started with."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any

from airflow.sdk import Param

from lake_gate.decision.reason import REASONS, Reason
from lake_gate.errors import ParamsError
from lake_gate.feed import Feed
from lake_gate.include import include_path
from lake_gate.model.names import UNKNOWN, loggable

_PROMOTIONS = {"each by itself": "Each file by itself", "all or nothing": "All files or none"}
_THRESHOLDS = {"High": "High findings", "Medium": "Medium and High findings", "Low": "All findings"}
_HELD = {
    "null": "No: take the delivery at the source",
    "*": "All held files of this feed",
    **{reason.value: f"{reason.text} ({reason})" for reason in Reason if reason in REASONS},
    UNKNOWN: "the reason is unknown",
}
_MOST_LABEL = 120
_MOST_NAME, _MOST_UNKNOWN = 40, 5


def run_params(feed: Feed) -> dict[str, Param]:
    """Return the params of a feed's DAG; scheduled runs and backfills use the defaults."""
    policies = _policies(feed)
    return {
        "source": Param(
            None,
            type=["null", "string"],
            title="Source",
            description="Folder, .zip, s3:// prefix or http(s):// zip of the delivery. A relative path is below the "
            "setting source (SSM parameter /lake_gate/source). Empty: the feed's own source.",
        ),
        "reprocess_held": Param(
            None,
            type=["null", "string"],
            enum=[None, "*", *REASONS],
            values_display=_HELD,
            title="Re-process held files",
            description="Instead of a source: take the feed's held files through the gate again.",
        ),
        "policy": Param(
            feed.policy,
            type="string",
            enum=list(policies),
            values_display=policies,
            title="Policy",
            description="Applied together with the feed's own: each file gets the stricter outcome of both.",
        ),
        "quarantine_threshold": Param(
            "High",
            type="string",
            enum=list(_THRESHOLDS),
            values_display=_THRESHOLDS,
            title="Quarantine threshold",
            description="Findings for which files are quarantined. Applied only if stricter than the policy's "
            "threshold.",
        ),
        "promotion": Param(
            "each by itself",
            type="string",
            enum=list(_PROMOTIONS),
            values_display=_PROMOTIONS,
            title="Promotion",
            description="All or none: no file is promoted unless every file may be. Applied only if stricter than the "
            "policy's promotion.",
        ),
        "max_scan_usd": Param(
            feed.max_scan_usd,
            type=["null", "number"],
            exclusiveMinimum=0,
            title="Maximum scan cost (USD)",
            description="If the estimate is higher, the run stops before the scan. Empty: no limit.",
        ),
        "dry_run": Param(
            False, type="boolean", title="Dry run", description="Land, scan, decide and report; move nothing."
        ),
    }


def _policies(feed: Feed) -> dict[str, str]:
    """Return a label for each policy file. A file that is not valid must not stop the DAGs: the run names its keys."""
    labels = {feed.policy: feed.policy}
    for path in sorted(Path(include_path("policies")).glob("*.json")):
        labels[path.stem] = f"{path.stem}: {_description(path)}"[:_MOST_LABEL]
    return dict(sorted(labels.items()))


def _description(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["description"])
    except (ValueError, KeyError, TypeError):
        return "not a valid policy, or without a description"


def check_params(feed: Feed, params: Mapping[str, Any], conf: Mapping[str, Any] | None) -> None:
    """Check what the schemas of the params cannot express, before anything is landed or billed.

    :param params: the params of the run.
    :param conf: what the run was started with; None for scheduled runs.
    :raises ParamsError: when the params are not valid; names all problems.
    :raises PolicyError: when the policy of the feed or of the run is not valid.
    :raises MaskingSpecError: when the feed's masking spec is not valid.
    """
    from lake_gate.decision.policies import read_policy
    from lake_gate.masking.specs import read_spec

    if problems := list(_problems(params, conf or {}, run_params(feed).keys())):
        raise ParamsError(problems)
    for name in sorted({feed.policy, params["policy"]}):
        if read_policy(name)[0].masks and not feed.masking:
            raise ParamsError([f"policy: {name} has rules that mask, and the feed {feed.name} has no masking spec"])
    if feed.masking:
        read_spec(feed.masking)


def _problems(params: Mapping[str, Any], conf: Mapping[str, Any], names: Set[str]) -> Iterable[str]:
    # Airflow adds what it does not know to the params, too.
    if unknown := sorted(conf.keys() - names):
        shown = ", ".join(repr(loggable(name, _MOST_NAME)) for name in unknown[:_MOST_UNKNOWN])
        yield f"{shown}: not a parameter; the parameters are {', '.join(sorted(names))}"
    if params["reprocess_held"] and str(params["source"] or "").strip():
        yield "source and reprocess_held exclude each other: a run takes a delivery, or held files"
    if params["max_scan_usd"] is not None and not 0 < params["max_scan_usd"] < math.inf:
        yield "max_scan_usd: not a positive number"
