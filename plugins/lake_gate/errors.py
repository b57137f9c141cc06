"""Errors of the gate: two families, one class per cause, each with a sentence that ends with the next step.

An error takes facts, keeps them in ``args`` (so it pickles) and formats them into the sentence of its class. Facts are
buckets, keys, names and counts, never content of an object; names from outside are made safe to log.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, dataclass_transform

from airflow.sdk.exceptions import AirflowException, AirflowFailException
from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.model.names import loggable

_NAMES_SHOWN = 5


@dataclass_transform()
class _Facts(Exception):  # noqa: N818 - a mixin of the two families
    """Exception that takes the annotated attributes of its class as arguments, in their order, as a dataclass does."""

    sentence: ClassVar[str] = ""
    """Template of the message. Of a list ``{x}`` shows the first items, ``{x:count}`` their number, ``{x:all}`` all."""

    def __init__(self, *facts: Any, **named: Any) -> None:
        names = self._names()
        facts += tuple(named[name] if name in named else getattr(self, name) for name in names[len(facts) :])
        super().__init__(*facts)
        for name, fact in zip(names, facts, strict=False):
            setattr(self, name, fact)

    def __str__(self) -> str:
        """Return the formatted sentence, or the text that was passed if the class has no sentence."""
        if not self.sentence:
            return loggable(super().__str__())
        facts = {name: _shown(getattr(self, name)) for name in self._names()}
        return loggable(self.sentence.format(**facts, **self._sentence_facts()))

    def _sentence_facts(self) -> dict[str, Any]:
        """Return derived values that the sentence uses, by name."""
        return {}

    @classmethod
    def _names(cls) -> list[str]:
        bases = (base for base in reversed(cls.__mro__) if issubclass(base, _Facts) and base is not _Facts)
        return [name for base in bases for name in vars(base).get("__annotations__", {})]


class _Items(list[Any]):
    def __format__(self, spec: str) -> str:
        match spec:
            case "count":
                return str(len(self))
            case "all":
                return "; ".join(map(str, self))
            case _:
                return ", ".join(map(str, self[:_NAMES_SHOWN]))


def _shown(fact: Any) -> Any:
    return _Items(fact) if isinstance(fact, list | tuple) else fact


class GateError(_Facts, AirflowException):
    """Base of errors whose cause may pass, so that the task's retries may succeed."""


class FinalGateError(_Facts, AirflowFailException):
    """Base of errors that a retry cannot solve; a person has to change something first."""


class SettingsError(FinalGateError):
    """Settings are missing or have the wrong type."""

    path: str
    problems: Sequence[str]
    sentence = (
        "The settings below SSM parameter path {path} are not usable: {problems:all}. Correct them, then clear "
        "read_settings with its downstream tasks."
    )


class SourceError(FinalGateError):
    """The source of a delivery cannot be used; nothing was landed."""

    source: str
    problem: str
    sentence = "The delivery at {source} was refused, nothing was landed: {problem}."


class SourceUnreachableError(GateError):
    """The source did not answer as expected; the next try may succeed."""

    source: str
    problem: str
    sentence = "The delivery at {source} could not be read: {problem}."


class SourceChangedError(FinalGateError):
    """The source differs from an earlier try of the same run."""

    place: str
    names: Sequence[str]
    sentence = (
        "{names:count} object(s) below {place} differ from what the source holds now, among them {names}: the delivery "
        "changed between two tries, or another writer uses this prefix. Nothing was moved. Start a new run."
    )


class DeliveryChangedError(FinalGateError):
    """The source has changed since the run landed its delivery."""

    source: str
    place: str
    problem: str
    names: Sequence[str] = ()
    sentence = (
        "This run has already landed its delivery below {place}, and {source} has changed since: {problem}{among}. "
        "Nothing more was landed. The landed files are still there, or where the run's record says. Start a new "
        "run to take what the source holds now."
    )

    def _sentence_facts(self) -> dict[str, Any]:
        return {"among": f", among them {', '.join(self.names[:_NAMES_SHOWN])}" if self.names else ""}


class RunPinnedError(FinalGateError):
    """The run id was used before for a different run."""

    run_uri: str
    differences: Sequence[str]
    sentence = (
        "This run id was used before, with other values: {differences:all} (see {run_uri}). Nothing was landed or "
        "changed. Start a new run with another run id."
    )


