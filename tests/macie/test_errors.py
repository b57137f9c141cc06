from __future__ import annotations

import json
import pickle

import pytest
from airflow.sdk.exceptions import AirflowFailException

from macie import errors
from tests.macie.scripted_aws import JOB_ID

RETRYABLE: list[errors.MacieError] = [
    errors.MacieUnavailableError("ListFindings", "ThrottlingException", "Rate exceeded"),
    errors.FindingsIncompleteError(JOB_ID, 50, 49),
    errors.TriggerFailedError(JOB_ID, "RuntimeError"),
]
FATAL: list[errors.MacieError] = [
    errors.MacieRequestRefusedError("CreateClassificationJob", "ValidationException", "name is missing"),
    errors.MacieNotEnabledError("eu-west-1", "DISABLED"),
    errors.ResultsRepositoryMissingError("eu-west-1"),
    errors.DiscoveryResultUnreadableError("s3://results/a.jsonl.gz", 3),
    errors.DefinitionError("identifiers/a.json", "CreateCustomDataIdentifier", "invalid JSON"),
    errors.FindingsFilterNameTakenError("Payers, Providers"),
    errors.ScheduledJobRequestError("synthea-daily", "jobType ONE_TIME"),
    errors.IdentifierTokensExhaustedError("Patient ID", 10),
    errors.JobTokensExhaustedError(JOB_ID, 10),
    errors.JobNotCompleteError(JOB_ID, "CANCELLED"),
    errors.JobStatusUnknownError(JOB_ID, "HIBERNATING"),
    errors.JobDeadlineError(JOB_ID, "RUNNING", 60.0),
]


@pytest.mark.parametrize("error", RETRYABLE, ids=lambda error: type(error).__name__)
def test_airflow_retries_when_retrying_helps(error: errors.MacieError) -> None:
    assert not isinstance(error, AirflowFailException)


@pytest.mark.parametrize("error", FATAL, ids=lambda error: type(error).__name__)
def test_airflow_fails_at_once_when_retrying_cannot_help(error: errors.MacieError) -> None:
    assert isinstance(error, AirflowFailException)


@pytest.mark.parametrize("error", RETRYABLE + FATAL, ids=lambda error: type(error).__name__)
def test_facts_and_sentence_survive_pickling_and_the_way_through_a_trigger_event(error: errors.MacieError) -> None:
    through_event = errors.from_event(json.loads(json.dumps(errors.to_event(error))))
    for copy in (pickle.loads(pickle.dumps(error)), through_event):
        assert (type(copy), copy.args, str(copy)) == (type(error), error.args, str(error))


@pytest.mark.parametrize("error", RETRYABLE + FATAL, ids=lambda error: type(error).__name__)
def test_the_sentence_has_all_facts(error: errors.MacieError) -> None:
    assert all((f"{fact:g}" if isinstance(fact, float) else str(fact)) in str(error) for fact in error.args)


@pytest.mark.parametrize(("status", "command"), [("PAUSED", "update-macie-session"), ("DISABLED", "enable-macie")])
def test_the_command_that_enables_macie_is_named(status: str, command: str) -> None:
    assert f"aws macie2 {command}" in str(errors.MacieNotEnabledError("eu-west-1", status))


def test_all_errors_of_the_tree_are_in_these_tables() -> None:
    leaves = {*errors.MacieRetryableError.__subclasses__(), *errors.MacieFatalError.__subclasses__()}
    assert leaves == {type(error) for error in RETRYABLE + FATAL}
