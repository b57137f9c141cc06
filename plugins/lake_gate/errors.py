"""What can go wrong at the gate. Each error takes facts, keeps them in ``args`` and builds its own sentence.

No sentence ever holds content of an object: buckets, keys, names and counts only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import wraps

from airflow.sdk.exceptions import AirflowException, AirflowFailException
from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.model.names import loggable


def _make_loggable(cls: type[Exception]) -> None:
    """Let the class's sentence hold names from outside: Airflow logs it, see :mod:`lake_gate.model.names`."""
    if (sentence := vars(cls).get("__str__")) is not None:
        cls.__str__ = wraps(sentence)(lambda self: loggable(sentence(self)))  # type: ignore[method-assign]


class GateError(AirflowException):
    """Retrying helps: the cause is outside and may pass."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Make the sentences of all errors of this family safe to log."""
        super().__init_subclass__(**kwargs)
        _make_loggable(cls)

    def __str__(self) -> str:
        """Return the text that was given, where no subclass builds a sentence."""
        return loggable(super().__str__())


class FinalGateError(AirflowFailException):
    """Retrying cannot help: somebody has to change something first."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Make the sentences of all errors of this family safe to log."""
        super().__init_subclass__(**kwargs)
        _make_loggable(cls)

    def __str__(self) -> str:
        """Return the text that was given, where no subclass builds a sentence."""
        return loggable(super().__str__())


class SettingsError(FinalGateError):
    """Settings are missing or cannot be read as what they should be."""

    def __init__(self, path: str, problems: list[str]) -> None:
        super().__init__(path, problems)
        self.path, self.problems = path, problems

    def __str__(self) -> str:
        """Say which parameters, and where they are set."""
        return f"Settings below SSM parameter path {self.path} are not usable: {'; '.join(self.problems)}."


class SourceError(FinalGateError):
    """The source of a delivery cannot be used; nothing was landed."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(source, problem)
        self.source, self.problem = source, problem

    def __str__(self) -> str:
        """Say which source and what is wrong with it."""
        return f"The delivery at {self.source} was refused, nothing was landed: {self.problem}."


class SourceUnreachableError(GateError):
    """The source did not answer as it should; it may on the next try."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(source, problem)
        self.source, self.problem = source, problem

    def __str__(self) -> str:
        """Say which source and how it failed."""
        return f"The delivery at {self.source} could not be read: {self.problem}."


class SourceChangedError(FinalGateError):
    """The source holds something else than at an earlier try of the same run."""

    def __init__(self, place: str, names: list[str]) -> None:
        super().__init__(place, names)
        self.place, self.names = place, names

    def __str__(self) -> str:
        """Say what differs and what to do."""
        return (
            f"{len(self.names)} object(s) below {self.place} are not what the source holds now, among them "
            f"{', '.join(self.names[:5])}: the delivery changed between two tries, or somebody else writes there. "
            "Nothing was moved. Start a new run."
        )


class DeliveryChangedError(SourceChangedError):
    """A run has landed its delivery, and its source holds something else by now."""

    def __init__(self, source: str, place: str, problem: str, names: list[str] | None = None) -> None:
        super().__init__(place, names or [])
        self.args = (source, place, problem, names or [])
        self.source, self.problem = source, problem

    def __str__(self) -> str:
        """Say what differs, where the landed files are, and what to do."""
        among = f", among them {', '.join(self.names[:5])}" if self.names else ""
        return (
            f"This run has landed its delivery below {self.place} before, and {self.source} is not the same any more: "
            f"{self.problem}{among}. Nothing more was landed; what was landed is where the run's record says, or still "
            "there. Start a new run to take what the source holds now."
        )


class RunPinnedError(FinalGateError):
    """A run id was used before for something else."""

    def __init__(self, run_uri: str, differences: list[str]) -> None:
        super().__init__(run_uri, differences)
        self.run_uri, self.differences = run_uri, differences

    def __str__(self) -> str:
        """Say what differs, and what to do."""
        return (
            f"{self.run_uri} says what this run is, and it is something else now: {'; '.join(self.differences)}. "
            "Nothing was landed or changed. Start a new run with another run id."
        )


