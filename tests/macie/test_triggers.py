from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException
from airflow.sdk.module_loading import import_string  # type: ignore[attr-defined]
from airflow.serialization.serialized_objects import BaseSerialization
from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError, NoRegionError, ProfileNotFound

from macie.hook import MacieHook
from macie.sensors import MacieClassificationJobSensor
from macie.triggers import MacieBaseTrigger, MacieClassificationJobTrigger, MacieJobResultsTrigger
from tests.macie.local_aws import Aws
from tests.macie.scripted_aws import JOB_ID, ScriptedAws, job

DESCRIBE = f"GET /jobs/{JOB_ID}"
ONE_ATTEMPT = {"retries": {"total_max_attempts": 1, "mode": "standard"}}
THROTTLED = (429, "ThrottlingException", "Rate exceeded")


def in_a_minute() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def job_trigger(**arguments: Any) -> MacieClassificationJobTrigger:
    defaults: dict[str, Any] = {
        "job_id": JOB_ID,
        "deadline_at": in_a_minute(),
        "poll_seconds": 0.01,
        "waiting_states": ["RUNNING"],
        "botocore_config": ONE_ATTEMPT,
    }
    return MacieClassificationJobTrigger(**{**defaults, **arguments})


def results_trigger(**arguments: Any) -> MacieJobResultsTrigger:
    defaults: dict[str, Any] = {
        "job_id": JOB_ID,
        "deadline_at": in_a_minute(),
        "poll_seconds": 0.01,
        "settle_seconds": 0.05,
        "results_bucket": "results",
        "results_prefix": "AWSLogs/",
        "botocore_config": ONE_ATTEMPT,
    }
    return MacieJobResultsTrigger(**{**defaults, **arguments})


def results_of_bytes(size_bytes: int) -> str:
    """S3's response for one discovery result."""
    item = f"<Contents><Key>AWSLogs/a.jsonl.gz</Key><Size>{size_bytes}</Size></Contents>"
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{item}</ListBucketResult>"


def event_of(trigger: MacieBaseTrigger) -> dict[str, Any]:
    async def first() -> Any:
        return await anext(trigger.run())

    payload: dict[str, Any] = asyncio.run(first()).payload
    return payload


@pytest.mark.parametrize("make", [job_trigger, results_trigger])
def test_the_triggerer_gets_the_same_trigger_with_the_whole_connection(make: Any) -> None:
    trigger = make(aws_conn_id="aws_macie", region_name="eu-central-1", verify="/etc/ca.pem")
    classpath, arguments = trigger.serialize()
    arguments = BaseSerialization.deserialize(BaseSerialization.serialize(arguments))
    copy = import_string(classpath)(**arguments)
    assert copy.serialize() == trigger.serialize()
    assert {"aws_conn_id": "aws_macie", "region_name": "eu-central-1", "verify": "/etc/ca.pem"}.items() <= (
        copy.serialize()[1].items()
    )
    assert copy.serialize()[1]["botocore_config"] == ONE_ATTEMPT


@pytest.mark.parametrize(
    "state",
    [*MacieClassificationJobSensor.SUCCESS_STATES, *MacieClassificationJobSensor.FAILURE_STATES, "HIBERNATING"],
)
def test_the_wait_ends_with_every_status_in_which_the_job_does_not_go_on(scripted_aws: ScriptedAws, state: str) -> None:
    scripted_aws.script(DESCRIBE, job("RUNNING"), job("RUNNING"), job(state, lastRunErrorStatus={"code": "NONE"}))
    expected = {"jobStatus": state, "lastRunErrorStatus": {"code": "NONE"}, "statistics": None}
    assert event_of(job_trigger()) == {"status": "ended", "job_id": JOB_ID, "job": expected}
    assert len(scripted_aws.requests) == 3


