"""
What can go wrong with Macie, in two families.

* :class:`MacieRetryableError`: retrying helps (throttling, an outage, a list that is not consistent yet).
* :class:`MacieFatalError`: retrying cannot help; the task fails at once, whatever its ``retries``.

An error takes facts, keeps them in ``args`` (so it pickles and can cross from a trigger to a task) and builds its own
sentence: what was expected, what was found, and what to do next. No error carries content of an analysed object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException


class MacieError(AirflowException):
    """Base of everything that this package raises on purpose."""

    def serialize(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Keep the facts, where Airflow's own version keeps only the sentence."""
        return f"{type(self).__module__}.{type(self).__name__}", self.args, {}


class MacieRetryableError(MacieError):
    """Family: the same call may succeed later."""


class MacieFatalError(MacieError, AirflowFailException):
    """Family: somebody has to change something first."""


class MacieUnavailableError(MacieRetryableError):
    """AWS throttled the call, failed on its side, or could not be reached."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(operation, code, message)

    def __str__(self) -> str:
        operation, code, message = self.args
        return f"{operation} could not be answered now ({code}: {message}). The task's retries call it again."


class MacieRequestRefusedError(MacieFatalError):
    """AWS understood the call and refused it."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(operation, code, message)

    def __str__(self) -> str:
        operation, code, message = self.args
        return (
            f"{operation} was refused ({code}: {message}). Correct the request, or the permissions of the role that "
            "makes it, and clear the task."
        )


class MacieNotEnabledError(MacieFatalError):
    """Macie is not enabled, or suspended, in this account and Region."""

    def __init__(self, region_name: str, status: str) -> None:
        super().__init__(region_name, status)

    def __str__(self) -> str:
        region, status = self.args
        command = "update-macie-session --status ENABLED" if status == "PAUSED" else "enable-macie"
        return (
            f"Expected Macie to be ENABLED in {region}, found {status}. Run `aws macie2 {command} --region {region}` "
            "and clear the task."
        )


class ResultsRepositoryMissingError(MacieFatalError):
    """Macie has nowhere to write discovery results to, so nothing could be proved about any object."""

    def __init__(self, region_name: str) -> None:
        super().__init__(region_name)

    def __str__(self) -> str:
        (region,) = self.args
        return (
            f"Expected a repository for discovery results in {region}, found none. Run `aws macie2 "
            f"put-classification-export-configuration --region {region} --configuration "
            "'s3Destination={bucketName=BUCKET,kmsKeyArn=KEY_ARN}'` and clear the task."
        )


class FindingsIncompleteError(MacieRetryableError):
    """Macie listed findings that it did not return."""

    def __init__(self, which: str, expected: int, found: int) -> None:
        super().__init__(which, expected, found)

    def __str__(self) -> str:
        which, expected, found = self.args
        return (
            f"Expected {expected} findings {which} on a page, GetFindings returned {found}. "
            "The task's retries read them again."
        )


class DiscoveryResultUnreadableError(MacieFatalError):
    """A discovery result is damaged: what it says about an object is not known."""

    def __init__(self, uri: str, line: int) -> None:
        super().__init__(uri, line)

    def __str__(self) -> str:
        uri, line = self.args
        return (
            f"Expected a JSON object on each line of {uri}, found something else on line {line}. Find out what wrote "
            "there, and start a new run: its job writes new results."
        )


class TriggerFailedError(MacieRetryableError):
    """A trigger met errors that this package does not know, several times in a row."""

    def __init__(self, job_id: str, error: str) -> None:
        super().__init__(job_id, error)

    def __str__(self) -> str:
        job_id, error = self.args
        return (
            f"Expected to poll classification job {job_id}, found the unexpected error {error} each time. The task's "
            "retries wait again; the log of the triggerer has the places where it was raised."
        )


class DefinitionError(MacieFatalError):
    """A file does not hold the arguments of the API call that creates what it defines."""

    def __init__(self, path: str, operation: str, problem: str) -> None:
        super().__init__(path, operation, problem)

    def __str__(self) -> str:
        path, operation, problem = self.args
        return (
            f"Expected {path} to hold a definition in the spelling of {operation}, found: {problem}. Correct it and "
            "clear the task."
        )


