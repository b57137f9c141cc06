"""Held objects on their second way through the gate: each is somewhere, whatever happens, and held once at most."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

import boto3
import pytest

from lake_gate.delivery.landing import MANIFEST, land
from lake_gate.delivery.manifest import LandedObject
from lake_gate.delivery.source import shown
from lake_gate.errors import HeldNotReleasedError, SourceError, SourceUnreachableError
from lake_gate.held import reprocessing
from lake_gate.held.reprocessing import REPROCESSED, Released, release
from lake_gate.moving import multipart
from lake_gate.moving.transfer import Buckets, carry_out
from lake_gate.recording.record import Moved, iter_entries
from lake_gate.run import Run
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.holding import hold
from tests.lake_gate.meanwhile import Meanwhile

AGAIN = Run("synthea", "again")


def land_held(lake: Lake, reason: str = "*", run: Run = AGAIN, s3: Any = None) -> list[LandedObject]:
    return land(s3 or lake.s3, f"held://{reason}", run, lake.bronze, local_source_root="")


def carried_out(lake: Lake, landed: list[LandedObject], outcome: str, run: Run = AGAIN) -> list[dict[str, Any]]:
    """Move what was landed, and return the entries of the run's record."""
    decisions = [decided(one, outcome, reason="no_rule_allows") for one in landed]
    moved = carry_out(lake.s3, decisions, run, Buckets(lake.bronze, lake.silver, lake.quarantine))
    return list(iter_entries(landed, decisions, moved, dry_run=False))


def released(
    lake: Lake, landed: list[LandedObject], entries: list[dict[str, Any]], run: Run = AGAIN, s3: Any = None
) -> list[Released]:
    return release(s3 or lake.s3, run, Buckets(lake.bronze, lake.silver, lake.quarantine), landed, entries)


def held_keys(lake: Lake) -> list[str]:
    """Keys of everything below held/, a key as often as it has versions."""
    listed = lake.s3.list_object_versions(Bucket=lake.bronze, Prefix="held/")
    assert "DeleteMarkers" not in listed
    return [one["Key"] for one in listed.get("Versions", [])]


@pytest.mark.parametrize(
    ("reason", "names"),
    [
        ("not_analysed", ["1/a.csv", "2/a.csv"]),
        ("analysis_skipped", ["1/sub/b.csv"]),
        ("unknown", ["1/by hand.csv"]),
        ("*", ["1/a.csv", "1/by hand.csv", "1/sub/b.csv", "2/a.csv"]),
        ("job_sampled", []),
    ],
)
def test_objects_held_for_that_reason_are_landed_with_their_bytes(lake: Lake, reason: str, names: list[str]) -> None:
    hold(lake, "a.csv")
    hold(lake, "a.csv", "2")
    hold(lake, "sub/b.csv", reason="analysis_skipped")
    hold(lake, "c.csv", feed="claims")
    lake.put(lake.bronze, "held/synthea/1/by hand.csv", b"synthea/1/by hand.csv")
    landed = land_held(lake, reason)
    assert [one.name for one in landed] == names
    for one in landed:
        assert lake.read(lake.bronze, f"synthea/again/{one.name}", one.version_id) == f"synthea/{one.name}".encode()
    assert len(held_keys(lake)) == 5


@pytest.mark.parametrize("reason", ["nope", "", "clean", "findings_at_or_above_threshold", "not_analysed/"])
def test_reason_that_nothing_is_held_for_is_refused_and_the_others_are_named(lake: Lake, reason: str) -> None:
    hold(lake)
    with pytest.raises(SourceError, match=r"held for .*not_analysed, .*unknown; held://\* takes all"):
        land_held(lake, reason)
    assert lake.keys(lake.bronze, AGAIN.prefix) == []


@pytest.mark.parametrize("source", ["held://not_analysed", "held://*"])
def test_source_is_shown_as_it_is(source: str) -> None:
    assert shown(source) == source


def test_very_version_that_was_held_is_landed_though_another_lies_above_it_by_now(lake: Lake) -> None:
    copy = hold(lake, content=b"held")
    s3 = Meanwhile("PutObject", lambda: lake.put(lake.bronze, copy.key, b"other"))  # after it was listed
    assert [lake.read(lake.bronze, one.key) for one in land_held(lake, s3=s3)] == [b"held"]


def test_nothing_is_doubled_when_the_first_try_died_before_its_manifest(lake: Lake) -> None:
    hold(lake)
    first = land_held(lake)
    lake.s3.delete_object(Bucket=lake.bronze, Key=AGAIN.document(MANIFEST))
    hold(lake, "held since then.csv")
    assert land_held(lake) == first
    assert lake.versions(lake.bronze, first[0].key) == [first[0].version_id]