class DiskFullError(GateError):
    """The worker's disk is full now; other tasks on the worker may free space."""

    needed_for: str
    sentence = (
        "The worker's disk has no room for {needed_for} now. The task's retries try again; if they fail, run fewer "
        "tasks at a time on a worker."
    )


class BucketNotVersionedError(FinalGateError):
    """A bucket of the lake has no versioning, so object versions cannot be pinned."""

    buckets: Sequence[str]
    sentence = "Versioning is not enabled for {buckets}. Nothing was landed. Enable versioning, then clear the task."


class DecisionsStandError(FinalGateError):
    """Decisions differ from the first ones, after moves have begun."""

    decisions_uri: str
    sentence = (
        "This run has already decided ({decisions_uri}) and begun to move; deciding again gave another result. The "
        "first decisions stand. To decide again, start a new run with the files as its source."
    )


class DamagedDocumentError(FinalGateError):
    """A document of the gate does not have the shape that the gate writes."""

    uri: str
    problem: str
    sentence = (
        "{uri} is damaged: {problem}. It was not used. Find out which writer changed it. The bucket keeps the earlier "
        "versions: as the deployer, delete the damaged version or the delete marker, so that the version before is "
        "current again (docs/platform.md, Break glass), then clear the task."
    )

    @property
    def document(self) -> str:
        """Name of the document, without the prefix of its run."""
        return re.sub(r".*/_runs/[^/]+/[^/]+/", "", self.uri)

    @property
    def code(self) -> str:
        """Error class for documents and messages."""
        return f"damaged_{self.document.replace('/', '_')}"


class DocumentTooLargeError(DamagedDocumentError):
    """A document, or a line of it, is larger than its reader keeps in memory."""


class RunHasMovedError(FinalGateError):
    """A run that has begun to move objects cannot be recorded as a dry run."""

    documents_uri: str
    sentence = (
        "This run has begun to move objects ({documents_uri}), so it cannot be recorded as a dry run; its record was "
        "left as it is. Start a new run with another run id for a dry run."
    )


class AwsError(GateError):
    """AWS did not carry out a call; the next try may succeed.

    AWS's message is left out, because it may hold anything.
    """

    operation: str
    code: str
    sentence = "{operation} failed: {code}"


class AwsRefusedError(FinalGateError):
    """AWS refuses a call, and will refuse it again."""

    operation: str
    code: str
    sentence = (
        "{operation} was refused: {code}. Check the policies of the role, the bucket and the key, and the settings "
        "below /lake_gate; after a change of settings clear read_settings with its downstream tasks."
    )


class NotWithdrawnError(GateError):
    """Objects could not be moved; the next try may succeed."""

    count: int
    objects: Sequence[str]
    sentence = "{count} object(s) could not be moved, all others were: {objects:all}."


class FindingsPendingError(FinalGateError):
    """Objects with findings could not be decided on or moved."""

    objects_uri: str
    count: int
    objects: Sequence[str]
    sentence = (
        "{count} object(s) could not be decided on or moved: {objects:all}. All others were moved and recorded, see "
        "{objects_uri}. Remove the cause (the DAG's docs have a table); the next run tries again."
    )


class ParamsError(FinalGateError):
    """The run was started with parameters that are not valid; nothing was landed."""

    problems: Sequence[str]
    sentence = "The parameters of the run are not valid: {problems:all}. Nothing was landed. Start a new run."


class ReportParamsError(ParamsError):
    """A run of ``feed_reports`` was started with parameters that are not valid; no report was written."""

    sentence = "The report was not written: {problems:all}. Correct the input in a new run."


class ReviewParamsError(ParamsError):
    """A run of ``quarantine_review`` was started with parameters that are not valid; no request was written."""

    sentence = "The review request is not valid: {problems:all}. Nothing was asked. Correct the input in a new run."


class PolicyError(FinalGateError):
    """A file of ``include/policies`` is not a valid policy."""

    path: str
    problem: str
    sentence = "{path} is not a valid policy: {problem}. Nothing was moved. Correct the file, then clear the task."


class ExceptionFileError(FinalGateError):
    """A file of ``include/exceptions`` is not valid."""

    path: str
    problem: str
    sentence = "{path} is not a valid list of exceptions: {problem}. None of them is used until the file is corrected."


