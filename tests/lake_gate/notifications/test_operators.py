"""Messages about a run, each sent once: also when the task is tried again, and when a topic fails."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from lake_gate.errors import NoticeNotSentError, NoticeRefusedError
from lake_gate.ledger.book import append_document
from lake_gate.ledger.chain import Kind, name_of, prefix_of
from lake_gate.model.run import Run
from lake_gate.notifications.message import Notice
from lake_gate.notifications.operators import NotifyOperator
from lake_gate.notifications.receipts import Receipts
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.notifications.test_digest import HIGH, report
from tests.lake_gate.notifications.test_finding_notices import finding

RUN = Run("synthea", "1")
NOTICE = Notice(subject="s", lines=["body"], sms="short", attributes={"feed": "synthea"})

Received = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def high(lake: Lake) -> Received:
    received: Received = lake.messages_of(lake.settings.high_topic_arn)
    return received


@pytest.fixture
def low(lake: Lake) -> Received:
    received: Received = lake.messages_of(lake.settings.low_topic_arn)
    return received


@pytest.fixture
def receipts(lake: Lake) -> Receipts:
    return Receipts(lake.s3, lake.bronze, RUN)


def write(lake: Lake, name: str, *lines: Any) -> None:
    content = "\n".join(json.dumps(line) for line in lines).encode()
    lake.s3.put_object(Bucket=lake.bronze, Key=RUN.document(name), Body=content)


def record(lake: Lake, *outcomes: str) -> None:
    """Write the record of a run that ended so; what is quarantined is High."""
    found = {"quarantine": HIGH}
    summary, lines = report(*(decided(f"{o}-{n}.csv", o, **found.get(o, {})) for n, o in enumerate(outcomes)))
    write(lake, "record.json", summary)
    write(lake, "objects.jsonl", *lines)


def notify(lake: Lake, **arguments: Any) -> str:
    operator = NotifyOperator(task_id="notify", settings=lake.settings.to_json(), feed="synthea", **arguments)
    sent: str = operator.execute({"run_id": "1"})
    return sent


def delete_topic(arn: str) -> None:
    boto3.client("sns").delete_topic(TopicArn=arn)


def test_digest_names_the_objects_of_the_record(lake: Lake, low: Received) -> None:
    record(lake, "promote", "hold")
    message_id = notify(lake)
    (message,) = low()
    assert message["MessageId"] == message_id
    assert {"- promote-0.csv: Macie found nothing", "- hold-1.csv: Macie found nothing", "Held (1):"} <= set(
        message["Message"].split("\n")
    )
    assert message["Message"].endswith(f"Run record: s3://{lake.bronze}/{RUN.document('record.json')}")


def test_digest_has_the_head_of_the_ledger(lake: Lake, low: Received) -> None:
    record(lake, "promote")
    line = append_document(lake.s3, lake.settings, "synthea", Kind.RECORD, RUN.document("record.json"), "v", b"{}")
    notify(lake)
    (message,) = low()
    assert f"\nHead of the ledger of synthea: {line.head}\n" in message["Message"]


def test_digest_is_sent_without_a_head_when_the_ledger_is_damaged(lake: Lake, low: Received) -> None:
    record(lake, "promote")
    lake.put(lake.bronze, prefix_of("synthea") + name_of(1), b"forged")
    notify(lake)
    (message,) = low()
    assert "Head of the ledger" not in message["Message"]


@pytest.mark.parametrize(("outcome", "topic"), [("quarantine", "high"), ("promote", "low"), (None, "low")])
def test_digest_goes_to_the_topic_of_its_severity(
    lake: Lake, high: Received, low: Received, outcome: str | None, topic: str
) -> None:
    record(lake, *([outcome] if outcome else []))
    notify(lake)
    assert {"high": len(high()), "low": len(low())} == {"high": 0, "low": 0, topic: 1}


def test_digest_is_sent_once_however_often_the_task_is_run(lake: Lake, low: Received) -> None:
    record(lake, "promote")
    assert len({notify(lake) for _ in range(3)}) == 1
    assert len(low()) == 1


def test_another_outcome_of_the_same_run_sends_another_message(lake: Lake, low: Received) -> None:
    for outcome in ("promote", "hold", "promote"):
        record(lake, outcome)
        notify(lake)
    assert [message["MessageAttributes"]["outcome"]["Value"] for message in low()] == ["promoted", "held"]


@pytest.mark.parametrize(
    ("policy", "passes"),
    [
        ({"outcome": ["quarantined", "held"]}, True),
        ({"outcome": ["promoted"]}, False),
        ({"kind": ["digest"], "feed": ["synthea"]}, True),
        ({"hold": [{"numeric": [">=", 2]}]}, True),
        ({"hold": [{"numeric": [">=", 3]}]}, False),
        ({"severity": ["High"]}, False),
        ({"dry_run": ["true"]}, False),
    ],
)
def test_subscriptions_can_filter(lake: Lake, policy: dict[str, Any], passes: bool) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn, **policy)
    record(lake, "promote", "hold", "hold")
    notify(lake)
    assert bool(received()) is passes


def test_queue_with_raw_delivery_gets_the_body_and_all_attributes(lake: Lake, low: Received) -> None:
    sns = boto3.client("sns")
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=lake.settings.low_topic_arn)["Subscriptions"]
    sns.set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"], AttributeName="RawMessageDelivery", AttributeValue="true"
    )
    record(lake, "promote")
    notify(lake)
    queue = boto3.client("sqs").get_queue_url(QueueName="lake-low")["QueueUrl"]
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    assert "\nFeed synthea, run manual__1.\n" in message["Body"]
    assert len(message["MessageAttributes"]) <= 10  # of more, such a queue gets none


def test_topic_that_fails_is_noted_and_the_retry_sends(
    lake: Lake, low: Received, receipts: Receipts, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(lake, "promote")
    with monkeypatch.context() as outage:
        outage.setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:9")
        outage.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(NoticeNotSentError, match="EndpointConnectionError"):
            notify(lake)
    assert [failure["code"] for failure in receipts.get("digest-promoted").failures] == ["EndpointConnectionError"]
    notify(lake)
    assert len(low()) == 1
    assert receipts.get("digest-promoted").sent_at
    assert len(receipts.get("digest-promoted").failures) == 1


def test_topic_that_is_gone_ends_the_task_for_good_and_touches_no_other_document(
    lake: Lake, receipts: Receipts
) -> None:
    record(lake, "promote")
    before = documents(lake)
    delete_topic(lake.settings.low_topic_arn)
    with pytest.raises(NoticeRefusedError, match="lake-low refused a message: NotFound"):
        notify(lake)
    assert receipts.get("digest-promoted").failures[0]["code"] == "NotFound"
    assert {key for key in documents(lake) if "notified/" not in key} == before


def documents(lake: Lake) -> set[str]:
    return {one["Key"] for one in lake.s3.list_objects_v2(Bucket=lake.bronze)["Contents"]}


def test_message_that_was_sent_without_a_receipt_is_sent_again(lake: Lake, low: Received, receipts: Receipts) -> None:
    """A crash between the two: SNS does not show what was delivered, and twice is better than never."""
    record(lake, "promote")
    notify(lake)
    lake.s3.delete_object(Bucket=lake.bronze, Key=RUN.document("notified/digest-promoted.json"))
    notify(lake)
    assert len(low()) == 2


def test_each_finding_has_a_message_in_the_demonstrations_words_on_its_topic(
    lake: Lake, high: Received, low: Received
) -> None:
    record(lake, "quarantine")
    write(lake, "findings.jsonl", finding(1, "High"), finding(2, "Medium"), finding(3, "Low"))
    notify(lake, messages="each finding")
    received = {
        name: [message["Message"] for message in messages if message["MessageAttributes"]["kind"]["Value"] == "finding"]
        for name, messages in {"high": high(), "low": low()}.items()
    }
    assert {name: len(messages) for name, messages in received.items()} == {"high": 1, "low": 2}
    assert received["high"] == [
        f"Amazon Macie Finding Notification: Job Id {'j' * 32}, AWS Account 123456789012. "
        "Severity of High for file 'bronze/synthea/1/1.csv'."
    ]


def test_findings_have_no_messages_of_their_own_unless_asked_for(lake: Lake, high: Received, low: Received) -> None:
    record(lake, "quarantine")
    write(lake, "findings.jsonl", finding(1))
    notify(lake)
    assert (len(high()), len(low())) == (1, 0)


def test_empty_delivery_tells_of_no_finding(lake: Lake, low: Received) -> None:
    record(lake)
    notify(lake, messages="each finding")
    assert ["empty delivery" in message["Subject"] for message in low()] == [True]


@pytest.mark.slow
def test_thousand_findings_get_a_message_and_the_digest_counts_the_others(lake: Lake, receipts: Receipts) -> None:
    digests = lake.messages_of(lake.settings.high_topic_arn, kind=["digest"])  # the local queues are slow
    record(lake, "quarantine")
    write(lake, "findings.jsonl", *(finding(number) for number in range(1005)))
    notify(lake, messages="each finding")
    (message,) = digests()
    assert "5 more findings without a message of their own" in message["Message"]
    sent = [finding_id for receipt in receipts.iter_sent("findings/") for finding_id in receipt.about]
    assert sorted(sent) == [f"{number:032}" for number in range(1000)]


def test_findings_with_a_message_are_not_sent_again(lake: Lake, high: Received) -> None:
    record(lake, "quarantine")
    for count in (15, 25, 25):  # the second try finds more, in another order
        write(lake, "findings.jsonl", *(finding(number) for number in reversed(range(count))))
        notify(lake, messages="each finding")
    sent = Counter(message["Message"] for message in high())
    assert len(sent) == 26
    assert set(sent.values()) == {1}


def test_one_topics_trouble_is_not_the_others_and_its_messages_come_with_the_retry(
    lake: Lake, low: Received, receipts: Receipts
) -> None:
    record(lake, "quarantine")
    write(lake, "findings.jsonl", finding(1, "High"), finding(2, "Low"))
    delete_topic(lake.settings.high_topic_arn)
    with pytest.raises(NoticeRefusedError, match="lake-high"):
        notify(lake, messages="each finding")
    assert len(low()) == 1
    assert receipts.get("findings").failures[0]["code"] == "NotFound"
    boto3.client("sns").create_topic(Name="lake-high")
    high = lake.messages_of(lake.settings.high_topic_arn)
    notify(lake, messages="each finding")
    assert {message["MessageAttributes"]["kind"]["Value"] for message in high()} == {"digest", "finding"}
    assert low() == []


def test_finding_that_sns_refuses_does_not_keep_the_others_back(
    lake: Lake, high: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(lake, "quarantine")
    write(lake, "findings.jsonl", *(finding(number) for number in range(25)))
    whole = Notice.to_sns

    def refused(self: Notice) -> dict[str, Any]:
        is_it = any("/12.csv'" in line for line in self.lines)
        return {**whole(self), "Message": json.dumps({"default": "x" * 300_000})} if is_it else whole(self)

    monkeypatch.setattr(Notice, "to_sns", refused)
    with pytest.raises(NoticeRefusedError, match="InvalidParameter"):
        notify(lake, messages="each finding")
    assert len(high()) == 25  # the digest, and all but one
