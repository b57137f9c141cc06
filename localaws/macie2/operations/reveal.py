"""Samples of the sensitive data that a finding is about, read from its object again.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/findings-findingid-reveal.html and
https://docs.aws.amazon.com/macie/latest/user/findings-retrieve-sd.html
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from datetime import date
from typing import Any, BinaryIO

from moto.moto_api._internal import mock_random

from localaws.macie2.clock import now
from localaws.macie2.detection.scanner import reveal
from localaws.macie2.dials import state_lock
from localaws.macie2.exceptions import (
    AccessDeniedException,
    ServiceQuotaExceededException,
    UnprocessableEntityException,
    ValidationException,
)
from localaws.macie2.identifiers import CATALOGUE
from localaws.macie2.jobs.classifier import chosen
from localaws.macie2.operations.area import Answer, Area, Request, existing, partly_implemented
from localaws.macie2.storage.s3 import BucketUnavailableError, ObjectUnavailableError, S3Object, Storage, extension

#: Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
MOST_PER_DAY = 100
_MEGABYTE = 1024 * 1024
#: By MIME type of the finding; other types are not supported. The sizes are from memory, not from a source.
LARGEST_BYTES = {
    "application/avro": 70 * _MEGABYTE,
    "application/gzip": 90 * _MEGABYTE,
    "application/json": 25 * _MEGABYTE,
    "application/parquet": 100 * _MEGABYTE,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": 20 * _MEGABYTE,
    "application/zip": 355 * _MEGABYTE,
    "text/csv": 255 * _MEGABYTE,
    "text/plain": 100 * _MEGABYTE,
    "text/tab-separated-values": 75 * _MEGABYTE,
}
_DISABLED = {"configuration": {"status": "DISABLED"}, "retrievalConfiguration": {"retrievalMode": "CALLER_CREDENTIALS"}}


class _UnavailableError(Exception):
    """Samples of a finding are not available; the first argument is one of the API's UnavailabilityReasonCode."""


