"""Meaning of S3's error codes, and retries of conditional writes.

It does not import Airflow: programs that read a run's documents without Airflow use it, too.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFLICT_WAITS_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Upper limits of the random waits before each further try of a conditional write."""


def is_missing(error: ClientError) -> bool:
    """Return whether the object, or this version of it, does not exist."""
    return _code(error) in {"404", "NoSuchKey", "NoSuchVersion"}


def is_past_end(error: ClientError) -> bool:
    """Return whether the object ends before the requested range."""
    return _code(error) in {"416", "InvalidRange"}


def is_upload_missing(error: ClientError) -> bool:
    """Return whether the multipart upload does not exist any more: it was completed or aborted."""
    return _code(error) == "NoSuchUpload"


def is_precondition_failed(error: ClientError) -> bool:
    """Return whether the condition of a write was not met.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    return _code(error) in {"412", "PreconditionFailed"}


def is_conflict(error: ClientError) -> bool:
    """Return whether another write to the key was in flight, whose outcome is not known.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    return _code(error) in {"409", "ConditionalRequestConflict", "OperationAborted"}


def is_locked(refused: Mapping[str, Any]) -> bool:
    """Return whether S3 refuses to delete a version because of a legal hold or a retention period of Object Lock.

    S3 has no specific code for it: the code is ``AccessDenied``, the message "Access Denied because object protected by
    object lock.". Without that message a missing permission and Object Lock cannot be distinguished.

    :param refused: ``Error`` of a response, or an element of the ``Errors`` of DeleteObjects.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    """
    return refused.get("Code") == "AccessDenied" and "object lock" in refused.get("Message", "").lower()


def retry_on_conflict[Response](write: Callable[[], Response]) -> Response:
    """Make a conditional write, and repeat it after a conflict, as AWS advises; S3 checks the condition each time.

    :param write: request with a condition; a multipart upload must begin again with its first request.
    :raises ClientError: the last conflict, if every try has one; any other error at once.
    """
    for seconds in CONFLICT_WAITS_SECONDS:
        try:
            return write()
        except ClientError as error:
            if not is_conflict(error):
                raise
        time.sleep(random.uniform(0, seconds))  # noqa: S311 - jitter, not cryptography
    return write()


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