def test_retry_goes_on_without_what_is_held_no_longer(lake: Lake) -> None:
    gone, _ = hold(lake, "a.csv"), hold(lake, "b.csv")
    version = {"Bucket": lake.bronze, "Key": gone.key, "VersionId": gone.version_id}
    s3 = Meanwhile("PutObject", lambda: lake.s3.delete_object(**version))  # after it was listed
    with pytest.raises(SourceUnreachableError, match="NoSuchVersion"):
        land_held(lake, s3=s3)
    assert [one.name for one in land_held(lake)] == ["1/b.csv"]


def test_manifest_stands_when_what_the_run_has_landed_is_held_no_longer(lake: Lake) -> None:
    hold(lake)
    landed = land_held(lake)
    released(lake, landed, carried_out(lake, landed, "hold"))
    assert land_held(lake) == landed


def test_what_is_held_since_is_taken_when_there_was_nothing_to_take_before(lake: Lake) -> None:
    assert land_held(lake) == []
    hold(lake)
    assert [one.name for one in land_held(lake)] == ["1/a.csv"]


def test_names_do_not_grow_however_often_objects_are_held(lake: Lake) -> None:
    hold(lake, "sub/a.csv")
    for number in range(3):
        run = Run("synthea", f"again{number}")
        landed = land_held(lake, run=run)
        assert [one.name for one in landed] == ["1/sub/a.csv"]
        released(lake, landed, carried_out(lake, landed, "hold", run), run)
        assert held_keys(lake) == [f"held/synthea/again{number}/1/sub/a.csv"]


def test_two_objects_never_share_a_name_when_a_release_is_outstanding(lake: Lake) -> None:
    hold(lake)
    for run_id in ("x", "y"):
        run = Run("synthea", run_id)
        carried_out(lake, land_held(lake, "not_analysed", run), "hold", run)  # and is not released
    landed = land_held(lake)
    assert [one.name for one in landed] == ["1/a.csv", "x/1/a.csv", "y/1/a.csv"]
    released(lake, landed, carried_out(lake, landed, "hold"))
    assert held_keys(lake) == [f"held/synthea/again/{one.name}" for one in landed]


def test_object_with_the_longest_name_that_can_be_landed_is_taken(lake: Lake) -> None:
    hold(lake, "n" * 700)
    landed = land_held(lake)
    released(lake, landed, carried_out(lake, landed, "hold"))
    assert held_keys(lake) == [f"held/synthea/again/1/{'n' * 700}"]


@pytest.mark.parametrize(
    "odd",
    [
        "stray.csv",
        "{{ 7*7 }}/a.csv",
        "1/../a.csv",
        "1/line\tbreak.csv",
        "1/" + "n" * 1005,
        "1/C:a.csv",
        "1/.hidden",
        "__MACOSX/a.csv",
        "x/1/a.csv",
    ],
)
def test_odd_key_below_its_prefix_does_not_keep_a_feed_from_being_re_processed(lake: Lake, odd: str) -> None:
    hold(lake)
    lake.s3.put_object(Bucket=lake.bronze, Key=f"held/synthea/{odd}", Body=b"odd")
    assert "1/a.csv" in [one.name for one in land_held(lake)]
    assert lake.versions(lake.bronze, f"held/synthea/{odd}")


def test_names_stay_apart_when_another_writer_takes_the_name_that_an_object_would_get(lake: Lake) -> None:
    hold(lake)
    run = Run("synthea", "x")
    carried_out(lake, land_held(lake, "not_analysed", run), "hold", run)  # it is x/1/a.csv, and has taken 1/a.csv
    again = Run("synthea", "y")
    carried_out(lake, land_held(lake, "not_analysed", again), "hold", again)
    lake.put(lake.bronze, "held/synthea/y/x/1/a.csv", b"planted")
    names = [one.name for one in land_held(lake)]
    assert len(names) == len({*names})


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
    lake.put(lake.bronze, "held/synthea/1/a.csv", b"somebody's")
    lake.put(lake.bronze, "held/synthea/1/a.csv", b"held")
    lake.put(lake.bronze, "held/synthea/1/a.csv", b"held")
    landed = land_held(lake)
    released(lake, landed, carried_out(lake, landed, "promote"))
    assert held_keys(lake) == ["held/synthea/1/a.csv"]
    assert lake.read(lake.bronze, "held/synthea/1/a.csv") == b"somebody's"


def test_object_that_somebody_put_there_without_sha256_is_released(lake: Lake) -> None:
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


def test_version_that_is_not_what_was_landed_stays_held(lake: Lake) -> None:
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
    monkeypatch.setattr(reprocessing, "_WINDOW", 2)
    for number in range(5):
        hold(lake, f"{number}.csv")
    landed = land_held(lake)
    assert len(released(lake, landed, carried_out(lake, landed, "promote"))) == 5
    assert held_keys(lake) == []
