"""Moves: exactly the decided version, verified before anything is deleted, and finished by a retry."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from lake_gate.decision import Decision
from lake_gate.errors import CopyNotVerifiedError, GateError, SourceVersionGoneError
from lake_gate.record import Moved
from lake_gate.run import Run
from lake_gate.transfer import Buckets, carry_out
from tests.builders import decided
from tests.lake import Lake

RUN = Run("synthea", "1")
KEY = "synthea/1/a b+c%é.csv"


@pytest.fixture
def buckets(lake: Lake) -> Buckets:
    return Buckets(lake.bronze, lake.silver, lake.quarantine)


def move(lake: Lake, buckets: Buckets, *decisions: Decision, s3: Any = None) -> list[Moved]:
    return carry_out(s3 or lake.s3, decisions, RUN, buckets)


def test_promoted_object_is_in_silver_and_stays_in_bronze(lake: Lake, buckets: Buckets) -> None:
    (moved,) = move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "promote"))
    assert lake.read(lake.silver, KEY, moved.version_id) == lake.read(lake.bronze, KEY) == b"content"


def test_quarantined_object_is_in_quarantine_only(lake: Lake, buckets: Buckets) -> None:
    move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "quarantine"))
    assert lake.read(lake.quarantine, KEY) == b"content"
    assert lake.versions(lake.bronze, KEY) == lake.keys(lake.silver) == []


def test_held_object_is_below_held_in_bronze_only(lake: Lake, buckets: Buckets) -> None:
    move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "hold"))
    assert lake.keys(lake.bronze) == [f"held/{KEY}"]
    assert lake.versions(lake.bronze, KEY) == lake.keys(lake.silver) == lake.keys(lake.quarantine) == []


@pytest.mark.parametrize("outcome", ["promote", "quarantine", "hold"])
def test_nothing_is_doubled_or_lost_when_a_move_is_done_again(lake: Lake, buckets: Buckets, outcome: str) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), outcome)
    first = move(lake, buckets, decision)
    assert move(lake, buckets, decision) == first
    assert lake.versions(first[0].bucket, first[0].key) == [first[0].version_id]


def test_only_the_decided_version_moves_when_the_object_was_overwritten(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"scanned"), "promote")
    later = lake.put(lake.bronze, KEY, b"never scanned")
    (moved,) = move(lake, buckets, decision)
    assert lake.versions(lake.silver, KEY) == [moved.version_id]
    assert lake.read(lake.silver, KEY) == b"scanned"
    assert lake.versions(lake.bronze, KEY) == [later.version_id, decision.version_id]


def test_overwriting_version_stays_when_the_decided_one_is_quarantined(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"scanned"), "quarantine")
    later = lake.put(lake.bronze, KEY, b"never scanned")
    move(lake, buckets, decision)
    assert lake.read(lake.quarantine, KEY) == b"scanned"
    assert lake.versions(lake.bronze, KEY) == [later.version_id]


def test_source_is_kept_when_the_copy_is_not_what_was_landed(lake: Lake, buckets: Buckets) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    lied = decided(landed, "quarantine", checksum="11" * 22)
    with pytest.raises(CopyNotVerifiedError, match="SHA-256"):
        move(lake, buckets, lied)
    assert lake.versions(lake.bronze, KEY) == [landed.version_id]
    assert lake.versions(lake.quarantine, KEY) == []


def test_version_that_somebody_deleted_is_an_error_and_nothing_is_invented(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "promote")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY, VersionId=decision.version_id)
    with pytest.raises(SourceVersionGoneError, match=decision.version_id):
        move(lake, buckets, decision)
    assert lake.keys(lake.silver) == []


def test_others_are_moved_when_one_object_fails(lake: Lake, buckets: Buckets) -> None:
    good = decided(lake.put(lake.bronze, "synthea/1/good.csv", b"good"), "quarantine")
    gone = decided(lake.put(lake.bronze, KEY, b"gone"), "quarantine")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY, VersionId=gone.version_id)
    with pytest.raises(SourceVersionGoneError):
        move(lake, buckets, gone, good)
    assert lake.keys(lake.quarantine) == ["synthea/1/good.csv"]
    assert lake.keys(lake.bronze) == []


def test_other_bytes_in_the_destination_are_kept_as_a_version(lake: Lake, buckets: Buckets) -> None:
    before = lake.put(lake.silver, KEY, b"somebody's")
    (moved,) = move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "promote"))
    assert lake.versions(lake.silver, KEY) == [moved.version_id, before.version_id]


def test_copy_carries_run_decision_and_reason_as_tags(lake: Lake, buckets: Buckets) -> None:
    move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "quarantine"))
    tags = lake.s3.get_object_tagging(Bucket=lake.quarantine, Key=KEY)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"run": "1", "decision": "quarantine", "reason": "clean"}


class Dying:
    """An S3 client that dies after the given operation has taken effect."""

    def __init__(self, operation: str) -> None:
        self._s3: Any = boto3.client("s3")
        self._s3.meta.events.register(f"after-call.s3.{operation}", self._die)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    @staticmethod
    def _die(**_: object) -> None:
        raise ConnectionError("the worker is gone")


@pytest.mark.parametrize("operation", ["CopyObject", "HeadObject", "DeleteObjects"])
@pytest.mark.parametrize("outcome", ["quarantine", "hold"])
def test_retry_finishes_what_a_crash_left(lake: Lake, buckets: Buckets, operation: str, outcome: str) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), outcome)
    with pytest.raises(ConnectionError):
        move(lake, buckets, decision, s3=Dying(operation))
    assert lake.versions(lake.bronze, KEY) or lake.read(*buckets.place(decision)) == b"content"
    (moved,) = move(lake, buckets, decision)
    assert lake.read(moved.bucket, moved.key, moved.version_id) == b"content"
    assert lake.versions(moved.bucket, moved.key) == [moved.version_id]
    assert lake.versions(lake.bronze, KEY) == []


def test_versions_that_s3_does_not_delete_are_an_error_without_their_names(lake: Lake, buckets: Buckets) -> None:
    class Refusing(Dying):
        def delete_objects(self, **_: object) -> Any:
            return {"Errors": [{"Code": "AccessDenied", "Key": KEY}]}

    with pytest.raises(GateError, match="AccessDenied"):
        move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "hold"), s3=Refusing("NoSuch"))
