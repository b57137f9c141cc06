"""Hook for Amazon Macie, and for the discovery results that Macie writes to S3."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import cached_property
from itertools import batched
from typing import IO, TYPE_CHECKING, Any, cast

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.config import Config

from macie import definitions, errors
from macie.records import ends_with_newline, iter_records
from macie.tokens import create_once
from macie.translation import translated_errors

if TYPE_CHECKING:
    from botocore.model import Shape
    from mypy_boto3_macie2 import Macie2Client
    from mypy_boto3_macie2.type_defs import DescribeClassificationJobResponseTypeDef, S3DestinationTypeDef
    from mypy_boto3_s3 import S3Client

RETRIES = Config(retries={"mode": "adaptive", "max_attempts": 10})
CANCELLABLE_STATES = ("RUNNING", "PAUSED", "USER_PAUSED", "IDLE")
"""Source: API operation UpdateClassificationJob, jobStatus CANCELLED."""

FINDINGS_PER_CALL = 50
"""Source: API operation GetFindings, findingIds."""

_RAW_BODY_OPERATIONS = ("DescribeClassificationJob", "GetFindings")

_READERS = 8
"""Number of discovery results that are read in parallel."""
_NEWLINE = gzip.compress(b"\n", mtime=0)


class MacieHook(AwsBaseHook):
    """
    Interact with Amazon Macie.

    Retries are adaptive unless the connection or ``config`` sets another mode: one throttled poll must not fail a wait
    of hours. All methods raise the errors of :mod:`macie.errors`.

    .. seealso::
        - :class:`~airflow.providers.amazon.aws.hooks.base_aws.AwsBaseHook`
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "macie2"
        super().__init__(*args, **kwargs)

    @property
    def config(self) -> Config:
        """Configuration for the clients: the defaults of this hook, overridden by the connection's or the caller's."""
        return RETRIES.merge(super().config)

    @cached_property
    def conn(self) -> Any:
        """The client; creating it may assume the role of the connection, a call that can fail."""
        with translated_errors():
            return super().conn

    @cached_property
    def account_id(self) -> str:
        """Account of the credentials."""
        with translated_errors():
            return super().account_id

    @cached_property
    def client(self) -> Macie2Client:
        """The client of Macie; it keeps the raw bodies of the responses that are stored unaltered."""
        client = cast("Macie2Client", self.conn)
        for operation in _RAW_BODY_OPERATIONS:
            client.meta.events.register(f"response-received.macie2.{operation}", _keep_raw_body)
        return client

    @cached_property
    def s3_hook(self) -> AwsBaseHook:
        """A hook for S3 with the same connection, for the discovery results."""
        return AwsBaseHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self._region_name,
            verify=self._verify,
            client_type="s3",
            config=self.config,
        )

    @property
    def s3_client(self) -> S3Client:
        """The client of S3."""
        with translated_errors():
            return cast("S3Client", self.s3_hook.conn)

    def get_session_status(self) -> str:
        """Return ``ENABLED``, ``PAUSED``, or ``DISABLED`` where Macie has never been enabled."""
        try:
            with translated_errors():
                return self.client.get_macie_session()["status"]
        except errors.MacieRequestRefusedError as error:
            # Real texts: "Macie is not enabled" with HTTP 403, and "Macie is not enabled." with HTTP 401
            if "not enabled" in str(error):
                return "DISABLED"
            raise

    def enable(self) -> None:
        """Enable Macie, or resume it if it is suspended; do nothing if it is enabled."""
        status = self.get_session_status()
        with translated_errors():
            if status == "PAUSED":
                self.client.update_macie_session(status="ENABLED")
            elif status == "DISABLED":
                with suppress(self.client.exceptions.ConflictException):  # enabled between the two calls
                    self.client.enable_macie()

    def get_export_configuration(self) -> S3DestinationTypeDef | None:
        """Return the repository for discovery results (bucketName, keyPrefix, kmsKeyArn), None if none is set."""
        with translated_errors():
            response = self.client.get_classification_export_configuration()
        return response.get("configuration", {}).get("s3Destination")

    def check_ready(self) -> S3DestinationTypeDef:
        """
        Check that a job of this account and Region would write discovery results.

        :return: the repository for discovery results
        :raises MacieNotEnabledError: Macie is not enabled, or suspended
        :raises ResultsRepositoryMissingError: Macie would not write discovery results
        """
        status = self.get_session_status()
        if status != "ENABLED":
            raise errors.MacieNotEnabledError(self.conn_region_name, status)
        return self._require_export_configuration()

    def _require_export_configuration(self) -> S3DestinationTypeDef:
        destination = self.get_export_configuration()
        if destination is None:
            raise errors.ResultsRepositoryMissingError(self.conn_region_name)
        return destination

    def load_definitions(self, folder: str, operation: str, *, may_be_empty: bool = False) -> list[dict[str, Any]]:
        """Read a folder of definitions and validate them against the API's model of the operation's arguments."""
        shape = self.client.meta.service_model.operation_model(operation).input_shape
        return definitions.load_definitions(folder, cast("Shape", shape), may_be_empty=may_be_empty)

    def create_classification_job(self, request: Mapping[str, Any], client_token: str) -> str:
        """
        Create a classification job, or find the one that was created with the same token.

        :param request: arguments of CreateClassificationJob, without clientToken
        :param client_token: idempotency token
        :return: the job's id
        """
        with translated_errors():
            return self.client.create_classification_job(**{**request, "clientToken": client_token})["jobId"]

    def ensure_classification_job(self, request: Mapping[str, Any], *token_facts: Any) -> str:
        """
        Create a classification job, or find the one that was created with the same facts; a cancelled one is replaced.

        :param request: arguments of CreateClassificationJob, without clientToken
        :param token_facts: facts from which the client token is derived, in addition to the request
        :return: the job's id
        :raises JobTokensExhaustedError: all jobs of these facts are cancelled
        """
        return create_once(
            [*token_facts, request],
            create=lambda token: self.create_classification_job(request, token),
            is_usable=self._is_not_cancelled,
            exhausted=errors.JobTokensExhaustedError,
        )

    def _is_not_cancelled(self, job_id: str) -> bool:
        status = self.describe_job(job_id)["jobStatus"]
        self.log.info("Classification job %s is %s", job_id, status)
        return status != "CANCELLED"

    def describe_job(self, job_id: str) -> DescribeClassificationJobResponseTypeDef:
        """Return the response of DescribeClassificationJob."""
        with translated_errors():
            return self.client.describe_classification_job(jobId=job_id)

    def get_job_document(self, job_id: str) -> bytes:
        """Return the JSON body of DescribeClassificationJob, byte for byte."""
        return _raw_body(self.describe_job(job_id))

    def cancel_job(self, job_id: str) -> bool:
        """
        Cancel a job.

        :return: False if the job had already ended
        """
        if self.describe_job(job_id)["jobStatus"] not in CANCELLABLE_STATES:
            return False
        try:
            with translated_errors():
                self.client.update_classification_job(jobId=job_id, jobStatus="CANCELLED")
        except errors.MacieRequestRefusedError:
            if self.describe_job(job_id)["jobStatus"] in CANCELLABLE_STATES:
                raise
            return False  # it ended between the two calls
        return True

    def iter_findings(self, job_id: str) -> Iterator[dict[str, Any]]:
        """
        Iterate over a job's findings, oldest first, each as in the JSON body of GetFindings' response.

        :raises FindingsIncompleteError: a listed finding was not returned
        """
        return self._iter_findings(findings_criteria(job_id), "createdAt", f"of classification job {job_id}")

    def iter_findings_since(self, buckets: Iterable[str], since_ms: int) -> Iterator[dict[str, Any]]:
        """
        Iterate over the findings about objects in some buckets, of all jobs and of automated discovery.

        Archived (suppressed) findings are included.

        :param since_ms: milliseconds since 1970; findings updated then or later are returned, oldest first
        :raises FindingsIncompleteError: a listed finding was not returned
        """
        names = sorted(set(buckets))
        return self._iter_findings(bucket_criteria(names, since_ms), "updatedAt", f"about {', '.join(names)}")

    def _iter_findings(self, criteria: Any, order_by: str, which: str) -> Iterator[dict[str, Any]]:
        order: Any = {"attributeName": order_by, "orderBy": "ASC"}
        with translated_errors():
            pages = self.client.get_paginator("list_findings").paginate(
                findingCriteria=criteria, sortCriteria=order, PaginationConfig={"PageSize": FINDINGS_PER_CALL}
            )
            for page in pages:
                if ids := page["findingIds"]:
                    findings = self._get_findings(ids, order)
                    if {finding["id"] for finding in findings} != set(ids):
                        raise errors.FindingsIncompleteError(which, len(ids), len(findings))
                    yield from findings

    def iter_findings_by_id(self, finding_ids: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Iterate over findings by their ids; ids that Macie does not know, or no longer knows, are left out."""
        order: Any = {"attributeName": "updatedAt", "orderBy": "ASC"}
        with translated_errors():
            for ids in batched(finding_ids, FINDINGS_PER_CALL):
                yield from self._get_findings(list(ids), order)

    def _get_findings(self, ids: list[str], order: Any) -> list[dict[str, Any]]:
        response = self.client.get_findings(findingIds=ids, sortCriteria=order)
        findings: list[dict[str, Any]] = json.loads(_raw_body(response))["findings"]
        return findings

    def get_results_location(self, job_id: str) -> tuple[str, str]:
        """
        Return bucket and prefix of a job's discovery results.

        The prefix is ``[keyPrefix/]AWSLogs/<account>/Macie/<Region>/<job id>/``.
        Source: https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
        """
        destination = self._require_export_configuration()
        region, account = self.describe_job(job_id)["jobArn"].split(":")[3:5]
        key_prefix = (destination.get("keyPrefix") or "").strip("/")
        folders = [key_prefix] if key_prefix else []
        return destination["bucketName"], "/".join([*folders, "AWSLogs", account, "Macie", region, job_id, ""])

    def iter_discovery_result_keys(self, job_id: str) -> Iterator[str]:
        """Iterate over the keys of a job's discovery results, sorted; :meth:`get_results_location` has the bucket."""
        bucket, prefix = self.get_results_location(job_id)
        with translated_errors():
            for page in self.s3_client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for item in page.get("Contents", ()):
                    if item["Key"].endswith(".jsonl.gz"):
                        yield item["Key"]

    def copy_discovery_results(self, job_id: str, file: IO[bytes]) -> int:
        """
        Append the bytes of all of a job's discovery results to a file: members of gzip may be concatenated.

        :return: the number of discovery results
        """
        count = 0
        for _, content in self._iter_result_contents(job_id):
            file.write(content)
            if not ends_with_newline(content):  # Macie does not document that each file does
                file.write(_NEWLINE)
            count += 1
        return count

    def iter_discovery_results(self, job_id: str) -> Iterator[Iterator[dict[str, Any]]]:
        """
        Iterate over a job's discovery results, in the order of their keys; each is an iterator over its records.

        The first record of a result is about the object, those after it about the files in an archive.

        :raises DiscoveryResultUnreadableError: a result is damaged; while its records are read
        """
        for uri, content in self._iter_result_contents(job_id):
            yield iter_records(content, uri)

    def _iter_result_contents(self, job_id: str) -> Iterator[tuple[str, bytes]]:
        """Yield URI and bytes of each discovery result, in the order of the keys."""
        bucket, _ = self.get_results_location(job_id)
        s3 = self.s3_client  # created here: threads may share a client, but not create one

        def read(key: str) -> tuple[str, bytes]:
            with translated_errors(), closing(s3.get_object(Bucket=bucket, Key=key)["Body"]) as body:
                return f"s3://{bucket}/{key}", body.read()

        # Macie writes one file for each object: reading them one by one would take hours for a large job.
        with ThreadPoolExecutor(_READERS) as pool:
            for keys in batched(self.iter_discovery_result_keys(job_id), _READERS * 8):
                yield from pool.map(read, keys)

    def read_lines(self, bucket: str, key: str) -> list[str]:
        """Return the non-empty lines of an object."""
        with translated_errors():
            content = self.s3_client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return [line for line in content.decode().split("\n") if line]

    def upload(self, file: IO[bytes], bucket: str, key: str) -> None:
        """Upload a file from its beginning."""
        file.seek(0)
        with translated_errors():
            self.s3_client.upload_fileobj(file, bucket, key)


def findings_criteria(job_id: str) -> Any:
    """Return the criteria for a job's findings, including archived (suppressed) ones."""
    return {"criterion": {"classificationDetails.jobId": {"eq": [job_id]}}}


def bucket_criteria(buckets: list[str], since_ms: int) -> Any:
    """Return the criteria for findings about buckets since a time, including archived (suppressed) ones."""
    return {
        "criterion": {
            "category": {"eq": ["CLASSIFICATION"]},
            "resourcesAffected.s3Bucket.name": {"eq": buckets},
            "updatedAt": {"gte": since_ms},
        }
    }


def _keep_raw_body(response_dict: dict[str, Any] | None, parsed_response: dict[str, Any] | None, **_: Any) -> None:
    """Keep the body as Macie sent it: botocore drops nulls and fields that its model does not know."""
    if response_dict and parsed_response:
        parsed_response.setdefault("ResponseMetadata", {})["RawBody"] = response_dict["body"]


def _raw_body(response: Mapping[str, Any]) -> bytes:
    body: bytes = response["ResponseMetadata"]["RawBody"]
    return body
