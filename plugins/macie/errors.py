"""
Errors of this package, in two families.

* :class:`MacieRetryableError`: retrying helps (throttling, an outage, a list that is not consistent yet).
* :class:`MacieFatalError`: retrying cannot help; the task fails at once, whatever its ``retries``.

An error takes facts, keeps them in ``args`` (so it pickles and can cross from a trigger to a task) and formats them
into its class's sentence: what was expected, what was found, what to do next. No error carries content of an analysed
object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, dataclass_transform

from airflow.sdk.exceptions import AirflowException, AirflowFailException


@dataclass_transform()
class MacieError(AirflowException):
    """
    Base of the errors that this package raises.

    Takes the annotated attributes of the class as arguments, in their order, as a dataclass does.
    """

    sentence: ClassVar[str]

    def __init__(self, *facts: Any, **named: Any) -> None:
        names = self._names()
        facts += tuple(named[name] for name in names[len(facts) :])
        super().__init__(*facts)
        for name, fact in zip(names, facts, strict=True):
            setattr(self, name, fact)

    def __str__(self) -> str:
        """Return the sentence."""
        facts = {name: getattr(self, name) for name in self._names()}
        return self.sentence.format(**facts, **self._sentence_facts())

    def serialize(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Keep the facts; Airflow's own version keeps only the sentence."""
        return f"{type(self).__module__}.{type(self).__name__}", self.args, {}

    def _sentence_facts(self) -> dict[str, Any]:
        """Return further values of the sentence, derived from the facts."""
        return {}

    @classmethod
    def _names(cls) -> list[str]:
        return [name for name in vars(cls).get("__annotations__", {}) if name != "sentence"]


class MacieRetryableError(MacieError):
    """Family: the same call may succeed later."""


class MacieFatalError(MacieError, AirflowFailException):
    """Family: the cause has to be removed first."""


class MacieUnavailableError(MacieRetryableError):
    """AWS throttled the call, failed on its side, or could not be reached."""

    operation: str
    code: str
    message: str
    sentence = "{operation} failed temporarily ({code}: {message}). The task's retries call it again."


class MacieRequestRefusedError(MacieFatalError):
    """AWS understood the call and refused it."""

    operation: str
    code: str
    message: str
    sentence = (
        "{operation} was refused ({code}: {message}). Correct the request, or the permissions of the role that makes "
        "it, and clear the task."
    )


class MacieNotEnabledError(MacieFatalError):
    """Macie is not enabled, or suspended, in this account and Region."""

    region_name: str
    status: str
    sentence = (
        "Expected Macie to be ENABLED in {region_name}, found {status}. Run `aws macie2 {command} --region "
        "{region_name}` and clear the task."
    )

    def _sentence_facts(self) -> dict[str, Any]:
        is_paused = self.status == "PAUSED"
        return {"command": "update-macie-session --status ENABLED" if is_paused else "enable-macie"}


class ResultsRepositoryMissingError(MacieFatalError):
    """Macie has no repository for discovery results, so nothing could be proved about any object."""

    region_name: str
    sentence = (
        "Expected a repository for discovery results in {region_name}, found none. Run `aws macie2 "
        "put-classification-export-configuration --region {region_name} --configuration "
        "'s3Destination={{bucketName=BUCKET,kmsKeyArn=KEY_ARN}}'` and clear the task."
    )


class FindingsIncompleteError(MacieRetryableError):
    """Macie listed findings that it did not return."""

    which: str
    expected: int
    found: int
    sentence = (
        "Expected {expected} findings {which} on a page, GetFindings returned {found}. The task's retries read them "
        "again."
    )


class DiscoveryResultUnreadableError(MacieFatalError):
    """A discovery result is damaged, so the result for its object is not known."""

    uri: str
    line: int
    sentence = (
        "Expected a JSON object on each line of {uri}, line {line} is not one. Find out which principal wrote the "
        "object, and start a new run: its job writes new results."
    )


