"""Publish to SNS topics, standard and FIFO."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.sns import SnsHook
from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.errors import NoticeNotSentError, NoticeRefusedError
from lake_gate.notifications.message import Notice

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

BATCH = 10
"""Most messages of one PublishBatch. Source: https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html"""
_REFUSED = {
    *("NotFound", "AuthorizationError", "InvalidParameter", "ParameterValueInvalid", "InvalidSecurity"),
    *("KMSAccessDenied", "KMSDisabled", "KMSInvalidState", "KMSNotFound", "KMSOptInRequired"),
    *("AccessDenied", "InvalidClientTokenId"),
}
"""Error codes that a retry does not solve. Source (except for the last line, which are IAM's):
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""


@dataclass(frozen=True)
class Topic:
    """An SNS topic.

    :param group: group of the messages: a FIFO topic delivers the messages of a group in the order of sending.
    """

    arn: str
    group: str
    aws_conn_id: str | None = "aws_default"

    def publish(self, notice: Notice, once: str) -> str:
        """Send a message, and return its id.

        :param once: identifies the message: a FIFO topic drops a second message of the same value within five minutes.
        :raises NoticeNotSentError: when SNS fails and a retry may succeed.
        :raises NoticeRefusedError: when SNS fails and a retry does not help.
        """
        with self._translated():
            answer = self._sns.publish(TopicArn=self.arn, **notice.to_sns(), **self._in_order(once))
        return answer["MessageId"]

    def publish_batch(self, notices: Mapping[str, Notice]) -> tuple[list[str], list[str]]:
        """Send up to ten messages; return the keys of those that SNS accepted, and the error codes of the others.

        :param notices: by ``once``, see :meth:`publish`.
        :raises NoticeNotSentError, NoticeRefusedError: when the whole request fails; SNS accepted none then.
        """
        names = list(notices)
        entries: Any = [
            {"Id": str(number), **notices[name].to_sns(), **self._in_order(name)} for number, name in enumerate(names)
        ]
        with self._translated():
            answer = self._sns.publish_batch(TopicArn=self.arn, PublishBatchRequestEntries=entries)
        accepted = [names[int(entry["Id"])] for entry in answer["Successful"]]
        return accepted, [entry["Code"] for entry in answer["Failed"]]

    def error(self, code: str) -> NoticeNotSentError | NoticeRefusedError:
        """Return the error for a code of SNS, by whether a retry may succeed."""
        return (NoticeRefusedError if code in _REFUSED else NoticeNotSentError)(self.arn, code)

    @cached_property
    def _sns(self) -> SNSClient:
        client: SNSClient = SnsHook(aws_conn_id=self.aws_conn_id).get_conn()  # type: ignore[no-untyped-call]
        return client

    def _in_order(self, once: str) -> dict[str, Any]:
        if not self.arn.endswith(".fifo"):
            return {}
        return {"MessageGroupId": self.group, "MessageDeduplicationId": hashlib.sha256(once.encode()).hexdigest()}

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise self.error(error.response.get("Error", {}).get("Code", "unknown")) from None
        except BotoCoreError as error:  # its text may hold addresses
            raise NoticeNotSentError(self.arn, type(error).__name__) from None