class DiskFullError(GateError):
    """The worker's disk has no room now; other tasks on the worker may leave some."""

    def __init__(self, needed_for: str) -> None:
        super().__init__(needed_for)
        self.needed_for = needed_for

    def __str__(self) -> str:
        """Say what the room is needed for, and what helps."""
        return (
            f"The worker's disk has no room for {self.needed_for} now. The task's retries try again; if they fail, run "
            "fewer tasks at a time on a worker."
        )


class BucketNotVersionedError(FinalGateError):
    """A bucket of the lake has no versioning: nothing in it could be pinned."""

    def __init__(self, buckets: list[str]) -> None:
        super().__init__(buckets)
        self.buckets = buckets

    def __str__(self) -> str:
        """Name the buckets."""
        return f"Versioning is not enabled for {', '.join(self.buckets)}. Enable it; nothing was landed."


class DecisionsStandError(FinalGateError):
    """Other decisions than the first ones, after moves have begun."""

    def __init__(self, decisions_uri: str) -> None:
        super().__init__(decisions_uri)
        self.decisions_uri = decisions_uri

    def __str__(self) -> str:
        """Say why they stand and what to do."""
        return (
            f"This run has decided before ({self.decisions_uri}) and begun to move; deciding again came "
            "out differently. The first decisions stand. To decide anew, start a new run with the files as its source."
        )


class DamagedDocumentError(FinalGateError):
    """A document of the gate's own does not say what the gate writes there."""

    def __init__(self, uri: str, problem: str) -> None:
        super().__init__(uri, problem)
        self.uri, self.problem = uri, problem

    @property
    def document(self) -> str:
        """Name of the document below those of its run."""
        return re.sub(r".*/_runs/[^/]+/[^/]+/", "", self.uri)

    @property
    def code(self) -> str:
        """The class for documents and messages."""
        return f"damaged_{self.document.replace('/', '_')}"

    def __str__(self) -> str:
        """Say which document and what is wrong with it, and what to do; nothing of its content."""
        return (
            f"{self.uri} is not as the gate has written it: {self.problem}. It was not used, and nothing was moved on "
            "it. Find out which writer has changed it; the bucket keeps the versions before: let an administrator "
            "restore the gate's own and clear the task, or start a new run."
        )


class RunHasMovedError(FinalGateError):
    """A run that has begun to move objects is to be recorded as a dry run."""

    def __init__(self, documents_uri: str) -> None:
        super().__init__(documents_uri)
        self.documents_uri = documents_uri

    def __str__(self) -> str:
        """Say why the record stands and what to do."""
        return (
            f"This run has begun to move objects ({self.documents_uri}): it cannot be recorded as a dry run, and its "
            "record was left as it is. Start a new run with another run id for a dry run."
        )


class AwsError(GateError):
    """AWS did not do what the gate asked for; it may on the next try."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(operation, code)
        self.operation, self.code = operation, code

    def __str__(self) -> str:
        """Name the operation and AWS's code; AWS's own text may hold anything."""
        return f"{self.operation} failed: {self.code}"


class AwsRefusedError(FinalGateError):
    """AWS refuses what the gate asks for, and will again."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(operation, code)
        self.operation, self.code = operation, code

    def __str__(self) -> str:
        """Name the operation and AWS's code, and what to look at."""
        return (
            f"{self.operation} was refused: {self.code}. Look at the policies of the role, the bucket and the key, and "
            "at the settings below /lake_gate."
        )


_REFUSED = {
    *("AccessDenied", "AccessDeniedException", "403", "AuthorizationError", "KMSAccessDenied", "KMS.DisabledException"),
    *("KMS.NotFoundException", "InvalidObjectState", "NoSuchBucket", "NotFound", "PermanentRedirect"),
}


def from_client_error(error: ClientError) -> AwsError | AwsRefusedError:
    """Return our error for AWS's: whether retrying helps."""
    code = error.response.get("Error", {}).get("Code", "unknown")
    return (AwsRefusedError if code in _REFUSED else AwsError)(error.operation_name, code)


