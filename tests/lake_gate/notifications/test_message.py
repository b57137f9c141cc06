"""What SNS takes: its limits hold whatever names files have, and a text message names none."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_gate.notifications.message import MAX_MESSAGE_BYTES, Notice, clip_subject
from tests.examples import examples
from tests.lake import Lake

URI = "s3://bronze/_runs/synthea/1/record.json"
ATTRIBUTES = {"feed": "synthea", "severity": "High", "quarantine": 3}


def notice(*lines: str, **changes: Any) -> Notice:
    facts: dict[str, Any] = {"subject": "s", "sms": "short", "attributes": ATTRIBUTES, "record_uri": URI}
    return Notice(lines=lines, **{**facts, **changes})


def size(request: dict[str, Any]) -> int:
    """What SNS counts: the message and its attributes with their names and types, in bytes."""
    attributes = request["MessageAttributes"].items()
    texts = [request["Message"], *(f"{name}{a['DataType']}{a['StringValue']}" for name, a in attributes)]
    return sum(len(text.encode()) for text in texts)


def body(request: dict[str, Any]) -> list[str]:
    text: str = json.loads(request["Message"])["default"]
    return text.split("\n")


@pytest.mark.parametrize(
    "name", ["a", "ü" * 200, "\N{GRINNING FACE}" * 300, '"\\' * 400, "a\nb\x00" * 200, "\ud800", "\u2028" * 100]
)
@pytest.mark.parametrize("count", [1, 100_000])
def test_message_stays_within_the_limit_and_counts_the_lines_that_are_left_out(name: str, count: int) -> None:
    request = notice(*(f"- {number} {name}" for number in range(count))).to_sns()
    assert size(request) <= MAX_MESSAGE_BYTES
    *lines, last = body(request)
    assert last == f"Run record: {URI}"
    listed = [line for line in lines if line.startswith("- ")]
    assert [int(line.split()[1]) for line in listed] == list(range(len(listed)))
    assert lines[len(listed) :] == (
        [f"... and {count - len(listed)} more, in the record."] if len(listed) < count else []
    )
    assert len(listed) == count or size(request) > MAX_MESSAGE_BYTES * 0.95  # no more is left out than has to be


@given(lines=st.lists(st.text(max_size=50)), sms=st.text(), subject=st.text(), uri=st.text(max_size=5000))
@settings(max_examples=examples(200), deadline=None)
def test_any_text_is_converted_to_what_sns_accepts(lines: list[str], sms: str, subject: str, uri: str) -> None:
    request = notice(*(line * 400 for line in lines * 20), sms=sms, subject=subject, record_uri=uri).to_sns()
    assert size(request) <= MAX_MESSAGE_BYTES
    short = json.loads(request["Message"])["sms"]
    assert (short.isascii(), len(short) <= 140, len(request["Subject"]) <= 100) == (True, True, True)


def test_largest_message_reaches_its_subscribers(lake: Lake) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    request = notice(*(f"- {number} {'x' * 90}" for number in range(5000))).to_sns()
    boto3.client("sns").publish(TopicArn=lake.settings.low_topic_arn, **request)
    (message,) = received()
    assert message["Message"].split("\n") == body(request)


def test_name_with_a_line_break_writes_no_line_of_its_own() -> None:
    assert body(notice("- a\n- b.csv: promote\r\x1b[31m\u202e").to_sns())[0].count("\N{REPLACEMENT CHARACTER}") == 4
    assert len(body(notice("- a\n- b.csv: promote").to_sns())) == 2


def test_one_endless_line_leaves_room_for_the_others() -> None:
    first, second, last = body(notice("x" * 10**6, "- b.csv: hold").to_sns())
    assert (first.endswith("..."), second, last) == (True, "- b.csv: hold", f"Run record: {URI}")


def test_lines_that_were_dropped_before_are_counted_with_those_that_do_not_fit() -> None:
    assert "... and 7 more, in the record." in body(notice("a", left_out=7).to_sns())


def test_message_without_a_record_names_none() -> None:
    assert body(notice("a", "", "b", record_uri="").to_sns()) == ["a", "b"]


@pytest.mark.parametrize("text", ["x" * 500, "Zürich\nBcc: everybody", "\x00\x1b[31m"])
def test_subject_is_accepted_by_sns(text: str) -> None:
    clipped = clip_subject(text)
    assert len(clipped) <= 100
    assert clipped.isascii()
    assert clipped.isprintable()


@pytest.mark.parametrize("value", ["", "\x00", "line\nbreak", "\ud800\uffff", "f" * 300_000])
def test_attribute_of_any_value_is_taken_by_sns(lake: Lake, value: str) -> None:
    request = notice("line", attributes={"feed": value}).to_sns()
    text = request["MessageAttributes"]["feed"]["StringValue"]
    assert 0 < len(text) <= 256
    assert text.isascii()
    assert text.isprintable()
    assert size(request) <= MAX_MESSAGE_BYTES
    assert boto3.client("sns").publish(TopicArn=lake.settings.low_topic_arn, **request)["MessageId"]
