"""Review requests for tests."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any

from lake_gate.review.request import Proposal, Request, ReviewedFile

NOW, DEADLINE, LATE = "2026-11-29T12:00:00+00:00", "2026-12-02T12:00:00+00:00", "2026-12-02T12:00:01+00:00"
END, AFTER_END = "2026-12-09T12:00:00+00:00", "2026-12-09T12:00:01+00:00"
CONTENT = b"Id,NAME\n1,Baystate Hospital\n"


def make_file(name: str = "organizations.csv", content: bytes = CONTENT, **changes: Any) -> ReviewedFile:
    digest = hashlib.sha256(content)
    facts: dict[str, Any] = {
        "name": name,
        "key": f"synthea/1/{name}",
        "version_id": "v1",
        "size_bytes": len(content),
        "sha256": digest.hexdigest(),
        "checksum": b64encode(digest.digest()).decode(),
        "part_bytes": 0,
        "reason": "findings_at_or_above_threshold",
        "severity": "High",
        "detections": {"NAME": 1},
    }
    return ReviewedFile(**{**facts, **changes})


def make_request(**changes: Any) -> Request:
    facts: dict[str, Any] = {
        "id": "review-0123456789abcdef",
        "feed": "synthea",
        "run_folder": "1",
        "review_run_id": "manual__1",
        "asked": "release",
        "reason": "public organisations",
        "asked_by": "ann",
        "asked_at": NOW,
        "deadline_at": DEADLINE,
        "ends_at": END,
        "approvals": 2,
        "files": (make_file(),),
        "exception": Proposal("false_positive", "files", "2026-12-31"),
    }
    return Request(**{**facts, **changes})
