"""The base of all areas: ARNs, client tokens and marks of partial operations."""

from __future__ import annotations

import pytest

from localaws.macie2.exceptions import ConflictException, ResourceNotFoundException
from localaws.macie2.models import MacieBackend
from localaws.macie2.operations.area import existing, partly_implemented

REQUEST = {"clientToken": "t", "name": "a"}


@pytest.fixture
def backend() -> MacieBackend:
    return MacieBackend("us-east-1", "123456789012")


def test_an_arn_names_account_region_and_kind(backend: MacieBackend) -> None:
    assert backend.arn("allow-list", "x") == "arn:aws:macie2:us-east-1:123456789012:allow-list/x"


def test_a_client_token_finds_the_resource_of_its_kind(backend: MacieBackend) -> None:
    backend.remember("job", REQUEST, "1")
    assert backend.made_before("job", REQUEST, {"1"}) == "1"
    assert backend.made_before("list", REQUEST, {"1"}) is None
    assert backend.made_before("job", {"name": "a"}, {"1"}) is None


def test_a_client_token_is_free_again_when_its_resource_is_deleted(backend: MacieBackend) -> None:
    backend.remember("job", REQUEST, "1")
    assert backend.made_before("job", {**REQUEST, "name": "b"}, set()) is None


def test_a_client_token_with_another_request_is_a_conflict(backend: MacieBackend) -> None:
    backend.remember("job", REQUEST, "1")
    with pytest.raises(ConflictException):
        backend.made_before("job", {**REQUEST, "name": "b"}, {"1"})


def test_a_resource_that_does_not_exist_is_not_found() -> None:
    assert existing({"a": 1}, "a") == 1
    with pytest.raises(ResourceNotFoundException):
        existing({"a": 1}, "b")


def test_a_partial_operation_carries_what_it_lacks() -> None:
    @partly_implemented("the rest")
    def operation() -> None: ...

    assert operation.missing == "the rest"  # type: ignore[attr-defined]
