"""Quarantine: what goes into it is verified, and never looked at again by who put it there."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from botocore.exceptions import ClientError

from lake_gate.errors import CopyNotVerifiedError, SourceVersionGoneError
from lake_gate.model.manifest import Moved
from lake_gate.moving.sealed import remove_other_copies, remove_unsealed, sealed_checksum
from lake_gate.moving.tags import SEAL_TAG, run_tag_value
from lake_gate.moving.transfer import Buckets
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.meanwhile import KEY, RUN, Answering, Dying, Meanwhile, move
from tests.lake_gate.moving.test_copying import put_in_parts


class Refused:
    """An S3 client that reads nothing in one bucket, as the policy of quarantine has it."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket
        self._s3: Any = boto3.client("s3")
        for operation in ("GetObject", "HeadObject", "GetObjectAttributes"):
            self._s3.meta.events.register(f"provide-client-params.s3.{operation}", self._refuse)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def _refuse(self, params: dict[str, Any], **_: object) -> None:
        if params["Bucket"] == self.bucket:
            raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")


def tags(lake: Lake, version_id: str) -> dict[str, str]:
    answer = lake.s3.get_object_tagging(Bucket=lake.quarantine, Key=KEY, VersionId=version_id)
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


@pytest.mark.parametrize("parts", [False, True], ids=["in one piece", "in parts"])
def test_object_is_isolated_by_a_role_that_may_not_read_it_there(lake: Lake, buckets: Buckets, parts: bool) -> None:
    landed = put_in_parts(lake) if parts else lake.put(lake.bronze, KEY, b"content")
    content = lake.read(lake.bronze, KEY)
    decision = decided(landed, "quarantine")
    (moved,) = move(lake, buckets, decision, s3=Refused(lake.quarantine))
    assert lake.read(lake.quarantine, KEY, moved.version_id) == content
    assert lake.versions(lake.bronze, KEY) == []
    assert tags(lake, moved.version_id)[SEAL_TAG] == landed.checksum
    assert move(lake, buckets, decision, s3=Refused(lake.quarantine)) == [moved]
    assert lake.versions(lake.quarantine, KEY) == [moved.version_id]


@pytest.mark.parametrize("operation", ["CopyObject", "PutObjectTagging", "DeleteObjects"])
def test_retry_finishes_what_a_crash_left(lake: Lake, buckets: Buckets, operation: str) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "quarantine")
    with pytest.raises(ConnectionError):
        move(lake, buckets, decision, s3=Dying(operation))
    (moved,) = move(lake, buckets, decision, s3=Refused(lake.quarantine))
    assert lake.read(lake.quarantine, KEY, moved.version_id) == b"content"
    assert tags(lake, moved.version_id)[SEAL_TAG] == decision.checksum
    assert not moved.is_beside_others
    assert lake.versions(lake.quarantine, KEY) == [moved.version_id]
    assert lake.versions(lake.bronze, KEY) == []


def test_what_two_crashes_left_is_removed_by_the_third_try(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "quarantine")
    for operation in ("CopyObject", "PutObjectTagging"):
        with pytest.raises(ConnectionError):
            move(lake, buckets, decision, s3=Dying(operation))
    assert len(lake.versions(lake.quarantine, KEY)) == 2
    (moved,) = move(lake, buckets, decision)
    assert lake.versions(lake.quarantine, KEY) == [moved.version_id]
    assert lake.read(lake.quarantine, KEY, moved.version_id) == b"content"


def test_unverified_copy_does_not_count_when_the_source_is_gone_and_is_kept(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "quarantine")
    with pytest.raises(ConnectionError):
        move(lake, buckets, decision, s3=Dying("CopyObject"))
    before = lake.versions(lake.quarantine, KEY)
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY, VersionId=decision.version_id)
    with pytest.raises(SourceVersionGoneError):
        move(lake, buckets, decision)
    assert lake.versions(lake.quarantine, KEY) == before


def test_copy_that_the_same_task_has_sealed_meanwhile_stays(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "quarantine")
    with pytest.raises(ConnectionError):
        move(lake, buckets, decision, s3=Dying("CopyObject"))
    (other,) = lake.versions(lake.quarantine, KEY)
    seal = {"TagSet": [{"Key": "run", "Value": "1"}, {"Key": SEAL_TAG, "Value": decision.checksum}]}
    sealing = Meanwhile(
        "CopyObject",
        lambda: lake.s3.put_object_tagging(Bucket=lake.quarantine, Key=KEY, VersionId=other, Tagging=seal),
    )
    (moved,) = move(lake, buckets, decision, s3=sealing)
    assert lake.versions(lake.quarantine, KEY) == [moved.version_id, other]


