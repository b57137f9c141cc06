"""The lines that a run shows while it is under way."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable

import pytest

from dev.progress import Progress
from lake_gate.model.run import Run
from tests.lake import Lake

RUN = Run("synthea", "manual__1")
Show = Callable[[dict[tuple[str, int], str]], list[list[str]]]


@pytest.fixture
def show(lake: Lake) -> Show:
    """Show the states; return the words of the printed lines, without the seconds."""
    out = io.StringIO()
    progress = Progress(RUN, lake.bronze, out)

    def look(states: dict[tuple[str, int], str]) -> list[list[str]]:
        before = len(out.getvalue())
        progress.show(states)
        lines = [line.split() for line in out.getvalue()[before:].splitlines()]
        assert all(float(words[0]) >= 0 and words[1] == "s" for words in lines)
        return [words[2:] for words in lines]

    return look


def write(lake: Lake, name: str, content: bytes) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=RUN.document(name), Body=content)


@pytest.mark.parametrize(
    ("state", "word"),
    [("running", "..."), ("deferred", "waiting"), ("up_for_retry", "retry"), ("failed", "FAILED"), ("success", "done")],
)
def test_state_is_shown_once_when_it_stays(show: Show, state: str, word: str) -> None:
    assert show({("await_job", -1): state}) == [["await_job", word]]
    assert show({("await_job", -1): state}) == []


def test_every_change_of_a_task_that_waits_is_shown(show: Show) -> None:
    states = ["scheduled", "queued", "running", "deferred", "deferred", "queued", "running", "success"]
    shown = [words for state in states for words in show({("await_job", -1): state})]
    assert [word for _, word in shown] == ["...", "waiting", "...", "done"]


def test_task_is_shown_as_one_when_it_is_mapped(show: Show) -> None:
    looks = [
        {("promote", -1): "scheduled"},
        {("promote", 0): "running", ("promote", 1): "queued", ("promote", 2): "queued"},
        {("promote", 0): "success", ("promote", 1): "running", ("promote", 2): "queued"},
        {("promote", 0): "success", ("promote", 1): "success", ("promote", 2): "queued"},
        {("promote", 0): "success", ("promote", 1): "success", ("promote", 2): "running"},
        {("promote", 0): "success", ("promote", 1): "success", ("promote", 2): "success"},
    ]
    assert [words for look in looks for words in show(look)] == [["promote", "..."], ["promote", "done"]]


def test_mapped_task_has_failed_when_one_of_its_instances_has(show: Show) -> None:
    assert show({("hold", 0): "success", ("hold", 1): "failed", ("hold", 2): "running"}) == [["hold", "FAILED"]]


@pytest.mark.parametrize("state", ["skipped", "removed", "upstream_failed", "scheduled", "queued"])
def test_nothing_is_shown_when_a_task_does_nothing(show: Show, state: str) -> None:
    assert show({("quarantine", -1): state}) == []


def test_small_steps_are_shown_only_when_they_end(show: Show) -> None:
    small = [("read_settings", -1), ("has_files", -1), ("plan_hold", -1), ("render_job", -1)]
    assert show(dict.fromkeys(small, "running")) == []
    assert show(dict.fromkeys(small, "success")) == [[task_id, "done"] for task_id, _ in small]


def test_files_are_counted_when_the_documents_of_a_step_are_written(show: Show, lake: Lake) -> None:
    write(lake, "manifest.jsonl", b"{}\n" * 3)
    write(lake, "results.jsonl.gz", gzip.compress(b"{}\n" * 3))
    write(lake, "findings.jsonl", b"{}\n" * 2)
    outcomes = ["promote", "hold", "promote"]
    write(lake, "decisions.jsonl", b"".join(json.dumps({"outcome": outcome}).encode() + b"\n" for outcome in outcomes))
    shown = show({("land", -1): "success", ("gather_evidence", -1): "success", ("decide", -1): "success"})
    assert [" ".join(words) for words in shown] == [
        "land done 3 files",
        "gather_evidence done 3 results, 2 findings",
        "decide done 1 to hold, 2 to promote",
    ]


def test_no_count_is_shown_without_a_document(show: Show) -> None:
    assert show({("land", -1): "success", ("decide", -1): "success"}) == [
        ["land", "done", "0", "files"],
        ["decide", "done"],
    ]
