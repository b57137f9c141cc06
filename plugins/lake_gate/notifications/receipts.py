"""Receipts: a small document in bronze for each message of a run, so that a retry does not send it again.

SNS has no operation that tells whether a message was delivered. A receipt is read before a message is sent and written
afterwards, so a crash in between sends it again: twice is better than never. (A FIFO topic drops the second message if
it comes within five minutes.)
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
"""Kinds that are used unchanged in a key. The longest key of a receipt has about 550 of the 1,024 bytes that S3
allows: a feed has at most 40 characters, a run id 250.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
_MOST_KEPT = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """The delivery of one message to SNS.

    :param kind: kind of the message within the run; the name of the document.
    :param sent_at: when SNS accepted it, as an ISO time in UTC; empty if it has not.
    :param about: for a batch, the ids of its findings.
    :param failures: error codes of SNS, with the time of each; the latest last.
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
        """Return the receipt of a message; an empty receipt when it has none."""
        content = read_document_or_none(self.s3, self.bucket, self._key(kind))
        return (_load(content) if content else None) or Receipt(kind)

    def iter_sent(self, prefix: str) -> Iterator[Receipt]:
        """Yield the receipts of sent messages whose kind begins with a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.run.document(NOTIFIED + prefix)
        )
        for item in (item for page in pages for item in page.get("Contents", [])):
            receipt = _load(read_document(self.s3, self.bucket, item["Key"]))
            if receipt and receipt.sent_at:
                yield receipt

    def write_sent(self, before: Receipt, topic_arn: str, message_id: str = "", *, about: Sequence[str] = ()) -> None:
        """Write the receipt of a message that SNS has accepted."""
        self._write(Receipt(before.kind, topic_arn, message_id, _now(), about, before.failures))

    def write_failure(self, before: Receipt, topic_arn: str, code: str) -> None:
        """Write the receipt of a message that SNS has not accepted: with the error code, never its text."""
        failures = [*before.failures, {"code": code, "at": _now()}][-_MOST_FAILURES:]
        self._write(Receipt(before.kind, topic_arn, failures=failures))

    def _write(self, receipt: Receipt) -> None:
        # Names from outside may hold half of a surrogate pair, which JSON readers refuse.
        content = json.dumps(asdict(receipt), indent=1, ensure_ascii=False).encode(errors="replace")
        write_document(self.s3, self.bucket, self._key(receipt.kind), content)

    def _key(self, kind: str) -> str:
        return self.run.document(f"{NOTIFIED}{_document_name(kind)}.json")


def _document_name(kind: str) -> str:
    """Return the kind as part of a key; a long kind, or one with other characters, is cut and gets a hash.

    If S3 refused the key of a receipt, each retry would send the message again.
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
        log.warning("Damaged receipt ignored: its message is sent again")
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat()
