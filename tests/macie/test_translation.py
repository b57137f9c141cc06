from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

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


def test_a_malformed_request_stays_malformed() -> None:
    with pytest.raises(FATAL, match="jobTyp"), translated_errors():
        raise ParamValidationError(report="Unknown parameter jobTyp")
