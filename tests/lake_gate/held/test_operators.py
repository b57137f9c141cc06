"""The operators about held objects: when they release, what they list, whom they tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from lake_gate.decision.plan import plan
from lake_gate.delivery.operators import LandOperator
from lake_gate.errors import NotAccountedError, SettingsError
from lake_gate.held import backlog, listing
from lake_gate.held.operators import ListHeldOperator, NotifyHeldOperator, ReleaseHeldOperator
from lake_gate.include import read_feeds
from lake_gate.model.manifest import LandedObject
from lake_gate.model.names import ALARM
from lake_gate.model.run import MANIFEST, Run
from lake_gate.moving.operators import MoveOperator
from lake_gate.notifications.alarms import HELD_TOO_LONG
from lake_gate.recording.operators import RecordOperator
from lake_gate.review.documents import write_request
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.held.test_requests import close
from tests.lake_gate.holding import hold
from tests.lake_gate.review.conftest import quarantine
from tests.lake_gate.review.requests import make_request

RUN, LISTING = Run("synthea", "2"), Run("held_objects", "2")
CONTEXT: Any = {"run_id": "2", "dag_run": SimpleNamespace(dag_id="d", run_id="2", start_date=None)}
FACTS: Any = {"source": "held://*", "identifiers": {}, "job_spec": {}}


def step(lake: Lake, operator: Any, feed: str = "synthea", **arguments: Any) -> Any:
    return operator(task_id="t", settings=lake.settings.to_json(), feed=feed, **arguments).step(CONTEXT)


def reprocess(lake: Lake, source: str = "held://*", *, moves: bool = True, dry_run: bool = False) -> None:
    """Take the source through the gate, up to the record: everything is promoted."""
    step(lake, LandOperator, source=source, is_dry_run=dry_run)
    landed = [LandedObject(**line) for line in lake.lines(RUN.document(MANIFEST))]
    content, chunks = plan(decided(one) for one in landed)
    version = lake.s3.put_object(Bucket=lake.bronze, Key=RUN.document("decisions.jsonl"), Body=content)["VersionId"]
    basis = json.dumps({"decisions": version, "chunks": chunks})
    lake.s3.put_object(Bucket=lake.bronze, Key=RUN.document("plan.json"), Body=basis.encode())
    if moves:
        step(lake, MoveOperator, outcome="promote", chunk=chunks["promote"][0])
    step(lake, RecordOperator, facts={**FACTS, "source": source}, is_dry_run=dry_run)


def list_held(lake: Lake, older_than_hours: int, days: int = 7) -> Any:
    ages = {"older_than_hours": str(older_than_hours), "quarantined_older_than_days": str(days)}
    return step(lake, ListHeldOperator, "held_objects", **ages)


def tell(lake: Lake, about: str = "synthea") -> Any:
    return step(lake, NotifyHeldOperator, "held_objects", about=about)


def test_released_objects_are_listed_with_their_new_places(lake: Lake) -> None:
    copy = hold(lake, content=b"bytes")
    reprocess(lake)
    assert step(lake, ReleaseHeldOperator) == step(lake, ReleaseHeldOperator) == 1
    (line,) = lake.lines(RUN.document("released.jsonl"))
    assert (line["name"], line["key"], line["version_id"]) == ("1/a.csv", copy.key, copy.version_id)
    assert lake.read(lake.silver, line["now"]["key"], line["now"]["version_id"]) == b"bytes"
    assert lake.versions(lake.bronze, copy.key) == []


def test_record_names_held_objects_as_the_source(lake: Lake) -> None:
    hold(lake)
    landed = step(lake, LandOperator, source="held://not_analysed")
    assert (landed["source"], landed["objects"]) == ("held://not_analysed", 1)


def test_nothing_is_released_in_a_dry_run(lake: Lake) -> None:
    copy = hold(lake)
    reprocess(lake, moves=False, dry_run=True)
    assert step(lake, ReleaseHeldOperator) == 0
    assert lake.versions(lake.bronze, copy.key) == [copy.version_id]


def test_nothing_is_released_when_the_record_does_not_account_for_everything(lake: Lake) -> None:
    copy = hold(lake)
    with pytest.raises(NotAccountedError):
        reprocess(lake, moves=False)
    with pytest.raises(NotAccountedError, match=r"1/a\.csv"):  # the failed task was marked as successful
        step(lake, ReleaseHeldOperator)
    assert lake.versions(lake.bronze, copy.key) == [copy.version_id]


def test_nothing_is_released_by_a_run_with_another_source(lake: Lake, tmp_path: Path) -> None:
    copy = hold(lake)
    (tmp_path / "a.csv").write_bytes(b"A")
    reprocess(lake, str(tmp_path))
    assert step(lake, ReleaseHeldOperator) == 0
    assert lake.versions(lake.bronze, copy.key) == [copy.version_id]


def test_list_has_a_line_for_every_held_object_and_its_sums(lake: Lake) -> None:
    hold(lake, "a.csv", content=b"12345")
    hold(lake, "b.csv", feed="claims", reason="job_sampled")
    pushed = list_held(lake, 0)
    lines = lake.lines(LISTING.document("held.jsonl"))
    assert {line["key"]: line["reason"] for line in lines} == {
        "held/synthea/1/a.csv": "not_analysed",
        "held/claims/1/b.csv": "job_sampled",
    }
    written = lake.document(LISTING.document("record.json"))
    assert (written["objects"], written["overdue"], written["older_than_hours"]) == (2, 2, 0)
    assert {(one["feed"], one["reason"], one["size_bytes"]) for one in written["groups"]} >= {
        ("synthea", "not_analysed", 5)
    }
    assert pushed == {
        "uri": f"s3://{lake.bronze}/{LISTING.document('record.json')}",
        "objects": 2,
        "overdue": 2,
        "overdue_feeds": ["claims", "synthea"],
    }


@pytest.mark.parametrize("held", [0, 1])
def test_nothing_is_overdue_that_was_held_just_now(lake: Lake, held: int) -> None:
    for number in range(held):
        hold(lake, f"{number}.csv")
    pushed = list_held(lake, 1)
    assert (pushed["objects"], pushed["overdue"], pushed["overdue_feeds"]) == (held, 0, [])


@pytest.mark.parametrize(("older_than_hours", "logged"), [(0, ["lake_gate alarm: held too long: 1 object"]), (1, [])])
def test_overdue_objects_are_logged_for_the_alarm(
    lake: Lake, caplog: pytest.LogCaptureFixture, older_than_hours: int, logged: list[str]
) -> None:
    hold(lake, "a.csv")
    list_held(lake, older_than_hours)
    assert [message for message in caplog.messages if "alarm" in message] == logged


def test_oldest_objects_of_a_feed_are_sent_once_to_its_topic(lake: Lake) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    hold(lake, "a.csv")
    hold(lake, "b.csv", feed="claims")
    list_held(lake, 0)
    assert tell(lake) == tell(lake)
    (message,) = received()
    assert "held/synthea/1/a.csv: not_analysed" in message["Message"]
    assert "claims" not in message["Message"]
    assert message["MessageAttributes"]["feed"]["Value"] == "synthea"


def test_message_goes_to_the_topic_that_the_file_of_the_feed_names(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "feeds").mkdir()
    feed = {"owner": "x", "schedule": None, "topics": {"low": "clinic_topic_arn"}}
    (tmp_path / "feeds/clinic.json").write_text(json.dumps(feed))
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    topic_arn = boto3.client("sns").create_topic(Name="clinic")["TopicArn"]
    hold(lake, feed="clinic")
    list_held(lake, 0)
    with pytest.raises(SettingsError, match="/lake_gate/clinic_topic_arn is missing"):
        tell(lake, "clinic")
    boto3.client("ssm").put_parameter(Name="/lake_gate/clinic_topic_arn", Value=topic_arn, Type="String")
    received = lake.messages_of(topic_arn)
    tell(lake, "clinic")
    assert [message["Subject"] for message in received()] == ["[clinic] 1 file held for more than 0 hours"]


def test_feeds_with_a_file_take_precedence_over_a_hundred_feeds_of_another_writer(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(backlog, "MOST_FEEDS_NOTIFIED", 3)
    for feed in ("a", "b", "c", "d", "synthea", "{{ 7*7 }}"):
        lake.put(lake.bronze, f"held/{feed}/1/a.csv", b"A")
    assert list_held(lake, 0)["overdue_feeds"] == ["a", "synthea", "unknown"]
    assert "3 more feeds" in "".join(capfd.readouterr())
    groups = lake.document(LISTING.document("record.json"))["groups"]
    assert {group["feed"] for group in groups} == {"a", "b", "c", "d", "synthea", "unknown"}


ODD = [
    "{{ 7*7 }}/r/x.csv",
    "/r/x.csv",
    "f" * 1000 + "/r/x.csv",
    "synthea/{{ conn.warehouse }}/x.csv",
    "synthea/r/line\tbreak.csv",
    "synthea/r/../x.csv",
    "lake_gate alarm: failed",
    "synthea/r\N{RIGHT-TO-LEFT OVERRIDE}/lake_gate alarm: held too long.csv",
]


def test_keys_of_no_run_are_reported_as_unknown_in_one_message_that_is_sent_once(
    lake: Lake, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    for path in ODD:
        lake.s3.put_object(Bucket=lake.bronze, Key=f"held/{path}", Body=b"A", Tagging="reason=lake_gate%20alarm")
    assert list_held(lake, 0)["overdue_feeds"] == ["unknown"]
    assert tell(lake, "unknown") == tell(lake, "unknown")
    (message,) = received()
    assert message["Subject"] == f"[unknown] {len(ODD)} files held for more than 0 hours"
    assert message["MessageAttributes"]["feed"]["Value"] == "unknown"
    listed = [line for line in message["Message"].splitlines() if line.startswith("- held/")]
    assert len(listed) == len(ODD)
    logged = "".join([caplog.text, *capfd.readouterr()])  # Airflow decides which logger goes where
    assert logged.count(ALARM) == logged.count(f"{HELD_TOO_LONG}: {len(ODD)} objects") > 0


def test_message_names_the_oldest_when_there_are_more_than_it_holds(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "NAMES_SENT", 2)
    received = lake.messages_of(lake.settings.low_topic_arn)
    hold(lake, "a.csv")
    list_held(lake, 0)
    (line,) = lake.lines(LISTING.document("held.jsonl"))
    lines = [{**line, "key": f"held/{day}", "held_at": f"2026-01-0{day}T00:00:00+00:00"} for day in (3, 1, 2)]
    content = "\n".join(map(json.dumps, lines))
    lake.s3.put_object(Bucket=lake.bronze, Key=LISTING.document("held.jsonl"), Body=content.encode())
    tell(lake)
    names = [line for line in received()[0]["Message"].splitlines() if line.startswith("- ")]
    assert [line.split(":")[0] for line in names] == ["- held/1", "- held/2"]


def test_nothing_is_released_by_a_run_that_began_as_a_dry_run_whatever_its_record_says(lake: Lake) -> None:
    copy = hold(lake)
    reprocess(lake)
    pin = json.dumps({"run_id": "2", "dry_run": True}).encode()
    lake.s3.put_object(Bucket=lake.bronze, Key=RUN.document("run.json"), Body=pin)
    assert step(lake, ReleaseHeldOperator) == 0
    assert lake.versions(lake.bronze, copy.key) == [copy.version_id]


def test_nothing_is_released_by_a_run_whose_record_says_dry_run_without_a_pin(lake: Lake) -> None:
    copy = hold(lake)
    reprocess(lake, moves=False, dry_run=True)
    lake.s3.delete_object(Bucket=lake.bronze, Key=RUN.document("run.json"))
    assert step(lake, ReleaseHeldOperator) == 0
    assert lake.versions(lake.bronze, copy.key) == [copy.version_id]


def test_quarantined_files_and_requests_are_in_the_same_message(lake: Lake) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    hold(lake, "a.csv")
    kept, waiting = quarantine(lake, "kept.csv"), quarantine(lake, "waiting.csv")
    close(lake, 1, "kept", files=(kept,))
    write_request(lake.s3, lake.settings, make_request(deadline_at="2026-01-01T00:00:00+00:00", files=(waiting,)))
    assert list_held(lake, 0, 0)["overdue_feeds"] == ["synthea"]
    written = lake.document(LISTING.document("record.json"))
    (sums,) = written["quarantine"]
    assert (sums["files"], sums["overdue_files"], sums["answers"]) == (2, 1, {"kept": 1, "open": 1})
    assert (written["requests"], written["requests_not_read"]) == ({"synthea": 1}, 0)
    assert [line["key"] for line in lake.lines(LISTING.document("quarantined.jsonl"))] == [waiting.key]
    assert tell(lake) == tell(lake)
    (message,) = received()
    parts = "1 file held for more than 0 hours, 1 file quarantined for more than 0 days, 1 review request waiting"
    assert message["Subject"] == f"[synthea] {parts}"[:97] + "..."
    assert f"- {waiting.key}: findings_at_or_above_threshold, quarantined since" in message["Message"]
    assert kept.key not in message["Message"]
    assert "- Review request review-0123456789abcdef (release, 1 file) was not answered" in message["Message"]


def test_a_feed_of_which_nothing_is_held_is_told_of_its_quarantine(lake: Lake) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    quarantine(lake)
    assert list_held(lake, 0)["overdue_feeds"] == []
    assert list_held(lake, 0, 0)["overdue_feeds"] == ["synthea"]
    tell(lake)
    assert [message["Subject"] for message in received()] == ["[synthea] 1 file quarantined for more than 0 days"]


def test_files_older_than_the_retention_are_counted_and_stay(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    file = quarantine(lake)
    list_held(lake, 0)
    assert lake.document(LISTING.document("record.json"))["quarantine"][0]["older_than_purge"] == 0
    feeds = [replace(feed, purge_after_days=0) for feed in read_feeds()[0]]
    monkeypatch.setattr(listing, "read_feeds", lambda: (feeds, {}))
    list_held(lake, 0)
    assert lake.document(LISTING.document("record.json"))["quarantine"][0]["older_than_purge"] == 1
    assert lake.versions(lake.quarantine, file.key) == [file.version_id]
