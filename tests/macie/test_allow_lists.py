from __future__ import annotations

from typing import Any

import pytest

from macie.allow_lists import reconcile_allow_lists
from macie.errors import MacieRequestRefusedError
from tests.macie.local_aws import Aws
from tests.macie.reconciling import MANAGER, actions_of, planned_and_made, reconciled
from tests.macie.scripted_aws import ScriptedAws

PUBLIC = {"name": "Public", "description": "Numbers of the team", "criteria": {"regex": "555-01\\d\\d"}}
WORDS = {"name": "Words", "criteria": {"s3WordsList": {"bucketName": "bronze", "objectKey": "words.txt"}}}


def lists(aws: Aws) -> dict[str, Any]:
    """Criteria of each list by its id."""
    listed = aws.macie.list_allow_lists()["allowLists"]
    return {item["id"]: aws.macie.get_allow_list(id=item["id"])["criteria"] for item in listed}


def test_lists_are_made_once_and_then_kept(ready_aws: Aws) -> None:
    ready_aws.s3.put_object(Bucket="bronze", Key="words.txt", Body=b"one\n")
    assert planned_and_made(reconcile_allow_lists, [PUBLIC, WORDS]) == [("Public", "create"), ("Words", "create")]
    made = lists(ready_aws)
    changes = reconciled(reconcile_allow_lists, [PUBLIC, WORDS])
    assert {change["id"]: change["action"] for change in changes} == dict.fromkeys(made, "keep")
    assert list(made.values()) == [PUBLIC["criteria"], WORDS["criteria"]]


@pytest.mark.parametrize(
    ("change", "why"),
    [({"criteria": {"regex": "x"}}, "criteria changed"), ({"description": "new"}, "description changed")],
)
def test_changed_list_is_updated_and_keeps_its_id(ready_aws: Aws, change: dict[str, Any], why: str) -> None:
    (made,) = reconciled(reconcile_allow_lists, [PUBLIC])
    reconciled(reconcile_allow_lists, [{**PUBLIC, **change}], is_dry_run=True)
    assert lists(ready_aws) == {made["id"]: PUBLIC["criteria"]}
    (updated,) = reconciled(reconcile_allow_lists, [{**PUBLIC, **change}])
    assert (updated["action"], updated["why"], updated["id"]) == ("update", why, made["id"])
    assert actions_of(reconciled(reconcile_allow_lists, [{**PUBLIC, **change}])) == [("Public", "keep")]


def test_list_that_became_one_of_the_other_kind_is_replaced(ready_aws: Aws) -> None:
    ready_aws.s3.put_object(Bucket="bronze", Key="words.txt", Body=b"one\n")
    reconciled(reconcile_allow_lists, [{**PUBLIC, "name": "Words"}])
    assert planned_and_made(reconcile_allow_lists, [WORDS]) == [("Words", "replace"), ("Words", "remove")]
    assert list(lists(ready_aws).values()) == [WORDS["criteria"]]


def test_list_whose_file_is_gone_is_removed(ready_aws: Aws) -> None:
    reconciled(reconcile_allow_lists, [PUBLIC, {**PUBLIC, "name": "Other"}])
    assert planned_and_made(reconcile_allow_lists, [PUBLIC]) == [("Other", "remove"), ("Public", "keep")]
    assert len(lists(ready_aws)) == 1


def test_list_that_a_job_uses_is_removed_by_a_run_after_that_job(ready_aws: Aws) -> None:
    (made,) = reconciled(reconcile_allow_lists, [PUBLIC])
    ready_aws.turn(job_held=True)
    job_id = ready_aws.create_job(allowListIds=[made["id"]])
    (change,) = reconciled(reconcile_allow_lists, [])
    assert "a job still uses it, a later run removes it" in change["why"]
    assert list(lists(ready_aws)) == [made["id"]]
    ready_aws.macie.update_classification_job(jobId=job_id, jobStatus="CANCELLED")
    reconciled(reconcile_allow_lists, [])
    assert lists(ready_aws) == {}


def test_refusal_for_another_reason_is_an_error(scripted_aws: ScriptedAws) -> None:
    found = {"id": "a" * 22, "name": "Public", "createdAt": "2026-01-01T00:00:00Z"}
    scripted_aws.script("GET /allow-lists", {"allowLists": [found]})
    scripted_aws.script(f"GET /allow-lists/{found['id']}", {**found, "tags": {"ManagedBy": "us"}, "criteria": {}})
    scripted_aws.script(f"DELETE /allow-lists/{found['id']}", (403, "AccessDeniedException", "not authorized"))
    with pytest.raises(MacieRequestRefusedError, match=r"DeleteAllowList.*not authorized"):
        reconciled(reconcile_allow_lists, [])


def test_list_that_is_not_managed_is_neither_used_nor_changed(ready_aws: Aws) -> None:
    theirs = ready_aws.macie.create_allow_list(**PUBLIC, clientToken="t")["id"]  # type: ignore[arg-type]
    assert planned_and_made(reconcile_allow_lists, [PUBLIC]) == [("Public", "create")]
    assert planned_and_made(reconcile_allow_lists, []) == [("Public", "remove")]
    assert lists(ready_aws) == {theirs: PUBLIC["criteria"]}


def test_oldest_of_several_is_kept(ready_aws: Aws) -> None:
    (first,) = reconciled(reconcile_allow_lists, [PUBLIC])
    tags = {"ManagedBy": MANAGER}
    ready_aws.macie.create_allow_list(**PUBLIC, tags=tags, clientToken="t")  # type: ignore[arg-type]
    assert planned_and_made(reconcile_allow_lists, [PUBLIC]) == [("Public", "keep"), ("Public", "remove")]
    assert list(lists(ready_aws)) == [first["id"]]


def test_list_whose_words_cannot_be_read_is_reported(ready_aws: Aws) -> None:
    ready_aws.s3.put_object(Bucket="bronze", Key="words.txt", Body=b"one\n")
    reconciled(reconcile_allow_lists, [WORDS])
    ready_aws.s3.delete_object(Bucket="bronze", Key="words.txt")
    (change,) = reconciled(reconcile_allow_lists, [WORDS])
    assert (change["action"], change["why"]) == (
        "keep",
        "unchanged, but Macie cannot use it now (S3_OBJECT_NOT_FOUND)",
    )
