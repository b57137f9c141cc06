# ruff: noqa: N818 - the names are those of the API
"""The errors of the Macie API, and ``NotImplementedException`` of the local AWS.

Source: the ``errors`` of every operation in botocore's ``macie2/2020-01-01/service-2.json``.
"""

from __future__ import annotations

from moto.core.exceptions import JsonRESTError


class MacieError(JsonRESTError):
    """An error response: code and status of the class, message of the instance."""

    error_code = "InternalServerException"
    code = 500

    def __init__(self, message: str) -> None:
        super().__init__(self.error_code, message)


class ValidationException(MacieError):
    error_code = "ValidationException"
    code = 400


class AccessDeniedException(MacieError):
    error_code = "AccessDeniedException"
    code = 403


class NotEnabledException(AccessDeniedException):
    """Real responses have this text with a full stop and status 401, although the model says 403."""

    code = 401

    def __init__(self) -> None:
        super().__init__("Macie is not enabled.")


class ResourceNotFoundException(MacieError):
    error_code = "ResourceNotFoundException"
    code = 404

    def __init__(self, message: str = "Resource not found. Verify any provided IDs are correct.") -> None:
        super().__init__(message)


class ServiceQuotaExceededException(MacieError):
    error_code = "ServiceQuotaExceededException"
    code = 402


class UnprocessableEntityException(MacieError):
    error_code = "UnprocessableEntityException"
    code = 422


class ConflictException(MacieError):
    error_code = "ConflictException"
    code = 409


class ThrottlingException(MacieError):
    error_code = "ThrottlingException"
    code = 429


class InternalServerException(MacieError):
    error_code = "InternalServerException"
    code = 500


class NoEndpointException(MacieError):
    """The Region is without Macie: in AWS the host of the endpoint does not exist, and nothing answers.

    A client of the local AWS reaches a host whatever its Region is, so it is refused with an error that no retry
    repeats.
    """

    error_code = "NoEndpointException"
    code = 404

    def __init__(self, region_name: str) -> None:
        super().__init__(f"Macie has no endpoint in the Region {region_name[:50]}")


class NotImplementedException(MacieError):
    """The operation exists in Macie, not in the local AWS."""

    error_code = "NotImplementedException"
    code = 501

    def __init__(self, feature: str) -> None:
        super().__init__(f"This is not implemented by the local AWS: {feature}")
