from __future__ import annotations

import itertools
from typing import Any

import pytest

from macie.account import FINGERPRINT, MANAGED_BY
from macie.errors import FindingsFilterNameTakenError
from macie.suppression import reconcile_suppression_rules
from tests.macie.local_aws import Aws
from tests.macie.reconciling import MANAGER, actions_of, broken_off, planned_and_made, reconciled
from tests.macie.scripted_aws import ScriptedAws

RULE: dict[str, Any] = {
    "name": "Patient ids",
    "description": "They are made up",
    "findingCriteria": {"criterion": {"type": {"eq": ["SensitiveData:S3Object/CustomIdentifier", "Other"]}}},
    "tags": {"Owner": "a", "ExpiresOn": "2027-01-01"},
}


def filters(aws: Aws) -> dict[str, Any]:
    """Return each filter in Macie by its name."""
    listed = aws.macie.list_findings_filters()["findingsFilterListItems"]
    return {item["name"]: aws.macie.get_findings_filter(id=item["id"]) for item in listed}


def other(name: str) -> dict[str, Any]:
    return {**RULE, "name": name}


def test_rule_archives_and_is_tagged_with_its_manager(ready_aws: Aws) -> None:
    assert planned_and_made(reconcile_suppression_rules, [RULE], {}) == [("Patient ids", "create")]
    found = filters(ready_aws)["Patient ids"]
    assert (found["action"], found["description"]) == ("ARCHIVE", "They are made up")
    assert found["findingCriteria"]["criterion"]["type"]["eq"] == RULE["findingCriteria"]["criterion"]["type"]["eq"]
    assert found["tags"].items() >= {"Owner": "a", "ExpiresOn": "2027-01-01", MANAGED_BY: MANAGER}.items()


def test_second_run_keeps_the_rules_wherever_macie_has_moved_them(ready_aws: Aws) -> None:
    rules = [{**RULE, "position": 7}, other("second")]
    reconciled(reconcile_suppression_rules, rules, {})
    ready_aws.macie.create_findings_filter(name="first", action="NOOP", position=1, findingCriteria={"criterion": {}})
    assert planned_and_made(reconcile_suppression_rules, rules, {}) == [("Patient ids", "keep"), ("second", "keep")]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"findingCriteria": {"criterion": {"type": {"eq": ["x"]}}}}, "criteria changed"),
        ({"description": "new"}, "file changed"),
        ({"position": 1}, "file changed"),
        ({"tags": {"Owner": "b", "ExpiresOn": "2027-02-01"}}, "file changed"),
    ],
)
def test_changed_rule_is_updated(ready_aws: Aws, change: dict[str, Any], why: str) -> None:
    reconciled(reconcile_suppression_rules, [RULE], {})
    before = filters(ready_aws)
    reconciled(reconcile_suppression_rules, [{**RULE, **change}], {}, is_dry_run=True)
    assert filters(ready_aws)["Patient ids"]["tags"] == before["Patient ids"]["tags"]
    (updated,) = reconciled(reconcile_suppression_rules, [{**RULE, **change}], {})
    assert (updated["action"], updated["why"]) == ("update", why)
    found = filters(ready_aws)["Patient ids"]
    assert found["tags"]["Owner"] == {**RULE, **change}["tags"]["Owner"]
    assert found["description"] == {**RULE, **change}["description"]
    assert actions_of(reconciled(reconcile_suppression_rules, [{**RULE, **change}], {})) == [("Patient ids", "keep")]


@pytest.mark.parametrize(
    "change", [{"action": "NOOP"}, {"findingCriteria": {"criterion": {"type": {"eq": ["everything"]}}}}]
)
def test_rule_that_was_changed_in_the_console_is_restored(ready_aws: Aws, change: Any) -> None:
    reconciled(reconcile_suppression_rules, [RULE], {})
    before = filters(ready_aws)["Patient ids"]
    ready_aws.macie.update_findings_filter(id=before["id"], **change)
    assert planned_and_made(reconcile_suppression_rules, [RULE], {}) == [("Patient ids", "update")]
    after = filters(ready_aws)["Patient ids"]
    assert all(after[key] == before[key] for key in ("action", "findingCriteria", "tags"))


