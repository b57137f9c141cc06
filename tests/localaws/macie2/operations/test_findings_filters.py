"""Saved filters, and what suppression rules do to new findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, REGION, await_findings, error_of, run_job
from tests.localaws.macie2.conftest import pages

HIGH = {"criterion": {"severity.description": {"eq": ["High"]}}}


def _create(macie: Any, name: str = "filter", **parameters: Any) -> str:
    filter_id: str = macie.create_findings_filter(
        **{"action": "NOOP", "findingCriteria": HIGH, "name": name, **parameters}
    )["id"]
    return filter_id


def _names(macie: Any) -> list[str]:
    return [item["name"] for item in macie.list_findings_filters()["findingsFilterListItems"]]


def test_a_filter_is_as_it_was_created(macie: Any) -> None:
    made = macie.create_findings_filter(
        action="ARCHIVE", name="tests", description="ours", findingCriteria=HIGH, tags={"a": "1"}
    )
    found = macie.get_findings_filter(id=made["id"])
    assert made["arn"] == f"arn:aws:macie2:{REGION}:{ACCOUNT}:findings-filter/{made['id']}"
    assert {name: found[name] for name in ("action", "name", "description", "findingCriteria", "tags", "arn")} == {
        "action": "ARCHIVE",
        "arn": made["arn"],
        "description": "ours",
        "findingCriteria": HIGH,
        "name": "tests",
        "tags": {"a": "1"},
    }
    assert found["position"] == 1
    assert macie.list_tags_for_resource(resourceArn=made["arn"])["tags"] == {"a": "1"}


def test_filters_are_listed_by_position(macie: Any) -> None:
    for name, position in (("first", None), ("second", None), ("new first", 1), ("far away", 9)):
        _create(macie, name, **{} if position is None else {"position": position})
    assert _names(macie) == ["new first", "first", "second", "far away"]
    found = pages(macie, "list_findings_filters", "findingsFilterListItems", PaginationConfig={"PageSize": 3})
    assert [len(part) for part in found] == [3, 1]


def test_a_filter_is_changed_where_the_request_says_so(macie: Any) -> None:
    _create(macie, "other")
    filter_id = _create(macie, description="old")
    macie.update_findings_filter(id=filter_id, action="ARCHIVE", position=1, name="renamed")
    found = macie.get_findings_filter(id=filter_id)
    assert (found["action"], found["position"], found["name"]) == ("ARCHIVE", 1, "renamed")
    assert (found["description"], found["findingCriteria"]) == ("old", HIGH)


def test_a_name_is_taken_once(macie: Any) -> None:
    taken = ("ValidationException", 400, "Filter name already exists. A unique name is required.")
    other, _ = _create(macie, "other"), _create(macie)
    assert error_of(_create, macie=macie) == taken
    assert error_of(macie.update_findings_filter, id=other, name="filter") == taken
    macie.update_findings_filter(id=other, name="other")


def test_the_same_client_token_makes_one_filter(macie: Any) -> None:
    assert _create(macie, clientToken="t") == _create(macie, clientToken="t")
    assert len(_names(macie)) == 1


def test_the_same_client_token_makes_another_filter_when_the_first_is_deleted(macie: Any) -> None:
    first = _create(macie, clientToken="t")
    macie.delete_findings_filter(id=first)
    assert _create(macie, clientToken="t") != first
    assert len(_names(macie)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "ab"},
        {"name": "n" * 65},
        {"description": "d" * 513},
        {"position": 0},
        {"findingCriteria": {"criterion": {"colour": {"eq": ["red"]}}}},
    ],
    ids=["short name", "long name", "description", "position", "criteria"],
)
def test_a_filter_is_refused_when_it_breaks_the_rules(macie: Any, changes: dict[str, Any]) -> None:
    filter_id = _create(macie)
    assert error_of(_create, **{"macie": macie, "name": "new", **changes})[:2] == ("ValidationException", 400)
    assert error_of(macie.update_findings_filter, id=filter_id, **changes)[:2] == ("ValidationException", 400)
    assert _names(macie) == ["filter"]


def test_a_deleted_filter_is_gone(macie: Any) -> None:
    filter_id = _create(macie)
    macie.delete_findings_filter(id=filter_id)
    for call in (macie.get_findings_filter, macie.delete_findings_filter, macie.update_findings_filter):
        assert error_of(call, id=filter_id)[:2] == ("ResourceNotFoundException", 404)


@pytest.fixture
def find(macie: Any, s3: Any) -> Callable[[str], None]:
    """Run a job that finds a code in ``high.csv`` (two, High) or ``medium.csv`` (one, Medium)."""
    levels = [{"occurrencesThreshold": 1, "severity": "MEDIUM"}, {"occurrencesThreshold": 2, "severity": "HIGH"}]
    created = macie.create_custom_data_identifier(name="code", regex="[A-Z]{3}-[0-9]{4}", severityLevels=levels)
    s3.put_object(Bucket="bronze", Key="high.csv", Body=b"code\nABC-1234\nABC-1235\n")
    s3.put_object(Bucket="bronze", Key="medium.csv", Body=b"code\nABC-1234\n")

    def run(token: str) -> None:
        run_job(macie, clientToken=token, customDataIdentifierIds=[created["customDataIdentifierId"]])

    return run


def _archived(macie: Any, count: int) -> dict[str, bool]:
    found = await_findings(macie, count)
    return {item["resourcesAffected"]["s3Object"]["key"]: item["archived"] for item in found}


def test_new_findings_are_archived_by_a_suppression_rule(macie: Any, find: Callable[[str], None]) -> None:
    _create(macie, action="ARCHIVE")
    find("job")
    assert _archived(macie, 2) == {"high.csv": True, "medium.csv": False}
    current = {"criterion": {"archived": {"eq": ["false"]}}}
    assert len(macie.list_findings(findingCriteria=current)["findingIds"]) == 1


def test_a_saved_filter_archives_nothing(macie: Any, find: Callable[[str], None]) -> None:
    _create(macie, action="NOOP")
    find("job")
    assert not any(_archived(macie, 2).values())


def test_findings_that_were_published_stay_as_they_are_when_a_rule_comes(
    macie: Any, find: Callable[[str], None]
) -> None:
    find("job")
    assert not any(_archived(macie, 2).values())
    _create(macie, action="ARCHIVE")
    assert not any(_archived(macie, 2).values())
