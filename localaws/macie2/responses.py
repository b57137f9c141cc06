"""Requests to the backend and its responses, both by botocore's model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from localaws.macie2.clock import to_text
from localaws.macie2.dials import dials
from localaws.macie2.exceptions import (
    AccessDeniedException,
    InternalServerException,
    MacieError,
    NoEndpointException,
    NotImplementedException,
    ThrottlingException,
    ValidationException,
)
from localaws.macie2.failures import report
from localaws.macie2.models import MacieBackend, macie2_backends
from localaws.macie2.validation import from_text, of_shape, validated

#: Errors of the API that a dial injects, by status.
_ERRORS: dict[int, tuple[type[MacieError], str]] = {
    403: (AccessDeniedException, "You are not authorized to perform this operation"),
    429: (ThrottlingException, "Rate exceeded"),
    500: (InternalServerException, "The request failed because of an unknown internal server error"),
}
#: Operations that answer before Macie is enabled. Source: AWS's Security Reference Architecture names the
#: administrator of an organization before it enables Macie in the management account.
_WITHOUT_SESSION = frozenset(
    {
        "EnableMacie",
        "EnableOrganizationAdminAccount",
        "ListOrganizationAdminAccounts",
        "DisableOrganizationAdminAccount",
    }
)


class MacieResponse(BaseResponse):
    """Operations are methods of the backend, found by name; a missing method is answered with 501."""

    def __init__(self) -> None:
        super().__init__(service_name="macie2")

    @property
    def macie_backend(self) -> MacieBackend:
        return macie2_backends[self.current_account][self.region]

    def call_action(self) -> TYPE_RESPONSE:
        """Execute the request, or return the error."""
        name = self._get_action()
        try:
            self._authenticate_and_authorize_normal_action("*")
            operation = self._admitted(name)
            request = validated(get_service_model("macie2").operation_model(name), self._sent(name))
            return self._answer(str(name), operation(request))
        except HTTPException as error:
            return _refusal(error)
        except Exception as error:  # the server would log its text otherwise
            report(str(name), error)
            return _refusal(InternalServerException(_ERRORS[500][1]))

    def _answer(self, name: str, answer: Mapping[str, Any]) -> TYPE_RESPONSE:
        """Write the answer with the members of the model; GetFindings alone writes nulls, as in real findings."""
        operation = get_service_model("macie2").operation_model(name)
        headers, _ = self._enrich_response({**self.response_headers, "Content-Type": "application/json"}, "")
        shape = operation.output_shape
        members = of_shape(shape, dict(answer), keep_nulls=name == "GetFindings") if shape else {}
        return operation.http["responseCode"], headers, json.dumps(members, default=to_text)

    def _get_action_from_method_and_request_uri(self, request: Any) -> str:
        """Find the operation also when a required query parameter is missing: validation names the parameter."""
        found: str | None = super()._get_action_from_method_and_request_uri(request)
        return found or next(filter(self._is_asked_for, get_service_model("macie2").operation_names), None)  # type: ignore[return-value]

    def _is_asked_for(self, operation: str) -> bool:
        http = get_service_model("macie2").operation_model(operation).http
        path = re.sub(r"\{\w+\}", ".+", http["requestUri"])
        return http["method"] == self.method and re.fullmatch(path, self.path) is not None

    def _admitted(self, name: str | None) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
        """Return the backend's method for the operation.

        :raises NotImplementedException: when it does not exist.
        :raises MacieError: when a dial says so, Macie is not enabled, or the Region is without Macie.
        """
        if self.region not in macie2_backends[self.current_account]:
            raise NoEndpointException(self.region)
        if name is None:
            raise NotImplementedException(f"{self.method} {self.path}")
        operation: Callable[..., Any] | None = getattr(self.macie_backend, xform_name(name), None)
        if operation is None:
            raise NotImplementedException(name)
        if status := dials.take_api_error(name):
            kind, message = _ERRORS[status]
            raise kind(message)
        if name not in _WITHOUT_SESSION:
            self.macie_backend.assert_enabled()
        return operation

    def _sent(self, operation: str) -> dict[str, Any]:
        """Return the members of the request, from body, path and query string."""
        try:
            sent = json.loads(self.body) if self.body else {}
        except ValueError:
            raise ValidationException("The body of the request is not JSON") from None
        if not isinstance(sent, dict):
            raise ValidationException("The body of the request is not a JSON object")
        shape = get_service_model("macie2").operation_model(operation).input_shape
        for name, member in shape.members.items() if shape else ():
            where, key = member.serialization.get("location"), member.serialization.get("name", name)
            if where == "uri" and key in self.uri_match:
                sent[name] = self.uri_match[key]
            elif where == "querystring" and (values := self.normalized_request.args.getlist(key)):
                sent[name] = from_text(member, values)
        return sent


def _refusal(error: HTTPException) -> TYPE_RESPONSE:
    return error.code or 500, dict(error.get_headers()), error.get_body()
