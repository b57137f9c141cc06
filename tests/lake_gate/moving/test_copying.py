"""Copies: of exactly the decided version, with all that it has, and nothing of anybody else overwritten."""

from __future__ import annotations

import io
from typing import Any

import boto3
import pytest

from lake_gate.errors import AwsError, CopyNotVerifiedError, SourceVersionGoneError
from lake_gate.model.manifest import LandedObject
from lake_gate.moving.transfer import Buckets
from lake_gate.s3 import multipart
from lake_gate.s3.versions import tags_of
from lake_gate.scan.scope import REUSED_TAG, REUSED_VALUE
from tests.builders import decided, landed
from tests.lake import Lake
from tests.lake_gate.meanwhile import KEY, Answering, Dying, Meanwhile, move


def test_only_the_decided_version_moves_when_the_object_was_overwritten(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"scanned"), "promote")
    later = lake.put(lake.bronze, KEY, b"never scanned")
    (moved,) = move(lake, buckets, decision)
    assert lake.versions(lake.silver, KEY) == [moved.version_id]
    assert lake.read(lake.silver, KEY) == b"scanned"
    assert lake.versions(lake.bronze, KEY) == [later.version_id, decision.version_id]


@pytest.mark.parametrize("outcome", ["promote", "quarantine", "hold"])
def test_source_is_kept_when_the_copy_is_not_what_was_landed(lake: Lake, buckets: Buckets, outcome: str) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    lied = decided(landed, outcome, checksum="11" * 22)
    with pytest.raises(CopyNotVerifiedError, match="SHA-256"):
        move(lake, buckets, lied)
    assert lake.versions(lake.bronze, KEY) == [landed.version_id]
    assert lake.versions(*buckets.place(lied)) == []


@pytest.mark.parametrize("outcome", ["promote", "hold"])
def test_other_bytes_of_the_same_size_at_the_place_are_not_a_copy(lake: Lake, buckets: Buckets, outcome: str) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), outcome)
    bucket, key = buckets.place(decision)
    other = lake.put(bucket, key, b"another", Tagging="run=1&decision=x&reason=clean")
    (moved,) = move(lake, buckets, decision)
    assert lake.read(bucket, key, moved.version_id) == b"content"
    assert lake.versions(bucket, key) == [moved.version_id, other.version_id]


def test_version_that_was_deleted_is_an_error_and_nothing_is_invented(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "promote")
    lake.s3.delete_object(Bucket=lake.bronze, Key=KEY, VersionId=decision.version_id)
    with pytest.raises(SourceVersionGoneError, match=decision.version_id):
        move(lake, buckets, decision)
    assert lake.keys(lake.silver) == []


def test_other_bytes_in_the_destination_are_kept_as_a_version(lake: Lake, buckets: Buckets) -> None:
    before = lake.put(lake.silver, KEY, b"another writer's")
    (moved,) = move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "promote"))
    assert lake.versions(lake.silver, KEY) == [moved.version_id, before.version_id]
    assert moved.is_beside_others


def test_copy_carries_run_decision_and_reason_as_tags(lake: Lake, buckets: Buckets) -> None:
    move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "promote"))
    tags = lake.s3.get_object_tagging(Bucket=lake.silver, Key=KEY)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"run": "1", "decision": "promote", "reason": "clean"}


OWN = {
    "Metadata": {"delivered-by": "clinic 7"},
    "ContentType": "text/csv; charset=utf-8",
    "CacheControl": "no-store",
    "ContentEncoding": "identity",
    "ContentLanguage": "de",
    "ContentDisposition": "attachment",
    "StorageClass": "STANDARD_IA",
}


