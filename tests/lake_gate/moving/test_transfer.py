"""Moves: everything at its one place, whatever happens meanwhile, and finished by a retry."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lake_gate.decision.policy import Outcome
from lake_gate.errors import (
    AwsError,
    AwsRefusedError,
    DeleteRefusedError,
    FinalGateError,
    NotDeletedError,
    ObjectLockedError,
    SourceVersionGoneError,
)
from lake_gate.model.manifest import Moved
from lake_gate.moving.transfer import Buckets, try_all, try_delete
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.meanwhile import KEY, RUN, Answering, Dying, Meanwhile, move


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
    other = lake.put(lake.bronze, KEY, b"another writer's")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY)
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "quarantine")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY)
    move(lake, buckets, decision)
    assert lake.versions(lake.bronze, KEY) == [other.version_id]
    assert lake.keys(lake.bronze) == []  # a deleted object is not brought back


def test_other_objects_of_the_bucket_are_left_alone(lake: Lake, buckets: Buckets) -> None:
    others = [lake.put(lake.bronze, f"synthea/1/{name}", b"other") for name in ("a", "a b+c%é.csv.bak", "a c", "b")]
    move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "quarantine"))
    assert [lake.versions(lake.bronze, item.key) for item in others] == [[item.version_id] for item in others]


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
def test_move_takes_at_most_three_requests_an_object_and_two_more_for_tags_of_its_own(
    lake: Lake, buckets: Buckets, outcome: str, tagged: bool
) -> None:
    tags = {"Tagging": "owner=x"} if tagged else {}
    decisions = [decided(lake.put(lake.bronze, f"synthea/1/{n:03}.csv", b"x", **tags), outcome) for n in range(50)]
    counted: Counter[str] = Counter()
    s3 = boto3.client("s3")
    s3.meta.events.register("before-send.s3.*", lambda event_name, **_: counted.update([event_name]))
    move(lake, buckets, *decisions, s3=s3)
    # The fourth and the fifth read the object's tags, and those of the copy.
    lists_and_batches = sum(counted.values()) - (5 if tagged else 3) * len(decisions)
    assert 1 <= lists_and_batches <= 3
    assert sum(counted.values()) / len(decisions) <= (5.1 if tagged else 4)


def test_error_that_a_retry_may_resolve_goes_before_one_that_it_cannot(lake: Lake, buckets: Buckets) -> None:
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


def refusing(code: str, *names: str, message: str = "") -> Any:
    """An S3 client that deletes nothing whose key ends like that."""

    def refuse(parsed: dict[str, Any], **_: object) -> None:
        parsed["Errors"] = [
            {"Key": item["Key"], "VersionId": item["VersionId"], "Code": code, "Message": message}
            for item in asked
            if item["Key"].endswith(names)
        ]

    def remember(params: dict[str, Any], **_: object) -> None:
        asked[:] = params["Delete"]["Objects"]
        kept = [item for item in asked if not item["Key"].endswith(names)]
        params["Delete"] = {"Objects": kept or [{"Key": "nothing"}], "Quiet": True}

    asked: list[Any] = []
    s3: Any = boto3.client("s3")
    s3.meta.events.register("provide-client-params.s3.DeleteObjects", remember)
    s3.meta.events.register("after-call.s3.DeleteObjects", refuse)
    return s3


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("AccessDenied", "Access Denied", DeleteRefusedError),
        ("AccessDenied", "Access Denied because object protected by object lock.", ObjectLockedError),
        ("InternalError", "We encountered an internal error.", NotDeletedError),
        ("SlowDown", "Please reduce your request rate.", NotDeletedError),
    ],
)
def test_deletions_that_fail_are_sorted_and_named_and_the_others_are_moved(
    lake: Lake, buckets: Buckets, code: str, message: str, error: type[Exception]
) -> None:
    decisions = [decided(lake.put(lake.bronze, f"synthea/1/{n}.csv", b"content"), "hold") for n in range(8)]
    s3 = refusing(code, *(f"{n}.csv" for n in range(1, 8)), message=message)
    outcomes = try_all(s3, decisions, RUN, buckets)
    first, *others = outcomes
    assert isinstance(first, Moved)
    assert {type(outcome) for outcome in others} == {error}
    assert [lake.versions(lake.bronze, item.key) for item in decisions] == [
        [],
        *([d.version_id] for d in decisions[1:]),
    ]
    assert all(lake.read(lake.bronze, f"held/{item.key}") == b"content" for item in decisions)
    with pytest.raises(error) as raised:
        move(lake, buckets, *decisions, s3=s3)
    text = str(raised.value)
    assert all(word in text for word in (lake.bronze, "7 object(s)", code, *(f"/{n}.csv" for n in range(1, 6))))
    assert "6.csv" not in text
    assert isinstance(raised.value, FinalGateError) == (code == "AccessDenied")
    assert len(move(lake, buckets, *decisions)) == 8
    assert [lake.versions(lake.bronze, item.key) for item in decisions] == [[]] * 8


def test_version_under_a_legal_hold_is_named_as_such_and_stops_no_other(lake: Lake, buckets: Buckets) -> None:
    lock = {"ObjectLockEnabled": "Enabled"}
    lake.s3.put_object_lock_configuration(Bucket=lake.bronze, ObjectLockConfiguration=lock)
    good = decided(lake.put(lake.bronze, "synthea/1/good.csv", b"good"), "quarantine")
    held = decided(lake.put(lake.bronze, KEY, b"locked", ObjectLockLegalHoldStatus="ON"), "quarantine")
    moved, locked = try_all(lake.s3, [good, held], RUN, buckets)
    assert isinstance(moved, Moved)
    assert lake.versions(lake.quarantine, good.key) == [moved.version_id]
    assert lake.versions(lake.bronze, good.key) == []
    assert isinstance(locked, ObjectLockedError)
    assert KEY in str(locked)
    assert lake.versions(lake.bronze, KEY) == [held.version_id]
    assert lake.read(lake.quarantine, KEY) == b"locked"


@pytest.mark.parametrize("operation", ["DeleteObjects", "ListObjectVersions"])
def test_deletions_that_fail_as_a_whole_are_the_error_of_each_object(
    lake: Lake, buckets: Buckets, operation: str
) -> None:
    decisions = [decided(lake.put(lake.bronze, f"synthea/1/{n}.csv", b"x"), "hold") for n in range(2)]
    s3: Any = Answering(operation, "SlowDown")
    assert [str(error) for error in try_delete(s3, decisions)] == [f"{operation} failed: SlowDown"] * 2
    assert len(move(lake, buckets, *decisions)) == 2


def test_version_of_another_writer_that_cannot_be_looked_at_stops_the_deletion_of_no_other_object(
    lake: Lake, buckets: Buckets
) -> None:
    foreign = lake.put(lake.bronze, "synthea/1/a.csv", b"under a foreign key")
    decisions = [decided(lake.put(lake.bronze, f"synthea/1/{name}", b"x"), "hold") for name in ("a.csv", "b.csv")]
    s3: Any = boto3.client("s3")

    def refuse(params: dict[str, Any], **_: object) -> None:
        if params.get("VersionId") == foreign.version_id:
            raise ClientError({"Error": {"Code": "403", "Message": ""}}, "HeadObject")

    s3.meta.events.register("provide-client-params.s3.HeadObject", refuse)
    first, second = try_all(s3, decisions, RUN, buckets)
    assert isinstance(first, AwsRefusedError)
    assert lake.versions(lake.bronze, "synthea/1/a.csv") == [decisions[0].version_id, foreign.version_id]
    assert isinstance(second, Moved)
    assert lake.versions(lake.bronze, "synthea/1/b.csv") == []


def test_two_versions_of_one_key_fail_each_by_itself(lake: Lake, buckets: Buckets) -> None:
    decisions = [decided(lake.put(lake.silver, KEY, content), "quarantine") for content in (b"one", b"two")]
    s3: Any = boto3.client("s3")
    answer = {"Errors": [{"Key": KEY, "VersionId": decisions[0].version_id, "Code": "AccessDenied", "Message": ""}]}
    s3.meta.events.register("after-call.s3.DeleteObjects", lambda parsed, **_: parsed.update(answer))
    locked, moved = try_all(s3, decisions, RUN, buckets)
    assert isinstance(locked, DeleteRefusedError)
    assert isinstance(moved, Moved)
    assert lake.read(lake.quarantine, KEY, moved.version_id) == b"two"


def test_version_that_is_gone_already_is_deleted(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "hold")
    assert len(move(lake, buckets, decision, s3=refusing("NoSuchVersion", ".csv"))) == 1
