"""The identifiers and allow lists of automated discovery."""

from __future__ import annotations

from typing import Any

import pytest

from localaws.macie2.identifiers import CATALOGUE
from tests.localaws.conftest import error_of


@pytest.fixture
def template_id(macie: Any) -> str:
    return str(macie.get_automated_discovery_configuration()["sensitivityInspectionTemplateId"])


def test_the_first_template_has_the_recommended_identifiers(macie: Any, template_id: str) -> None:
    name = "automated-sensitive-data-discovery"
    [listed] = macie.list_sensitivity_inspection_templates()["sensitivityInspectionTemplates"]
    assert listed == {"id": template_id, "name": name}
    template = macie.get_sensitivity_inspection_template(id=template_id)
    recommended = [identifier.id for identifier in CATALOGUE.values() if identifier.recommended]
    nothing: dict[str, list[str]] = {"allowListIds": [], "customDataIdentifierIds": []}
    assert (template["name"], template["sensitivityInspectionTemplateId"]) == (name, template_id)
    assert template["includes"] == {**nothing, "managedDataIdentifierIds": recommended}
    assert template["excludes"] == {"managedDataIdentifierIds": []}


def test_a_template_is_replaced(macie: Any, template_id: str) -> None:
    custom = macie.create_custom_data_identifier(name="n", regex="abc")["customDataIdentifierId"]
    allowed = macie.create_allow_list(name="n", criteria={"regex": "abc"})["id"]
    wanted = {
        "description": "ours",
        "excludes": {"managedDataIdentifierIds": ["NAME"]},
        "includes": {
            "allowListIds": [allowed],
            "customDataIdentifierIds": [custom],
            "managedDataIdentifierIds": ["ADDRESS", "NAME"],
        },
    }
    macie.update_sensitivity_inspection_template(id=template_id, **wanted)
    template = macie.get_sensitivity_inspection_template(id=template_id)
    assert {name: template[name] for name in wanted} == wanted
    macie.update_sensitivity_inspection_template(id=template_id)
    assert "ADDRESS" not in macie.get_sensitivity_inspection_template(id=template_id)["includes"]


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "d" * 201},
        {"includes": {}},
        {"includes": {"managedDataIdentifierIds": ["SHOE_SIZE"]}},
        {"includes": {"customDataIdentifierIds": ["unknown"]}},
        {"includes": {"managedDataIdentifierIds": ["NAME"], "allowListIds": ["unknown"]}},
        {"excludes": {"managedDataIdentifierIds": ["SHOE_SIZE"]}},
    ],
    ids=["long description", "nothing", "managed", "custom", "allow list", "excluded"],
)
def test_a_template_with_an_invalid_member_is_refused(macie: Any, template_id: str, changes: dict[str, Any]) -> None:
    before = macie.get_sensitivity_inspection_template(id=template_id)
    refused = error_of(macie.update_sensitivity_inspection_template, id=template_id, **changes)
    assert refused[:2] == ("ValidationException", 400)
    after = macie.get_sensitivity_inspection_template(id=template_id)
    assert (after["includes"], after["excludes"]) == (before["includes"], before["excludes"])


def test_a_template_is_not_found_by_another_id(macie: Any) -> None:
    for call in (macie.get_sensitivity_inspection_template, macie.update_sensitivity_inspection_template):
        assert error_of(call, id="unknown")[:2] == ("ResourceNotFoundException", 404)
