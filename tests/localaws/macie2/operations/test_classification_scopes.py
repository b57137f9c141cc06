"""The buckets that automated discovery leaves out."""

from __future__ import annotations

from typing import Any

from tests.localaws.conftest import error_of

NAME = "automated-sensitive-data-discovery"


def _excluded(macie: Any, scope_id: str) -> list[str]:
    return list(macie.get_classification_scope(id=scope_id)["s3"]["excludes"]["bucketNames"])


def test_an_account_has_one_scope_which_its_configuration_names(macie: Any) -> None:
    [scope] = macie.list_classification_scopes()["classificationScopes"]
    assert scope == {"id": macie.get_automated_discovery_configuration()["classificationScopeId"], "name": NAME}
    assert macie.list_classification_scopes(name=NAME)["classificationScopes"] == [scope]
    assert macie.list_classification_scopes(name="other")["classificationScopes"] == []
    assert _excluded(macie, scope["id"]) == []


def test_buckets_are_added_removed_and_replaced(macie: Any) -> None:
    [scope] = macie.list_classification_scopes()["classificationScopes"]
    seen = []
    for operation, names in (("ADD", ["a", "b"]), ("ADD", ["b", "c"]), ("REMOVE", ["a", "x"]), ("REPLACE", ["d"])):
        excludes = {"bucketNames": names, "operation": operation}
        macie.update_classification_scope(id=scope["id"], s3={"excludes": excludes})
        seen.append(_excluded(macie, scope["id"]))
    assert seen == [["a", "b"], ["a", "b", "c"], ["b", "c"], ["d"]]
    macie.update_classification_scope(id=scope["id"])
    assert _excluded(macie, scope["id"]) == ["d"]


def test_a_scope_has_a_limit_and_its_own_id(macie: Any) -> None:
    [scope] = macie.list_classification_scopes()["classificationScopes"]
    excludes = {"bucketNames": [f"bucket-{number}" for number in range(1001)], "operation": "ADD"}
    many = error_of(macie.update_classification_scope, id=scope["id"], s3={"excludes": excludes})
    assert many[:2] == ("ValidationException", 400)
    for call in (macie.get_classification_scope, macie.update_classification_scope):
        assert error_of(call, id="unknown")[:2] == ("ResourceNotFoundException", 404)
