from __future__ import annotations

from typing import Any

import pytest

from macie.account import ids_of
from macie.errors import MacieRequestRefusedError
from macie.identifiers import is_same, reconcile_custom_data_identifiers
from tests.macie.local_aws import PATIENT_ID, Aws
from tests.macie.reconciling import reconciled

PATIENT = {"name": "Patient ID", "regex": "[0-9a-f]{8}", "keywords": ["patient", "person"], "maximumMatchDistance": 50}


@pytest.mark.parametrize(
    "difference",
    [
        {},
        {"keywords": ["person", "patient"]},
        {"ignoreWords": None},
        {"ignoreWords": []},
        {"description": "in other words", "tags": {"a": "b"}},
        {"severityLevels": [{"occurrencesThreshold": 1, "severity": "MEDIUM"}]},
        {"maximumMatchDistance": None},
    ],
)
def test_an_identifier_is_the_same_when_it_detects_the_same(difference: dict[str, Any]) -> None:
    assert is_same(PATIENT, {**PATIENT, **difference})


@pytest.mark.parametrize(
    "difference",
    [
        {"name": "Patient"},
        {"regex": "[0-9a-f]{9}"},
        {"keywords": ["patient"]},
        {"ignoreWords": ["test"]},
        {"maximumMatchDistance": 10},
        {"severityLevels": [{"occurrencesThreshold": 100, "severity": "LOW"}]},
        {"deleted": True},
    ],
)
def test_an_identifier_is_another_when_it_may_detect_something_else(difference: dict[str, Any]) -> None:
    assert not is_same(PATIENT, {**PATIENT, **difference})


def ensured(*definitions: dict[str, Any]) -> dict[str, str]:
    return ids_of(reconciled(reconcile_custom_data_identifiers, definitions))


def test_an_identifier_is_made_once_and_then_found(ready_aws: Aws) -> None:
    first = ensured(PATIENT_ID)
    assert ensured(PATIENT_ID) == first
    assert [item["id"] for item in ready_aws.macie.list_custom_data_identifiers()["items"]] == list(first.values())


def test_an_identifier_that_is_not_managed_is_found(ready_aws: Aws) -> None:
    made = ready_aws.macie.create_custom_data_identifier(**PATIENT_ID, description="in the console")
    found = ensured(PATIENT_ID)
    assert found == {"Patient ID": made["customDataIdentifierId"]}


@pytest.mark.parametrize("change", [{"regex": "[0-9a-f]{9}"}, {"keywords": ["person"]}, {"maximumMatchDistance": 9}])
def test_a_namesake_with_another_definition_is_left_alone(ready_aws: Aws, change: dict[str, Any]) -> None:
    other = ready_aws.macie.create_custom_data_identifier(**{**PATIENT_ID, **change})["customDataIdentifierId"]
    assert ensured(PATIENT_ID)["Patient ID"] != other
    assert not ready_aws.macie.get_custom_data_identifier(id=other).get("deleted")


def test_an_identifier_is_found_on_a_later_page(ready_aws: Aws) -> None:
    for number in range(60):
        ready_aws.macie.create_custom_data_identifier(**{**PATIENT_ID, "name": f"Patient {number}"})
    wanted = [{**PATIENT_ID, "name": name} for name in ("Patient 0", "Patient 30", "Patient 59")]
    ensured(*wanted)
    pages = ready_aws.macie.get_paginator("list_custom_data_identifiers").paginate()
    assert len([item for page in pages for item in page["items"]]) == 60


def test_a_deleted_identifier_is_replaced_by_a_usable_one(ready_aws: Aws) -> None:
    for _ in range(2):
        (made,) = ensured(PATIENT_ID).values()
        assert not ready_aws.macie.get_custom_data_identifier(id=made).get("deleted")
        ready_aws.macie.delete_custom_data_identifier(id=made)


def test_the_service_s_refusal_is_passed_on(ready_aws: Aws) -> None:
    with pytest.raises(MacieRequestRefusedError, match=r"CreateCustomDataIdentifier.*ValidationException"):
        ensured({**PATIENT_ID, "regex": "("})
