"""From a request to the backend and back; botocore's model says what is in either."""

from __future__ import annotations

import json
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores, get_service_model
from moto.macie2.responses import MacieResponse as MotoMacieResponse

from localaws.macie2.dials import dials
from localaws.macie2.exceptions import (
    AccessDeniedException,
    InternalServerException,
    MacieError,
    NotImplementedException,
    ThrottlingException,
    ValidationException,
)
from localaws.macie2.models import MacieBackend, macie2_backends
from localaws.macie2.validation import from_text, validated

#: What the API says when a dial makes it fail, by status.
_ERRORS: dict[int, tuple[type[MacieError], str]] = {
    403: (AccessDeniedException, "You are not authorized to perform this operation"),
    429: (ThrottlingException, "Rate exceeded"),
    500: (InternalServerException, "The request failed because of an unknown internal server error"),
}


class MacieResponse(MotoMacieResponse):
    """Operations by their name; those that neither moto nor this class has are answered with 501."""

    @property
    def macie_backend(self) -> MacieBackend:
        return macie2_backends[self.current_account][self.region]

    def call_action(self) -> TYPE_RESPONSE:
        """Refuse what cannot be done, then do as moto does."""
        operation = self._get_action()
        try:
            self._admit(operation)
        except MacieError as error:
            return error.code, dict(error.get_headers()), error.get_body()
        return super().call_action()

    def _admit(self, operation: str | None) -> None:
        if operation is None:
            raise NotImplementedException(f"{self.method} {self.path}")
        if not hasattr(self, camelcase_to_underscores(operation)):
            raise NotImplementedException(operation)
        if status := dials.take_api_error(operation):
            kind, message = _ERRORS[status]
            raise kind(message)
        if operation != "EnableMacie":
            self.macie_backend.assert_enabled()
        self.parameters = validated(get_service_model("macie2").operation_model(operation), self._sent(operation))

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

    # ---- session

    def update_macie_session(self) -> ActionResult:
        self.macie_backend.update_macie_session(self.parameters)
        return EmptyResult()

    # ---- custom data identifiers

    def create_custom_data_identifier(self) -> ActionResult:
        stored = self.macie_backend.create_custom_data_identifier(self.parameters)
        return ActionResult({"customDataIdentifierId": stored.id})

    def get_custom_data_identifier(self) -> ActionResult:
        return ActionResult(self.macie_backend.get_custom_data_identifier(self.parameters["id"]).to_json())

    def batch_get_custom_data_identifiers(self) -> ActionResult:
        return ActionResult(self.macie_backend.batch_get_custom_data_identifiers(self.parameters.get("ids", [])))

    def list_custom_data_identifiers(self) -> ActionResult:
        size, token = self.parameters.get("maxResults"), self.parameters.get("nextToken")
        return ActionResult(self.macie_backend.list_custom_data_identifiers(size, token))

    def delete_custom_data_identifier(self) -> ActionResult:
        self.macie_backend.delete_custom_data_identifier(self.parameters["id"])
        return EmptyResult()

    def test_custom_data_identifier(self) -> ActionResult:
        return ActionResult({"matchCount": self.macie_backend.test_custom_data_identifier(self.parameters)})

    # ---- managed data identifiers

    def list_managed_data_identifiers(self) -> ActionResult:
        return ActionResult(self.macie_backend.list_managed_data_identifiers(self.parameters.get("nextToken")))

    # ---- jobs

    def create_classification_job(self) -> ActionResult:
        job = self.macie_backend.create_classification_job(self.parameters)
        return ActionResult({"jobArn": job.arn, "jobId": job.id})

    def describe_classification_job(self) -> ActionResult:
        return ActionResult(self.macie_backend.get_classification_job(self.parameters["jobId"]).to_json())

    def list_classification_jobs(self) -> ActionResult:
        return ActionResult(self.macie_backend.list_classification_jobs(self.parameters))

    def update_classification_job(self) -> ActionResult:
        self.macie_backend.update_classification_job(self.parameters["jobId"], self.parameters["jobStatus"])
        return EmptyResult()

    # ---- export configuration

    def get_classification_export_configuration(self) -> ActionResult:
        return ActionResult({"configuration": self.macie_backend.get_classification_export_configuration()})

    def put_classification_export_configuration(self) -> ActionResult:
        wanted = self.parameters["configuration"]
        return ActionResult({"configuration": self.macie_backend.put_classification_export_configuration(wanted)})

    # ---- findings

    def list_findings(self) -> ActionResult:
        return ActionResult(self.macie_backend.list_findings(self.parameters))

    def get_findings(self) -> ActionResult:
        ids, sort = self.parameters["findingIds"], self.parameters.get("sortCriteria", {})
        return ActionResult({"findings": self.macie_backend.get_findings(ids, sort)})

    def get_finding_statistics(self) -> ActionResult:
        return ActionResult({"countsByGroup": self.macie_backend.get_finding_statistics(self.parameters)})

    # ---- tags

    def list_tags_for_resource(self) -> ActionResult:
        return ActionResult({"tags": self.macie_backend.list_tags_for_resource(self.parameters["resourceArn"])})

    def tag_resource(self) -> ActionResult:
        self.macie_backend.tag_resource(self.parameters["resourceArn"], self.parameters["tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        self.macie_backend.untag_resource(self.parameters["resourceArn"], self.parameters["tagKeys"])
        return EmptyResult()
