from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from macie import errors, reconcile
from macie.reconcile import (
    MacieReconcileAllowListsOperator,
    MacieReconcileCustomDataIdentifiersOperator,
    MacieReconcileResultsRepositoryOperator,
    MacieReconcileScheduledJobOperator,
    MacieReconcileSessionOperator,
    MacieReconcileSuppressionRulesOperator,
)
from tests.macie.local_aws import KEY_ARN, PATIENT_ID, Aws
from tests.macie.scripted_aws import REGION

CLASSES = [cls for _, cls in inspect.getmembers(reconcile, inspect.isclass) if cls.__module__ == reconcile.__name__]
DAILY = {"jobType": "SCHEDULED", "scheduleFrequency": {"dailySchedule": {}}, "initialRun": True}


@pytest.fixture
def operators(aws: Aws, tmp_path: Path) -> Any:
    """Return a function that creates all operators, for a dry run or not."""
    (tmp_path / "identifiers").mkdir()
    (tmp_path / "lists").mkdir()
    (tmp_path / "identifiers" / "a.json").write_text(json.dumps(PATIENT_ID))
    (tmp_path / "lists" / "a.json").write_text('{"name": "Public", "criteria": {"regex": "x"}}')
    aws.s3.create_bucket(Bucket="results", CreateBucketConfiguration={"LocationConstraint": REGION})
    rule = {"name": "Rule", "findingCriteria": {"criterion": {"type": {"eq": ["x"]}}}}

    def made(is_dry_run: Any) -> list[Any]:
        managed = {"managed_by": "us", "is_dry_run": is_dry_run}
        return [
            MacieReconcileSessionOperator(task_id="a", **managed),
            MacieReconcileResultsRepositoryOperator(
                task_id="b", bucket="results", key_prefix="macie", kms_key_arn=KEY_ARN, **managed
            ),
            MacieReconcileCustomDataIdentifiersOperator(
                task_id="c", definitions_path=str(tmp_path / "identifiers"), **managed
            ),
            MacieReconcileAllowListsOperator(task_id="d", definitions_path=str(tmp_path / "lists"), **managed),
            MacieReconcileSuppressionRulesOperator(task_id="e", rules=[rule], expired={}, **managed),
            MacieReconcileScheduledJobOperator(
                task_id="f", job_request=aws.job_request(**DAILY), job_spec="daily", **managed
            ),
        ]

    return made


@pytest.mark.parametrize("cls", CLASSES)
def test_no_argument_is_taken_for_the_name_of_a_file(cls: Any) -> None:
    assert not cls.template_ext


@pytest.mark.parametrize("cls", CLASSES)
def test_every_argument_of_an_operator_is_templated(cls: Any) -> None:
    taken = set(inspect.signature(cls).parameters) | {"managed_by", "is_dry_run"}
    assert taken - {"kwargs", "args"} <= set(cls.template_fields)


@pytest.mark.parametrize("is_dry_run", [True, "True", "true"])
def test_dry_run_plans_all_that_an_empty_account_takes_and_changes_nothing(
    aws: Aws, operators: Any, context: Any, is_dry_run: Any
) -> None:
    changes = [change for operator in operators(is_dry_run) for change in operator.execute(context)]
    assert [change["action"] for change in changes] == ["enable", *["create"] * 5]
    with pytest.raises(aws.macie.exceptions.AccessDeniedException, match="not enabled"):
        aws.macie.get_macie_session()


@pytest.mark.parametrize("is_dry_run", [False, "False"])
def test_run_makes_what_the_next_one_keeps(aws: Aws, operators: Any, context: Any, is_dry_run: Any) -> None:
    made = [change for operator in operators(is_dry_run) for change in operator.execute(context)]
    kept = [change for operator in operators(is_dry_run) for change in operator.execute(context)]
    assert [change["action"] for change in made] == ["enable", *["create"] * 5]
    assert [change["action"] for change in kept] == ["keep"] * 6
    assert [change["id"] for change in made] == [change["id"] for change in kept]
    assert [change["kind"] for change in made] == [
        *("session", "results_repository", "custom_data_identifier", "allow_list", "suppression_rule", "scheduled_job")
    ]


def test_changes_can_be_xcoms(operators: Any, context: Any) -> None:
    changes = [change for operator in operators(True) for change in operator.execute(context)]
    assert json.loads(json.dumps(changes)) == changes


def test_each_change_is_logged_when_it_is_made(ready_aws: Aws, context: Any) -> None:
    ready_aws.macie.create_findings_filter(name="taken", action="NOOP", findingCriteria={})
    ready_aws.macie.create_findings_filter(
        name="expired", action="ARCHIVE", findingCriteria={}, tags={"ManagedBy": "us"}
    )
    rules = [{"name": "taken", "findingCriteria": {}}]
    operator = MacieReconcileSuppressionRulesOperator(
        task_id="rules", rules=rules, expired={"expired": "it expired on 2026-01-01"}, managed_by="us"
    )
    with capture_logs() as logged, pytest.raises(errors.FindingsFilterNameTakenError):
        operator.execute(context)
    (event,) = [entry["event"] for entry in logged if "suppression_rule" in entry["event"]]
    assert event.startswith("remove suppression_rule expired (")
    assert event.endswith("): it expired on 2026-01-01")


def test_identifier_that_is_not_managed_is_found_by_its_definition(ready_aws: Aws, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(PATIENT_ID))
    theirs = ready_aws.macie.create_custom_data_identifier(**PATIENT_ID)["customDataIdentifierId"]
    operator = MacieReconcileCustomDataIdentifiersOperator(
        task_id="ids", definitions_path=str(tmp_path), managed_by="us"
    )
    (change,) = operator.execute({})
    assert (change["action"], change["id"]) == ("keep", theirs)


@pytest.mark.parametrize(
    ("operator", "content"),
    [(MacieReconcileCustomDataIdentifiersOperator, '{"regex": "x"}'), (MacieReconcileAllowListsOperator, "[]")],
)
def test_nothing_is_made_when_one_file_is_wrong(ready_aws: Aws, tmp_path: Path, operator: Any, content: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps({**PATIENT_ID, "criteria": {"regex": "x"}}))
    (tmp_path / "b.json").write_text(content)
    with pytest.raises(errors.DefinitionError):
        operator(task_id="t", definitions_path=str(tmp_path), managed_by="us").execute({})
    assert ready_aws.macie.list_custom_data_identifiers()["items"] == []
    assert ready_aws.macie.list_allow_lists()["allowLists"] == []
