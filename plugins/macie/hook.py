"""The hook: every call to Amazon Macie, and to S3 for what Macie writes there."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from shutil import copyfileobj
from typing import IO, TYPE_CHECKING, Any, cast

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.config import Config

from macie import errors, identifiers
from macie.tokens import MAX_TOKENS, iter_client_tokens
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


_NEWLINE = gzip.compress(b"\n", mtime=0)


class MacieHook(AwsBaseHook):
    """
    Interact with Amazon Macie.

    Retries are adaptive unless the connection or ``config`` says otherwise: one throttled poll must not fail a wait
    of hours. All methods raise the errors of :mod:`macie.errors`.

    .. seealso::
        - :class:`~airflow.providers.amazon.aws.hooks.base_aws.AwsBaseHook`
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "macie2"
        super().__init__(*args, **kwargs)

    @property
    def config(self) -> Config:
        """Configuration for the clients: ours below the connection's or the caller's."""
        return RETRIES.merge(super().config)

    @cached_property
    def client(self) -> Macie2Client:
        """The client of Macie; it keeps the bodies that have to be stored unaltered."""
        client = cast("Macie2Client", self.conn)
        for operation in _RAW_BODY_OPERATIONS:
            client.meta.events.register(f"response-received.macie2.{operation}", _keep_raw_body)
        return client

    @cached_property
    def s3_hook(self) -> AwsBaseHook:
        """A hook for S3 with the same connection, where the discovery results are."""
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
        return cast("S3Client", self.s3_hook.conn)

    def get_session_status(self) -> str:
        """Return ``ENABLED``, ``PAUSED``, or ``DISABLED`` where Macie has never been enabled."""
        try:
            with translated_errors():
                return self.client.get_macie_session()["status"]
        except errors.MacieRequestRefusedError as error:
            if "not enabled" in str(error):  # Source: AccessDeniedException "Macie is not enabled"
                return "DISABLED"
            raise

    def get_export_configuration(self) -> S3DestinationTypeDef | None:
        """Return where Macie writes discovery results to (bucketName, keyPrefix, kmsKeyArn), None if nowhere."""
        with translated_errors():
            answer = self.client.get_classification_export_configuration()
        return answer.get("configuration", {}).get("s3Destination")

    def check_ready(self) -> S3DestinationTypeDef:
        """
        Check that a job of this account and Region would leave evidence.

        :return: where discovery results go to
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

    def load_identifier_definitions(self, folder: str) -> list[dict[str, Any]]:
        """Read a folder of definitions and check them against the API's own shape."""
        operation = self.client.meta.service_model.operation_model("CreateCustomDataIdentifier")
        return identifiers.load_definitions(folder, cast("Shape", operation.input_shape))

    def ensure_custom_data_identifiers(self, definitions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """
        Find each custom data identifier by its name and its whole definition, or create it.

        An identifier of the same name that detects something else is left alone, for other jobs may use it.

        :param definitions: arguments of CreateCustomDataIdentifier
        :return: the id of each name
        """
        with translated_errors():
            pages = self.client.get_paginator("list_custom_data_identifiers").paginate()
            listed = [item for page in pages for item in page["items"]]
            return {wanted["name"]: self._ensure_identifier(wanted, listed) for wanted in definitions}

    def _ensure_identifier(self, wanted: Mapping[str, Any], listed: list[Any]) -> str:
        namesakes = sorted((item["createdAt"], item["id"]) for item in listed if item["name"] == wanted["name"])
        for _, identifier_id in namesakes:
            if identifiers.is_same(wanted, self.client.get_custom_data_identifier(id=identifier_id)):
                return str(identifier_id)
        for token in iter_client_tokens(wanted):
            created = self.client.create_custom_data_identifier(**wanted, clientToken=token)["customDataIdentifierId"]
            if not self.client.get_custom_data_identifier(id=created).get("deleted"):
                self.log.info("Created custom data identifier %s as %s", wanted["name"], created)
                return created
        raise errors.IdentifierTokensExhaustedError(wanted["name"], MAX_TOKENS)

    def create_classification_job(self, request: Mapping[str, Any], client_token: str) -> str:
        """
        Create a classification job, or find the one that was created with the same token.

        :param request: arguments of CreateClassificationJob, without clientToken
        :param client_token: idempotency token
        :return: the job's id
        """
        with translated_errors():
            return self.client.create_classification_job(**{**request, "clientToken": client_token})["jobId"]

    def describe_job(self, job_id: str) -> DescribeClassificationJobResponseTypeDef:
        """Return the answer of DescribeClassificationJob."""
        with translated_errors():
            return self.client.describe_classification_job(jobId=job_id)

    def get_job_document(self, job_id: str) -> bytes:
        """Return the JSON body of DescribeClassificationJob, byte for byte."""
        return _raw_body(self.describe_job(job_id))

    def cancel_job(self, job_id: str) -> bool:
        """
        Cancel a job.

        :return: False if there was nothing to cancel, because the job had already ended
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
        Iterate over a job's findings, oldest first, each as the element of the JSON that GetFindings answered.

        :raises FindingsIncompleteError: a listed finding was not returned
        """
        order: Any = {"attributeName": "createdAt", "orderBy": "ASC"}
        pages = self.client.get_paginator("list_findings").paginate(
            findingCriteria=findings_criteria(job_id),
            sortCriteria=order,
            PaginationConfig={"PageSize": FINDINGS_PER_CALL},
        )
        with translated_errors():
            for page in pages:
                if ids := page["findingIds"]:
                    yield from self._get_findings(job_id, ids, order)

    def _get_findings(self, job_id: str, ids: list[str], order: Any) -> list[dict[str, Any]]:
        answer = self.client.get_findings(findingIds=ids, sortCriteria=order)
        findings: list[dict[str, Any]] = json.loads(_raw_body(answer))["findings"]
        if {finding["id"] for finding in findings} != set(ids):
            raise errors.FindingsIncompleteError(job_id, len(ids), len(findings))
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
        bucket, _ = self.get_results_location(job_id)
        count = 0
        for key in self.iter_discovery_result_keys(job_id):
            with translated_errors():
                copyfileobj(self.s3_client.get_object(Bucket=bucket, Key=key)["Body"], file)
            file.write(_NEWLINE)  # nothing says that each file ends its last line
            count += 1
        return count

    def upload(self, file: IO[bytes], bucket: str, key: str) -> None:
        """Upload a file from its beginning."""
        file.seek(0)
        with translated_errors():
            self.s3_client.upload_fileobj(file, bucket, key)


def findings_criteria(job_id: str) -> Any:
    """Return the criteria that find a job's findings, archived (suppressed) ones too."""
    return {"criterion": {"classificationDetails.jobId": {"eq": [job_id]}}}


def _keep_raw_body(response_dict: dict[str, Any] | None, parsed_response: dict[str, Any] | None, **_: Any) -> None:
    """Keep what Macie sent: botocore drops nulls and fields that its model does not know."""
    if response_dict and parsed_response:
        parsed_response.setdefault("ResponseMetadata", {})["RawBody"] = response_dict["body"]


def _raw_body(answer: Mapping[str, Any]) -> bytes:
    body: bytes = answer["ResponseMetadata"]["RawBody"]
    return body
