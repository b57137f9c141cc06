"""The sensitivity inspection template: the identifiers and allow lists of automated discovery.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/templates-sensitivity-inspections.html
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from moto.moto_api._internal import mock_random

from localaws.macie2.exceptions import ResourceNotFoundException, ValidationException
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier
from localaws.macie2.operations.area import Answer, Area, Request, partly_implemented
from localaws.macie2.operations.classification_scopes import DISCOVERY_NAME
from localaws.macie2.paging import page
from localaws.macie2.validation import check_length

_RECOMMENDED = "the identifiers of the first template are those that AWS recommends for jobs"


class SensitivityInspectionTemplates(Area):
    """The one template of an account."""

    template_id: str
    _template: Mapping[str, Any]

    def forget(self) -> None:
        super().forget()
        self.template_id = mock_random.get_random_hex(32)
        self._template = _template({})

    def list_sensitivity_inspection_templates(self, request: Request) -> Answer:
        return page("sensitivityInspectionTemplates", [{"id": self.template_id, "name": DISCOVERY_NAME}], request)

    @partly_implemented(_RECOMMENDED)
    def get_sensitivity_inspection_template(self, request: Request) -> Answer:
        self._check_template_id(request)
        return {**self._template, "name": DISCOVERY_NAME, "sensitivityInspectionTemplateId": self.template_id}

    @partly_implemented("members that are left out become those of the first template; AWS does not say what they do")
    def update_sensitivity_inspection_template(self, request: Request) -> Answer:
        """Replace the template.

        :raises ValidationException: for unknown identifiers and allow lists, or when no identifier is included.
        """
        self._check_template_id(request)
        check_length("description", request.get("description", ""), 0, 200)
        template = _template(request)
        includes = template["includes"]
        if not includes["managedDataIdentifierIds"] and not includes["customDataIdentifierIds"]:
            raise ValidationException("includes must have at least one managed or custom data identifier")
        _check_known("managed data identifiers", includes["managedDataIdentifierIds"], CATALOGUE)
        _check_known("managed data identifiers", template["excludes"]["managedDataIdentifierIds"], CATALOGUE)
        _check_known("custom data identifiers", includes["customDataIdentifierIds"], self.macie.usable_identifiers())
        _check_known("allow lists", includes["allowListIds"], self.macie.allow_lists)
        self._template = template
        return {}

    def inspection(self) -> dict[str, Any]:
        """Return the template in the members with which a job selects identifiers and allow lists."""
        includes, excludes = self._template["includes"], self._template["excludes"]
        left_out = set(excludes["managedDataIdentifierIds"])
        return {
            **includes,
            "managedDataIdentifierIds": [
                identifier for identifier in includes["managedDataIdentifierIds"] if identifier not in left_out
            ],
            "managedDataIdentifierSelector": "INCLUDE",
        }

    def inspected_custom_identifiers(self) -> list[CustomIdentifier]:
        """Return the custom data identifiers of the template."""
        known = self.macie.custom_data_identifiers
        return [known[identifier].to_detect() for identifier in self._template["includes"]["customDataIdentifierIds"]]

    def _check_template_id(self, request: Request) -> None:
        if request["id"] != self.template_id:
            raise ResourceNotFoundException


def _template(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template of a request; what it leaves out is that of the first one."""
    recommended = [identifier.id for identifier in CATALOGUE.values() if identifier.recommended]
    includes = request.get("includes", {"managedDataIdentifierIds": recommended})
    excludes = request.get("excludes", {})
    return {
        "description": request.get("description"),
        "excludes": {"managedDataIdentifierIds": list(excludes.get("managedDataIdentifierIds", []))},
        "includes": {
            name: list(includes.get(name, []))
            for name in ("allowListIds", "customDataIdentifierIds", "managedDataIdentifierIds")
        },
    }


def _check_known(what: str, ids: Sequence[str], known: Container[str]) -> None:
    if any(identifier not in known for identifier in ids):
        raise ValidationException(f"The template names {what} that do not exist")
