"""Moves from wherever an object is: every copy, no other, and finished by a retry."""

from __future__ import annotations

from typing import Any

import pytest
from moto.s3.models import s3_backends

from lake_gate.errors import AwsError
from lake_gate.finding_events.moving import RunPlaces, StrayPlaces, left_behind, move_all, move_each
from lake_gate.model.run import Run
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.finding_events.test_withdrawing import Refusing

RUN = Run("synthea", "1")
KEY = "synthea/1/a.csv"


def anywhere(lake: Lake) -> RunPlaces:
    return RunPlaces(lake.bronze, lake.silver, lake.quarantine, RUN)


def there(lake: Lake) -> StrayPlaces:
    return StrayPlaces(lake.bronze, lake.silver, lake.quarantine, RUN)


@pytest.mark.parametrize("places", [("bronze",), ("silver",), ("held",), ("bronze", "silver"), ("held", "silver")])
def test_object_is_in_quarantine_only_wherever_it_was(lake: Lake, places: tuple[str, ...]) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    if "held" in places:
        lake.put(lake.bronze, f"held/{KEY}", b"content")
    if "silver" in places:
        lake.put(lake.silver, KEY, b"content")
    if "bronze" not in places:
        lake.s3.delete_object(Bucket=lake.bronze, Key=KEY, VersionId=landed.version_id)
    for _ in range(2):
        (moved,) = move_all(lake.s3, [decided(landed, "quarantine")], RUN, anywhere(lake))
        assert moved is not None
        assert lake.versions(lake.quarantine, KEY) == [moved.version_id]
    assert lake.keys(lake.bronze) == lake.keys(lake.silver) == []
    assert lake.read(lake.quarantine, KEY) == b"content"


def test_object_that_is_nowhere_has_no_place_and_stops_no_other(lake: Lake) -> None:
    gone, good = lake.put(lake.bronze, KEY, b"gone"), lake.put(lake.bronze, "synthea/1/b.csv", b"good")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY, VersionId=gone.version_id)
    decisions = [decided(gone, "quarantine"), decided(good, "hold")]
    first, second = move_all(lake.s3, decisions, RUN, anywhere(lake))
    assert first is None
    assert second is not None
    assert lake.keys(lake.bronze) == ["held/synthea/1/b.csv"]


def test_stray_is_taken_from_where_it_was_seen_only(lake: Lake) -> None:
    lake.put(lake.bronze, KEY, b"content")
    seen = lake.put(lake.silver, KEY, b"content")
    move_all(lake.s3, [decided(seen, "quarantine")], RUN, there(lake))
    assert (lake.keys(lake.silver), lake.keys(lake.bronze)) == ([], [KEY])


def test_two_versions_of_a_stray_are_both_moved(lake: Lake) -> None:
    seen = [lake.put(lake.silver, KEY, content) for content in (b"one", b"two")]
    moved = move_all(lake.s3, [decided(one, "quarantine") for one in seen], RUN, there(lake))
    found = [lake.read(lake.quarantine, KEY, one.version_id) for one in moved if one]
    assert found == [b"one", b"two"]
    assert lake.versions(lake.silver, KEY) == []


def test_stray_without_a_checksum_of_s3s_is_moved_all_the_same(lake: Lake) -> None:
    described = lake.put(lake.bronze, "twin", b"content")
    version = lake.s3.put_object(Bucket=lake.silver, Key=KEY, Body=b"content")["VersionId"]
    stray = decided(described, "hold", name=KEY, bucket=lake.silver, key=KEY, version_id=version)
    (moved,) = move_all(lake.s3, [stray], RUN, there(lake))
    assert moved is not None
    assert lake.read(lake.bronze, f"held/{KEY}", moved.version_id) == b"content"
    assert lake.keys(lake.silver) == []


def test_nothing_is_lost_when_no_copy_can_be_made(lake: Lake) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    lake.put(lake.silver, KEY, b"content")
    with pytest.raises(AwsError, match="SlowDown"):
        move_all(Refusing("CopyObject"), [decided(landed, "quarantine")], RUN, anywhere(lake))  # type: ignore[arg-type]
    assert lake.read(lake.bronze, KEY) == lake.read(lake.silver, KEY) == b"content"


def lock(lake: Lake, bucket: str, key: str) -> None:
    """Put what a legal hold does on every version of a key."""
    for version in s3_backends["123456789012"]["aws"].get_bucket(bucket).keys.getlist(key):
        version.lock_legal_status = "ON"


def test_object_that_cannot_be_moved_keeps_no_other_where_it_is(lake: Lake) -> None:
    keys = [f"synthea/1/{number}.csv" for number in range(5)]
    landed = [lake.put(lake.bronze, key, key.encode()) for key in keys]
    for key in keys:
        lake.put(lake.silver, key, key.encode())
    lock(lake, lake.bronze, keys[2])
    done = move_each(lake.s3, [decided(one, "quarantine") for one in landed], RUN, anywhere(lake))
    assert [bool(one.failed) for one in done] == [False, False, True, False, False]
    assert all(one.moved for one in done)  # the locked one has left silver, and its copy is in quarantine
    assert lake.keys(lake.silver) == []
    assert lake.keys(lake.bronze, "synthea/") == [keys[2]]
    assert lake.keys(lake.quarantine) == keys


def test_object_that_is_left_in_silver_is_not_reported_as_moved(lake: Lake) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    lake.put(lake.silver, KEY, b"content")
    lock(lake, lake.silver, KEY)
    (done,) = move_each(lake.s3, [decided(landed, "quarantine")], RUN, anywhere(lake))
    assert (done.moved, bool(done.failed)) == (None, True)


def test_result_has_the_error_code_of_aws_and_whether_a_retry_may_succeed(lake: Lake) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    refusing: Any = Refusing("CopyObject")
    (done,) = move_each(refusing, [decided(landed, "quarantine")], RUN, anywhere(lake))
    assert (done.moved, done.failed, done.is_passing) == (None, "SlowDown", True)


def test_copies_are_found_at_each_place_that_an_object_is_taken_from(lake: Lake) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    decision = decided(landed, "quarantine")
    assert left_behind(lake.s3, [decision], anywhere(lake)) == {(lake.bronze, "a.csv")}
    lake.put(lake.bronze, f"held/{KEY}", b"content")
    lake.put(lake.silver, KEY, b"content")
    lake.put(lake.silver, KEY, b"other bytes over it")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY, VersionId=landed.version_id)
    assert left_behind(lake.s3, [decision], anywhere(lake)) == {(lake.bronze, "a.csv"), (lake.silver, "a.csv")}
    move_all(lake.s3, [decision], RUN, anywhere(lake))
    assert left_behind(lake.s3, [decision], anywhere(lake)) == set()
