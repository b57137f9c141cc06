"""Copies that complete after their objects were withdrawn: gone again, with nothing lost."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any

import boto3
import pytest

from lake_gate.decision.amendments import Amendment
from lake_gate.errors import AwsRefusedError, DeleteRefusedError
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, Run, ledger
from lake_gate.moving.operators import MoveOperator
from lake_gate.moving.sealed import sealed_checksum
from lake_gate.moving.taking_back import take_back
from lake_gate.moving.transfer import Buckets
from lake_gate.s3 import multipart
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.finding_events.world import Events, Gate, context_of, finding
from tests.lake_gate.meanwhile import Answering, Meanwhile, move

RUN = Run("synthea", "1")
NAME, KEY = "a.csv", "synthea/1/a.csv"
PART = 5 * 1024**2


def amendment(landed: LandedObject, outcome: str = "quarantine") -> Amendment:
    return Amendment(
        decided(landed, outcome, reason="run_not_promotable"), ["f"], "2026-11-25T00:00:00+00:00", "events"
    )


def amend(lake: Lake, landed: LandedObject, outcome: str = "quarantine") -> None:
    content = jsonl.dump([amendment(landed, outcome)])
    lake.s3.put_object(Bucket=lake.bronze, Key=RUN.document("amendments/events.jsonl"), Body=content)


def decided_gate(lake: Lake, outcome: str, *, parts: bool = False) -> Gate:
    """A run that has decided, and was cut off before it moved anything."""
    gate = Gate(lake, {NAME: outcome}).land()
    if parts:
        data = bytes(range(256)) * 4096 * 6
        lake.s3.delete_object(Bucket=lake.bronze, Key=KEY, VersionId=gate.objects[NAME].version_id)
        made = multipart.upload(lake.s3, io.BytesIO(data), PART, Bucket=lake.bronze, Key=KEY)
        checksum, sha256 = multipart.checksum_of(io.BytesIO(data), PART), hashlib.sha256(data).hexdigest()
        etag = made["ETag"].strip('"')
        landed = LandedObject(NAME, lake.bronze, KEY, made["VersionId"], etag, len(data), sha256, checksum, PART)
        gate.objects[NAME] = landed
        gate.write(MANIFEST, jsonl.dump([landed]))
    return gate.decide()


def carry_out(gate: Gate, outcome: str, s3: Any = None) -> int:
    settings, (chunk,) = gate.lake.settings.to_json(), gate.chunks[outcome]
    operator = MoveOperator(task_id="t", settings=settings, feed="synthea", outcome=outcome, chunk=chunk)
    if s3:
        operator.s3 = s3
    moved: int = operator.execute(context_of("1"))
    return moved


def withdraw(lake: Lake, bucket: str, key: str) -> None:
    Events(lake, [finding(lake, bucket, key)], run_deadline=timedelta(0)).go()


def is_isolated(lake: Lake, landed: LandedObject) -> bool:
    """Whether the object is in quarantine, once, and nowhere else."""
    (version,) = lake.versions(lake.quarantine, KEY)
    elsewhere = [(lake.bronze, KEY), (lake.bronze, f"held/{KEY}"), (lake.silver, KEY)]
    assert sealed_checksum(lake.s3, lake.quarantine, KEY, version) == landed.checksum
    return all(lake.versions(*place) == [] for place in elsewhere)


@pytest.mark.parametrize("outcome", ["promote", "hold"])
def test_copy_in_parts_that_would_complete_after_the_withdrawal_is_aborted(lake: Lake, outcome: str) -> None:
    gate = decided_gate(lake, outcome, parts=True)
    s3 = Meanwhile("CompleteMultipartUpload", lambda: withdraw(lake, lake.bronze, KEY))
    assert carry_out(gate, outcome, s3) == 0
    assert is_isolated(lake, gate.objects[NAME])
    assert all("Uploads" not in lake.s3.list_multipart_uploads(Bucket=b) for b in (lake.bronze, lake.silver))
    gate.record().publish()
    assert gate.entries[NAME]["now"]["bucket"] == lake.quarantine
    assert (gate.record_json["accounted"], gate.trusted) == (True, set())


@pytest.mark.parametrize("outcome", ["promote", "hold"])
def test_copy_that_completes_after_the_withdrawal_is_taken_back_and_in_no_ledger(lake: Lake, outcome: str) -> None:
    """S3 completes what it was sent, whatever becomes of the source: CopyObject cannot be aborted."""
    gate = decided_gate(lake, outcome)
    bucket, key = Buckets.of(lake.settings).place(decided(gate.objects[NAME], outcome))
    s3: Any = boto3.client("s3")

    def complete_late(**_: object) -> None:
        withdraw(lake, bucket, key)
        lake.put(bucket, key, b"a.csv")

    s3.meta.events.register_first("after-call.s3.CopyObject", complete_late)
    assert carry_out(gate, outcome, s3) == 0
    assert is_isolated(lake, gate.objects[NAME])
    assert lake.lines(RUN.document(ledger(outcome, 0))) == []
    gate.record().publish()
    assert gate.entries[NAME]["now"]["bucket"] == lake.quarantine
    assert (gate.record_json["accounted"], gate.trusted) == (True, set())


@pytest.mark.parametrize("outcome", ["promote", "hold"])
@pytest.mark.parametrize("moment", ["before the source is looked at", "between source and copy"])
def test_object_that_is_withdrawn_during_its_move_is_left_out_and_not_an_error(
    lake: Lake, outcome: str, moment: str
) -> None:
    gate = decided_gate(lake, outcome)
    operation = "HeadObject" if moment.startswith("before") else "CopyObject"
    assert carry_out(gate, outcome, Meanwhile(operation, lambda: withdraw(lake, lake.bronze, KEY))) == 0
    assert is_isolated(lake, gate.objects[NAME])
    assert lake.lines(RUN.document(ledger(outcome, 0))) == []


def test_copy_that_completed_when_its_task_was_dead_is_taken_back_by_the_retry(lake: Lake) -> None:
    gate = decided_gate(lake, "promote")
    withdraw(lake, lake.bronze, KEY)
    lake.put(lake.silver, KEY, b"a.csv")
    assert carry_out(gate, "promote") == 0
    assert is_isolated(lake, gate.objects[NAME])


def test_copy_is_taken_back_before_the_withdrawal_has_moved_anything_and_nothing_is_lost(lake: Lake) -> None:
    gate = decided_gate(lake, "promote")
    landed = gate.objects[NAME]
    assert carry_out(gate, "promote", Meanwhile("CopyObject", lambda: amend(lake, landed))) == 0
    assert lake.versions(lake.silver, KEY) == []
    assert lake.read(lake.quarantine, KEY) == b"a.csv"
    assert lake.versions(lake.bronze, KEY) == [landed.version_id]  # which the withdrawal takes, by its own order
    withdraw(lake, lake.bronze, KEY)
    assert is_isolated(lake, landed)


def test_only_copy_of_an_object_is_moved_and_never_deleted(lake: Lake) -> None:
    gate = decided_gate(lake, "promote")
    landed = gate.objects[NAME]
    carry_out(gate, "promote")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY, VersionId=landed.version_id)
    buckets = Buckets.of(lake.settings)
    amended = [(decided(landed, "promote"), amendment(landed))]
    with_no_copy: Any = Answering("CopyObject", "AccessDenied")
    assert [type(error) for error in take_back(with_no_copy, amended, RUN, buckets)] == [AwsRefusedError]
    assert lake.read(lake.silver, KEY) == b"a.csv"
    assert take_back(lake.s3, amended, RUN, buckets) == []
    assert is_isolated(lake, landed)
    assert lake.read(lake.quarantine, KEY) == b"a.csv"


def test_copy_goes_to_held_when_its_run_is_held(lake: Lake) -> None:
    landed = lake.put(lake.bronze, KEY, b"a.csv")
    buckets = Buckets.of(lake.settings)
    move(lake, buckets, decided(landed, "promote"))
    assert take_back(lake.s3, [(decided(landed, "promote"), amendment(landed, "hold"))], RUN, buckets) == []
    assert lake.versions(lake.silver, KEY) == []
    assert lake.read(lake.bronze, f"held/{KEY}") == b"a.csv"


@pytest.mark.parametrize(("outcome", "amended"), [("hold", "hold"), ("quarantine", "hold")])
def test_amendment_that_is_not_stricter_takes_nothing_back(lake: Lake, outcome: str, amended: str) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"a.csv"), outcome)
    buckets = Buckets.of(lake.settings)
    (moved,) = move(lake, buckets, decision)
    to = Amendment(decided(NAME, amended), ["f"], "2026-11-25T00:00:00+00:00", "events")
    assert take_back(lake.s3, [(decision, to)], RUN, buckets) == []
    assert lake.versions(moved.bucket, moved.key) == [moved.version_id]


def test_other_bytes_at_the_place_stay(lake: Lake) -> None:
    landed = lake.put(lake.bronze, KEY, b"a.csv")
    other = lake.put(lake.silver, KEY, b"other")
    amended = [(decided(landed, "promote"), amendment(landed))]
    assert take_back(lake.s3, amended, RUN, Buckets.of(lake.settings)) == []
    assert lake.versions(lake.silver, KEY) == [other.version_id]


def test_copy_that_cannot_be_taken_back_fails_the_task_and_leaves_no_ledger(lake: Lake) -> None:
    gate = decided_gate(lake, "promote")
    amend(lake, gate.objects[NAME])
    lake.put(lake.silver, KEY, b"a.csv")
    s3: Any = boto3.client("s3")
    refused = {"Errors": [{"Key": KEY, "Code": "AccessDenied", "Message": ""}]}
    s3.meta.events.register("after-call.s3.DeleteObjects", lambda parsed, **_: parsed.update(refused))
    with pytest.raises(DeleteRefusedError, match=KEY):
        carry_out(gate, "promote", s3)
    listed = lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix=RUN.document("moves/")).get("Contents", [])
    assert [item["Key"] for item in listed] == [RUN.document("moves/promote-0.jsonl.begun")]
