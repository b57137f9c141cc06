"""Custom data identifiers through the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localaws.conftest import await_findings, error_of, run_job, start

REGEX = "[A-Z]{3}-[0-9]{4}"


def _create(macie: Any, **changes: Any) -> str:
    return macie.create_custom_data_identifier(**{"name": "code", "regex": REGEX, **changes})["customDataIdentifierId"]


def test_an_identifier_is_given_back_as_it_was_created(macie: Any) -> None:
    wanted = {
        "name": "Patient code",
        "description": "of the hospital",
        "regex": REGEX,
        "keywords": ["code"],
        "ignoreWords": ["ABC-0000"],
        "maximumMatchDistance": 20,
        "severityLevels": [{"occurrencesThreshold": 5, "severity": "HIGH"}],
        "tags": {"team": "lake"},
    }
    created = macie.get_custom_data_identifier(id=_create(macie, **wanted))
    assert {name: created[name] for name in wanted} == wanted
    assert created["arn"].endswith(f":custom-data-identifier/{created['id']}")
    assert created["deleted"] is False


def test_the_documented_defaults_hold_when_the_request_leaves_them_out(macie: Any) -> None:
    created = macie.get_custom_data_identifier(id=_create(macie))
    assert created["maximumMatchDistance"] == 50
    assert created["severityLevels"] == [{"occurrencesThreshold": 1, "severity": "MEDIUM"}]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "n" * 129},
        {"description": "d" * 513},
        {"regex": ""},
        {"regex": "a" * 513},
        {"regex": "(unclosed"},
        {"regex": "(?=ahead)abc"},
        {"keywords": ["ab"]},
        {"keywords": ["k" * 91]},
        {"keywords": ["keyword"] * 51},
        {"ignoreWords": ["abc"]},
        {"ignoreWords": ["ignore"] * 11},
        {"maximumMatchDistance": 0},
        {"maximumMatchDistance": 301},
        {"severityLevels": []},
        {"severityLevels": [{"occurrencesThreshold": 0, "severity": "LOW"}]},
        {
            "severityLevels": [
                {"occurrencesThreshold": 1, "severity": "LOW"},
                {"occurrencesThreshold": 2, "severity": "LOW"},
            ]
        },
        {
            "severityLevels": [
                {"occurrencesThreshold": 5, "severity": "LOW"},
                {"occurrencesThreshold": 5, "severity": "HIGH"},
            ]
        },
    ],
    ids=str,
)
def test_an_identifier_is_refused_when_it_breaks_a_documented_rule(macie: Any, changes: dict[str, Any]) -> None:
    request = {"name": "code", "regex": REGEX, **changes}
    assert error_of(macie.create_custom_data_identifier, **request)[:2] == ("ValidationException", 400)


def test_a_deleted_identifier_is_marked_not_listed_and_of_no_use_for_a_new_job(macie: Any, s3: Any) -> None:
    kept, deleted = _create(macie, name="kept"), _create(macie, name="deleted")
    macie.delete_custom_data_identifier(id=deleted)
    assert [item["id"] for item in macie.list_custom_data_identifiers()["items"]] == [kept]
    assert macie.get_custom_data_identifier(id=deleted)["deleted"] is True
    batch = macie.batch_get_custom_data_identifiers(ids=[kept, deleted, "unknown"])
    assert [(identifier["id"], identifier["deleted"]) for identifier in batch["customDataIdentifiers"]] == [
        (kept, False),
        (deleted, True),
    ]
    assert batch["notFoundIdentifierIds"] == ["unknown"]
    with pytest.raises(macie.exceptions.ResourceNotFoundException):
        start(macie, customDataIdentifierIds=[deleted])
    with pytest.raises(macie.exceptions.ResourceNotFoundException):
        macie.delete_custom_data_identifier(id=deleted)


def test_the_same_client_token_gives_the_same_identifier(macie: Any) -> None:
    assert _create(macie, clientToken="t") == _create(macie, clientToken="t")
    with pytest.raises(macie.exceptions.ConflictException):
        _create(macie, clientToken="t", name="other")


def test_the_same_client_token_makes_another_identifier_when_the_first_is_deleted(macie: Any) -> None:
    first = _create(macie, clientToken="t")
    macie.delete_custom_data_identifier(id=first)
    second = _create(macie, clientToken="t")
    assert [item["id"] for item in macie.list_custom_data_identifiers()["items"]] == [second] != [first]


def test_the_list_is_paged(macie: Any) -> None:
    ids = [_create(macie, name=f"n{number}") for number in range(5)]
    pages = macie.get_paginator("list_custom_data_identifiers").paginate(PaginationConfig={"PageSize": 2})
    assert [item["id"] for part in pages for item in part["items"]] == ids


def test_a_pattern_is_tried_out_on_a_sample(macie: Any) -> None:
    tried = macie.test_custom_data_identifier(regex=REGEX, sampleText="ABC-1234 and DEF-5678 but not abc-1234")
    assert tried["matchCount"] == 2
    long = {"regex": REGEX, "sampleText": "x" * 1001}
    assert error_of(macie.test_custom_data_identifier, **long)[:2] == ("ValidationException", 400)


def test_a_finding_has_the_severity_of_the_reached_level(macie: Any, s3: Any) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"code\nABC-1234\nABC-1235\n")
    levels = [{"occurrencesThreshold": 1, "severity": "LOW"}, {"occurrencesThreshold": 2, "severity": "HIGH"}]
    run_job(macie, customDataIdentifierIds=[_create(macie, severityLevels=levels)])
    [finding] = await_findings(macie, 1)
    assert finding["severity"] == {"description": "High", "score": 3}