class FindingsFilterNameTakenError(MacieFatalError):
    """Somebody else's findings filters have the names of suppression rules; in an account names are unique."""

    def __init__(self, names: str) -> None:
        super().__init__(names)

    def __str__(self) -> str:
        (names,) = self.args
        return (
            f"Expected to manage the suppression rules {names}, found findings filters of these names that somebody "
            "else has made. Rename the rules, or delete those filters, and clear the task."
        )


class NoScheduledJobError(MacieFatalError):
    """The request is not one for a job that goes on day by day and begins with what is there."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)

    def __str__(self) -> str:
        name, problem = self.args
        return f"Expected {name} to be a request for a scheduled job, found {problem}. Correct it and clear the task."


class JobTokensExhaustedError(MacieFatalError):
    """Every client token that this run may use belongs to a cancelled job."""

    def __init__(self, last_job_id: str, attempts: int) -> None:
        super().__init__(last_job_id, attempts)

    def __str__(self) -> str:
        job_id, attempts = self.args
        return (
            f"Expected a classification job that can go on, found {attempts} cancelled ones, the last {job_id}. "
            "Find out who cancels them and start a new run."
        )


class IdentifierTokensExhaustedError(MacieFatalError):
    """Every client token of a definition belongs to a deleted identifier."""

    def __init__(self, name: str, attempts: int) -> None:
        super().__init__(name, attempts)

    def __str__(self) -> str:
        name, attempts = self.args
        return (
            f"Expected to create custom data identifier {name!r}, found {attempts} deleted ones. Find out who deletes "
            "them; any change of its definition makes a new one."
        )


class JobNotCompleteError(MacieFatalError):
    """The job ended, or stopped, without having analysed everything."""

    def __init__(self, job_id: str, status: str) -> None:
        super().__init__(job_id, status)

    def __str__(self) -> str:
        job_id, status = self.args
        advice = _JOB_ADVICE.get(status, "Look at it in the Macie console.")
        return f"Expected classification job {job_id} to become COMPLETE, found {status}. {advice}"


_NEW_JOB = "Clear the task that creates it: a new job takes the place of a cancelled one."
_JOB_ADVICE = {
    "CANCELLED": _NEW_JOB,
    "PAUSED": f"Macie's monthly quota is used up: raise it in Service Quotas. {_NEW_JOB}",
    "USER_PAUSED": f"Somebody paused it: find out why. {_NEW_JOB}",
    "IDLE": "Only scheduled jobs become IDLE: the job request has to say ONE_TIME.",
}


class JobStatusUnknownError(MacieFatalError):
    """Macie reports a status that this package has never heard of: it is not taken for success."""

    def __init__(self, job_id: str, status: str) -> None:
        super().__init__(job_id, status)

    def __str__(self) -> str:
        job_id, status = self.args
        return (
            f"Expected a known status of classification job {job_id}, found {status}. Look at the job in the Macie "
            "console and teach MacieClassificationJobSensor what this status means."
        )


class JobDeadlineError(MacieFatalError):
    """The job was still going on at the deadline."""

    def __init__(self, job_id: str, status: str, deadline_seconds: float) -> None:
        super().__init__(job_id, status, deadline_seconds)

    def __str__(self) -> str:
        job_id, status, seconds = self.args
        return (
            f"Expected classification job {job_id} to be COMPLETE after {seconds:g} s, found {status}. "
            f"Raise the timeout, or find out why it takes so long. {_NEW_JOB}"
        )


def to_event(error: MacieError) -> dict[str, Any]:
    """Return the event with which a trigger hands an error to its task."""
    return {"status": "error", "error": type(error).__name__, "facts": list(error.args)}


def from_event(event: Mapping[str, Any]) -> MacieError:
    """Return the error that :func:`to_event` put into an event."""
    error: MacieError = globals()[event["error"]](*event["facts"])
    return error