def from_transport_error(error: BotoCoreError) -> AwsError:
    """Return our error for an answer that did not come: its text may hold addresses, with signatures in them."""
    return AwsError("A call to AWS", type(error).__name__)


def class_of(error: Exception) -> str:
    """Return the class of an error for documents and messages: AWS's code where there is one; never a text."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code")
    else:
        code = getattr(error, "code", None)
    return code if isinstance(code, str) and _CODE.fullmatch(code) else type(error).__name__


_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class NotWithdrawnError(GateError):
    """Objects could not be moved; the next try may succeed."""

    def __init__(self, count: int, objects: list[str]) -> None:
        super().__init__(count, objects)
        self.count, self.objects = count, objects

    def __str__(self) -> str:
        """Name the first objects; all others were moved."""
        return f"{self.count} object(s) could not be moved, all others were: {'; '.join(self.objects)}."


class FindingsPendingError(FinalGateError):
    """Objects that Macie has found something in could not be decided about, or moved."""

    def __init__(self, objects_uri: str, count: int, objects: list[str]) -> None:
        super().__init__(objects_uri, count, objects)
        self.objects_uri, self.count, self.objects = objects_uri, count, objects

    def __str__(self) -> str:
        """Name the first objects with what failed, and say what to do."""
        return (
            f"{self.count} object(s) could not be dealt with: {'; '.join(self.objects)}. All others were moved and "
            f"recorded, see {self.objects_uri}. Remove the cause (the DAG's docs have a table); the next run tries "
            "again."
        )


class PolicyError(FinalGateError):
    """A policy file does not hold a policy."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path, self.problem = path, problem

    def __str__(self) -> str:
        """Name the file and the keys that are wrong."""
        return f"{self.path} is no policy: {self.problem}. Correct the file and clear the task; nothing was moved."


class FeedError(FinalGateError):
    """A file of ``include/feeds`` does not define a feed."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path, self.problem = path, problem

    def __str__(self) -> str:
        """Name the file and the keys that are wrong."""
        return f"{self.path} is no feed: {self.problem}. Its DAG is missing until the file is right."


class SuppressionRuleError(FinalGateError):
    """A file does not hold a suppression rule."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path, self.problem = path, problem

    def __str__(self) -> str:
        """Name the file and the keys that are wrong."""
        return f"{self.path} is no suppression rule: {self.problem}. Correct the file and clear the task."


class UnknownObjectsError(FinalGateError):
    """Macie reports on objects that the run did not land."""

    def __init__(self, run_prefix: str, objects: list[tuple[str, str]]) -> None:
        super().__init__(run_prefix, objects)
        self.run_prefix, self.objects = run_prefix, objects

    def __str__(self) -> str:
        """Name the first objects and what to do."""
        first = ", ".join(f"s3://{bucket}/{key}" for bucket, key in self.objects[:5])
        return (
            f"Macie reports on {len(self.objects)} object(s) that are not in the manifest of {self.run_prefix}: "
            f"{first}. Nothing was moved. Find out who else writes below this prefix, remove what does not belong to "
            "the delivery, and start a new run."
        )


class TablesMissingError(FinalGateError):
    """A delivery lacks tables that its feed expects."""

    def __init__(self, feed: str, expected: int, missing: list[str]) -> None:
        super().__init__(feed, expected, missing)
        self.feed, self.expected, self.missing = feed, expected, missing

    def __str__(self) -> str:
        """Name the tables and what to do."""
        return (
            f"The delivery lacks {len(self.missing)} of the {self.expected} table(s) that feed {self.feed} expects: "
            f"{', '.join(self.missing)}. Nothing was scanned or moved. Have the whole delivery sent and start a new "
            f"run, or change `expect` in include/feeds/{self.feed}.json."
        )


class JobScopeError(FinalGateError):
    """A job would read more than what its run has landed."""

    def __init__(self, run_prefix: str) -> None:
        super().__init__(run_prefix)
        self.run_prefix = run_prefix

    def __str__(self) -> str:
        """Say what the job spec has to have."""
        return (
            f"The job would read more than {self.run_prefix}, which nobody can estimate, nor decide about. Nothing was "
            "scanned. Let the job spec name ${bronze_bucket} alone and include OBJECT_KEY STARTS_WITH ${prefix}; then "
            "clear the task that renders the job."
        )


