"""Publishing a run that has moved nothing."""

from __future__ import annotations

import json

from lake_gate.model.run import MANIFEST
from lake_gate.recording.operators import PublishOperator
from lake_gate.recording.publishing import publish
from tests.lake import Lake
from tests.lake_gate.recording.test_operators import CONTEXT, record
from tests.lake_gate.steps import RUN, gate, write


def test_marker_of_an_empty_delivery_is_written_and_nothing_is_announced(lake: Lake) -> None:
    write(lake, MANIFEST, b"")
    record(lake)
    # The context has no outlet events: an announcement would fail.
    assert publish(gate(lake, PublishOperator), CONTEXT) == f"s3://{lake.silver}/{RUN.marker}"
    assert json.loads(lake.read(lake.silver, RUN.marker))["objects"] == []
