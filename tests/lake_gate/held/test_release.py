"""Release of held copies that a run has put elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

import boto3
import pytest

from lake_gate.errors import HeldNotReleasedError
from lake_gate.model.manifest import Moved
from lake_gate.model.run import REPROCESSED, Run
from lake_gate.s3 import multipart
from tests.lake import Lake
from tests.lake_gate.delivery.test_held_source import AGAIN, carried_out, held_keys, land_held, released
from tests.lake_gate.holding import hold


@pytest.mark.parametrize("outcome", ["promote", "quarantine", "hold"])
def test_held_copy_goes_once_the_object_is_where_the_record_says(lake: Lake, outcome: str) -> None:
    before = hold(lake, content=b"bytes")
    landed = land_held(lake)
    entries = carried_out(lake, landed, outcome)
    (one,) = released(lake, landed, entries)
    assert (one.name, one.key, one.version_id) == ("1/a.csv", before.key, before.version_id)
    assert lake.read(one.now["bucket"], one.now["key"], one.now["version_id"]) == b"bytes"
    assert held_keys(lake) == (["held/synthea/again/1/a.csv"] if outcome == "hold" else [])
    assert released(lake, landed, entries) == [one]


def test_object_in_parts_is_held_again_and_once(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "SINGLE_BYTES", 6 * 1024**2)
    monkeypatch.setattr(multipart, "PART_BYTES", 5 * 1024**2)
    content = bytes(range(256)) * 4096 * 11
    lake.put(lake.bronze, "held/synthea/1/big.csv", content)
    for number in range(2):
        run = Run("synthea", f"again{number}")
        landed = land_held(lake, run=run)
        assert landed[0].part_bytes
        if number:
            released(lake, landed, carried_out(lake, landed, "hold", run), run)
        else:
            carried_out(lake, landed, "hold", run)
            lake.s3.delete_object(
                Bucket=lake.bronze,
                Key="held/synthea/1/big.csv",
                VersionId=lake.versions(lake.bronze, "held/synthea/1/big.csv")[0],
            )
    assert held_keys(lake) == ["held/synthea/again1/1/big.csv"]
    assert lake.read(lake.bronze, "held/synthea/again1/1/big.csv") == content


def test_same_bytes_below_the_held_version_go_with_it_and_other_bytes_stay(lake: Lake) -> None:
    lake.put(lake.bronze, "held/synthea/1/a.csv", b"of another writer")
    lake.put(lake.bronze, "held/synthea/1/a.csv", b"held")
    lake.put(lake.bronze, "held/synthea/1/a.csv", b"held")
    landed = land_held(lake)
    released(lake, landed, carried_out(lake, landed, "promote"))
    assert held_keys(lake) == ["held/synthea/1/a.csv"]
    assert lake.read(lake.bronze, "held/synthea/1/a.csv") == b"of another writer"


def test_object_of_another_writer_without_sha256_is_released(lake: Lake) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key="held/synthea/1/a.csv", Body=b"x", ChecksumAlgorithm="CRC32")
    landed = land_held(lake)
    released(lake, landed, carried_out(lake, landed, "promote"))
    assert held_keys(lake) == []


def deleted(lake: Lake, now: Moved) -> None:
    lake.s3.delete_object(Bucket=now.bucket, Key=now.key, VersionId=now.version_id)


def other_bytes(lake: Lake, now: Moved) -> str:
    return lake.put(now.bucket, now.key, b"other").version_id


def same_size(lake: Lake, now: Moved) -> str:
    return lake.put(now.bucket, now.key, b"x" * len("synthea/1/a.csv")).version_id


def without_checksum(lake: Lake, now: Moved) -> str:
    content = lake.read(now.bucket, now.key)
    version: str = lake.s3.put_object(Bucket=now.bucket, Key=now.key, Body=content, ChecksumAlgorithm="CRC32")[
        "VersionId"
    ]
    return version


@pytest.mark.parametrize("meddle", [deleted, other_bytes, same_size, without_checksum])
def test_held_copy_stays_when_the_object_is_not_where_the_record_says(
    lake: Lake, meddle: Callable[[Lake, Moved], str | None]
) -> None:
    hold(lake, "a.csv")
    hold(lake, "b.csv")
    landed = land_held(lake)
    entries = carried_out(lake, landed, "promote")
    now = entries[0]["now"]
    now["version_id"] = meddle(lake, Moved("", **now)) or now["version_id"]
    with pytest.raises(HeldNotReleasedError, match=r"^1 object.*held/synthea/1/a\.csv"):
        released(lake, landed, entries)
    assert held_keys(lake) == ["held/synthea/1/a.csv"]


def test_version_with_other_bytes_than_the_landed_ones_stays_held(lake: Lake) -> None:
    """Whatever the document of the run names: what is deleted has the bytes of what the run has."""
    copy = hold(lake)
    landed = land_held(lake)
    entries = carried_out(lake, landed, "promote")
    other = lake.put(lake.bronze, copy.key, b"x" * landed[0].size_bytes)
    written = lake.read(lake.bronze, AGAIN.document(REPROCESSED))
    content = written.replace(copy.version_id.encode(), other.version_id.encode())
    lake.s3.put_object(Bucket=lake.bronze, Key=AGAIN.document(REPROCESSED), Body=content)
    with pytest.raises(HeldNotReleasedError):
        released(lake, landed, entries)
    assert lake.versions(lake.bronze, copy.key) == [other.version_id, copy.version_id]


class DyingAt:
    """An S3 client that dies before or after its n-th call."""

    def __init__(self, number: int, moment: str) -> None:
        self._s3: Any = boto3.client("s3")
        self._calls = count()
        self._number = number
        self.has_died = False
        self._s3.meta.events.register(f"{moment}-call.s3", self._die)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def _die(self, **_: object) -> None:
        if next(self._calls) == self._number:
            self.has_died = True
            raise ConnectionError("the worker is gone")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_no_object_is_lost_or_held_twice_wherever_a_try_dies(lake: Lake, moment: str) -> None:
    """Landing and releasing, with a death at every call to S3, retried to the end."""
    for number in count():
        run, content = Run(f"feed{number}", "again"), str(number).encode()
        hold(lake, feed=run.feed, content=content)
        dying = DyingAt(number, moment)
        try:
            landed = land_held(lake, run=run, s3=dying)
        except ConnectionError:
            landed = land_held(lake, run=run)
        entries = carried_out(lake, landed, "hold", run)
        with suppress(ConnectionError):
            released(lake, landed, entries, run, s3=dying)
        (one,) = released(lake, landed, entries, run)
        assert lake.read(one.now["bucket"], one.now["key"], one.now["version_id"]) == content
        held = [key for key in held_keys(lake) if key.startswith(f"held/{run.feed}/")]
        assert held == [f"held/{run.feed}/again/1/a.csv"]
        if not dying.has_died:
            break
    assert number > 8


def test_run_with_another_source_releases_nothing(lake: Lake) -> None:
    hold(lake)
    landed = [lake.put(lake.bronze, "synthea/again/a.csv", b"A")]
    assert released(lake, landed, carried_out(lake, landed, "promote")) == []
    assert len(held_keys(lake)) == 1


def test_objects_of_many_windows_are_all_released(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lake_gate.held.release._WINDOW", 2)
    for number in range(5):
        hold(lake, f"{number}.csv")
    landed = land_held(lake)
    assert len(released(lake, landed, carried_out(lake, landed, "promote"))) == 5
    assert held_keys(lake) == []