def test_order_of_values_makes_no_difference(ready_aws: Aws) -> None:
    reconciled(reconcile_suppression_rules, [RULE], {})
    before = filters(ready_aws)["Patient ids"]
    turned = {"criterion": {"type": {"eq": ["Other", "SensitiveData:S3Object/CustomIdentifier"]}}}
    ready_aws.macie.update_findings_filter(id=before["id"], findingCriteria=turned)  # type: ignore[arg-type]
    assert planned_and_made(reconcile_suppression_rules, [RULE], {}) == [("Patient ids", "keep")]


def test_what_is_not_wanted_is_removed_with_its_reason(ready_aws: Aws) -> None:
    reconciled(reconcile_suppression_rules, [other("old"), other("gone"), RULE], {})
    reconciled(reconcile_suppression_rules, [RULE], {"old": "it expired"}, is_dry_run=True)
    assert filters(ready_aws).keys() == {"old", "gone", "Patient ids"}
    changes = reconciled(reconcile_suppression_rules, [RULE], {"old": "it expired"})
    assert [(change["name"], change["why"]) for change in changes[:2]] == [
        ("old", "it expired"),
        ("gone", "not defined by any file"),
    ]
    assert filters(ready_aws).keys() == {"Patient ids"}


def test_filters_that_are_not_managed_are_left_alone(ready_aws: Aws) -> None:
    for name, tags in {"theirs": {MANAGED_BY: "them"}, "by hand": {}}.items():
        ready_aws.macie.create_findings_filter(name=name, action="ARCHIVE", findingCriteria={}, tags=tags)
    assert actions_of(reconciled(reconcile_suppression_rules, [], {"theirs": "it expired"})) == []
    assert filters(ready_aws).keys() == {"theirs", "by hand"}


def test_name_of_an_unmanaged_filter_is_refused_after_the_expired_rules_are_removed(ready_aws: Aws) -> None:
    reconciled(reconcile_suppression_rules, [other("expired")], {})
    ready_aws.macie.create_findings_filter(name="taken", action="NOOP", findingCriteria={})
    with pytest.raises(FindingsFilterNameTakenError, match="suppression rules taken,"):
        reconciled(reconcile_suppression_rules, [RULE, other("taken")], {"expired": "it expired"})
    assert filters(ready_aws).keys() == {"taken"}
    assert filters(ready_aws)["taken"]["action"] == "NOOP"


def test_update_that_broke_off_before_the_tags_is_made_again(ready_aws: Aws) -> None:
    reconciled(reconcile_suppression_rules, [RULE], {})
    before = filters(ready_aws)["Patient ids"]
    ready_aws.macie.tag_resource(resourceArn=before["arn"], tags={FINGERPRINT: "of the file before"})
    assert planned_and_made(reconcile_suppression_rules, [RULE], {}) == [("Patient ids", "update")]
    assert filters(ready_aws)["Patient ids"]["tags"] == before["tags"]


def test_run_that_breaks_off_anywhere_is_finished_by_the_retry(ready_aws: Aws) -> None:
    for calls in itertools.count(1):
        reconciled(reconcile_suppression_rules, [other("old"), RULE], {})
        wanted = [{**RULE, "description": "new"}, other("another")]
        is_broken_off = broken_off(reconcile_suppression_rules, wanted, {}, after_calls=calls)
        reconciled(reconcile_suppression_rules, wanted, {})
        assert actions_of(reconciled(reconcile_suppression_rules, wanted, {})) == [
            ("Patient ids", "keep"),
            ("another", "keep"),
        ]
        assert filters(ready_aws).keys() == {"Patient ids", "another"}
        if not is_broken_off:
            break
    assert calls > 5


def test_rules_are_found_on_later_pages(scripted_aws: ScriptedAws) -> None:
    pages: list[dict[str, Any]] = [
        {"findingsFilterListItems": [{"id": "1", "name": "a", "tags": {MANAGED_BY: MANAGER}}], "nextToken": "t"},
        {"findingsFilterListItems": [{"id": "2", "name": "b", "tags": {MANAGED_BY: MANAGER}}]},
    ]
    scripted_aws.script("GET /macie", {"status": "ENABLED"})
    scripted_aws.script("GET /findingsfilters", *pages)
    planned = reconciled(reconcile_suppression_rules, [], {}, is_dry_run=True)
    assert actions_of(planned) == [("a", "remove"), ("b", "remove")]