def test_task_whose_copy_was_removed_before_its_seal_counts_on_the_copy_of_its_twin(
    lake: Lake, buckets: Buckets
) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "quarantine")
    twin = Meanwhile("PutObjectTagging", lambda: move(lake, buckets, decision))
    (moved,) = move(lake, buckets, decision, s3=twin)
    assert lake.versions(lake.quarantine, KEY) == [moved.version_id]
    assert lake.read(lake.quarantine, KEY, moved.version_id) == b"content"
    assert tags(lake, moved.version_id)[SEAL_TAG] == decision.checksum
    assert lake.versions(lake.bronze, KEY) == []


def test_copy_of_other_bytes_is_not_left_there_and_the_source_stays(lake: Lake, buckets: Buckets) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    with pytest.raises(CopyNotVerifiedError, match="SHA-256"):
        move(lake, buckets, decided(landed, "quarantine", checksum="11" * 22))
    assert lake.versions(lake.quarantine, KEY) == []
    assert lake.versions(lake.bronze, KEY) == [landed.version_id]


def test_version_of_another_writer_is_kept(lake: Lake, buckets: Buckets) -> None:
    before = lake.put(lake.quarantine, KEY, b"another writer's")
    (moved,) = move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "quarantine"))
    assert lake.versions(lake.quarantine, KEY) == [moved.version_id, before.version_id]
    assert moved.is_beside_others


def test_version_that_came_to_the_place_meanwhile_is_reported_and_kept(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "quarantine")
    meddled = Meanwhile("CopyObject", lambda: lake.put(lake.quarantine, KEY, b"another writer's"))
    (moved,) = move(lake, buckets, decision, s3=meddled)
    assert moved.is_beside_others
    assert [lake.read(lake.quarantine, KEY, version) for version in lake.versions(lake.quarantine, KEY)] == [
        b"content",
        b"another writer's",
    ]


def test_copy_that_is_not_encrypted_is_refused(lake: Lake, buckets: Buckets) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    s3 = boto3.client("s3")
    s3.meta.events.register("after-call.s3.CopyObject", lambda parsed, **_: parsed.pop("ServerSideEncryption"))
    with pytest.raises(CopyNotVerifiedError, match="encrypted"):
        move(lake, buckets, decided(landed, "quarantine"), s3=s3)
    assert lake.versions(lake.bronze, KEY) == [landed.version_id]


OWN = {
    "nine": {f"k{n}": f"v{n}" for n in range(9)},
    "ten": {f"k{n}": f"v{n}" for n in range(10)},
    "named like the gate's": {"run": "Boston", "decision": "x", "reason": "y", "checksum": "z"},
    "ten, one named like the seal": {"checksum": "z", **{f"k{n}": f"v{n}" for n in range(9)}},
}


def tag(lake: Lake, own: dict[str, str]) -> None:
    tag_set = [{"Key": name, "Value": value} for name, value in own.items()]
    lake.s3.put_object_tagging(Bucket=lake.bronze, Key=KEY, Tagging={"TagSet": tag_set})


@pytest.mark.parametrize("name", OWN)
def test_all_tags_of_an_object_are_kept_and_its_copy_is_sealed_all_the_same(
    lake: Lake, buckets: Buckets, name: str
) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    tag(lake, OWN[name])
    decision = decided(landed, "quarantine")
    (moved,) = move(lake, buckets, decision, s3=Refused(lake.quarantine))
    assert OWN[name].items() <= tags(lake, moved.version_id).items()
    assert sealed_checksum(lake.s3, lake.quarantine, KEY, moved.version_id) == landed.checksum
    assert len(lake.keys(lake.quarantine, "_sealed/")) == (len(OWN[name]) == 10)  # where there is no room for a tag
    assert lake.versions(lake.bronze, KEY) == []
    assert move(lake, buckets, decision, s3=Refused(lake.quarantine)) == [moved]
    assert lake.versions(lake.quarantine, KEY) == [moved.version_id]


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("operation", ["CopyObject", "PutObject", "PutObjectTagging", "DeleteObjects"])
def test_object_with_many_tags_is_neither_lost_nor_without_a_seal_after_a_crash(
    lake: Lake, buckets: Buckets, name: str, operation: str
) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    tag(lake, OWN[name])
    decision = decided(landed, "quarantine")
    with suppress(ConnectionError):
        move(lake, buckets, decision, s3=Dying(operation))
    (moved,) = move(lake, buckets, decision)
    assert OWN[name].items() <= tags(lake, moved.version_id).items()
    assert sealed_checksum(lake.s3, lake.quarantine, KEY, moved.version_id) == landed.checksum
    assert lake.read(lake.quarantine, KEY, moved.version_id) == b"content"
    assert lake.versions(lake.bronze, KEY) == []


