"""From findings to actions: documents of the gate, missing versions, errors in isolation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lake_gate.finding_events.deciding.findings import decide_all
from lake_gate.finding_events.deciding.lake import Lake as Where
from lake_gate.model.evidence import Observation
from lake_gate.model.run import Run
from lake_gate.recording.marker import Marker
from lake_gate.recording.record import marker_head
from tests.lake import Lake
from tests.lake_gate.finding_events.deciding.decide import decide
from tests.lake_gate.finding_events.world import Gate, finding


def test_missing_version_is_gone_and_nothing_is_touched(lake: Lake, gate: Gate) -> None:
    for key in (gate.key("a.csv"), "stray.csv"):
        (action,) = decide(lake, finding(lake, lake.silver, key, version="0" * 32))
        assert (action.status, action.decision) == ("gone", None)


def test_documents_of_the_gate_are_never_touched(lake: Lake, gate: Gate) -> None:
    for bucket, key in ((lake.silver, gate.run.marker), (lake.bronze, gate.run.document("manifest.jsonl"))):
        (action,) = decide(lake, finding(lake, bucket, key))
        assert (action.status, action.why) == ("left", "document_of_the_gate")


def test_each_run_is_decided_about_in_isolation(lake: Lake, gate: Gate) -> None:
    other = Gate(lake, {"a.csv": "promote"}, run=Run("synthea", "2")).over()
    found = [finding(lake, lake.silver, one.key("a.csv")) for one in (gate, other)]
    assert sorted(action.folder for action in decide(lake, *found)) == ["1", "2"]


class Denying:
    """An S3 client that is refused one key, or raises another error for it."""

    def __init__(self, s3: Any, key: str, error: Exception) -> None:
        self._s3, self._key, self._error = s3, key, error

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._s3, name)

        def checked(**arguments: Any) -> Any:
            if self._key in arguments.get("Key", ""):
                raise self._error
            return call(**arguments)

        return checked if name in {"get_object", "head_object"} else call


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ClientError({"Error": {"Code": "SlowDown"}}, "HeadObject"), "SlowDown"),
        (KeyError("a value"), "KeyError"),
        (TypeError("a value"), "TypeError"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "a value"), "UnicodeDecodeError"),
    ],
)
def test_object_that_cannot_be_read_is_reported_with_the_class_of_the_error_and_stops_nothing(
    lake: Lake, gate: Gate, error: Exception, why: str
) -> None:
    other = Gate(lake, {"z.csv": "promote"}, run=Run("synthea", "2")).over()
    lake.put(lake.silver, "stray.csv", b"x")
    lake.put(lake.silver, gate.key("b.csv"), b"other bytes over it")
    places = ["stray.csv", gate.key("a.csv"), gate.key("b.csv"), other.key("z.csv")]
    found = [Observation.from_api(finding(lake, lake.silver, key), is_finding=True) for key in places]
    for denied in ("stray.csv", gate.key("b.csv"), other.run.document("plan.json")):
        s3: Any = Denying(lake.s3, denied, error)
        actions = list(decide_all(Where(s3, lake.bronze, lake.silver, datetime.now(UTC)), found))
        failed = [one for one in actions if one.status == "failed"]
        if not (denied.endswith("plan.json") and isinstance(error, (KeyError, TypeError, ValueError))):
            assert [one.why for one in failed] == [why]
        moved = {one.key for one in actions if one.status == "move"}
        assert gate.key("a.csv") in moved
        assert len(moved) >= 3


def test_object_in_silver_leaves_it_whatever_its_key_looks_like(lake: Lake, gate: Gate) -> None:
    dump = b"SSN\n219-09-9999\n"
    marker = json.loads(lake.read(lake.silver, gate.run.marker))
    spoilt = json.dumps({**marker, "notes": "219-09-9999"}).encode()
    item = {"key": "synthea/7/a.csv", "version_id": "v", "size_bytes": 11, "sha256": "219-09-9999"}
    of_no_run = Marker(marker_head({"feed": "synthea", "run_id": "7"}), [item], {}).to_bytes()
    keys = {"_runs/dump.csv": dump, "_verdicts/a.csv": dump, "_runs/synthea/9/a.csv": dump, "_content/x": dump}
    markers = {"_runs/synthea/9.json": dump, "_runs/synthea/8.json": spoilt, "_runs/synthea/7.json": of_no_run}
    for key, content in {**keys, **markers}.items():
        lake.s3.put_object(Bucket=lake.silver, Key=key, Body=content)
        (action,) = decide(lake, finding(lake, lake.silver, key))
        assert (action.status, action.stricter_decision.outcome) == ("move", "quarantine"), key
    lake.s3.put_object(Bucket=lake.bronze, Key="_runs/dump.csv", Body=dump)
    assert [one.status for one in decide(lake, finding(lake, lake.bronze, "_runs/dump.csv"))] == ["move"]