@pytest.mark.parametrize("answer", [THROTTLED, 500, 503, (403, "ExpiredTokenException", "expired")])
def test_the_wait_goes_on_when_a_poll_is_not_answered(scripted_aws: ScriptedAws, answer: Any) -> None:
    scripted_aws.script(DESCRIBE, answer, answer, job("COMPLETE"))
    assert event_of(job_trigger())["job"]["jobStatus"] == "COMPLETE"


def test_the_wait_goes_on_until_its_deadline_when_no_server_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    deadline = datetime.now(UTC) + timedelta(seconds=0.5)
    assert event_of(job_trigger(deadline_at=deadline)) == {"status": "deadline", "job_id": JOB_ID}


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "AccessDeniedException"), (404, "ResourceNotFoundException"), (400, "ValidationException")],
)
def test_the_wait_ends_with_an_error_when_a_poll_is_refused(scripted_aws: ScriptedAws, status: int, code: str) -> None:
    scripted_aws.script(DESCRIBE, (status, code, "no"))
    assert event_of(job_trigger()) == {
        "status": "error",
        "job_id": JOB_ID,
        "error": "MacieRequestRefusedError",
        "facts": ["DescribeClassificationJob", code, "no"],
    }


@pytest.mark.parametrize("seconds", [0.3, -60])
def test_the_wait_ends_at_the_deadline_when_the_job_goes_on(scripted_aws: ScriptedAws, seconds: float) -> None:
    scripted_aws.script(DESCRIBE, job("RUNNING"))
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    assert event_of(job_trigger(deadline_at=deadline))["status"] == "deadline"


