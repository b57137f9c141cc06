"""Two exceptions, one of each scope."""

from __future__ import annotations

from lake_gate.model.exception import PolicyException

OF_TABLE = PolicyException(
    id="public-addresses",
    feed="synthea",
    kind="false_positive",
    release="as_is",
    requested_by="ann",
    approved_by=("bo",),
    until="2026-12-31",
    created_at="2026-11-01T08:00:00+00:00",
    reason="Addresses of hospitals are public",
    dataset="organizations",
    identifier="ADDRESS",
    most=100,
)
OF_OBJECT = PolicyException(
    id="reviewed-file",
    feed="synthea",
    kind="accepted",
    release="as_is",
    requested_by="ann",
    approved_by=("bo", "cy"),
    until="2026-12-31",
    created_at="2026-11-01T08:00:00+00:00",
    reason="Reviewed row by row",
    sha256="a" * 64,
    detections={"ADDRESS": 3, "PHONE_NUMBER": 1},
    request="r-1",
)
