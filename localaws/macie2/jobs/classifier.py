"""Read an object, scan it and write its discovery result, for a job's run or a day of automated discovery.

:mod:`localaws.macie2.findings.faults` decides which results of an object are written.
"""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localaws.iam.by_services import ServiceCall, may_put
from localaws.macie2.clock import now
from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.detection.result import ScanResult, ScanStatus
from localaws.macie2.detection.scanner import scan
from localaws.macie2.findings import faults
from localaws.macie2.findings.documents import Analysis, discovery_results
from localaws.macie2.identifiers import CustomIdentifier, ManagedIdentifier
from localaws.macie2.storage.s3 import (
    SUPPORTED_STORAGE_CLASSES,
    BucketUnavailableError,
    ObjectUnavailableError,
    S3Object,
    Storage,
    extension,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Repository:
    """The destination of discovery results: the export configuration and the account that owns its bucket."""

    account_id: str
    bucket_name: str
    key_prefix: str
    kms_key_arn: str


#: The Regions with Macie that an account has to enable. Sources: botocore's endpoints of ``macie2``,
#: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
OPT_IN_REGIONS = frozenset({"af-south-1", "ap-east-1", "eu-south-1", "il-central-1", "me-south-1"})


def by_macie(account_id: str, source_arn: str) -> ServiceCall:
    """Return the call by which Macie's service principal writes results, for a job or the account's configuration."""
    return ServiceCall(service_principal(source_arn.split(":")[3]), account_id, source_arn)


def service_principal(region_name: str) -> str:
    """Return the name that Macie has in a Region: in those that an account has to enable, with the Region.

    Source: https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
    """
    return f"macie.{region_name}.amazonaws.com" if region_name in OPT_IN_REGIONS else "macie.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Classifier:
    """The analysis of objects with the same identifiers, and where the results go.

    :param job_id: None for automated discovery, as ``job_arn``.
    :param run: number of the job's run, or of the day of automated discovery.
    :param allowed: content of the allow lists.
    :param repository: called for each result, as the configuration can change meanwhile.
    """

    account_id: str
    region_name: str
    partition: str
    job_id: str | None
    job_arn: str | None
    run: int
    storage: Storage
    managed: Sequence[ManagedIdentifier]
    custom: Sequence[CustomIdentifier]
    allowed: AllowedTexts
    repository: Callable[[], Repository | None]

    def classify(self, candidate: S3Object) -> Analysis:
        """Scan the latest version of an object, unless it cannot be read."""
        repository = self.repository()
        if (unread := faults.unread(candidate.key)) is not None:
            result = unread
        elif candidate.storage_class not in SUPPORTED_STORAGE_CLASSES:
            result = _skipped("INVALID_OBJECT_STATE")
        else:
            candidate, result = self._scan(candidate)
        return Analysis(
            account_id=self.account_id,
            region_name=self.region_name,
            partition=self.partition,
            job_id=self.job_id,
            job_arn=self.job_arn,
            names={identifier.id: identifier.name for identifier in self.custom},
            object=candidate,
            result=faults.outcome(candidate.key, result),
            results_bucket=(repository.bucket_name, repository.key_prefix) if repository else None,
            run=self.run,
        )

    def _scan(self, candidate: S3Object) -> tuple[S3Object, ScanResult]:
        try:
            latest, stream = self.storage.open_latest(candidate)
        except ObjectUnavailableError:
            return candidate, _skipped("SOURCE_OBJECT_NO_LONGER_AVAILABLE")
        with stream:
            facts = extension(latest.key), latest.size_bytes
            return latest, scan(stream, *facts, self.managed, self.custom, allowed=self.allowed, name=latest.key)

    def write_results(self, analyses: Sequence[Analysis]) -> None:
        """Write the discovery results, if there is a repository."""
        if (repository := self.repository()) is None:
            return
        for analysis in analyses:
            for reported in faults.results(analysis):
                self._write_result(reported, repository)

    def _write_result(self, analysis: Analysis, repository: Repository) -> None:
        records = discovery_results(analysis, now())
        lines = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
        body = gzip.compress(lines.encode(), mtime=0)
        key, kms_key_arn = analysis.result_key, repository.kms_key_arn
        if not may_put(by_macie(self.account_id, self._source_arn), repository.bucket_name, key, kms_key_arn):
            log.warning(
                "%s: Macie may not write to the bucket for the discovery results, or use its key", self._source_arn
            )
            return
        try:
            self.storage.put_object(repository.account_id, repository.bucket_name, key, body, kms_key_arn)
        except BucketUnavailableError:
            log.warning("%s: the bucket for the discovery results is gone", self._source_arn)

    @property
    def _source_arn(self) -> str:
        """The source of the calls by which results are written; AWS does not name that of automated discovery."""
        scope = f"arn:{self.partition}:macie2:{self.region_name}:{self.account_id}"
        return self.job_arn or f"{scope}:export-configuration:*"


def chosen(request: Mapping[str, Any], catalogue: Mapping[str, ManagedIdentifier]) -> list[ManagedIdentifier]:
    """Return the managed data identifiers that the job's selector selects.

    Source: shape ManagedDataIdentifierSelector of the macie2 API; RECOMMENDED is the default.
    """
    ids = set(request.get("managedDataIdentifierIds", ()))
    match request.get("managedDataIdentifierSelector", "RECOMMENDED"):
        case "ALL":
            return list(catalogue.values())
        case "EXCLUDE":
            return [identifier for identifier in catalogue.values() if identifier.id not in ids]
        case "INCLUDE":
            return [identifier for identifier in catalogue.values() if identifier.id in ids]
        case "NONE":
            return []
        case _:
            return [identifier for identifier in catalogue.values() if identifier.recommended]


def _skipped(reason: str) -> ScanResult:
    return ScanResult(ScanStatus.SKIPPED, reason, None, 0, ())
