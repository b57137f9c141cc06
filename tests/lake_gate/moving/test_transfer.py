"""Moves: everything at its one place, whatever happens meanwhile, and finished by a retry."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lake_gate.errors import AwsError, GateError, SourceVersionGoneError
from lake_gate.judging.policy import Outcome
from lake_gate.moving.transfer import Buckets
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.meanwhile import KEY, Dying, Meanwhile, move


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


def test_overwriting_version_stays_when_the_decided_one_is_quarantined(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"scanned"), "quarantine")
    later = lake.put(lake.bronze, KEY, b"never scanned")
    move(lake, buckets, decision)
    assert lake.read(lake.quarantine, KEY) == b"scanned"
    assert lake.versions(lake.bronze, KEY) == [later.version_id]


def test_others_are_moved_when_one_object_fails(lake: Lake, buckets: Buckets) -> None:
    good = decided(lake.put(lake.bronze, "synthea/1/good.csv", b"good"), "quarantine")
    gone = decided(lake.put(lake.bronze, KEY, b"gone"), "quarantine")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY, VersionId=gone.version_id)
    with pytest.raises(SourceVersionGoneError):
        move(lake, buckets, gone, good)
    assert lake.keys(lake.quarantine) == ["synthea/1/good.csv"]
    assert lake.keys(lake.bronze) == []


@pytest.mark.parametrize("outcome", ["quarantine", "hold"])
def test_older_versions_of_the_same_content_go_and_so_do_delete_markers(
    lake: Lake, buckets: Buckets, outcome: str
) -> None:
    lake.put(lake.bronze, KEY, b"content")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY)
    decision = decided(lake.put(lake.bronze, KEY, b"content"), outcome)
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY)
    move(lake, buckets, decision)
    listed = lake.s3.list_object_versions(Bucket=lake.bronze, Prefix=KEY)
    assert listed.get("Versions", []) == listed.get("DeleteMarkers", []) == []


def test_older_version_with_other_bytes_stays_hidden_and_is_not_lost(lake: Lake, buckets: Buckets) -> None:
    other = lake.put(lake.bronze, KEY, b"somebody's")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY)
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "quarantine")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY)
    move(lake, buckets, decision)
    assert lake.versions(lake.bronze, KEY) == [other.version_id]
    assert lake.keys(lake.bronze) == []  # what somebody had deleted is not brought back


def test_other_objects_of_the_bucket_are_left_alone(lake: Lake, buckets: Buckets) -> None:
    others = [lake.put(lake.bronze, f"synthea/1/{name}", b"other") for name in ("a", "a b+c%é.csv.bak", "a c", "b")]
    move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "quarantine"))
    assert [lake.versions(lake.bronze, one.key) for one in others] == [[one.version_id] for one in others]


MOMENTS = [
    *((operation, outcome) for operation in ("ListObjectVersions", "HeadObject", "CopyObject") for outcome in Outcome),
    ("DeleteObjects", Outcome.QUARANTINE),
    ("DeleteObjects", Outcome.HOLD),
]


@pytest.mark.parametrize("taken", [False, True], ids=["the place is free", "other bytes are there"])
@pytest.mark.parametrize(("operation", "outcome"), MOMENTS)
def test_nothing_is_doubled_or_lost_when_the_same_move_runs_twice_at_once(
    lake: Lake, buckets: Buckets, operation: str, outcome: str, taken: bool
) -> None:
    others = [lake.put(*buckets.place(decided(key=KEY, outcome=outcome)), b"other").version_id] if taken else []
    decision = decided(lake.put(lake.bronze, KEY, b"content"), outcome)
    twin = Meanwhile(operation, lambda: move(lake, buckets, decision))
    (moved,) = move(lake, buckets, decision, s3=twin)
    assert lake.versions(moved.bucket, moved.key) == [moved.version_id, *others]
    assert lake.read(moved.bucket, moved.key) == b"content"
    assert (lake.versions(lake.bronze, KEY) == []) == (outcome != "promote")
    assert moved.is_beside_others == taken


@pytest.mark.parametrize(("operation", "outcome"), MOMENTS)
def test_overwriting_bytes_survive_and_are_never_moved_whenever_they_come(
    lake: Lake, buckets: Buckets, operation: str, outcome: str
) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), outcome)
    meddled = Meanwhile(operation, lambda: lake.put(lake.bronze, KEY, b"never scanned"))
    (moved,) = move(lake, buckets, decision, s3=meddled)
    assert lake.versions(moved.bucket, moved.key) == [moved.version_id]
    assert lake.read(moved.bucket, moved.key) == b"content"
    assert lake.read(lake.bronze, KEY) == b"never scanned"


@pytest.mark.parametrize("outcome", ["promote", "quarantine", "hold"])
@pytest.mark.parametrize("tagged", [False, True])
def test_move_takes_at_most_four_requests_an_object(lake: Lake, buckets: Buckets, outcome: str, tagged: bool) -> None:
    tags = {"Tagging": "owner=x"} if tagged else {}
    decisions = [decided(lake.put(lake.bronze, f"synthea/1/{n:03}.csv", b"x", **tags), outcome) for n in range(50)]
    counted: Counter[str] = Counter()
    s3 = boto3.client("s3")
    s3.meta.events.register("before-send.s3.*", lambda event_name, **_: counted.update([event_name]))
    move(lake, buckets, *decisions, s3=s3)
    lists_and_batches = sum(counted.values()) - (4 if tagged else 3) * len(decisions)
    assert 1 <= lists_and_batches <= 3
    assert sum(counted.values()) / len(decisions) <= (4.1 if tagged else 4)


def test_error_that_a_retry_may_mend_goes_before_one_that_it_cannot(lake: Lake, buckets: Buckets) -> None:
    decisions = [decided(lake.put(lake.bronze, f"synthea/1/{n}.csv", b"x"), "promote") for n in range(2)]
    s3 = boto3.client("s3")

    def refuse(params: dict[str, Any], **_: object) -> None:
        code = "AccessDenied" if params["url_path"].endswith("0.csv") else "SlowDown"
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "CopyObject")

    s3.meta.events.register("before-call.s3.CopyObject", refuse)
    with pytest.raises(AwsError, match="SlowDown"):
        move(lake, buckets, *decisions, s3=s3)


@pytest.mark.parametrize("operation", ["CopyObject", "HeadObject", "DeleteObjects"])
def test_retry_finishes_what_a_crash_left(lake: Lake, buckets: Buckets, operation: str) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "hold")
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
