"""A purge deletes all versions with the reviewed bytes, nothing else, and says what is left."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.errors import NotPurgedError, ReviewedFileChangedError
from lake_gate.moving.tags import SEAL_TAG
from lake_gate.review.purging import purge, versions_to_purge
from lake_gate.review.request import Request, ReviewedFile
from lake_gate.review.sessions import Purger
from tests.lake import Lake
from tests.lake_gate.review.conftest import quarantine
from tests.lake_gate.review.requests import CONTENT, make_request


def request_for(*files: ReviewedFile) -> Request:
    return make_request(files=files, asked="purge", exception=None)


def purger(lake: Lake) -> Purger:
    return Purger(lake.s3, lake.settings.purger_role_arn, lake.quarantine, "review-0123456789abcdef")


def put(lake: Lake, key: str, content: bytes, seal: str = "") -> str:
    """Put another version, and return its id."""
    place: Any = {"Bucket": lake.quarantine, "Key": key}
    version_id: str = lake.s3.put_object(**place, Body=content)["VersionId"]
    if seal:
        tags = [{"Key": SEAL_TAG, "Value": seal}]
        lake.s3.put_object_tagging(**place, VersionId=version_id, Tagging={"TagSet": tags})
    return version_id


def markers(lake: Lake) -> list[Any]:
    return list(lake.s3.list_object_versions(Bucket=lake.quarantine).get("DeleteMarkers", []))


def test_all_versions_with_the_reviewed_bytes_and_delete_markers_go(lake: Lake) -> None:
    file, other = quarantine(lake), quarantine(lake, "other.csv")
    same = put(lake, file.key, CONTENT, file.checksum)
    marker = lake.s3.delete_object(Bucket=lake.quarantine, Key=file.key)["VersionId"]
    (listed,) = versions_to_purge(lake.s3, lake.quarantine, request_for(file))
    assert (sorted(listed.deleted), listed.left) == (sorted([file.version_id, same, marker]), [])
    purge(lake.s3, purger(lake), request_for(file))
    purge(lake.s3, purger(lake), request_for(file))
    assert (lake.keys(lake.quarantine), markers(lake)) == ([other.key], [])


def test_versions_with_other_bytes_or_without_a_seal_stay_and_are_named(lake: Lake) -> None:
    file = quarantine(lake)
    unsealed, others = put(lake, file.key, CONTENT), put(lake, file.key, b"other", "b3RoZXI=")
    lake.s3.delete_object(Bucket=lake.quarantine, Key=file.key)
    (listed,) = versions_to_purge(lake.s3, lake.quarantine, request_for(file))
    assert (listed.deleted, sorted(listed.left)) == ([file.version_id], sorted([unsealed, others]))
    purge(lake.s3, purger(lake), request_for(file))
    assert sorted(lake.versions(lake.quarantine, file.key)) == sorted([unsealed, others])
    assert len(markers(lake)) == 1


def test_nothing_is_purged_if_a_reviewed_version_is_not_there(lake: Lake) -> None:
    file, gone = quarantine(lake), quarantine(lake, "gone.csv")
    lake.s3.delete_object(Bucket=lake.quarantine, Key=gone.key, VersionId=gone.version_id)
    with pytest.raises(ReviewedFileChangedError):
        versions_to_purge(lake.s3, lake.quarantine, request_for(file, gone))


def test_version_that_is_added_meanwhile_is_noticed(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    file = quarantine(lake)
    delete = Purger.delete

    def add(role: Purger, version: ReviewedFile) -> None:
        delete(role, version)
        put(lake, file.key, CONTENT, file.checksum)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Purger, "delete", add)
        with pytest.raises(NotPurgedError, match=r"organizations\.csv"):
            purge(lake.s3, purger(lake), request_for(file))
    purge(lake.s3, purger(lake), request_for(file))
    assert lake.keys(lake.quarantine) == []