class Reveal(Area):
    """Samples of sensitive data from the objects of an account."""

    _reveal: Mapping[str, Mapping[str, str]]
    _in_progress: set[str]
    _requested_on: list[date]

    def forget(self) -> None:
        super().forget()
        self._reveal = _DISABLED
        self._in_progress = set()
        self._requested_on = []

    def get_reveal_configuration(self, request: Request) -> Answer:
        return self._reveal

    @partly_implemented(
        "neither the KMS key nor the IAM role has to exist; samples are not encrypted, and no role is assumed"
    )
    def update_reveal_configuration(self, request: Request) -> Answer:
        """Enable or disable the retrieval; disabling it drops the settings of access to objects."""
        configuration = dict(request["configuration"])
        if configuration["status"] == "DISABLED":
            self._reveal = _DISABLED
            return self._reveal
        configuration.setdefault("kmsKeyId", self._reveal["configuration"].get("kmsKeyId"))
        if configuration["kmsKeyId"] is None:
            raise ValidationException("kmsKeyId must be specified when the configuration is enabled for the first time")
        retrieval = dict(request.get("retrievalConfiguration", self._reveal["retrievalConfiguration"]))
        if (retrieval["retrievalMode"] == "ASSUME_ROLE") is not ("roleName" in retrieval):
            raise ValidationException("roleName must be specified for ASSUME_ROLE, and only for that")
        if "roleName" in retrieval:
            retrieval.setdefault("externalId", mock_random.get_random_hex(32))
        self._reveal = {"configuration": configuration, "retrievalConfiguration": retrieval}
        return self._reveal

    def get_sensitive_data_occurrences_availability(self, request: Request) -> Answer:
        """Return whether samples are available, and if not, why."""
        finding = self._finding(request)
        try:
            self._open(finding)[1].close()
        except _UnavailableError as error:
            return {"code": "UNAVAILABLE", "reasons": [error.args[0]]}
        return {"code": "AVAILABLE"}

    def get_sensitive_data_occurrences(self, request: Request) -> Answer:
        """Start the retrieval of samples; the next call returns them, as Macie takes its time, too."""
        finding = self._finding(request)
        try:
            found, stream = self._open(finding)
        except _UnavailableError as error:
            raise UnprocessableEntityException(f"The samples cannot be retrieved: {error.args[0]}") from None
        with stream:
            if self._start_or_finish(finding["id"]):
                return {"status": "PROCESSING"}
            occurrences = self._occurrences(finding, found, stream)
        if not occurrences:
            return {"error": "The sensitive data was not located in the object", "status": "ERROR"}
        return {"sensitiveDataOccurrences": occurrences, "status": "SUCCESS"}

    def _finding(self, request: Request) -> Mapping[str, Any]:
        """Return the finding.

        :raises AccessDeniedException: when the retrieval is not enabled.
        """
        finding = existing(self.macie.findings, request["findingId"])
        if self._reveal["configuration"]["status"] != "ENABLED":
            raise AccessDeniedException("Retrieval of sensitive data samples is not enabled")
        return finding

    def _start_or_finish(self, finding_id: str) -> bool:
        """Start the retrieval for a finding, or finish the one that was started.

        :return: whether it was started; each start counts towards the daily quota.
        :raises ServiceQuotaExceededException: when the quota of the day is used up.
        """
        with state_lock:
            if finding_id in self._in_progress:
                self._in_progress.remove(finding_id)
                return False
            today = now().date()
            self._requested_on = [day for day in self._requested_on if day == today]
            if len(self._requested_on) >= MOST_PER_DAY:
                raise ServiceQuotaExceededException(f"Samples can be retrieved {MOST_PER_DAY} times a day")
            self._requested_on.append(today)
            self._in_progress.add(finding_id)
            return True

    def _open(self, finding: Mapping[str, Any]) -> tuple[S3Object, BinaryIO]:
        """Return the version of the object that the finding is about.

        :raises _UnavailableError: when it is not available.
        """
        details, about = finding.get("classificationDetails"), finding["resourcesAffected"].get("s3Object")
        if details is None or about is None:
            raise _UnavailableError("UNSUPPORTED_FINDING_TYPE")
        largest = LARGEST_BYTES.get(details["result"]["mimeType"])
        if largest is None:
            raise _UnavailableError("UNSUPPORTED_OBJECT_TYPE")
        if about["size"] > largest:
            raise _UnavailableError("OBJECT_EXCEEDS_SIZE_QUOTA")
        storage = self.macie.storage_of({})
        if self._request_of(details) is None or not _has_result(storage, details["detailedResultsLocation"]):
            raise _UnavailableError("INVALID_CLASSIFICATION_RESULT")
        bucket_name = finding["resourcesAffected"]["s3Bucket"]["name"]
        try:
            found, stream = storage.open_version(
                storage.owner(bucket_name) or "", bucket_name, about["key"], about["versionId"]
            )
        except (BucketUnavailableError, ObjectUnavailableError):
            raise _UnavailableError("OBJECT_UNAVAILABLE") from None
        if found.e_tag != about["eTag"]:
            stream.close()
            raise _UnavailableError("OBJECT_UNAVAILABLE")
        return found, stream

    def _request_of(self, details: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return what selects the identifiers of a finding: its job, or the template of automated discovery now."""
        if details["jobId"] is None:
            return self.macie.inspection()
        job = self.macie.jobs.get(details["jobId"])
        return job.request if job else None

    def _occurrences(
        self, finding: Mapping[str, Any], found: S3Object, stream: BinaryIO
    ) -> dict[str, list[dict[str, str]]]:
        """Return the samples of each type, those of custom data identifiers by their names."""
        job = self._request_of(finding["classificationDetails"]) or {}
        custom = [
            self.macie.custom_data_identifiers[identifier_id].to_detect()
            for identifier_id in job.get("customDataIdentifierIds", [])
        ]
        allowed = self.macie.allowed_texts(job.get("allowListIds", []))
        texts = reveal(
            stream,
            extension(found.key),
            found.size_bytes,
            chosen(job, CATALOGUE),
            custom,
            allowed,
            name=found.key,
        )
        names = {identifier.id: identifier.name for identifier in custom}
        return {
            names.get(kind, kind): [{"value": value} for value in values] for kind, values in texts.items() if values
        }


def _has_result(storage: Storage, location: str) -> bool:
    """Return whether the discovery result of a finding exists at the location in the finding, and is valid."""
    bucket_name, _, key = location.removeprefix("s3://").partition("/")
    if (owner := storage.owner(bucket_name)) is None:
        return False
    try:
        with storage.open_latest(storage.find_latest(storage.get_bucket(owner, bucket_name), key))[1] as stream:
            return bool(json.loads(gzip.decompress(stream.read()).partition(b"\n")[0]))
    except (BucketUnavailableError, ObjectUnavailableError, OSError, EOFError, ValueError):
        return False
