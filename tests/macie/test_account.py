from __future__ import annotations

from typing import Any

import pytest

from macie.account import MANAGED_BY, Account, Change, ids_of
from macie.errors import MacieRequestRefusedError
from macie.hook import MacieHook
from macie.translation import translated_errors
from tests.macie.local_aws import PATIENT_ID, Aws


def change(name: str, action: str, made: str | None) -> Change:
    return {"kind": "allow_list", "name": name, "action": action, "why": "", "id": made}  # type: ignore[typeddict-item]


def test_ids_of_removed_items_are_left_out() -> None:
    changes = [
        change("a", "keep", "1"),
        change("a", "remove", "2"),
        change("b", "create", "3"),
        change("c", "remove", "4"),
    ]
    assert ids_of(changes) == {"a": "1", "b": "3"}


def test_items_that_a_dry_run_would_create_have_a_placeholder_for_an_id() -> None:
    assert ids_of([change("a", "create", None)]) == {"a": "new allow_list"}


def test_dry_run_finds_nothing_where_macie_was_never_enabled(aws: Aws) -> None:
    account = Account(MacieHook(), is_dry_run=True, managed_by="us")
    assert account.list_items("list_custom_data_identifiers", "items") == []
    assert account.results_repository() is None


def test_run_that_is_not_dry_is_refused_where_macie_was_never_enabled(aws: Aws) -> None:
    account = Account(MacieHook(), is_dry_run=False, managed_by="us")
    with pytest.raises(MacieRequestRefusedError, match="not enabled"), translated_errors():
        account.list_items("list_custom_data_identifiers", "items")


def test_all_pages_are_listed(ready_aws: Aws) -> None:
    for number in range(60):
        ready_aws.macie.create_custom_data_identifier(**{**PATIENT_ID, "name": f"Patient {number}"})
    account = Account(MacieHook(), is_dry_run=True, managed_by="us")
    assert len(account.list_items("list_custom_data_identifiers", "items")) == 60


def test_what_has_our_tag_is_managed() -> None:
    account = Account(MacieHook(), is_dry_run=False, managed_by="us")
    tags = account.managed_tags({"tags": {"Team": "a", MANAGED_BY: "them"}}, Fingerprint="f")
    assert tags == {"Team": "a", "Fingerprint": "f", MANAGED_BY: "us"}
    assert account.is_managed({"tags": tags})
    others: list[dict[str, Any]] = [{"tags": {MANAGED_BY: "them"}}, {"tags": {}}, {"tags": None}, {}]
    assert not any(map(account.is_managed, others))