@pytest.mark.parametrize("count", [1, 10])
def test_tag_of_an_object_cannot_pass_for_the_seal_of_an_unverified_copy(
    lake: Lake, buckets: Buckets, count: int
) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    tag(lake, {SEAL_TAG: landed.checksum, **{f"k{n}": "v" for n in range(count - 1)}})
    with pytest.raises(ConnectionError):
        move(lake, buckets, decided(landed, "quarantine"), s3=Dying("CopyObject"))
    (left,) = lake.versions(lake.quarantine, KEY)
    assert sealed_checksum(lake.s3, lake.quarantine, KEY, left) is None


def test_object_with_content_cannot_pass_for_a_seal(lake: Lake, buckets: Buckets) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    tag(lake, OWN["ten"])
    (moved,) = move(lake, buckets, decided(landed, "quarantine"))
    (seal,) = lake.keys(lake.quarantine, "_sealed/")
    lake.put(lake.quarantine, seal, b"content")
    assert sealed_checksum(lake.s3, lake.quarantine, KEY, moved.version_id) is None


def test_version_that_counts_is_never_removed_and_nothing_is_when_it_is_not_there(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "quarantine")
    for _ in range(2):
        with pytest.raises(ConnectionError):
            move(lake, buckets, decision, s3=Dying("CopyObject"))
    first, second = lake.versions(lake.quarantine, KEY)
    place: dict[str, Any] = {"bucket": lake.quarantine, "key": KEY}
    remove_unsealed(lake.s3, lake.quarantine, [Moved("a", **place, version_id="gone")], RUN)
    assert lake.versions(lake.quarantine, KEY) == [first, second]
    remove_unsealed(lake.s3, lake.quarantine, [Moved("a", **place, version_id=second)], RUN)
    assert lake.versions(lake.quarantine, KEY) == [second]


def test_second_copy_of_two_attempts_is_removed_and_sealed_copies_of_other_bytes_stay(
    lake: Lake, buckets: Buckets
) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    (moved,) = move(lake, buckets, decided(landed, "quarantine"))
    second, other = (
        lake.put(lake.quarantine, KEY, content, Tagging=urlencode({"run": run_tag_value(RUN), SEAL_TAG: seal}))
        for content, seal in ((b"content", landed.checksum), (b"other", "b3RoZXI="))
    )
    assert lake.versions(lake.quarantine, KEY) == [other.version_id, second.version_id, moved.version_id]
    remove_other_copies(lake.s3, lake.quarantine, [moved], RUN)
    assert lake.versions(lake.quarantine, KEY) == [other.version_id, moved.version_id]


def test_unverified_version_that_cannot_be_deleted_does_not_fail_a_completed_move(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "quarantine")
    with pytest.raises(ConnectionError):
        move(lake, buckets, decision, s3=Dying("CopyObject"))
    (left,) = lake.versions(lake.quarantine, KEY)
    (moved,) = move(lake, buckets, decision, s3=Answering("DeleteObject", "AccessDenied"))
    assert lake.versions(lake.quarantine, KEY) == [moved.version_id, left]
    assert lake.versions(lake.bronze, KEY) == []


def test_object_stays_when_its_tags_have_other_values_on_the_copy(lake: Lake, buckets: Buckets) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    tag(lake, {"owner": "clinic", "retention": "10y"})
    s3 = boto3.client("s3")
    s3.meta.events.register("before-parameter-build.s3.PutObjectTagging", change_first_tag)
    with pytest.raises(CopyNotVerifiedError):
        move(lake, buckets, decided(landed, "quarantine"), s3=s3)
    assert lake.versions(lake.bronze, KEY) == [landed.version_id]


def change_first_tag(params: dict[str, Any], **_: Any) -> None:
    (first, *rest) = sorted(params["Tagging"]["TagSet"], key=lambda item: item["Key"] != "owner")
    params["Tagging"] = {"TagSet": [{**first, "Value": "another"}, *rest]}