class ExceptionStandsError(FinalGateError):
    """An exception has the id of another one, or of a revoked one, or there is no room for it; none is ever changed."""

    uri: str
    problem: str
    sentence = "The exception {uri} was not added: {problem}. Nothing was written. Ask with another id."


class FeedError(FinalGateError):
    """A file of ``include/feeds`` is not a valid feed."""

    path: str
    problem: str
    sentence = "{path} is not a valid feed: {problem}. Its DAG is missing until the file is corrected."


class MaskingSpecError(FinalGateError):
    """A file of ``include/masking`` is not a valid masking spec."""

    path: str
    problem: str
    sentence = (
        "{path} is not a valid masking spec: {problem}. Nothing was moved. Correct the file, then clear the task."
    )


class MaskingError(FinalGateError):
    """Base of errors about a single file that cannot be masked, or whose masked copy must not be used."""

    name: str


class MaskedCopyStandsError(FinalGateError):
    """An earlier try has made a masked copy with other bytes: the spec or the key has changed."""

    uri: str
    sentence = (
        "{uri} exists with other bytes: the masking spec or its key was changed after the run had begun to mask. "
        "Nothing was moved. Start a new run."
    )


class MaskingChangedError(FinalGateError):
    """The masked copies of a run do not belong together."""

    uri: str
    sentence = (
        "The masked copies below {uri} were made with different keys or specs, or with another spec than the one in "
        "force now, or an earlier try has made others. "
        "Nothing was moved. Start a new run."
    )


class NoMaskingRuleError(MaskingError):
    """The masking spec has no rule for columns that need one, or the file is not a table."""

    spec: str
    problem: str
    columns: Sequence[str] = ()
    sentence = (
        "The masking spec {spec} has no rule for {file}: {problem}{among}. Add the rules to "
        "include/masking/{spec}.json and process the file again."
    )

    def _sentence_facts(self) -> dict[str, Any]:
        return {
            "file": repr(self.name),
            "among": f" ({', '.join(self.columns[:_NAMES_SHOWN])})" if self.columns else "",
        }


class UnparsableRowError(MaskingError):
    """A row of a table does not have the shape that its masking needs."""

    row: int
    problem: str
    sentence = (
        "{name!r} cannot be masked: row {row} (counted from the first, header included) {problem}. Have the file "
        "corrected and delivered again."
    )


class MaskCheckError(MaskingError):
    """A masked copy failed a check that is independent of the masking."""

    problem: str
    sentence = (
        "The masked copy of {name!r} was discarded: {problem}. This is a defect of the masking or of its input; report "
        "it, the file stays held."
    )


class RiskTooHighError(MaskingError):
    """A masked table has a group of rows with the same quasi-identifiers that is smaller than the spec allows."""

    smallest_group: int
    min_k: int
    spec: str
    sentence = (
        "The masked copy of {name!r} was discarded: its smallest group of rows with the same quasi-identifiers has "
        "{smallest_group} row(s), and min_k of include/masking/{spec}.json is {min_k}. Coarsen the rules of these "
        "columns or lower min_k, and process the file again."
    )


class SuppressionRuleError(FinalGateError):
    """A file of ``include/suppression_rules`` is not a valid suppression rule."""

    path: str
    problem: str
    sentence = "{path} is not a valid suppression rule: {problem}. Correct the file, then clear the task."


class UnknownObjectsError(FinalGateError):
    """Macie reports on objects that the run did not land."""

    run_prefix: str
    objects: Sequence[str]
    sentence = (
        "Macie reports on {objects:count} object(s) that are not in the manifest of {run_prefix}: {objects}. Nothing "
        "was moved. Find out whether another writer uses this prefix, or has changed the manifest (see its versions), "
        "and start a new run with the files as its source."
    )


class TablesMissingError(FinalGateError):
    """A delivery lacks tables that its feed expects."""

    feed: str
    expected: int
    missing: Sequence[str]
    sentence = (
        "The delivery lacks {missing:count} of the {expected} table(s) that feed {feed} expects: {missing_names}. "
        "Nothing was scanned or moved. Have the whole delivery sent and start a new run, or change `expect` in "
        "include/feeds/{feed}.json."
    )

    def _sentence_facts(self) -> dict[str, Any]:
        return {"missing_names": ", ".join(self.missing)}