class TriggerFailedError(MacieRetryableError):
    """A trigger met errors that this package does not know, several times in a row."""

    job_id: str
    error: str
    sentence = (
        "Expected to poll classification job {job_id}, found the unexpected error {error} each time. The task's "
        "retries wait again; the triggerer's log shows where it was raised."
    )


class DefinitionError(MacieFatalError):
    """A file does not hold the arguments of the API call that creates what it defines."""

    path: str
    operation: str
    problem: str
    sentence = (
        "Expected {path} to hold the arguments of {operation}, found: {problem}. Correct the file and clear the task."
    )


class FindingsFilterNameTakenError(MacieFatalError):
    """Other findings filters have the names of suppression rules; names are unique in an account."""

    names: str
    sentence = (
        "Expected to manage the suppression rules {names}, found findings filters of these names that are managed "
        "elsewhere. Rename the rules, or delete those filters, and clear the task."
    )


class ScheduledJobRequestError(MacieFatalError):
    """The request does not create a scheduled job with an initial run."""

    name: str
    problem: str
    sentence = "Expected {name} to be a request for a scheduled job, found {problem}. Correct it and clear the task."


class JobTokensExhaustedError(MacieFatalError):
    """Every client token that this run may use belongs to a cancelled job."""

    last_job_id: str
    attempts: int
    sentence = (
        "Expected a classification job that is not cancelled, found {attempts} cancelled ones, the last {last_job_id}. "
        "Find out from CloudTrail (UpdateClassificationJob) which principal cancels them and start a new run."
    )


class IdentifierTokensExhaustedError(MacieFatalError):
    """Every client token of a definition belongs to a deleted identifier."""

    name: str
    attempts: int
    sentence = (
        "Expected to create custom data identifier {name!r}, found {attempts} deleted ones. Find out from CloudTrail "
        "(DeleteCustomDataIdentifier) which principal deletes them; any change of the definition creates a new one."
    )


_NEW_JOB = "Clear the task that creates it: a cancelled job is replaced by a new one."
_JOB_ADVICE = {
    "CANCELLED": _NEW_JOB,
    "PAUSED": f"Macie's monthly quota is used up: raise it in Service Quotas. {_NEW_JOB}",
    "USER_PAUSED": f"A user paused it: find out why. {_NEW_JOB}",
    "IDLE": "Only scheduled jobs become IDLE: the job request must have the jobType ONE_TIME.",
}


class JobNotCompleteError(MacieFatalError):
    """The job ended, or stopped, before everything was analysed."""

    job_id: str
    status: str
    sentence = "Expected classification job {job_id} to become COMPLETE, found {status}. {advice}"

    def _sentence_facts(self) -> dict[str, Any]:
        return {"advice": _JOB_ADVICE.get(self.status, "See the job in the Macie console.")}


class JobStatusUnknownError(MacieFatalError):
    """Macie reports a status that this package does not know: it is not taken for success."""

    job_id: str
    status: str
    sentence = (
        "Expected a known status of classification job {job_id}, found {status}. See the job in the Macie console and "
        "add the status to MacieClassificationJobSensor."
    )


class JobDeadlineError(MacieFatalError):
    """The job was still running at the deadline."""

    job_id: str
    status: str
    deadline_seconds: float
    sentence = (
        "Expected classification job {job_id} to be COMPLETE after {deadline_seconds:g} s, found {status}. Raise the "
        f"timeout, or find out why the job takes so long. {_NEW_JOB}"
    )


def to_event(error: MacieError) -> dict[str, Any]:
    """Return the event with which a trigger hands an error to its task."""
    return {"status": "error", "error": type(error).__name__, "facts": list(error.args)}


def from_event(event: Mapping[str, Any]) -> MacieError:
    """Return the error that :func:`to_event` put into an event."""
    error: MacieError = globals()[event["error"]](*event["facts"])
    return error
