"""Operators for classification jobs: check Macie, ensure identifiers, create, cancel, store the results."""

# ruff: noqa: ARG002 - Airflow passes the context to every operator

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from macie.account import Account, ids_of
from macie.definitions import fingerprint
from macie.hook import MacieHook
from macie.identifiers import reconcile_custom_data_identifiers
from macie.links import MacieClassificationJobLink
from macie.records import to_line
from macie.translation import translated_errors

if TYPE_CHECKING:
    from airflow.sdk import Context

    from macie.records import Transform

MEMORY_PER_DOCUMENT_BYTES = 8 * 1024 * 1024


class MacieCheckReadyOperator(AwsBaseOperator[MacieHook]):
    """
    Check that Macie is enabled and has a repository for discovery results.

    :return: ``{"account_id", "region", "results_bucket", "results_prefix"}``; the prefix is ``""`` if there is none
    """

    aws_hook_class = MacieHook

    def execute(self, context: Context) -> dict[str, str]:
        """Check Macie and return the location of the discovery results."""
        destination = self.hook.check_ready()
        return {
            "account_id": self.hook.account_id,
            "region": self.hook.conn_region_name,
            "results_bucket": destination["bucketName"],
            "results_prefix": destination.get("keyPrefix") or "",
        }


class MacieEnsureCustomDataIdentifiersOperator(AwsBaseOperator[MacieHook]):
    """
    Find or create the custom data identifiers that a folder defines.

    :param definitions_path: folder with one JSON file per identifier, each the arguments of
        CreateCustomDataIdentifier (templated)
    :return: ``{name: {"id", "sha256"}}``, with the SHA-256 of each definition as JSON with sorted keys
    """

    aws_hook_class = MacieHook
    template_fields: Sequence[str] = aws_template_fields("definitions_path")

    def __init__(self, *, definitions_path: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.definitions_path = definitions_path

    def execute(self, context: Context) -> dict[str, dict[str, str]]:
        """Read all files before the first call, so that an invalid file creates nothing."""
        definitions = self.hook.load_definitions(self.definitions_path, "CreateCustomDataIdentifier")
        account = Account(self.hook, is_dry_run=False)
        with translated_errors():
            ids = ids_of(reconcile_custom_data_identifiers(account, definitions))
        return {
            definition["name"]: {"id": ids[definition["name"]], "sha256": fingerprint(definition)}
            for definition in definitions
        }


class MacieCreateClassificationJobOperator(AwsBaseOperator[MacieHook]):
    """
    Create a classification job; do not wait for it.

    The client token is derived from DAG id, run id and job request: a retry finds the job of the first try. If that
    job was cancelled in the meantime, the next token of a fixed sequence is used, so that a cleared run can continue.

    :param job_request: arguments of CreateClassificationJob, without clientToken (templated)
    :return: the job's id
    """

    aws_hook_class = MacieHook
    template_fields: Sequence[str] = aws_template_fields("job_request")
    template_fields_renderers: ClassVar[dict[str, str]] = {"job_request": "json"}
    operator_extra_links = (MacieClassificationJobLink(),)

    def __init__(self, *, job_request: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_request = job_request

    def execute(self, context: Context) -> str:
        """Create or find the job."""
        ti = context["ti"]
        job_id = self.hook.ensure_classification_job(self.job_request, ti.dag_id, ti.run_id)
        MacieClassificationJobLink.persist_job(context, self, job_id)
        return job_id


class MacieCancelClassificationJobOperator(AwsBaseOperator[MacieHook]):
    """
    Cancel a classification job unless it has ended: the teardown of the task that creates it.

    :param job_id: the job; None (also as rendered by a template) if no job was created (templated)
    :return: whether a job was cancelled
    """

    aws_hook_class = MacieHook
    template_fields: Sequence[str] = aws_template_fields("job_id")

    def __init__(self, *, job_id: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = job_id

    def execute(self, context: Context) -> bool:
        """Cancel the job if it has not ended."""
        if self.job_id in (None, "", "None"):
            self.log.info("No classification job was created: nothing to cancel")
            return False
        cancelled = self.hook.cancel_job(self.job_id)
        self.log.info("Classification job %s %s", self.job_id, "cancelled" if cancelled else "had already ended")
        return cancelled


class MacieJobResultsToS3Operator(AwsBaseOperator[MacieHook]):
    """
    Store the discovery results and findings of a classification job.

    Findings and results hold counts and places, and also text of the objects: names of columns (the first row of a CSV
    without a header), paths in JSON documents. A ``transform`` returns the part of each record to store.

    * ``results.jsonl.gz``: the job's discovery results, one record per line, in the order of their keys; without a
      ``transform`` the bytes that Macie wrote
    * ``findings.jsonl``: one element of GetFindings' response per line, oldest first
    * ``job.json``: the body of DescribeClassificationJob's response, written last

    A retry overwrites all three.

    :param job_id: the job (templated)
    :param bucket: bucket to write to (templated)
    :param prefix: prefix to write below (templated)
    :param transform: returns the part to store of a discovery result's record or of a finding; None: all of it
    :return: ``{"findings": n, "results": n, "seconds": n}``; ``seconds`` is the time from the creation of the job to
        that of its latest discovery result; None if it is not known, as without a ``transform``
    :raises DiscoveryResultUnreadableError: there is a ``transform``, and a discovery result is damaged
    """

    aws_hook_class = MacieHook
    template_fields: Sequence[str] = aws_template_fields("job_id", "bucket", "prefix")

    def __init__(
        self, *, job_id: str, bucket: str, prefix: str, transform: Transform | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.job_id = job_id
        self.bucket = bucket
        self.prefix = prefix
        self.transform = transform

    def execute(self, context: Context) -> dict[str, int | None]:
        """Store the three documents."""
        counts = {"findings": 0, "results": 0}
        self._last_result_at: datetime | None = None
        with _spooled() as file:
            counts["results"] = self._write_results(file) if self.transform else self._copy_results(file)
            self._upload(file, "results.jsonl.gz")
        with _spooled() as file:
            for finding in self.hook.iter_findings(self.job_id):
                file.write(to_line(finding, self.transform))
                counts["findings"] += 1
            self._upload(file, "findings.jsonl")
        job = self.hook.get_job_document(self.job_id)
        self._upload(BytesIO(job), "job.json")
        return {**counts, "seconds": _seconds_between(_time(json.loads(job)), self._last_result_at)}

    def _copy_results(self, file: IO[bytes]) -> int:
        """Write the bytes that Macie wrote; return the number of discovery results."""
        count = self.hook.copy_discovery_results(self.job_id, file)
        if not count:
            file.write(gzip.compress(b"", mtime=0))
        return count

    def _write_results(self, file: IO[bytes]) -> int:
        """Write each transformed record; return the number of discovery results."""
        count = 0
        # Without name and time, so that a retry writes the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            for records in self.hook.iter_discovery_results(self.job_id):
                packed.writelines(to_line(record, self.transform) for record in self._timed(records))
                count += 1
        return count

    def _timed(self, records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the records, and keep the latest time of them."""
        for record in records:
            times = [time for time in (_time(record), self._last_result_at) if time]
            self._last_result_at = max(times, default=None)
            yield record

    def _upload(self, file: IO[bytes], name: str) -> None:
        key = "/".join(filter(None, [self.prefix.strip("/"), name]))
        self.hook.upload(file, self.bucket, key)
        self.log.info("Wrote s3://%s/%s", self.bucket, key)


def _time(document: Mapping[str, Any]) -> datetime | None:
    """Return when a job or a record was created; None if it does not say so."""
    try:
        return datetime.fromisoformat(document["createdAt"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _seconds_between(begin: datetime | None, end: datetime | None) -> int | None:
    return max(round((end - begin).total_seconds()), 0) if begin and end else None


def _spooled() -> IO[bytes]:
    """Open a file that is held in memory while it is small and may grow to any size."""
    return cast("IO[bytes]", SpooledTemporaryFile(max_size=MEMORY_PER_DOCUMENT_BYTES))
