"""Publishes to SNS topics, standard and FIFO."""

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
"""Source, but for the last line, which IAM says: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""


@dataclass(frozen=True)
class Topic:
    """One topic.

    :param group: messages of one group come out of a FIFO topic in the order in which they were sent.
    """

    arn: str
    group: str
    aws_conn_id: str | None = "aws_default"

    def publish(self, notice: Notice, once: str) -> str:
        """Send a message, and return its id.

        :param once: of two messages with the same, a FIFO topic drops the second, when it comes within five minutes.
        :raises NoticeNotSentError: when the topic fails and a retry may help.
        :raises NoticeRefusedError: when it does not.
        """
        with self._translated():
            answer = self._sns.publish(TopicArn=self.arn, **notice.to_sns(), **self._in_order(once))
        return answer["MessageId"]

    def publish_batch(self, notices: Mapping[str, Notice]) -> tuple[list[str], list[str]]:
        """Send up to ten messages; return which of them were taken, and the codes of what SNS says of the others.

        :param notices: by ``once``, see :meth:`publish`.
        :raises NoticeNotSentError, NoticeRefusedError: when the topic took none.
        """
        names = list(notices)
        entries: Any = [
            {"Id": str(number), **notices[name].to_sns(), **self._in_order(name)} for number, name in enumerate(names)
        ]
        with self._translated():
            answer = self._sns.publish_batch(TopicArn=self.arn, PublishBatchRequestEntries=entries)
        taken = [names[int(entry["Id"])] for entry in answer["Successful"]]
        return taken, [entry["Code"] for entry in answer["Failed"]]

    def error(self, code: str) -> NoticeNotSentError | NoticeRefusedError:
        """Return our error for SNS's code: whether retrying helps."""
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
