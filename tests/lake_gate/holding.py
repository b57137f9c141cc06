"""Objects that are held, made for tests by the code that holds them."""

from __future__ import annotations

from typing import Any

from lake_gate.model.manifest import Moved
from lake_gate.model.run import REVIEW_ID, Run
from lake_gate.moving.transfer import Buckets, carry_out
from tests.builders import decided
from tests.lake import Lake


def hold(lake: Lake, name: str = "a.csv", run_id: str = "1", feed: str = "synthea", **more: Any) -> Moved:
    """Put an object and hold it, as not analysed unless another reason is given; return where it is."""
    # No run has the id of a review request, which gives files back to its folder.
    run = Run(feed, run_id, run_id if REVIEW_ID.fullmatch(run_id) else "")
    reason, content = more.get("reason", "not_analysed"), more.get("content", f"{run.prefix}{name}".encode())
    landed = lake.put(lake.bronze, run.prefix + name, content)
    decision = decided(landed, "hold", name=name, reason=reason)
    buckets = Buckets(lake.bronze, lake.silver, lake.quarantine)
    return carry_out(lake.s3, [decision], run, buckets)[0]
