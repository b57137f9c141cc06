"""What S3's refusals say. No Airflow here: who reads a run's documents without it needs them, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


def is_missing(error: ClientError) -> bool:
    """Whether S3 says that there is no such object, or no such version of it."""
    return error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey", "NoSuchVersion"}


def is_precondition_failed(error: ClientError) -> bool:
    """Whether S3 did not write because of what is at the key, or is just being written there.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    code = error.response.get("Error", {}).get("Code")
    return code in {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
