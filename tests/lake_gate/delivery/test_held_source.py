"""Held objects on their second way through the gate: each is somewhere, whatever happens, and held once at most."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.delivery.held_source import source_of_review
from lake_gate.delivery.landing import land
from lake_gate.delivery.source import redact
from lake_gate.errors import SourceError, SourceUnreachableError
from lake_gate.held.release import Released, release
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, Run
from lake_gate.moving.transfer import Buckets, carry_out
from lake_gate.recording.record import iter_entries
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
    assert redact(source) == source


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


REQUEST = "review-0123456789abcdef"


def test_files_of_a_review_are_taken_alone(lake: Lake) -> None:
    hold(lake, "a.csv")
    hold(lake, "a.csv", REQUEST)
    hold(lake, "b.csv", REQUEST, reason="analysis_skipped")
    hold(lake, "a.csv", "review-0123456789abcdee")
    landed = land_held(lake, f"review/{REQUEST}")
    assert redact(source_of_review(REQUEST)) == f"held://review/{REQUEST}"
    assert [item.name for item in landed] == [f"{REQUEST}/a.csv", f"{REQUEST}/b.csv"]


def test_other_sources_take_nothing_of_a_review(lake: Lake) -> None:
    hold(lake, "a.csv", REQUEST)
    hold(lake, "b.csv", "2")
    assert [item.name for item in land_held(lake, "*")] == ["2/b.csv"]


@pytest.mark.parametrize("name", ["", "x", f"{REQUEST}0", f"{REQUEST}/", f"../{REQUEST}", REQUEST.upper()])
def test_review_is_named_by_its_whole_id(lake: Lake, name: str) -> None:
    with pytest.raises(SourceError, match="objects are held for"):
        land_held(lake, f"review/{name}")
