"""What was sent of a run, as its documents say."""

from __future__ import annotations

import pytest

from lake_gate.model.run import Run
from lake_gate.notifications.receipts import Receipt, Receipts
from tests.lake import Lake

TOPIC = "arn:aws:sns:us-east-1:1:high"


@pytest.fixture
def receipts(lake: Lake) -> Receipts:
    return Receipts(lake.s3, lake.bronze, Run("synthea", "1"))


def test_nothing_is_known_of_a_message_that_was_never_tried(receipts: Receipts) -> None:
    assert receipts.get("digest") == Receipt("digest")


def test_receipt_says_where_and_when_a_message_was_sent(lake: Lake, receipts: Receipts) -> None:
    receipts.write_sent(receipts.get("digest"), TOPIC, "m1")
    written = lake.document("_runs/synthea/1/notified/digest.json")
    assert (written["kind"], written["topic_arn"], written["message_id"]) == ("digest", TOPIC, "m1")
    assert written["sent_at"].endswith("+00:00")
    assert receipts.get("digest").message_id == "m1"


def test_failures_stay_in_the_receipt_after_the_message_was_sent_the_latest_ten(receipts: Receipts) -> None:
    for number in range(12):
        receipts.write_failure(receipts.get("digest"), TOPIC, f"Code{number}")
        assert receipts.get("digest").sent_at == ""
    receipts.write_sent(receipts.get("digest"), TOPIC, "m1")
    kept = receipts.get("digest")
    assert [failure["code"] for failure in kept.failures] == [f"Code{number}" for number in range(2, 12)]
    assert all(failure["at"].endswith("+00:00") for failure in kept.failures)


def test_only_receipts_of_sent_messages_with_the_prefix_are_listed(receipts: Receipts) -> None:
    receipts.write_sent(Receipt("findings/1"), TOPIC, about=["f1", "f2"])
    receipts.write_failure(Receipt("findings/2"), TOPIC, "Throttled")
    receipts.write_sent(Receipt("digest"), TOPIC)
    assert [(one.kind, one.about) for one in receipts.iter_sent("findings/")] == [("findings/1", ["f1", "f2"])]


def test_runs_do_not_know_of_each_other(lake: Lake, receipts: Receipts) -> None:
    receipts.write_sent(Receipt("digest"), TOPIC)
    assert Receipts(lake.s3, lake.bronze, Run("synthea", "2")).get("digest").sent_at == ""


@pytest.mark.parametrize(
    "kind", ["overdue-" + "f" * 1000, "overdue-{{ 7*7 }}", "overdue-line\nbreak", "overdue-ü\ud800"]
)
def test_receipt_of_any_kind_has_a_short_key_and_is_found_again(lake: Lake, receipts: Receipts, kind: str) -> None:
    receipts.write_sent(receipts.get(kind), TOPIC, "m1")
    assert receipts.get(kind).message_id == "m1"
    assert receipts.get(f"{kind}x").message_id == ""
    (one,) = receipts.iter_sent("overdue-")
    assert one.message_id == "m1"
    (item,) = lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix="_runs/")["Contents"]
    assert len(item["Key"]) < 200


def test_longest_key_of_a_receipt_fits_into_s3(lake: Lake) -> None:
    receipts = Receipts(lake.s3, lake.bronze, Run("f" * 40, "ü" * 250))
    receipts.write_sent(Receipt("failed-" + "t" * 250), TOPIC)
    assert receipts.get("failed-" + "t" * 250).sent_at


@pytest.mark.parametrize("damage", [b"", b"[]", b"{", b'{"kind": 1}', b'{"kind": "digest", "sent_at": 1}'])
def test_damaged_receipt_is_none_and_its_message_is_sent_again(lake: Lake, receipts: Receipts, damage: bytes) -> None:
    receipts.write_sent(receipts.get("digest"), TOPIC, "m1")
    lake.s3.put_object(Bucket=lake.bronze, Key="_runs/synthea/1/notified/digest.json", Body=damage)
    assert receipts.get("digest") == Receipt("digest")
    assert list(receipts.iter_sent("digest")) == []
