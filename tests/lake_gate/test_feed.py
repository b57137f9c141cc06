"""Files of feeds: valid content, and the errors of invalid files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake_gate.feed import Feed, parse
from tests.conftest import REPO

LEAST = {"owner": "data-platform", "schedule": "0 2 * * *"}


@pytest.mark.parametrize("path", sorted((REPO / "include/feeds").glob("*.json")), ids=lambda path: path.stem)
def test_feed_that_ships_is_right(path: Any) -> None:
    assert parse(path.stem, json.loads(path.read_text())).dag_id == f"{path.stem}_gate"


def test_feed_that_says_little_has_the_safe_defaults() -> None:
    feed = parse("clinic", LEAST)
    assert feed == Feed(name="clinic", owner="data-platform", schedule="0 2 * * *")
    assert (feed.policy, feed.messages, feed.reuse_verdicts, feed.max_scan_usd) == ("default", "digest", False, None)


def test_feed_names_the_settings_of_its_topics() -> None:
    feed = parse("clinic", {**LEAST, "topics": {"high": "clinic_topic_arn"}})
    assert (feed.high_topic, feed.low_topic) == ("clinic_topic_arn", "low_topic_arn")


@pytest.mark.parametrize("schedule", ["0 2 * * *", "*/15 * * * 1-5", "0 2 29 2 *", None])
def test_schedule_may_be_any_cron_or_none(schedule: str | None) -> None:
    assert parse("clinic", {**LEAST, "schedule": schedule}).schedule == schedule


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"owner": ""}, "owner: '' should be non-empty"),
        ({"schedule": "at night"}, "schedule: 'at night' is not a cron expression"),
        ({"schedule": "@daily"}, "schedule: '@daily' is not a cron expression"),
        ({"schedule": "0 0 2 * * *"}, "schedule: '0 0 2"),
        ({"source": "in/${day}/"}, "source: the only valid placeholder is ${date}"),
        ({"source": "in/{{ ds }}/"}, "source: the only valid placeholder is ${date}"),
        ({"source": "in/{% raw %}"}, "source: the only valid placeholder is ${date}"),
        ({"source": "in/$"}, "source: the only valid placeholder is ${date}"),
        ({"policy": "../secret"}, "policy: '../secret' does not match"),
        ({"topics": {"high": "arn:aws:sns:x"}}, "topics.high"),
        ({"topics": {"low": "bronze_bucket"}}, "topics.low"),
        ({"messages": "all"}, "messages: 'all' is not one of"),
        ({"expect": {"tables": []}}, "expect"),
        ({"expect": {"tables": ["Patients.csv"], "missing": "fail"}}, "expect.tables[0]"),
        ({"expect": {"tables": ["patients"], "missing": "ignore"}}, "expect.missing"),
        ({"max_scan_usd": 0}, "max_scan_usd"),
        ({"reuse_verdicts": "yes"}, "reuse_verdicts: 'yes' is not of type 'boolean'"),
        ({"polcy": "default"}, "'polcy' was unexpected"),
    ],
    ids=str,
)
def test_problems_of_a_file_are_named(wrong: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        parse("clinic", {**LEAST, **wrong})
    assert problem in str(error.value)


@pytest.mark.parametrize("content", [[], "text", None, {}, {"owner": "x"}])
def test_what_is_no_feed_at_all_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match=r"not of type 'object'|required property"):
        parse("clinic", content)


@pytest.mark.parametrize("name", ["Clinic", "1clinic", "clinic-a", "clinic/a", "c" * 41, ""])
def test_name_that_makes_no_dag_id_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="the name of a feed must begin with a letter"):
        parse(name, LEAST)


@pytest.mark.parametrize(
    "name", ["held", "held_objects", "finding_events", "macie_scheduled_job", "feed_reports", "unknown"]
)
def test_reserved_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"the name {name} is reserved"):
        parse(name, LEAST)


@pytest.mark.parametrize(
    "reviewers", [{"release": ["ann"]}, {"release": ["ann", "ann"]}, {"wish": ["ann", "bob"]}, {"keep": []}, ["ann"]]
)
def test_reviewers_are_lists_of_users_by_what_is_asked_and_two_for_a_release(reviewers: Any) -> None:
    with pytest.raises(ValueError, match="reviewers"):
        parse("clinic", {"owner": "o", "schedule": None, "reviewers": reviewers})
    assert parse("clinic", {"owner": "o", "schedule": None, "reviewers": {"release": ["ann", "bob"]}}).reviewers


def test_feed_says_how_many_people_approve_and_two_is_the_most() -> None:
    least = {"owner": "o", "schedule": None}
    feed = parse("clinic", {**least, "approvals": {"release": 1, "rescan": 2}, "reviewers": {"release": ["ann"]}})
    asked = ("release", "release_masked", "rescan", "keep", "purge")
    assert [feed.approvals_for(each) for each in asked] == [1, 1, 2, 1, 2]
    assert [parse("clinic", least).approvals_for(each) for each in asked] == [2, 1, 1, 1, 2]
    for wrong in ({"release": 0}, {"release": 3}, {"release": "1"}, {"wish": 1}, 1, {"purge": 1}):
        with pytest.raises(ValueError, match="approvals"):
            parse("clinic", {**least, "approvals": wrong})
    with pytest.raises(ValueError, match=r"reviewers\.rescan: 2 people have to approve"):
        parse("clinic", {**least, "approvals": {"rescan": 2}, "reviewers": {"rescan": ["ann"]}})


def test_file_is_in_quarantine_for_a_day_at_least_before_its_purge_is_asked() -> None:
    least = {"owner": "o", "schedule": None}
    assert [parse("clinic", {**least, **days}).purge_after_days for days in ({}, {"purge_after_days": 1})] == [30, 1]
    with pytest.raises(ValueError, match="purge_after_days"):
        parse("clinic", {**least, "purge_after_days": 0})
