"""The only place where botocore's errors become ours; the hook and the triggers call AWS inside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from macie import errors

_RETRYABLE_CODES = ("Throttling", "TooManyRequests", "SlowDown", "RequestTimeout", "InternalServer", "ExpiredToken")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn botocore's errors into ours, in synchronous and in asynchronous code."""
    try:
        yield
    except ClientError as error:
        raise _translate(error) from error
    except ParamValidationError as error:
        report = "; ".join(str(error.kwargs["report"]).splitlines())
        raise errors.MacieRequestRefusedError("The call", "ParamValidation", report) from error
    except BotoCoreError as error:
        raise errors.MacieUnavailableError("The call", type(error).__name__, str(error)) from error


def _translate(error: ClientError) -> errors.MacieError:
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    retryable = status == 429 or status >= 500 or code.startswith(_RETRYABLE_CODES)
    family = errors.MacieUnavailableError if retryable else errors.MacieRequestRefusedError
    return family(error.operation_name, code, message)