@pytest.mark.parametrize("parts", [False, True], ids=["in one piece", "in parts"])
@pytest.mark.parametrize("outcome", ["promote", "quarantine", "hold"])
def test_metadata_tags_and_storage_class_survive_and_the_destination_encrypts(
    lake: Lake, buckets: Buckets, outcome: str, parts: bool
) -> None:
    landed = put_in_parts(lake, **OWN) if parts else lake.put(lake.bronze, KEY, b"content", **OWN)
    lake.s3.put_object_tagging(
        Bucket=lake.bronze, Key=KEY, Tagging={"TagSet": [{"Key": "owner", "Value": "Jo + Co=1"}]}
    )
    (moved,) = move(lake, buckets, decided(landed, outcome))
    head = lake.s3.head_object(Bucket=moved.bucket, Key=moved.key)
    assert {name: head[name] for name in OWN} == OWN
    key = lake.outputs["QuarantineKeyArn" if outcome == "quarantine" else "KeyArn"]
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    found = lake.s3.get_object_tagging(Bucket=moved.bucket, Key=moved.key)["TagSet"]
    tags = {tag["Key"]: tag["Value"] for tag in found}
    assert tags.pop("checksum", None) == (landed.checksum if outcome == "quarantine" else None)
    assert tags == {
        "owner": "Jo + Co=1",
        "run": "1",
        "decision": outcome,
        "reason": "clean",
    }


def tag(lake: Lake, bucket: str, key: str, tags: dict[str, str]) -> None:
    tag_set = [{"Key": name, "Value": value} for name, value in tags.items()]
    lake.s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tag_set})


@pytest.mark.parametrize("outcome", ["promote", "hold"])
@pytest.mark.parametrize("count", range(6, 11))
def test_all_tags_of_an_object_are_kept_and_the_gates_as_far_as_there_is_room(
    lake: Lake, buckets: Buckets, outcome: str, count: int
) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    own = {f"k{n}": f"v{n}" for n in range(count)}
    tag(lake, lake.bronze, KEY, own)
    (moved,) = move(lake, buckets, decided(landed, outcome))
    found = tags_of(lake.s3, moved.bucket, moved.key, moved.version_id) or {}
    gates = {"run": "1", "decision": outcome, "reason": "clean"}
    names = ["reason", "run", "decision"] if outcome == "hold" else ["run", "decision", "reason"]
    assert found == {**own, **{name: gates[name] for name in names[: 10 - count]}}


@pytest.mark.parametrize("outcome", ["promote", "hold"])
def test_own_tags_that_are_called_like_the_gates_keep_their_values(lake: Lake, buckets: Buckets, outcome: str) -> None:
    landed = lake.put(lake.bronze, KEY, b"content")
    own = {"run": "Boston", "decision": "of the board", "reason": "research", "checksum": "c"}
    tag(lake, lake.bronze, KEY, own)
    (moved,) = move(lake, buckets, decided(landed, outcome))
    assert tags_of(lake.s3, moved.bucket, moved.key, moved.version_id) == own


@pytest.mark.parametrize("outcome", ["promote", "hold"])
def test_copy_with_as_many_tags_of_other_values_is_not_a_copy(lake: Lake, buckets: Buckets, outcome: str) -> None:
    landed = lake.put(lake.bronze, KEY, b"content", Tagging="owner=jo")
    decision = decided(landed, outcome)
    bucket, key = buckets.place(decision)
    other = lake.put(bucket, key, b"content", Tagging=f"owner=sam&run=1&decision={outcome}&reason=clean")
    (moved,) = move(lake, buckets, decision)
    assert lake.versions(bucket, key) == [moved.version_id, other.version_id]
    assert (tags_of(lake.s3, bucket, key, moved.version_id) or {})["owner"] == "jo"


@pytest.mark.parametrize("outcome", ["promote", "quarantine", "hold"])
def test_source_is_kept_when_its_tags_have_other_values_at_the_copy(lake: Lake, buckets: Buckets, outcome: str) -> None:
    landed = lake.put(lake.bronze, KEY, b"content", Tagging="owner=jo")
    decision = decided(landed, outcome)
    bucket, key = buckets.place(decision)
    spoil = "PutObjectTagging" if outcome == "quarantine" else "CopyObject"
    s3 = boto3.client("s3")
    values = {"owner": "sam", "run": "1", "decision": outcome, "reason": "clean", "checksum": landed.checksum}
    s3.meta.events.register(f"after-call.s3.{spoil}", lambda **_: tag(lake, bucket, key, values))
    with pytest.raises(CopyNotVerifiedError, match=r"1 of . tags"):
        move(lake, buckets, decision, s3=s3)
    assert lake.versions(lake.bronze, KEY) == [landed.version_id]
    (moved,) = move(lake, buckets, decision)
    assert (tags_of(lake.s3, bucket, key, moved.version_id) or {})["owner"] == "jo"
    assert (landed.version_id in lake.versions(lake.bronze, KEY)) == (outcome == "promote")


