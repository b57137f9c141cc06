"""Translation of botocore's errors; the hook and the triggers call AWS inside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from macie import errors

_RETRYABLE_CODES = ("Throttling", "TooManyRequests", "SlowDown", "RequestTimeout", "InternalServer")
"""Prefixes of error codes after which the same call may succeed later."""

_CREDENTIAL_CODES = (
    *("ExpiredToken", "TokenRefreshRequired", "RequestExpired", "RequestTimeTooSkewed"),
    *("InvalidClientTokenId", "InvalidAccessKeyId", "InvalidToken", "InvalidIdentityToken", "UnrecognizedClient"),
    *("InvalidSignature", "SignatureDoesNotMatch", "MissingAuthenticationToken", "IDPCommunicationError"),
)
"""Prefixes of error codes of expired or not yet propagated credentials: refreshed credentials may succeed.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/CommonErrors.html, and the error codes of S3 and STS.
"""

_MISCONFIGURED = (
    *(exceptions.NoRegionError, exceptions.InvalidRegionError, exceptions.ProfileNotFound),
    *(exceptions.ConfigNotFound, exceptions.ConfigParseError, exceptions.InvalidConfigError),
)
"""Errors that no later call can avoid: the connection or the environment is wrong."""
_NO_CREDENTIALS = (
    *(exceptions.NoCredentialsError, exceptions.PartialCredentialsError, exceptions.CredentialRetrievalError),
    *(exceptions.TokenRetrievalError, exceptions.NoAuthTokenError, exceptions.SSOError, exceptions.LoginError),
)


@contextmanager
def translated_errors() -> Iterator[None]:
    """
    Translate botocore's errors into those of :mod:`macie.errors`, in synchronous and in asynchronous code.

    Of botocore's own errors only the class is kept, because their text contains addresses.
    """
    try:
        yield
    except ClientError as error:
        raise _translate(error) from error
    except ParamValidationError as error:
        report = "; ".join(str(error.kwargs["report"]).splitlines())
        raise errors.MacieRequestRefusedError("The call", "ParamValidation", report) from error
    except _MISCONFIGURED as error:
        why = "the configuration of the connection or of the environment is wrong"
        raise errors.MacieRequestRefusedError("The call", type(error).__name__, why) from None
    except _NO_CREDENTIALS as error:
        raise errors.MacieUnavailableError("The call", type(error).__name__, "no valid credentials") from None
    except BotoCoreError as error:
        raise errors.MacieUnavailableError("The call", type(error).__name__, "no response from AWS") from None
    except RuntimeError as error:
        if not _is_of_credentials(error):
            raise
        raise errors.MacieUnavailableError("The call", type(error).__name__, "no valid credentials") from None


def _is_of_credentials(error: RuntimeError) -> bool:
    """
    Return whether botocore raised the error because refreshed credentials are expired still.

    It has no class of its own.
    Source: ``botocore/credentials.py``, ``RefreshableCredentials._protected_refresh``
    """
    raised_in = Path(extract_tb(error.__traceback__)[-1].filename)
    return raised_in.name == "credentials.py" and bool({"botocore", "aiobotocore"} & set(raised_in.parts))


def _translate(error: ClientError) -> errors.MacieError:
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    retryable = status == 429 or status >= 500 or code.startswith((*_RETRYABLE_CODES, *_CREDENTIAL_CODES))
    family = errors.MacieUnavailableError if retryable else errors.MacieRequestRefusedError
    return family(error.operation_name, code, message)
