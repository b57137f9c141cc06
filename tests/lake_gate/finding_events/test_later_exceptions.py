"""Findings after a run in a table that an exception let pass: accepted ones change nothing, others withdraw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from lake_gate.exceptions.store import add_exception
from lake_gate.finding_events import operators
from lake_gate.model.exception import PolicyException, revoked_key
from tests.lake import Lake
from tests.lake_gate.exceptions import nights
from tests.lake_gate.exceptions.nights import CARD, EXCUSED, NAME, PASSPORT, Cells, Night
from tests.lake_gate.finding_events.world import Events
from tests.snapshot import SetUpOnce

ACCEPTED: Cells = {CARD: {3: 2}}


def later(lake: Lake, night: Night, cells: Cells, run_id: str = "events-1") -> Events:
    """Let another job find something in the table in silver, and decide about it."""
    key = night.run.prefix + NAME
    head = lake.s3.head_object(Bucket=lake.silver, Key=key)
    place: dict[str, Any] = {"bucket": lake.silver, "key": key, "version_id": head["VersionId"], "etag": head["ETag"]}
    found = nights.record_about(replace(night.landed, **place), cells)
    details = {**found["classificationDetails"], "jobId": "daily"}
    facts = {"category": "CLASSIFICATION", "updatedAt": "2026-11-25T10:00:00.000Z"}
    return Events(lake, [{**found, **facts, "id": f"later-{run_id}", "classificationDetails": details}], run_id).go()


def passed(lake: Lake, exception: PolicyException = EXCUSED) -> Night:
    add_exception(lake.s3, lake.bronze, exception)
    night = Night(lake, ACCEPTED).over()
    assert night.is_in_silver
    return night


@pytest.fixture
def night(lake: Lake, once: SetUpOnce) -> Night:
    """A run in which a table has passed by its exception."""
    return once(partial(passed, lake))


def test_accepted_finding_of_the_daily_job_withdraws_nothing(lake: Lake, night: Night) -> None:
    assert later(lake, night, ACCEPTED).statuses == ["stands"]
    assert night.is_in_silver


@pytest.mark.parametrize(
    "cells", [{CARD: {3: 2}, PASSPORT: {2: 1}}, {PASSPORT: {2: 1}}, {CARD: {3: 6}}], ids=["too", "alone", "more"]
)
def test_new_identifier_or_more_than_the_most_withdraws_the_table(lake: Lake, night: Night, cells: Cells) -> None:
    later(lake, night, cells)
    assert not night.is_in_silver
    assert lake.keys(lake.quarantine) == [night.run.prefix + NAME]


def test_one_more_column_withdraws_the_table(lake: Lake) -> None:
    night = passed(lake, nights.excused(column="NPI"))
    assert later(lake, night, ACCEPTED, "events-1").statuses == ["stands"]
    later(lake, night, {CARD: {2: 1}}, "events-2")
    assert not night.is_in_silver


def test_accepted_finding_withdraws_the_table_after_the_exception_was_revoked(
    lake: Lake, night: Night, revoke: Callable[[str], None]
) -> None:
    revoke(EXCUSED.id)
    later(lake, night, ACCEPTED)
    assert not night.is_in_silver
    (entry,) = lake.lines(night.run.document("objects.jsonl"))
    assert (entry["outcome"], entry["exceptions"]) == ("quarantine", [])
    assert lake.keys(lake.bronze, f"_exceptions/{EXCUSED.feed}/revoked/") == [revoked_key(EXCUSED.feed, EXCUSED.id)]


def test_revocation_that_cannot_be_recorded_stops_no_withdrawal(
    lake: Lake, night: Night, revoke: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    revoke(EXCUSED.id)
    monkeypatch.setattr(operators, "record_revocations", lambda *_: 1 / 0)
    later(lake, night, ACCEPTED)
    assert not night.is_in_silver


def test_exception_of_another_feed_keeps_nothing_in_silver(
    lake: Lake, night: Night, revoke: Callable[[str], None]
) -> None:
    revoke(EXCUSED.id)
    add_exception(lake.s3, lake.bronze, nights.excused(feed="other"))
    later(lake, night, ACCEPTED)
    assert not night.is_in_silver
