"""The dials of the local Macie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from localaws.server import LocalAws
from tests.localaws.conftest import await_findings, await_job, error_of, request, run_job, start
from tests.localaws.waiting import until

PATH = "/localaws/macie2/dials"
INITIAL = {
    "findings_lag_seconds": 1.0,
    "job_seconds": 0.0,
    "job_held": False,
    "job_status": {},
    "job_looks": 0,
    "clock_ahead_seconds": 0.0,
    "results_lag_seconds": 0.0,
    "automated_discovery": False,
    "last_run_error": False,
    "analysis": {},
    "results_missing": [],
    "results_unversioned": [],
    "results_doubled": [],
    "findings_missing": [],
    "findings_unversioned": [],
    "findings_doubled": [],
    "findings_archived": [],
    "findings_cap": None,
    "severity_lies": {},
    "count_lies": {},
    "findings_shuffled": False,
    "api_errors": {},
    "as_moto": False,
}


def test_the_named_dials_are_turned_and_the_others_stay(aws: LocalAws) -> None:
    assert request(aws, "PUT", PATH, {"job_held": True}) == (200, {**INITIAL, "job_held": True})
    assert request(aws, "PUT", PATH, {"job_seconds": 2}) == (200, {**INITIAL, "job_held": True, "job_seconds": 2})
    assert request(aws, "GET", PATH) == (200, {**INITIAL, "job_held": True, "job_seconds": 2})


@pytest.mark.parametrize(("method", "path"), [("POST", "/moto-api/reset"), ("DELETE", PATH)])
def test_the_dials_go_back_when_moto_or_they_are_reset(aws: LocalAws, method: str, path: str) -> None:
    request(aws, "PUT", PATH, {"job_held": True})
    request(aws, method, path)
    assert request(aws, "GET", PATH) == (200, INITIAL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"volume": 11},
        {"job_held": "yes"},
        {"job_seconds": -1},
        {"job_looks": -1},
        {"job_looks": 1.5},
        {"clock_ahead_seconds": -1},
        {"findings_lag_seconds": True},
        {"job_status": {"*": "IDLE"}},
        {"job_status": ["*"]},
        {"results_lag_seconds": "1"},
        {"last_run_error": 1},
        {"analysis": {"a.csv": ""}},
        {"analysis": {"a.csv": None}},
        {"results_missing": "a.csv"},
        {"results_doubled": [1]},
        {"findings_missing": {"a.csv": True}},
        {"findings_cap": -1},
        {"findings_cap": True},
        {"severity_lies": {"a.csv": 3}},
        {"count_lies": {"a.csv": "1"}},
        {"api_errors": {"ListFindings": 429}},
        {"api_errors": {"ListFindings": [418]}},
        {"api_errors": {"ListFindings": {"status": 429}}},
        {"api_errors": {"ListFindings": {"status": 429, "times": "2"}}},
        [],
    ],
    ids=str,
)
def test_a_dial_is_refused_when_it_or_its_value_does_not_exist(aws: LocalAws, wrong: object) -> None:
    status, answer = request(aws, "PUT", PATH, wrong)
    assert status == 400
    assert answer["message"]
    assert request(aws, "GET", PATH) == (200, INITIAL)


def test_the_remaining_errors_are_shown(aws: LocalAws, macie: Any) -> None:
    request(aws, "PUT", PATH, {"api_errors": {"ListFindings": {"status": 429, "times": 2}}})
    assert request(aws, "GET", PATH)[1]["api_errors"] == {"ListFindings": [429, 429]}
    error_of(macie.list_findings)
    assert request(aws, "GET", PATH)[1]["api_errors"] == {"ListFindings": [429]}


def test_another_method_is_not_allowed(aws: LocalAws) -> None:
    assert request(aws, "POST", PATH)[0] == 405


def test_a_held_job_has_listed_its_objects_and_reads_them_when_it_is_released(
    macie: Any, s3: Any, turn: Callable[..., None]
) -> None:
    turn(job_held=True)
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"a\n1\n")
    job_id = start(macie)

    def job() -> dict[str, Any]:
        return macie.describe_classification_job(jobId=job_id)

    until(lambda: job()["statistics"]["approximateNumberOfObjectsToProcess"] == 1)
    assert job()["jobStatus"] == "RUNNING"
    turn(job_held=False)
    assert await_job(macie, job_id)["statistics"]["approximateNumberOfObjectsToProcess"] == 0


def test_a_job_runs_as_long_as_the_dial_says(macie: Any, s3: Any, turn: Callable[..., None]) -> None:
    turn(job_seconds=3600)
    job_id = start(macie)
    assert macie.describe_classification_job(jobId=job_id)["jobStatus"] == "RUNNING"
    turn(job_seconds=0)
    assert await_job(macie, job_id)["jobStatus"] == "COMPLETE"


def test_every_job_is_paused_when_the_dial_says_so(macie: Any, s3: Any, turn: Callable[..., None]) -> None:
    turn(job_status={"*": "PAUSED"})
    assert macie.describe_classification_job(jobId=start(macie))["jobStatus"] == "PAUSED"


def test_findings_come_after_the_lag_when_the_job_is_complete(macie: Any, s3: Any, turn: Callable[..., None]) -> None:
    turn(findings_lag_seconds=3600)
    identifier = macie.create_custom_data_identifier(name="code", regex="[A-Z]{3}-[0-9]{4}")
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"code\nABC-1234\n")
    run_job(macie, customDataIdentifierIds=[identifier["customDataIdentifierId"]])
    assert macie.list_findings()["findingIds"] == []
    turn(findings_lag_seconds=0)
    assert len(await_findings(macie, 1)) == 1
