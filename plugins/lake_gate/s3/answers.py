"""What S3's refusals say. No Airflow here: who reads a run's documents without it needs them, too."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFLICT_WAITS_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6)
"""How long a conditional write waits before each further try, at most; less than that by chance."""


def is_missing(error: ClientError) -> bool:
    """Whether S3 says that there is no such object, or no such version of it."""
    return _code(error) in {"404", "NoSuchKey", "NoSuchVersion"}


def is_past_end(error: ClientError) -> bool:
    """Return whether S3 says that an object ends before the range that was asked for."""
    return _code(error) in {"416", "InvalidRange"}


def is_upload_missing(error: ClientError) -> bool:
    """Whether S3 says that there is no such multipart upload: it was completed or aborted."""
    return _code(error) == "NoSuchUpload"


def is_precondition_failed(error: ClientError) -> bool:
    """Whether S3 did not write because of what is at the key.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    return _code(error) in {"412", "PreconditionFailed"}


def is_conflict(error: ClientError) -> bool:
    """Whether S3 did not write because another write to the key was in flight: the outcome of that one is not known.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    return _code(error) in {"409", "ConditionalRequestConflict", "OperationAborted"}


def is_locked(refused: Mapping[str, Any]) -> bool:
    """Whether S3 refuses to delete a version because of a legal hold or a retention period of Object Lock.

    S3 has no code of its own for it: ``AccessDenied``, with the message "Access Denied because object protected by
    object lock.". Without that message a missing permission and Object Lock look the same.

    :param refused: ``Error`` of a refusal, or one of the ``Errors`` of DeleteObjects.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    """
    return refused.get("Code") == "AccessDenied" and "object lock" in refused.get("Message", "").lower()


def try_again[Answer](write: Callable[[], Answer]) -> Answer:
    """Write conditionally, and again after a conflict, as AWS advises: the condition is checked again each time.

    :param write: a request with a condition; an upload in parts is begun again from its first request on.
    :raises ClientError: the last conflict, when there was one at every try; any other refusal at once.
    """
    for seconds in CONFLICT_WAITS_SECONDS:
        try:
            return write()
        except ClientError as error:
            if not is_conflict(error):
                raise
        time.sleep(random.uniform(0, seconds))  # noqa: S311 - spreads writers, protects nothing
    return write()


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