def test_a_long_job_is_polled_seldom(scripted_aws: ScriptedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    delays: list[float] = []
    sleep = asyncio.sleep

    async def note(delay: float) -> None:
        delays.append(delay)
        if sum(delays) > 12 * 60 * 60:
            scripted_aws.script(DESCRIBE, job("COMPLETE"))
        await sleep(0)

    monkeypatch.setattr("macie.triggers.asyncio.sleep", note)
    scripted_aws.script(DESCRIBE, job("RUNNING"))
    assert event_of(job_trigger(poll_seconds=20))["status"] == "ended"
    assert max(delays) == 300
    assert len(delays) < 200


FINDINGS, RESULTS = "POST /findings", "GET /results"
ONE, TWO = {"findingIds": ["a"]}, {"findingIds": ["a", "b"]}


@pytest.mark.parametrize(
    ("findings", "results", "polls"),
    [
        ([TWO], [9], 2),
        ([ONE, TWO], [9], 3),
        ([ONE, TWO, ONE, TWO, TWO], [9], 5),
        ([TWO], [8, 9], 3),
        ([TWO, THROTTLED, TWO], [9], 4),
    ],
    ids=["nothing changes", "a finding comes", "findings come and go", "a result is replaced", "a poll is throttled"],
)
def test_results_have_settled_when_two_looks_in_a_row_are_the_same(
    scripted_aws: ScriptedAws, findings: list[Any], results: list[int], polls: int
) -> None:
    scripted_aws.script(FINDINGS, *findings)
    scripted_aws.script(RESULTS, *map(results_of_bytes, results))
    event = event_of(results_trigger(settle_seconds=0))
    assert event == {"status": "settled", "job_id": JOB_ID, "findings": 2, "results": 1}
    assert len(scripted_aws.bodies(FINDINGS)) == polls


def test_the_last_counts_are_returned_at_the_deadline(scripted_aws: ScriptedAws, clock: Clock) -> None:
    scripted_aws.script(FINDINGS, TWO)
    scripted_aws.script(RESULTS, results_of_bytes(9))
    deadline = datetime.now(UTC) + timedelta(hours=1)
    event = event_of(results_trigger(settle_seconds=2 * HOUR, deadline_at=deadline, poll_seconds=300))
    assert event == {"status": "deadline", "job_id": JOB_ID, "findings": 2, "results": 1}


def test_the_wait_for_results_ends_with_an_error_when_they_may_not_be_listed(scripted_aws: ScriptedAws) -> None:
    scripted_aws.script(FINDINGS, (403, "AccessDeniedException", "no"))
    assert event_of(results_trigger())["error"] == "MacieRequestRefusedError"


def test_findings_and_results_of_a_real_job_are_counted(ready_aws: Aws) -> None:
    ready_aws.put_patients(3)
    job_id = ready_aws.run_job(**ready_aws.patient_identifier())
    bucket, prefix = MacieHook().get_results_location(job_id)
    trigger = results_trigger(job_id=job_id, results_bucket=bucket, results_prefix=prefix)
    assert event_of(trigger) == {"status": "settled", "job_id": job_id, "findings": 3, "results": 3}


class Clock:
    """Sleeps take no time, and the loop's clock goes on by what was slept; ``at`` acts once a time has come."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.slept = 0.0
        self._acts: list[tuple[float, Callable[[], None]]] = []
        sleep = asyncio.sleep
        real_time = asyncio.BaseEventLoop.time

        async def skip(seconds: float) -> None:
            self.slept += seconds
            while self._acts and self._acts[0][0] <= self.slept:
                self._acts.pop(0)[1]()
            await sleep(0)

        monkeypatch.setattr(asyncio, "sleep", skip)
        monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda loop: real_time(loop) + self.slept)

    def at(self, seconds: float, act: Callable[[], None]) -> None:
        self._acts = sorted([*self._acts, (seconds, act)], key=lambda timed: timed[0])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


HOUR = 3600.0


def long_trigger(**arguments: Any) -> MacieClassificationJobTrigger:
    deadline = datetime.now(UTC) + timedelta(hours=6)
    return job_trigger(deadline_at=deadline, poll_seconds=2, paused_states=["PAUSED", "USER_PAUSED"], **arguments)


@pytest.mark.parametrize("state", ["PAUSED", "USER_PAUSED"])
def test_a_job_that_was_paused_for_an_hour_is_waited_for_with_few_polls(
    scripted_aws: ScriptedAws, clock: Clock, state: str
) -> None:
    scripted_aws.script(DESCRIBE, job(state))
    clock.at(HOUR, lambda: scripted_aws.script(DESCRIBE, job("RUNNING")))
    clock.at(HOUR + 600, lambda: scripted_aws.script(DESCRIBE, job("COMPLETE")))
    event = event_of(long_trigger(pause_seconds=2 * HOUR))
    assert (event["status"], event["job"]["jobStatus"]) == ("ended", "COMPLETE")
    assert HOUR + 600 <= clock.slept <= HOUR + 1200
    # From 2 seconds on, a fifth more each time: 28 polls until they are five minutes apart, twelve an hour then.
    assert 1 < len(scripted_aws.requests) <= 28 + 12


def test_a_job_that_stays_paused_longer_than_allowed_ends_the_wait(scripted_aws: ScriptedAws, clock: Clock) -> None:
    scripted_aws.script(DESCRIBE, job("PAUSED"))
    event = event_of(long_trigger(pause_seconds=HOUR))
    assert (event["status"], event["job"]["jobStatus"]) == ("ended", "PAUSED")
    assert HOUR <= clock.slept <= HOUR + 300


def test_pauses_are_not_added_up_when_the_job_went_on_between_them(scripted_aws: ScriptedAws, clock: Clock) -> None:
    scripted_aws.script(DESCRIBE, job("PAUSED"))
    for hour, state in enumerate(["RUNNING", "PAUSED", "COMPLETE"], start=1):
        clock.at(hour * 0.7 * HOUR, partial(scripted_aws.script, DESCRIBE, job(state)))
    assert event_of(long_trigger(pause_seconds=HOUR))["job"]["jobStatus"] == "COMPLETE"


def test_time_in_which_macie_did_not_answer_is_not_a_pause(scripted_aws: ScriptedAws, clock: Clock) -> None:
    scripted_aws.script(DESCRIBE, THROTTLED)
    clock.at(2 * HOUR, lambda: scripted_aws.script(DESCRIBE, job("PAUSED")))
    clock.at(2.5 * HOUR, lambda: scripted_aws.script(DESCRIBE, job("COMPLETE")))
    assert event_of(long_trigger(pause_seconds=HOUR))["job"]["jobStatus"] == "COMPLETE"


def test_the_deadline_ends_the_wait_for_a_paused_job_too(scripted_aws: ScriptedAws, clock: Clock) -> None:
    scripted_aws.script(DESCRIBE, job("PAUSED"))
    assert event_of(long_trigger(pause_seconds=24 * HOUR))["status"] == "deadline"
    assert 6 * HOUR - 1 <= clock.slept <= 6 * HOUR + 300


ACCESS_KEY = "AWS_ACCESS_KEY_ID"


def long_results_trigger() -> MacieJobResultsTrigger:
    return results_trigger(deadline_at=datetime.now(UTC) + timedelta(hours=6), poll_seconds=20, settle_seconds=60)


def script_all(scripted_aws: ScriptedAws) -> None:
    """Script a job that is COMPLETE, and results that do not change."""
    scripted_aws.script(DESCRIBE, job("COMPLETE"))
    scripted_aws.script(FINDINGS, TWO)
    scripted_aws.script(RESULTS, results_of_bytes(9))


BOTH = pytest.mark.parametrize(
    ("make", "status"), [(long_trigger, "ended"), (long_results_trigger, "settled")], ids=["job", "results"]
)


@BOTH
def test_a_wait_goes_on_with_new_credentials_when_its_own_have_expired(
    scripted_aws: ScriptedAws, clock: Clock, monkeypatch: pytest.MonkeyPatch, make: Any, status: str
) -> None:
    script_all(scripted_aws)
    monkeypatch.setenv(ACCESS_KEY, "old")
    scripted_aws.expired.add("old")
    clock.at(HOUR, lambda: monkeypatch.setenv(ACCESS_KEY, "new"))
    assert event_of(make())["status"] == status
    assert set(scripted_aws.access_keys) == {"old", "new"}
    assert HOUR <= clock.slept <= HOUR + 600
    assert scripted_aws.access_keys.count("old") < 30


@BOTH
def test_a_wait_goes_on_when_its_credentials_expire_between_two_polls(
    scripted_aws: ScriptedAws, clock: Clock, monkeypatch: pytest.MonkeyPatch, make: Any, status: str
) -> None:
    script_all(scripted_aws)
    scripted_aws.script(DESCRIBE, job("RUNNING"))
    clock.at(2 * HOUR, lambda: scripted_aws.script(DESCRIBE, job("COMPLETE")))
    monkeypatch.setenv(ACCESS_KEY, "old")

    def expire() -> None:
        scripted_aws.expired.add("old")
        monkeypatch.setenv(ACCESS_KEY, "new")

    clock.at(30, expire)
    assert event_of(make())["status"] == status
    assert scripted_aws.access_keys[0] == "old"
    assert scripted_aws.access_keys[-1] == "new"


@BOTH
def test_a_wait_goes_on_when_there_were_no_credentials(
    scripted_aws: ScriptedAws, clock: Clock, monkeypatch: pytest.MonkeyPatch, make: Any, status: str
) -> None:
    script_all(scripted_aws)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv(ACCESS_KEY)
    clock.at(HOUR, lambda: monkeypatch.setenv(ACCESS_KEY, "new"))
    assert event_of(make())["status"] == status
    assert set(scripted_aws.access_keys) == {"new"}


@BOTH
def test_a_wait_without_credentials_ends_at_its_deadline(
    scripted_aws: ScriptedAws, clock: Clock, monkeypatch: pytest.MonkeyPatch, make: Any, status: str
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv(ACCESS_KEY)
    assert event_of(make())["status"] == "deadline"
    assert 6 * HOUR - 1 <= clock.slept <= 6 * HOUR + 300


SECRET = "https://user:hunter2@internal/"


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "AssumeRole")


def fail_to_connect(monkeypatch: pytest.MonkeyPatch, *errors: BaseException) -> None:
    """Let the client of Macie be made only after these errors."""
    make: Any = MacieHook.get_async_conn
    left = list(errors)

    async def connect(hook: MacieHook) -> Any:
        if left:
            raise left.pop(0)
        return await make(hook)

    monkeypatch.setattr(MacieHook, "get_async_conn", connect)


@pytest.mark.parametrize(
    "error",
    [
        CredentialRetrievalError(provider="container-role", error_msg=SECRET),
        refused("ExpiredToken"),
        refused("InvalidClientTokenId"),
        refused("Throttling"),
        BotoCoreError(),
        AirflowException(SECRET),
        RuntimeError(SECRET),
        TimeoutError(SECRET),
        OSError(SECRET),
    ],
    ids=lambda error: type(error).__name__,
)
@BOTH
def test_a_wait_goes_on_when_a_client_cannot_be_made_at_first(
    scripted_aws: ScriptedAws,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    make: Any,
    status: str,
    error: Exception,
) -> None:
    script_all(scripted_aws)
    fail_to_connect(monkeypatch, error, error)
    assert event_of(make())["status"] == status
    logged = capsys.readouterr().out
    assert f"Poll of classification job {JOB_ID} failed" in logged
    assert SECRET not in logged


@pytest.mark.parametrize(
    ("error", "facts"),
    [
        (refused("AccessDenied"), ["AssumeRole", "AccessDenied", "no"]),
        (NoRegionError(), ["The call", "NoRegionError"]),
        (ProfileNotFound(profile=SECRET), ["The call", "ProfileNotFound"]),
    ],
)
@BOTH
def test_a_wait_ends_when_a_client_is_refused(
    scripted_aws: ScriptedAws, monkeypatch: pytest.MonkeyPatch, make: Any, status: str, error: Exception, facts: Any
) -> None:
    script_all(scripted_aws)
    fail_to_connect(monkeypatch, error)
    event = event_of(make())
    assert (event["status"], event["error"]) == ("error", "MacieRequestRefusedError")
    assert event["facts"][: len(facts)] == facts
    assert SECRET not in str(event)


@pytest.mark.parametrize("error", [RuntimeError(SECRET), TimeoutError(SECRET), AirflowException(SECRET)])
@BOTH
def test_a_wait_ends_with_the_name_of_an_unexpected_error_that_goes_on(
    scripted_aws: ScriptedAws,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    make: Any,
    status: str,
    error: Exception,
) -> None:
    script_all(scripted_aws)
    fail_to_connect(monkeypatch, *[error] * 3)
    facts = [JOB_ID, type(error).__name__]
    assert event_of(make()) == {"status": "error", "job_id": JOB_ID, "error": "TriggerFailedError", "facts": facts}
    logged = capsys.readouterr().out
    assert f"failed unexpectedly: {type(error).__name__} (" in logged
    assert SECRET not in logged


def test_any_failure_of_a_trigger_is_an_event(scripted_aws: ScriptedAws) -> None:
    naive = datetime(2100, 1, 1)  # noqa: DTZ001 - what is wrong with it
    assert event_of(job_trigger(deadline_at=naive))["facts"] == [JOB_ID, "TypeError"]


@BOTH
def test_a_trigger_that_is_cancelled_ends_without_an_event(
    scripted_aws: ScriptedAws, monkeypatch: pytest.MonkeyPatch, make: Any, status: str
) -> None:
    script_all(scripted_aws)
    fail_to_connect(monkeypatch, asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        event_of(make())


@BOTH
def test_a_wait_goes_on_when_the_connection_has_new_credentials(
    scripted_aws: ScriptedAws, clock: Clock, monkeypatch: pytest.MonkeyPatch, make: Any, status: str
) -> None:
    script_all(scripted_aws)
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", "aws://old:secret@")
    scripted_aws.expired.add("old")
    clock.at(HOUR, lambda: monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", "aws://new:secret@"))
    assert event_of(make())["status"] == status
    assert set(scripted_aws.access_keys) == {"old", "new"}
