from __future__ import annotations

import pytest
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)

from macie import errors
from macie.translation import translated_errors


def client_error(status: int, code: str) -> ClientError:
    response = {"Error": {"Code": code, "Message": "text"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "ListFindings")  # type: ignore[arg-type]


RETRYABLE, FATAL = errors.MacieUnavailableError, errors.MacieRequestRefusedError


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "ValidationException", FATAL),
        (402, "ServiceQuotaExceededException", FATAL),
        (403, "AccessDeniedException", FATAL),
        (403, "ExpiredTokenException", RETRYABLE),
        (400, "ExpiredToken", RETRYABLE),
        (403, "InvalidClientTokenId", RETRYABLE),
        (403, "InvalidAccessKeyId", RETRYABLE),
        (403, "UnrecognizedClientException", RETRYABLE),
        (400, "RequestExpired", RETRYABLE),
        (404, "ResourceNotFoundException", FATAL),
        (409, "ConflictException", FATAL),
        (429, "ThrottlingException", RETRYABLE),
        (400, "ThrottlingException", RETRYABLE),
        (500, "InternalServerException", RETRYABLE),
        (503, "", RETRYABLE),
        (0, "SlowDown", RETRYABLE),
    ],
)
def test_a_refusal_is_fatal_and_an_outage_is_not(status: int, code: str, expected: type[Exception]) -> None:
    with pytest.raises(expected, match=f"ListFindings.*{code}: text") as caught, translated_errors():
        raise client_error(status, code)
    assert isinstance(caught.value.__cause__, ClientError)


def test_a_connection_that_fails_may_succeed_later() -> None:
    with pytest.raises(RETRYABLE, match="EndpointConnectionError"), translated_errors():
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")


@pytest.mark.parametrize(
    "error",
    [
        NoCredentialsError(),
        PartialCredentialsError(provider="env", cred_var="secret"),
        CredentialRetrievalError(provider="role", error_msg="http://169.254.170.2/v2/credentials"),
        TokenRetrievalError(provider="sso", error_msg="http://169.254.170.2/v2/credentials"),
        EndpointConnectionError(endpoint_url="http://user:word@169.254.170.2"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_of_botocore_are_named_and_not_quoted(error: Exception) -> None:
    with pytest.raises(RETRYABLE, match=type(error).__name__) as caught, translated_errors():
        raise error
    assert "169.254" not in str(caught.value)


@pytest.mark.parametrize("error", [NoRegionError(), ProfileNotFound(profile="gate")])
def test_wrong_configuration_is_fatal(error: Exception) -> None:
    with pytest.raises(FATAL, match=type(error).__name__), translated_errors():
        raise error


def test_a_malformed_request_stays_malformed() -> None:
    with pytest.raises(FATAL, match="jobTyp"), translated_errors():
        raise ParamValidationError(report="Unknown parameter jobTyp")


def test_refreshed_credentials_that_are_expired_still_are_unavailable() -> None:
    expired = {"access_key": "a", "secret_key": "s", "token": "t", "expiry_time": "2020-01-01T00:00:00Z"}
    credentials = RefreshableCredentials.create_from_metadata(expired, refresh_using=lambda: expired, method="role")
    with pytest.raises(RETRYABLE, match="no valid credentials"), translated_errors():
        credentials.get_frozen_credentials()


def test_other_runtime_errors_are_not_translated() -> None:
    with pytest.raises(RuntimeError, match="other"), translated_errors():
        raise RuntimeError("other")
