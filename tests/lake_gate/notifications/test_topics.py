"""Publishing: standard and FIFO topics, and which of SNS's answers a retry helps against."""

from __future__ import annotations

import json

import boto3
import pytest

from lake_gate.errors import NoticeNotSentError, NoticeRefusedError
from lake_gate.notifications.message import Notice
from lake_gate.notifications.topics import Topic
from tests.lake import Lake

NOTICE = Notice(subject="s", lines=["body"], sms="short", attributes={"feed": "synthea", "quarantine": 2})
NOWHERE = "arn:aws:sns:us-east-1:123456789012:nowhere"


@pytest.fixture
def unreachable(aws: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """SNS does not answer at all."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def test_queue_gets_the_body_and_the_attributes(lake: Lake) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    Topic(lake.settings.low_topic_arn, "synthea").publish(NOTICE, once="1")
    (message,) = received()
    assert (message["Subject"], message["Message"]) == ("s", "body")
    assert message["MessageAttributes"]["quarantine"] == {"Type": "Number", "Value": "2"}


@pytest.mark.parametrize(("policy", "passes"), [({"numeric": [">", 0]}, True), ({"numeric": ["=", 0]}, False)])
def test_subscriptions_can_filter_on_counts(lake: Lake, policy: dict[str, list[object]], passes: bool) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn, quarantine=[policy])
    Topic(lake.settings.low_topic_arn, "synthea").publish(NOTICE, once="1")
    assert bool(received()) is passes


def test_fifo_topic_drops_the_same_message_when_it_comes_again(lake: Lake) -> None:
    attributes = {"FifoTopic": "true", "ContentBasedDeduplication": "false"}
    arn = boto3.client("sns").create_topic(Name="high.fifo", Attributes=attributes)["TopicArn"]
    received = lake.messages_of(arn)
    topic = Topic(arn, "synthea")
    for once in ("1", "1", "2"):
        topic.publish(NOTICE, once=once)
    assert topic.publish_batch({"2": NOTICE, "3": NOTICE}) == (["2", "3"], [])
    assert len(received()) == 3


def test_batch_returns_accepted_messages_and_error_codes(lake: Lake) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    untakeable = _Unfit(subject="s", lines=["body"], sms="short", attributes={"feed": "synthea"})
    taken, failed = Topic(lake.settings.low_topic_arn, "synthea").publish_batch(
        {"a": NOTICE, "b": untakeable, "c": NOTICE}
    )
    assert (taken, failed) == (["a", "c"], ["InvalidParameter"])
    assert len(received()) == 2


class _Unfit(Notice):
    """A message that SNS refuses."""

    def to_sns(self) -> dict[str, object]:
        return {**super().to_sns(), "Message": json.dumps({"default": "x" * 300_000})}


@pytest.mark.usefixtures("aws")
def test_error_of_a_missing_topic_names_it_and_is_final() -> None:
    topic = Topic(NOWHERE, "synthea")
    for send in (lambda: topic.publish(NOTICE, once="1"), lambda: topic.publish_batch({"1": NOTICE})):
        with pytest.raises(NoticeRefusedError, match=f"{NOWHERE} refused a message: NotFound"):
            send()


@pytest.mark.usefixtures("unreachable")
def test_error_of_an_unreachable_topic_is_retryable_and_hides_its_address() -> None:
    topic = Topic(NOWHERE, "synthea")
    for send in (lambda: topic.publish(NOTICE, once="1"), lambda: topic.publish_batch({"1": NOTICE})):
        with pytest.raises(NoticeNotSentError, match=r"EndpointConnectionError\.") as caught:
            send()
        assert "127.0.0.1" not in str(caught.value)
        assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AuthorizationError", NoticeRefusedError),
        ("KMSAccessDenied", NoticeRefusedError),
        ("Throttled", NoticeNotSentError),
        ("KMSThrottling", NoticeNotSentError),
        ("InternalError", NoticeNotSentError),
        ("a word of tomorrow", NoticeNotSentError),
    ],
)
def test_answers_are_sorted_by_whether_a_retry_helps(code: str, expected: type[Exception]) -> None:
    assert type(Topic(NOWHERE, "synthea").error(code)) is expected