def test_mark_of_an_object_that_its_job_left_out_does_not_go_with_it(lake: Lake, buckets: Buckets) -> None:
    landed = lake.put(lake.bronze, KEY, b"content", Tagging=f"owner=jo&{REUSED_TAG}={REUSED_VALUE}")
    move(lake, buckets, decided(landed, "promote"))
    tags = {tag["Key"] for tag in lake.s3.get_object_tagging(Bucket=lake.silver, Key=KEY)["TagSet"]}
    assert tags == {"owner", "run", "decision", "reason"}


def put_in_parts(lake: Lake, **more: Any) -> LandedObject:
    """Put an object of 11 MB as landing does with one of more than 5 GiB."""
    content, part_bytes = bytes(range(256)) * 43_000, 5 * 1024**2
    body = io.BytesIO(content)
    answer = multipart.upload(lake.s3, body, part_bytes, Bucket=lake.bronze, Key=KEY, **more)
    return landed(
        key=KEY,
        bucket=lake.bronze,
        version_id=answer["VersionId"],
        size_bytes=len(content),
        checksum=multipart.checksum_of(body, part_bytes),
        part_bytes=part_bytes,
    )


@pytest.mark.parametrize("outcome", ["promote", "quarantine", "hold"])
def test_object_in_parts_is_copied_verified_and_deleted_like_any_other(
    lake: Lake, buckets: Buckets, outcome: str
) -> None:
    landed = put_in_parts(lake)
    content = lake.read(lake.bronze, KEY)
    lake.put(lake.bronze, KEY, b"never scanned")
    (moved,) = move(lake, buckets, decided(landed, outcome))
    assert move(lake, buckets, decided(landed, outcome)) == [moved]
    assert lake.versions(moved.bucket, moved.key) == [moved.version_id]
    assert lake.read(moved.bucket, moved.key) == content
    assert (landed.version_id in lake.versions(lake.bronze, KEY)) == (outcome == "promote")
    assert lake.read(lake.bronze, KEY) == b"never scanned"


@pytest.mark.parametrize("operation", ["UploadPartCopy", "CompleteMultipartUpload"])
def test_upload_that_a_crash_left_is_cleaned_up_and_the_copy_made(lake: Lake, buckets: Buckets, operation: str) -> None:
    decision = decided(put_in_parts(lake), "promote")
    dying = Dying(operation, "AbortMultipartUpload")
    with pytest.raises(ConnectionError):
        move(lake, buckets, decision, s3=dying)
    (moved,) = move(lake, buckets, decision)
    assert lake.versions(lake.silver, KEY) == [moved.version_id]
    assert "Uploads" not in lake.s3.list_multipart_uploads(Bucket=lake.silver)


def test_no_upload_is_left_when_a_part_cannot_be_copied(lake: Lake, buckets: Buckets) -> None:
    decision = decided(put_in_parts(lake), "quarantine", size_bytes=99 * 1024**2)
    with pytest.raises(AwsError, match="InvalidArgument"):
        move(lake, buckets, decision)
    assert "Uploads" not in lake.s3.list_multipart_uploads(Bucket=lake.quarantine)
    assert lake.versions(lake.bronze, KEY) == [decision.version_id]


def test_object_that_came_to_the_place_meanwhile_stays_as_an_older_version(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), "promote")
    meddled = Meanwhile("CopyObject", lambda: lake.put(lake.silver, KEY, b"another writer's"))
    (moved,) = move(lake, buckets, decision, s3=meddled)
    assert moved.is_beside_others
    assert [lake.read(lake.silver, KEY, version) for version in lake.versions(lake.silver, KEY)] == [
        b"content",
        b"another writer's",
    ]


class Blind:
    """An S3 client whose role sees no tags, and may not delete anything, as long as it is blind."""

    def __init__(self) -> None:
        self._s3: Any = boto3.client("s3")
        self.is_blind = True
        self._s3.meta.events.register("after-call.s3.HeadObject", self._hide)
        self._s3.meta.events.register("before-call.s3.DeleteObject", self._refuse)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def _hide(self, parsed: dict[str, Any], **_: object) -> None:
        if self.is_blind:
            parsed.pop("TagCount", None)

    def _refuse(self, **_: object) -> None:
        raise AssertionError("a copy with the right bytes is deleted")


