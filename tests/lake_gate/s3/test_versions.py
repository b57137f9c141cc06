"""Histories of keys: whichever keys, in however many pages."""

from __future__ import annotations

import hashlib
from collections import Counter

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_gate.s3.versions import HashedVersion, hash_version, list_histories
from tests.examples import examples
from tests.lake import Lake

NAMES = ["a", "a ", "a.csv", "a/b", "ab", "b", "é.csv", "日本", "~", "z/\U0001f600"]


@pytest.fixture
def histories(lake: Lake) -> dict[str, list[str]]:
    """Ids of the versions of each of the names, two or three of them, latest first."""
    made = {name: [lake.put(lake.bronze, f"r/{name}", b"x").version_id for _ in range(2)] for name in NAMES}
    made["b"].append(lake.put(lake.bronze, "r/b", b"y").version_id)
    return {f"r/{name}": ids[::-1] for name, ids in made.items()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(30), deadline=None)
@given(wanted=st.sets(st.sampled_from([*NAMES, "0", "c", "zz"])))
def test_all_versions_of_the_wanted_keys_are_found_and_of_no_others(
    lake: Lake, histories: dict[str, list[str]], wanted: set[str]
) -> None:
    keys = {f"r/{name}" for name in wanted}
    found = list_histories(lake.s3, lake.bronze, keys)
    assert {key: history.versions for key, history in found.items()} == {
        key: ids for key, ids in histories.items() if key in keys
    }


def test_delete_markers_are_separate_from_versions(lake: Lake) -> None:
    version = lake.put(lake.bronze, "r/a", b"x").version_id
    marker = lake.s3.delete_object(Bucket=lake.bronze, Key="r/a")["VersionId"]
    history = list_histories(lake.s3, lake.bronze, ["r/a"])["r/a"]
    assert (history.versions, history.markers) == ([version], [marker])


def test_listing_ends_behind_the_last_wanted_key(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1010):
        lake.s3.put_object(Bucket=lake.bronze, Key=f"r/{number:04}", Body=b"")
    requests: Counter[str] = Counter()
    s3 = boto3.client("s3")
    s3.meta.events.register("before-send.s3.*", lambda event_name, **_: requests.update([event_name]))
    assert len(list_histories(s3, lake.bronze, [f"r/{number:04}" for number in range(10)])) == 10
    assert requests.total() == 1
    assert len(list_histories(s3, lake.bronze, ["r/0000", "r/1009"])) == 2
    assert requests.total() == 3


def test_hash_is_that_of_the_version_whether_s3_keeps_it_or_not(lake: Lake) -> None:
    kept = lake.put(lake.bronze, "a", b"kept").version_id
    plain = lake.s3.put_object(Bucket=lake.bronze, Key="a", Body=b"plain", ChecksumAlgorithm="CRC32")["VersionId"]
    sha256 = {content: hashlib.sha256(content).hexdigest() for content in (b"kept", b"plain")}
    assert hash_version(lake.s3, lake.bronze, "a", kept) == HashedVersion(kept, sha256[b"kept"], 4)
    assert hash_version(lake.s3, lake.bronze, "a") == HashedVersion(plain, sha256[b"plain"], 5)
    assert hash_version(lake.s3, lake.bronze, "none") is None
