"""What was sent of a run: one small document in bronze for each message, so that a retry does not send it again.

SNS cannot be asked whether a message arrived. A receipt is looked for before a message is sent and written after it, so
a crash between the two sends it again: told twice is better than not told. (A FIFO topic drops the second one, when it
comes within five minutes.)
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lake_gate.model import jsonl
from lake_gate.model.run import NOTIFIED, Run
from lake_gate.s3.documents import read_document, read_document_or_none, write_document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

_MOST_FAILURES = 10
_PLAIN = re.compile(r"[A-Za-z0-9_./-]{1,200}")
"""Kinds that are part of a key as they are. The longest key of a receipt has some 550 of the 1,024 bytes that S3
allows: a feed has 40 characters at most, and a run id 250.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
_MOST_KEPT = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one message.

    :param kind: which of the run's messages it is; the name of the document.
    :param sent_at: when SNS took it, in UTC; empty: not yet.
    :param about: of a batch, the ids of the findings that it told.
    :param failures: what SNS answered instead and when, the latest last.
    """

    kind: str
    topic_arn: str = ""
    message_id: str = ""
    sent_at: str = ""
    about: Sequence[str] = ()
    failures: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Receipts:
    """The receipts of one run, ``_runs/<feed>/<run>/notified/<kind>.json``."""

    s3: S3Client
    bucket: str
    run: Run

    def get(self, kind: str) -> Receipt:
        """Return what is known of a message: an empty receipt when nothing is."""
        content = read_document_or_none(self.s3, self.bucket, self._key(kind))
        return (_load(content) if content else None) or Receipt(kind)

    def iter_sent(self, beginning: str) -> Iterator[Receipt]:
        """Yield the receipts of messages that were sent whose kind begins like this."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.run.document(NOTIFIED + beginning)
        )
        for item in (item for page in pages for item in page.get("Contents", [])):
            receipt = _load(read_document(self.s3, self.bucket, item["Key"]))
            if receipt and receipt.sent_at:
                yield receipt

    def keep_sent(self, before: Receipt, topic_arn: str, message_id: str = "", *, about: Sequence[str] = ()) -> None:
        """Write down that SNS took the message."""
        self._write(Receipt(before.kind, topic_arn, message_id, _now(), about, before.failures))

    def keep_failure(self, before: Receipt, topic_arn: str, code: str) -> None:
        """Write down what SNS answered instead: its code, never its text."""
        failures = [*before.failures, {"code": code, "at": _now()}][-_MOST_FAILURES:]
        self._write(Receipt(before.kind, topic_arn, failures=failures))

    def _write(self, receipt: Receipt) -> None:
        # Names from outside may hold half of a surrogate pair, with which the receipt could not be read again.
        content = json.dumps(asdict(receipt), indent=1, ensure_ascii=False).encode(errors="replace")
        write_document(self.s3, self.bucket, self._key(receipt.kind), content)

    def _key(self, kind: str) -> str:
        return self.run.document(f"{NOTIFIED}{_document_name(kind)}.json")


def _document_name(kind: str) -> str:
    """Return the kind as part of a key; one that is long or has other characters is cut and carries a hash.

    A receipt that S3 refuses for its key would leave no trace of a message that was sent, and each retry sent it again.
    """
    if _PLAIN.fullmatch(kind):
        return kind
    kept = re.sub(r"[^A-Za-z0-9_./-]+", "-", kind)[:_MOST_KEPT]
    return f"{kept}-{hashlib.sha256(kind.encode(errors='surrogatepass')).hexdigest()[:16]}"


def _load(content: bytes) -> Receipt | None:
    """Return a receipt; None when it is damaged: the message may be sent twice then, which is better than never."""
    try:
        return jsonl.from_dict(Receipt, jsonl.parse(content))
    except ValueError:
        log.warning("A receipt cannot be read: its message is sent again")
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat()