class JobScopeError(FinalGateError):
    """A job would read more than its run has landed."""

    run_prefix: str
    sentence = (
        "The job would read more than {run_prefix}, so its cost cannot be estimated. Nothing was scanned. The job spec "
        "must name ${{bronze_bucket}} alone and include OBJECT_KEY STARTS_WITH ${{prefix}}: correct it, then clear the "
        "task that renders the job."
    )


class CostLimitError(FinalGateError):
    """A scan would cost more than its limit."""

    objects: int
    size_bytes: int
    usd: float
    limit_usd: float
    sentence = (
        "The job would read {objects} object(s), {size_bytes} bytes, for about {usd:.2f} USD; the limit is "
        "{limit_usd:.2f} USD (max_scan_usd). Nothing was scanned or moved. Start a new run with a higher limit in the "
        "trigger form, raise it in the feed, or deliver less."
    )


class CopyNotVerifiedError(GateError):
    """A copy differs from the landed object; its source was not deleted."""

    source_uri: str
    copy_uri: str
    difference: str
    sentence = (
        "The copy {copy_uri} of {source_uri} differs from the landed object ({difference}); the source was kept. The "
        "retry copies again."
    )


_NOT_DELETED = (
    "S3 did not delete {count} object(s) in {bucket}, among them {keys} ({codes}). The verified copies are there; all "
    "other objects were moved. "
)


class NotDeletedError(GateError):
    """S3 did not delete versions that were copied; the next try may succeed."""

    bucket: str
    count: int
    keys: list[str]
    codes: list[str]
    sentence = _NOT_DELETED + "The task's retries delete them."


class DeleteRefusedError(FinalGateError):
    """S3 refuses to delete versions that were copied, and will refuse it again."""

    bucket: str
    count: int
    keys: list[str]
    codes: list[str]
    sentence = _NOT_DELETED + (
        "Check the policies of the role and the bucket, and whether Object Lock has a legal hold or a retention period "
        "on them; then clear the task."
    )


class ObjectLockedError(FinalGateError):
    """Object Lock prevents the deletion of versions that were copied."""

    bucket: str
    count: int
    keys: list[str]
    codes: list[str]
    sentence = _NOT_DELETED + (
        "Object Lock protects them: remove the legal hold or wait for the end of the retention period, then clear the "
        "task."
    )


class SourceVersionGoneError(FinalGateError):
    """A landed version is gone, and a verified copy of it does not exist."""

    source_uri: str
    version_id: str
    copy_uri: str
    sentence = (
        "Version {version_id} of {source_uri} is gone, {copy_uri} is not a copy of it, and no amendment of the run "
        "says that finding_events has moved it. It was deleted after it was landed: deliver the file again and start a "
        "new run."
    )


class NotAccountedError(FinalGateError):
    """The run record does not account for every landed object."""

    record_uri: str
    count: int
    names: Sequence[str]
    sentence = (
        "{count} landed object(s) are not accounted for, among them {names}. See {record_uri}; clear the failed "
        "promote, quarantine or hold task to finish its moves."
    )


class MarkerStandsError(FinalGateError):
    """The run's marker in silver exists already and lists other objects."""

    marker_uri: str
    sentence = (
        "{marker_uri} lists other objects than this run has promoted, and readers may have used it. Find out which "
        "other writer uses this key, remove the marker as the deployer (docs/platform.md, Break glass), then clear the "
        "task."
    )


class NoticeNotSentError(GateError):
    """A topic did not accept a message; the next try may succeed."""

    topic_arn: str
    code: str
    sentence = (
        "A message to {topic_arn} could not be sent: {code}. Every file is where the run record says. The task's "
        "retries send the messages that are missing."
    )


class NoticeRefusedError(FinalGateError):
    """A topic refuses a message, and will refuse it again."""

    topic_arn: str
    code: str
    sentence = (
        "The topic {topic_arn} refused a message: {code}. Every file is where the run record says. Check that the "
        "topic exists and that its policy and its key let this role publish, then clear the task."
    )


class HeldNotReleasedError(GateError):
    """Re-processed objects are not where the run's record says; their held copies were kept."""

    documents_uri: str
    keys: Sequence[str]
    sentence = (
        "{keys:count} object(s) stay held, among them {keys}: the object that this run made of each is not where "
        "objects.jsonl below {documents_uri} says, or has other bytes. Objects that are being withdrawn now are found "
        "by the retry. Otherwise find out which writer moved it; held objects can be re-processed again."
    )