@pytest.mark.parametrize("outcome", ["promote", "hold"])
def test_retry_does_not_take_for_verified_what_the_first_try_refused(
    lake: Lake, buckets: Buckets, outcome: str
) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), outcome)
    s3 = Blind()
    for _ in range(2):
        with pytest.raises(CopyNotVerifiedError, match="tags"):
            move(lake, buckets, decision, s3=s3)
        assert lake.versions(lake.bronze, KEY) == [decision.version_id]
    s3.is_blind = False
    (moved,) = move(lake, buckets, decision, s3=s3)
    assert lake.read(moved.bucket, moved.key, moved.version_id) == b"content"


def test_copy_that_lost_its_metadata_is_made_again_before_the_source_goes(lake: Lake, buckets: Buckets) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content", Metadata={"delivered-by": "clinic 7"}), "hold")
    lake.put(*buckets.place(decision), b"content")  # the bytes are right, and that is all
    (moved,) = move(lake, buckets, decision)
    assert lake.s3.head_object(Bucket=moved.bucket, Key=moved.key)["Metadata"] == {"delivered-by": "clinic 7"}
    assert (len(lake.versions(moved.bucket, moved.key)), moved.is_beside_others) == (2, False)


@pytest.mark.parametrize("outcome", ["quarantine", "hold"])
def test_object_is_copied_where_the_object_at_its_place_was_deleted(lake: Lake, buckets: Buckets, outcome: str) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), outcome)
    bucket, key = buckets.place(decision)
    lake.put(bucket, key, b"other")
    lake.s3.delete_object(Bucket=bucket, Key=key)
    (moved,) = move(lake, buckets, decision)
    assert lake.read(bucket, key) == b"content"
    assert moved.is_beside_others


def test_tags_that_others_add_to_the_copy_are_ignored(lake: Lake, buckets: Buckets) -> None:
    def scan(**_: object) -> None:
        tags = [{"Key": key, "Value": "x"} for key in ("run", "decision", "reason", "GuardDutyMalwareScanStatus")]
        lake.s3.put_object_tagging(Bucket=lake.silver, Key=KEY, Tagging={"TagSet": tags})

    s3 = boto3.client("s3")
    s3.meta.events.register("after-call.s3.CopyObject", scan)
    (moved,) = move(lake, buckets, decided(lake.put(lake.bronze, KEY, b"content"), "promote"), s3=s3)
    assert lake.versions(lake.silver, KEY) == [moved.version_id]


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("parts", [False, True], ids=["in one piece", "in parts"])
@pytest.mark.parametrize("outcome", ["promote", "quarantine", "hold"])
def test_copy_is_tried_again_while_another_write_is_in_flight(
    lake: Lake, buckets: Buckets, outcome: str, parts: bool
) -> None:
    landed = put_in_parts(lake) if parts else lake.put(lake.bronze, KEY, b"content")
    decision = decided(landed, outcome)
    operation = "CompleteMultipartUpload" if parts else "CopyObject"
    with pytest.raises(AwsError, match="ConditionalRequestConflict"):
        move(lake, buckets, decision, s3=Answering(operation, "ConditionalRequestConflict"))
    assert lake.versions(lake.bronze, KEY) == [landed.version_id]
    assert lake.versions(*buckets.place(decision)) == []
    (moved,) = move(lake, buckets, decision, s3=Answering(operation, "ConditionalRequestConflict", 2))
    assert lake.versions(moved.bucket, moved.key) == [moved.version_id]
    assert "Uploads" not in lake.s3.list_multipart_uploads(Bucket=moved.bucket)


@pytest.mark.parametrize("outcome", ["promote", "hold"])
def test_object_is_copied_when_what_was_at_its_place_is_deleted_meanwhile(
    lake: Lake, buckets: Buckets, outcome: str
) -> None:
    decision = decided(lake.put(lake.bronze, KEY, b"content"), outcome)
    bucket, key = buckets.place(decision)
    other = lake.put(bucket, key, b"other")
    deleting = Meanwhile(
        "CopyObject", lambda: lake.s3.delete_object(Bucket=bucket, Key=key, VersionId=other.version_id)
    )
    (moved,) = move(lake, buckets, decision, s3=deleting)
    assert lake.versions(bucket, key) == [moved.version_id]
    assert lake.read(bucket, key) == b"content"
    assert not moved.is_beside_others