class CostLimitError(FinalGateError):
    """A scan would cost more than it may."""

    def __init__(self, objects: int, size_bytes: int, usd: float, limit_usd: float) -> None:
        super().__init__(objects, size_bytes, usd, limit_usd)
        self.objects, self.size_bytes, self.usd, self.limit_usd = objects, size_bytes, usd, limit_usd

    def __str__(self) -> str:
        """Say what it would cost, what it may, and what to do."""
        return (
            f"The job would read {self.objects} object(s), {self.size_bytes} bytes, for about {self.usd:.2f} USD; it "
            f"may cost {self.limit_usd:.2f} USD (max_scan_usd). Nothing was scanned or moved. Start a new run with a "
            "higher limit in the trigger form, raise it in the feed, or deliver less."
        )


class CopyNotVerifiedError(GateError):
    """A copy differs from what was landed; its source was not deleted."""

    def __init__(self, source_uri: str, copy_uri: str, difference: str) -> None:
        super().__init__(source_uri, copy_uri, difference)
        self.source_uri, self.copy_uri, self.difference = source_uri, copy_uri, difference

    def __str__(self) -> str:
        """Say which copy of which object differs how."""
        return (
            f"The copy {self.copy_uri} of {self.source_uri} is not what was landed ({self.difference}); "
            "the source was kept. The retry copies again."
        )


class NotDeletedError(GateError):
    """S3 did not delete versions that were copied; it may on the next try."""

    def __init__(self, bucket: str, count: int, keys: list[str], codes: list[str]) -> None:
        super().__init__(bucket, count, keys, codes)
        self.bucket, self.count, self.keys, self.codes = bucket, count, keys, codes

    def __str__(self) -> str:
        """Name the bucket, the first keys and AWS's codes."""
        return f"{_not_deleted(self.bucket, self.count, self.keys, self.codes)} The task's retries delete them."


class DeleteRefusedError(FinalGateError):
    """S3 refuses to delete versions that were copied, and will again."""

    def __init__(self, bucket: str, count: int, keys: list[str], codes: list[str]) -> None:
        super().__init__(bucket, count, keys, codes)
        self.bucket, self.count, self.keys, self.codes = bucket, count, keys, codes

    def __str__(self) -> str:
        """Name the bucket, the first keys and AWS's codes, and what to look at."""
        return (
            f"{_not_deleted(self.bucket, self.count, self.keys, self.codes)} Look at the policies of the role and the "
            "bucket, and for a legal hold or a retention period of Object Lock; then clear the task."
        )


class ObjectLockedError(FinalGateError):
    """Object Lock keeps versions that were copied from being deleted."""

    def __init__(self, bucket: str, count: int, keys: list[str], codes: list[str]) -> None:
        super().__init__(bucket, count, keys, codes)
        self.bucket, self.count, self.keys, self.codes = bucket, count, keys, codes

    def __str__(self) -> str:
        """Name the bucket and the first keys, and say what to do."""
        return (
            f"{_not_deleted(self.bucket, self.count, self.keys, self.codes)} Object Lock protects them: remove the "
            "legal hold or wait for the end of the retention period, then clear the task."
        )


def _not_deleted(bucket: str, count: int, keys: list[str], codes: list[str]) -> str:
    return (
        f"S3 did not delete {count} object(s) in {bucket}, among them {', '.join(keys)} ({', '.join(codes)}). The "
        "verified copies are there; all other objects were moved."
    )


_KEYS_SHOWN = 5
_OF_DELETES = (NotDeletedError, DeleteRefusedError, ObjectLockedError)


def of_all(errors: Sequence[Exception]) -> Exception:
    """Return the error to raise for several: one that a retry may solve first, as the others end the task for good.

    Of deletions that failed alike it names the first objects.

    :param errors: one at least.
    """
    first = min(errors, key=lambda error: isinstance(error, FinalGateError))
    if not isinstance(first, _OF_DELETES):
        return first
    alike = [error for error in errors if isinstance(error, type(first)) and error.bucket == first.bucket]
    keys = [key for error in alike for key in error.keys]
    codes = sorted({code for error in alike for code in error.codes})
    return type(first)(first.bucket, sum(error.count for error in alike), keys[:_KEYS_SHOWN], codes)