class ReviewError(FinalGateError):
    """A review request is not valid, or cannot be carried out."""

    request: str
    problem: str
    sentence = "The review request {request} was refused, and nothing was changed: {problem}. Start a new request."


class NotPurgedError(GateError):
    """A purge has left versions that it should have deleted; the next try may delete them."""

    bucket: str
    count: int
    keys: Sequence[str]
    sentence = (
        "{count} object(s) in {bucket} still have versions that were to be purged, among them {keys}: another writer "
        "has added them in the meantime. The task's retries delete them."
    )


class ReviewFailedError(FinalGateError):
    """An approved request could not be carried out."""

    request: str
    outcome_uri: str
    sentence = (
        "The review request {request} was approved and could not be carried out: {outcome_uri} names the cause. It has "
        "moved no file. If it is still needed, remove the cause, then start a new request."
    )


class ExceptionEndedError(FinalGateError):
    """The exception of an approved request ended before the request was carried out."""

    request: str
    until: str
    sentence = (
        "Nothing was done for the review request {request}: its exception ended on {until}, before it was carried "
        "out. Start a new request with a later end, or a shorter time to answer."
    )


class ReviewedFilePurgedError(FinalGateError):
    """A request is about a file that another request has purged."""

    request: str
    name: str
    at: str
    by: str
    sentence = (
        "The review request {request} is about a file that is not in quarantine any more: {name} was purged on {at} by "
        "the request {by}. There is nothing left to ask about it; leave it out."
    )


class ReviewedFileChangedError(FinalGateError):
    """A file in quarantine is not the one that was reviewed; nothing was done with it."""

    request: str
    name: str
    problem: str
    sentence = (
        "Nothing was done with {name!r} for the review request {request}: {problem}. Find out which writer changed "
        "it, then start a new request."
    )


_REFUSED = {
    *("AccessDenied", "AccessDeniedException", "403", "AuthorizationError", "KMSAccessDenied", "KMS.DisabledException"),
    *(
        "KMS.NotFoundException",
        "NotFoundException",
        "DisabledException",
        "InvalidObjectState",
        "NoSuchBucket",
        "NotFound",
        "PermanentRedirect",
    ),
}
_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_OF_DELETES = (NotDeletedError, DeleteRefusedError, ObjectLockedError)


def from_aws_error(error: ClientError | BotoCoreError) -> AwsError | AwsRefusedError:
    """Translate an error of botocore into the family that says whether a retry may help.

    If no response came, only the class of the error is named: its text may hold signed URLs.
    """
    if not isinstance(error, ClientError):
        return AwsError("A call to AWS", type(error).__name__)
    code = error.response.get("Error", {}).get("Code", "unknown")
    return (AwsRefusedError if code in _REFUSED else AwsError)(error.operation_name, code)


def from_delete_error(bucket: str, key: str, code: str, *, is_locked: bool) -> Exception:
    """Return the gate's error for a version that S3 did not delete.

    :param code: AWS's error code for this key.
    :param is_locked: Object Lock is the cause.
    """
    refused = ObjectLockedError if is_locked else DeleteRefusedError
    return (refused if is_locked or code in _REFUSED else NotDeletedError)(bucket, 1, [key], [code])


def combine_errors(errors: Sequence[Exception]) -> Exception:
    """Return the error to raise for several.

    Errors that a retry may solve come first, because the others end the task without a retry. Failed deletions of the
    same kind and bucket become a single error that names the first objects.

    :param errors: at least one error.
    """
    first = min(errors, key=lambda error: isinstance(error, FinalGateError))
    if not isinstance(first, _OF_DELETES):
        return first
    alike = [error for error in errors if isinstance(error, type(first)) and error.bucket == first.bucket]
    keys = [key for error in alike for key in error.keys]
    codes = sorted({code for error in alike for code in error.codes})
    return type(first)(first.bucket, sum(error.count for error in alike), keys[:_NAMES_SHOWN], codes)


def class_of(error: Exception) -> str:
    """Return the error class for documents and messages: AWS's code if there is one, else the class name; no text."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code")
    else:
        code = getattr(error, "code", None)
    return code if isinstance(code, str) and _CODE.fullmatch(code) else type(error).__name__
