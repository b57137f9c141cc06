from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from lake_gate.decision.amendments import Amendment, Amendments
from lake_gate.display.files import FileRow
from lake_gate.model.manifest import Moved
from lake_gate.pages.places import (
    Buckets,
    Place,
    Release,
    place_of,
    place_of_copy,
    profile_commands,
    read_command,
    reviewer_arn,
)
from tests.builders import decided
from tests.lake_gate.pages.conftest import entry

ACCOUNT = "123456789012-us-east-1"
BUCKETS = Buckets(f"lake-bronze-{ACCOUNT}", f"lake-silver-{ACCOUNT}", f"lake-quarantine-{ACCOUNT}")


@pytest.mark.parametrize(
    ("outcome", "now", "expected"),
    [
        ("promote", {}, "silver"),
        ("quarantine", {}, "quarantine"),
        ("hold", {}, "held in bronze"),
        ("promote", {"now": {"bucket": BUCKETS.bronze, "key": "synthea/1/a", "version_id": "v"}}, "bronze"),
        ("promote", {"now": {"bucket": "elsewhere", "key": "a", "version_id": "v"}}, "not known"),
        ("promote", {"now": None}, "not known"),
        ("quarantine", {"purged": {"at": "2026-12-31T00:00:00+00:00", "by": "review-1"}}, "purged from quarantine"),
    ],
)
def test_place_in_words(outcome: str, now: dict[str, Any], expected: str) -> None:
    assert place_of(FileRow.of(entry(outcome=outcome, **now)), BUCKETS, None, is_pending=False).words == expected


def test_a_released_file_is_where_the_later_run_has_moved_it() -> None:
    release = Release("2", "a.csv", (BUCKETS.silver, "synthea/2/a.csv", "v9"))
    place = place_of(FileRow.of(entry(outcome="hold")), BUCKETS, release, is_pending=False)
    assert (place.words, place.uri, place.later_run_id) == ("silver", f"s3://{BUCKETS.silver}/synthea/2/a.csv", "2")


def test_a_file_with_a_new_finding_is_being_withdrawn() -> None:
    place = place_of(FileRow.of(entry(outcome="promote")), BUCKETS, None, is_pending=True)
    assert place.words == "silver, being withdrawn"


def test_the_role_follows_from_the_names_of_the_buckets() -> None:
    assert reviewer_arn(BUCKETS.quarantine) == "arn:aws:iam::123456789012:role/lake-reviewer"
    assert reviewer_arn("a-bucket-of-another-team") == ""
    assert profile_commands("arn")[0] == "aws configure set profile.gate-reviewer.role_arn arn"


@pytest.mark.parametrize(
    "name",
    ["a b.csv", "$(touch ran).csv", "'; touch ran #", "-x", "`touch ran`", "a\nb", "'\n\\", "\u202e\u00e9", "..", "…"],
)
def test_no_name_is_a_command_of_the_shell(name: str, tmp_path: Path) -> None:
    command = read_command(Place("quarantine", BUCKETS.quarantine, f"synthea/1/{name}", "v 1"))
    assert command.isprintable()
    script = f"aws() {{ printf '%s\\0' \"$@\"; }}\n{command}"
    output = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    words = output.split("\0")[:-1]
    assert words[:4] == ["s3api", "get-object", "--profile", "gate-reviewer"]
    assert words[words.index("--key") + 1] == f"synthea/1/{name}"
    assert words[words.index("--version-id") + 1] == "v 1"
    assert len(words) == 11
    assert not words[-1].startswith(("-", "."))
    assert list(tmp_path.iterdir()) == []


def test_readers_of_silver_need_no_reviewer() -> None:
    assert "--profile" not in read_command(Place("silver", BUCKETS.silver, "synthea/1/a.csv", ""))


@pytest.mark.parametrize(
    ("is_done", "expected"), [(None, "silver"), (False, "silver, being withdrawn"), (True, "quarantine")]
)
def test_place_of_a_masked_copy_follows_later_findings(is_done: bool | None, expected: str) -> None:
    amendment = Amendment(decided("a.csv", "quarantine"), ["f"], "2026-11-29", "r")
    amendments = Amendments()
    if is_done is not None:
        moved = [Moved("a.csv", BUCKETS.quarantine, "masked/synthea/1/a.csv", "v2")] if is_done else []
        amendments.add([amendment], moved)
    copy = BUCKETS.silver, "synthea/1/a.csv", "v1"
    assert place_of_copy("a.csv", copy, BUCKETS, amendments).words == expected