def from_delete_error(bucket: str, key: str, code: str, *, is_locked: bool) -> Exception:
    """Return our error for a version that S3 did not delete.

    :param code: AWS's code of this very key.
    :param is_locked: Object Lock is the cause.
    """
    refused = ObjectLockedError if is_locked else DeleteRefusedError
    return (refused if is_locked or code in _REFUSED else NotDeletedError)(bucket, 1, [key], [code])


class SourceVersionGoneError(FinalGateError):
    """A landed version is no longer there and no verified copy of it exists."""

    def __init__(self, source_uri: str, version_id: str, copy_uri: str) -> None:
        super().__init__(source_uri, version_id, copy_uri)
        self.source_uri, self.version_id, self.copy_uri = source_uri, version_id, copy_uri

    def __str__(self) -> str:
        """Say which version is missing and where it should have been."""
        return (
            f"Version {self.version_id} of {self.source_uri} is gone, {self.copy_uri} is not a copy of it, and no "
            "amendment of the run says that finding_events has moved it. It was deleted after it was landed: deliver "
            "the file again and start a new run."
        )


class NotAccountedError(FinalGateError):
    """The run record does not account for every landed object."""

    def __init__(self, record_uri: str, count: int, names: list[str]) -> None:
        super().__init__(record_uri, count, names)
        self.record_uri, self.count, self.names = record_uri, count, names

    def __str__(self) -> str:
        """Name the first objects and where the record is."""
        return (
            f"{self.count} landed object(s) are not accounted for, among them {', '.join(self.names)}. "
            f"See {self.record_uri}; clear the failed promote, quarantine or hold task to finish its moves."
        )


class MarkerStandsError(FinalGateError):
    """The run's marker in silver is there already, and lists something else."""

    def __init__(self, marker_uri: str) -> None:
        super().__init__(marker_uri)
        self.marker_uri = marker_uri

    def __str__(self) -> str:
        """Say that somebody else must have written it."""
        return (
            f"{self.marker_uri} lists something else than this run has promoted, and readers may have trusted it. "
            "Find out who else writes there, remove it, and clear the task."
        )


class NoticeNotSentError(GateError):
    """A topic did not take a message; it may on the next try."""

    def __init__(self, topic_arn: str, code: str) -> None:
        super().__init__(topic_arn, code)
        self.topic_arn, self.code = topic_arn, code

    def __str__(self) -> str:
        """Name the topic and AWS's code, and say what does not depend on it."""
        return (
            f"A message to {self.topic_arn} could not be sent: {self.code}. Every file is where the run record says. "
            "The task's retries send what is not sent yet."
        )


class NoticeRefusedError(FinalGateError):
    """A topic refuses a message, and will again."""

    def __init__(self, topic_arn: str, code: str) -> None:
        super().__init__(topic_arn, code)
        self.topic_arn, self.code = topic_arn, code

    def __str__(self) -> str:
        """Name the topic and AWS's code, and say what to look at."""
        return (
            f"The topic {self.topic_arn} refused a message: {self.code}. Every file is where the run record says. See "
            "that the topic exists and that its policy and its key let this role publish, and clear the task."
        )


class HeldNotReleasedError(GateError):
    """What a run made of held objects is not where its record says; they are held still."""

    def __init__(self, documents_uri: str, keys: list[str]) -> None:
        super().__init__(documents_uri, keys)
        self.documents_uri, self.keys = documents_uri, keys

    def __str__(self) -> str:
        """Name the first objects, and say what to look at."""
        return (
            f"{len(self.keys)} object(s) stay held, among them {', '.join(self.keys[:5])}: what this run made of them "
            f"is not where objects.jsonl below {self.documents_uri} says, or has other bytes. What is being withdrawn "
            "just now, the retry finds. Otherwise find out who moved it; what is held can be re-processed again."
        )
